"""Backtests: by hand, against the engine on the same hours, and blind to the future."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import numpy as np
import pytest

from proxbalance_core import Settings, assess
from proxbalance_core.domain.backtests import Backtest, BacktestSide
from proxbalance_core.domain.documents import plain
from proxbalance_core.errors import NotEnoughHistory
from proxbalance_core.features.course import Course, eve_of
from proxbalance_core.forecast.hourly import forecast_scenarios
from proxbalance_core.whatif.backtest import AS_IT_WAS, NOTHING, backtest
from tests.support.clusters import GIB, cluster, guest

START = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
BALANCED = {"balanced": Settings()}


def course(cores: np.ndarray, place: list[int], nodes: int = 2, zone: str = "UTC") -> Course:
    """Guests with ``cores`` [H, G] on nodes of 10 cores and 100 GB, 5 GB each; the nodes themselves use nothing."""
    hours, guests = cores.shape
    names = [f"pve{n + 1}" for n in range(nodes)]
    made = [guest(100 + g, names[place[g]], 1.0, 5) for g in range(guests)]
    return Course(
        snapshot=dataclasses.replace(cluster(names, made), timezone=zone), start=START,
        own_cores=np.zeros((hours, nodes)), own_mem=np.zeros((hours, nodes)), iowait_pct=np.zeros((hours, nodes)),
        cores=cores.astype(float), mem=np.full(cores.shape, 5.0 * GIB), was_on=np.tile(place, (hours, 1)),
    )  # fmt: skip


def noisy(days: int, guests: int, seed: int = 0) -> np.ndarray:
    """Guests with a daily cycle and noise, [H, G] cores."""
    rng = np.random.default_rng(seed)
    hour = np.arange(24 * days)[:, None]
    cycle = 1.0 + 0.6 * np.sin(2.0 * np.pi * (hour - rng.integers(0, 24, guests)) / 24.0)
    return rng.uniform(0.3, 1.6, guests) * cycle * rng.uniform(0.8, 1.2, (24 * days, guests))


def made(side: BacktestSide) -> list[tuple[datetime, int, str]]:
    return [(move.at, move.vmid, move.target) for move in side.made]


def test_a_hot_node_is_relieved_and_its_minutes_are_counted() -> None:
    """Four guests of 2 cores on one of two nodes of 10 cores: 80 % all day, until two have gone."""
    found = backtest(course(np.full((24 * 6, 4), 2.0), [0, 0, 0, 0]), BALANCED)
    assert (found.history_hours, found.hours) == (48, 96)
    was, still, advised = found.sides
    assert [side.name for side in found.sides] == [AS_IT_WAS, NOTHING, "balanced"]
    # 80 % isn't over 80 %.
    assert (was.over_60_min_per_day, was.over_70_min_per_day, was.over_80_min_per_day) == (1440.0, 1440.0, 0.0)
    assert (was.moves, still.moves, was.cpu_spread_pct) == (0, 0, 40.0)
    # A migration sends the memory that the guest was given.
    assert (advised.over_60_min_per_day, advised.moves, advised.gigabytes) == (0.0, 2, 20.0)
    assert advised.cpu_spread_pct == 0.0
    assert {move.at for move in advised.made} == {found.begins}
    assert found.summary == (
        "With the profile balanced the last 4 days would have seen 100 % fewer overloaded minutes "
        "(0 instead of 1440 a day) for 2 moves."
    )
    assert [day.over_60_min for day in was.days] == [1440.0] * 4 and sum(day.moves for day in advised.days) == 2
    assert advised.cluster_health is not None and was.cluster_health is not None
    assert advised.cluster_health > was.cluster_health


def test_days_are_those_of_the_cluster() -> None:
    found = backtest(course(np.full((24 * 6, 1), 7.0), [0], zone="Europe/Berlin"), BALANCED)
    days = found.sides[0].days
    assert (days[0].day, days[0].over_60_min) == (date(2026, 2, 3), 60.0 * 23)
    assert plain(days[0])["day"] == "2026-02-03"
    assert sum(day.over_60_min for day in days) == pytest.approx(found.sides[0].over_60_min_per_day * 4)


@pytest.mark.parametrize("cut", [60, 80, 110])
def test_it_never_sees_the_future(cut: int) -> None:
    """What comes after an hour may be anything: all that was advised by then stays as it was."""
    cores = noisy(7, 12)
    shuffled = cores.copy()
    shuffled[cut:] = np.random.default_rng(1).permutation(shuffled[cut:], axis=0)[:, ::-1]
    place = [0] * 9 + [1] * 3
    first, second = backtest(course(cores, place), BALANCED), backtest(course(shuffled, place), BALANCED)
    until = course(cores, place).at(cut)
    early = [[move for move in made(found.sides[2]) if move[0] <= until] for found in (first, second)]
    assert early[0] == early[1] and early[0]
    assert made(first.sides[2]) != made(second.sides[2]) or first.sides[2].days != second.sides[2].days


def test_each_hour_is_what_an_assessment_would_have_said() -> None:
    cores, place = noisy(7, 12, seed=3), [0] * 9 + [1] * 3
    there = course(cores, place)
    begin = backtest(there, BALANCED).history_hours
    eve = eve_of(there, begin, forecast_scenarios).snapshot(np.array(place), {})
    told = assess(eve, Settings())
    first = [move for move in made(backtest(there, BALANCED).sides[2]) if move[0] == there.at(begin)]
    assert first and sorted((vmid, target) for _, vmid, target in first) == sorted(
        (move.vmid, move.target) for move in told.recommendations
    )


def test_what_was_done_is_followed_with_its_churn() -> None:
    was = course(np.full((24 * 4, 2), 1.0), [0, 0])
    was.was_on[60:70, 0] = 1
    side = backtest(was, BALANCED).side(AS_IT_WAS)
    assert [(move.vmid, move.source, move.target) for move in side.made] == [
        (100, "pve1", "pve2"), (100, "pve2", "pve1"),
    ]  # fmt: skip
    assert [move.at for move in side.made] == [was.at(60), was.at(70)]
    assert (side.churn_pct, side.gigabytes) == (50.0, 20.0)


def test_gaps_are_no_overload_and_are_told() -> None:
    there = course(np.full((24 * 4, 2), 7.0), [0, 1])
    there.own_cores[50:60, 0] = np.nan
    found = backtest(there, {})
    assert found.side(NOTHING).over_60_min_per_day == 2 * 1440.0 - 10 * 60 / 2
    assert any(note.startswith("10 node-hours were not measured") for note in found.notes)


def test_guests_that_were_off_are_left_alone() -> None:
    cores = np.full((24 * 4, 3), 4.0)
    cores[:, 2] = np.nan
    found = backtest(course(cores, [0, 0, 0]), BALANCED)
    assert {move.vmid for move in found.sides[2].made} == {100} or {move.vmid for move in found.sides[2].made} == {101}


@pytest.mark.parametrize(
    ("hours", "there"), [(71, "are 2 days"), (47, "is 1 day"), (5, "are 5 hours"), (1, "is 1 hour"), (0, "are 0 hours")]
)
def test_too_little_history(hours: int, there: str) -> None:
    with pytest.raises(NotEnoughHistory, match=f"^A backtest needs 3 days of history; there {there}.$"):
        backtest(course(np.ones((hours, 1)), [0]), BALANCED)


def test_it_can_be_stopped() -> None:
    shares: list[float] = []

    def stop_after_ten(share: float) -> bool:
        shares.append(share)
        return len(shares) < 10

    found = backtest(course(np.ones((24 * 4, 1)), [0]), BALANCED, on_progress=stop_after_ten)
    assert found.hours == 10 and shares == [pytest.approx((i + 1) / 48) for i in range(10)]
    assert "The replay was stopped 38 hours before its end." in found.notes
    whole: Backtest = backtest(course(np.ones((24 * 4, 1)), [0]), BALANCED)
    assert whole.hours == 48 and not any("stopped" in note for note in whole.notes)
