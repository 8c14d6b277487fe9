"""Sweeps: what is tried, what comes of it, and what is recommended on which evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from proxbalance_core import Settings
from proxbalance_core.domain.sweeps import SweepTrial, SweepWeek
from proxbalance_core.whatif.backtest import backtest
from proxbalance_core.whatif.sweep import judged, tried, weeks_of
from proxbalance_core.whatif.trials import PRESENT, RANGES, trials
from tests.unit.whatif.test_backtest import course, noisy

BEGIN = datetime(2026, 2, 1, tzinfo=UTC)


def made(number: int, *weeks: tuple[float, float]) -> SweepTrial:
    """A trial with (overloaded minutes, moves) a day in each week."""
    minutes, moves = (float(np.mean(column)) for column in zip(*weeks, strict=True))
    rest = {"over_70_min_per_day": 0.0, "over_80_min_per_day": 0.0, "gigabytes_per_day": 0.0}
    return SweepTrial(
        number=number, name=f"trial {number}", changes={"cpu_threshold": 50.0 + number},
        over_60_min_per_day=minutes, moves_per_day=moves, churn_pct=0.0, **rest,
        weeks=tuple(
            SweepWeek(begins=BEGIN + timedelta(days=7 * i), over_60_min_per_day=a, moves_per_day=b, **rest)
            for i, (a, b) in enumerate(weeks)
        ),
    )  # fmt: skip


PAST = course(np.ones((24 * 21, 1)), [0])


def test_what_is_tried() -> None:
    found = trials(Settings(cpu_threshold=58.0), 20, seed=4)
    # The balanced preset has the values of the base but for its threshold, which no preset touches.
    assert [trial.number for trial in found] == list(range(20))
    assert [trial.name for trial in found[:4]] == [
        PRESENT, "conservative", "aggressive", "trial 3",
    ]  # fmt: skip
    assert found == trials(Settings(cpu_threshold=58.0), 20, seed=4) != trials(Settings(cpu_threshold=58.0), 20, seed=5)
    assert found[0].changes == {}
    for trial in found[3:]:
        assert all(low <= getattr(trial.settings, key) <= high for key, (low, high, _) in RANGES.items())
    near, far = found[3:12], found[12:]
    spread = [np.ptp([trial.settings.cpu_threshold for trial in some]) for some in (near, far)]
    assert spread[0] < spread[1] and spread[0] <= 12.0


@pytest.mark.parametrize(("count", "names"), [(1, [PRESENT]), (2, [PRESENT, "conservative"])])
def test_few_trials(count: int, names: list[str]) -> None:
    assert [trial.name for trial in trials(Settings(), count)] == names


def test_a_trial_is_a_backtest() -> None:
    past = course(noisy(8, 12), [0] * 9 + [1] * 3)
    wanted = {trial.name: trial.settings for trial in trials(Settings(), 6)}
    whole = backtest(past, wanted)
    found = tried(past, trials(Settings(), 6))
    assert found is not None
    for trial in found:
        side = whole.side(trial.name)
        assert trial.over_60_min_per_day == pytest.approx(side.over_60_min_per_day, abs=0.01)
        assert trial.moves_per_day == pytest.approx(side.moves_per_day, abs=0.001)
        days = [(part.stop - part.start) / 24 for part in weeks_of(whole.hours)]
        assert sum(w.moves_per_day * d for w, d in zip(trial.weeks, days, strict=True)) == pytest.approx(
            side.moves, abs=0.01
        )
        assert sum(w.gigabytes_per_day * d for w, d in zip(trial.weeks, days, strict=True)) == pytest.approx(
            side.gigabytes, abs=0.05
        )


def test_it_can_be_stopped() -> None:
    assert tried(PAST, trials(Settings(), 1), lambda _: False) is None


def test_weeks() -> None:
    assert weeks_of(504) == [slice(0, 168), slice(168, 336), slice(336, 504)]
    assert weeks_of(100) == [slice(0, 50), slice(50, 100)]
    assert [part.stop - part.start for part in weeks_of(400)] == [200, 200]


def test_the_front() -> None:
    found = judged(PAST, Settings(), 0, [
        made(0, (100, 1.0), (100, 1.0)), made(1, (90, 2.0), (90, 2.0)), made(2, (120, 1.0), (120, 1.0)),
        made(3, (100, 1.0), (100, 1.0)), made(4, (300, 0.0), (300, 0.0)),
    ])  # fmt: skip
    assert [trial.number for trial in found.trials if trial.on_front] == [0, 1, 3, 4]


def test_what_beats_the_base_in_each_week_is_recommended() -> None:
    found = judged(PAST, Settings(), 0, [
        made(1, (60, 0.9), (50, 1.0), (55, 0.8)), made(0, (100, 1.0), (100, 1.0), (100, 1.0)),
        made(2, (10, 5.0), (10, 5.0), (10, 5.0)),
    ])  # fmt: skip
    assert found.recommended == 1
    assert {held.chosen for held in found.held_out} == {1}
    assert found.summary == (
        "Recommended: trial 1 (cpu_threshold 51), with 55 minutes and 0.90 moves instead of 100 overloaded minutes and "
        "1.00 moves a day. In weeks that the choice did not see: 55 instead of 100 minutes, 0.90 instead of 1.00 moves "
        "a day."
    )


def test_what_only_one_week_speaks_for_is_not() -> None:
    """Each trial is splendid in one week and bad in the next: whoever is chosen on two loses in the third."""
    found = judged(PAST, Settings(), 0, [
        made(0, (100, 1.0), (100, 1.0), (100, 1.0)), made(1, (0, 0.5), (0, 0.5), (280, 0.5)),
        made(2, (280, 0.5), (0, 0.5), (0, 0.5)), made(3, (0, 0.5), (280, 0.5), (0, 0.5)),
    ])  # fmt: skip
    assert found.recommended is None and "nothing is recommended" in found.summary
    assert [held.over_60_min_per_day for held in found.held_out] == [280, 280, 280]


def test_where_nothing_is_better_the_settings_stay() -> None:
    found = judged(PAST, Settings(), 0, [made(0, (50, 1.0), (50, 1.0)), made(1, (49.5, 1.0), (50, 1.0))])
    assert found.recommended is None
    assert (
        found.summary
        == "None of 1 other setting beats the settings in force (50 overloaded minutes and 1.00 moves a day)."
    )
    assert [held.chosen for held in found.held_out] == [0, 0]
