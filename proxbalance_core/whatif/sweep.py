"""``sweep``: many settings lived through one past, their front of overload against moves, and one that holds up.

Trials are independent: whoever runs them (one process, several, a cluster of machines) brings them together with
:func:`judged`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.sweeps import HeldOut, Sweep, SweepTrial, SweepWeek
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.wording import counted, listed
from proxbalance_core.features.course import Course, eve_of
from proxbalance_core.features.hourly import DAY_HOURS, WEEK_HOURS
from proxbalance_core.forecast.hourly import forecast_scenarios
from proxbalance_core.whatif.backtest import MINUTES, OVER_PCT, history_hours
from proxbalance_core.whatif.rerun import Rerun
from proxbalance_core.whatif.trials import Trial

# Below these a difference is no merit: half an hour of one node in a day, a move in ten days.
LEAST_MINUTES, LEAST_MOVES = 30.0, 0.1
LEAST_GAIN = 0.02
Progress = Callable[[float], object]


def tried(course: Course, some: Sequence[Trial], on_progress: Progress | None = None) -> tuple[SweepTrial, ...] | None:
    """What comes of each of ``some`` trials; what hours tell is worked out once for all of them.

    ``on_progress`` is called with the share of the work done (0..1) every day of the past; False stops: None.
    """
    before = history_hours(course.hours)
    runs = [Rerun(course=course, settings=trial.settings, place=course.first_places(before)) for trial in some]
    for hour in range(before, course.hours):
        eve = eve_of(course, hour, forecast_scenarios)
        for run in runs:
            run.advised(run.looks(eve), hour, "sequential")
            run.lives(hour)
        share = (hour + 1 - before) / (course.hours - before)
        if on_progress is not None and hour % DAY_HOURS == 0 and on_progress(share) is False:
            return None
    return tuple(_trial(trial, run, before) for trial, run in zip(some, runs, strict=True))


def weeks_of(hours: int) -> list[slice]:
    """The parts that are held out in turn: weeks; of less than two weeks, halves."""
    parts = max(2, hours // WEEK_HOURS)
    edges = np.linspace(0, hours, parts + 1).astype(int).tolist()
    return [slice(a, b) for a, b in pairwise(edges)]


def _trial(trial: Trial, run: Rerun, before: int) -> SweepTrial:
    cpu = np.array(run.cpu)
    over = [MINUTES * np.nansum(cpu > limit, axis=1) for limit in OVER_PCT]
    at = np.array([int(move.at.timestamp() - run.course.start) // 3600 - before for move in run.moves], dtype=int)
    sent = np.array(run.sent_each) / GIB

    def figures(part: slice) -> tuple[float, ...]:
        days = (part.stop - part.start) / DAY_HOURS
        here = (at >= part.start) & (at < part.stop)
        sums = [float(minutes[part].sum()) for minutes in over] + [float(here.sum()), float(sent[here].sum())]
        return tuple(round(value / days, 4) for value in sums)

    keys = (
        "over_60_min_per_day", "over_70_min_per_day", "over_80_min_per_day", "moves_per_day", "gigabytes_per_day",
    )  # fmt: skip
    weeks = tuple(
        SweepWeek(begins=run.course.at(before + part.start), **dict(zip(keys, figures(part), strict=True)))
        for part in weeks_of(len(cpu))
    )
    whole: dict[str, Any] = dict(zip(keys, figures(slice(0, len(cpu))), strict=True))
    churn = round(100.0 * run.back / max(len(run.moves), 1), 2)
    return SweepTrial(
        number=trial.number, name=trial.name, changes=trial.changes, churn_pct=churn, weeks=weeks, **whole
    )


def judged(course: Course, base: Settings, seed: int, found: Sequence[SweepTrial]) -> Sweep:
    """The trials (the base is the first) as an answer: their front, and the one to take, if any.

    A trial beats the base where it has clearly less of overload or of moves and not more of the other. The one to take
    beats it over all weeks; and choosing in the same way without each week in turn must beat it in the weeks left out.
    """
    trials = tuple(sorted(found, key=lambda trial: trial.number))
    front = _front(trials)
    marked = tuple(replace(trial, on_front=trial.number in front) for trial in trials)
    before, weeks = history_hours(course.hours), range(len(trials[0].weeks))
    held = tuple(_held_out(trials, week) for week in weeks)
    chosen = _best(trials, list(weeks))
    sound = chosen is not None and _holds(held)
    return Sweep(
        cluster=course.snapshot.cluster, begins=course.at(before), ends=course.at(course.hours),
        hours=course.hours - before, seed=seed, base=base.to_dict(), trials=marked,
        recommended=chosen if sound else None, held_out=held, summary=_summary(trials, chosen, held, sound),
        notes=(_note(len(weeks), course.hours - before),),
    )  # fmt: skip


def _front(trials: Sequence[SweepTrial]) -> set[int]:
    """Numbers of the trials that no other is better than in one and as good in the other."""
    points = [(trial.over_60_min_per_day, trial.moves_per_day) for trial in trials]
    return {
        trial.number
        for trial, (minutes, moves) in zip(trials, points, strict=True)
        if not any(a <= minutes and b <= moves and (a, b) != (minutes, moves) for a, b in points)
    }


@dataclass(frozen=True, slots=True)
class _Sum:
    minutes: float
    moves: float

    def gain_over(self, base: _Sum) -> float | None:
        """The sum of both relative gains; None where it has more of one, or not clearly less of any."""
        if self.minutes > base.minutes or self.moves > base.moves:
            return None
        less = (base.minutes - self.minutes) / max(base.minutes, LEAST_MINUTES)
        fewer = (base.moves - self.moves) / max(base.moves, LEAST_MOVES)
        return less + fewer if max(less, fewer) > LEAST_GAIN else None


def _over(trial: SweepTrial, weeks: Sequence[int]) -> _Sum:
    return _Sum(
        float(np.mean([trial.weeks[i].over_60_min_per_day for i in weeks])),
        float(np.mean([trial.weeks[i].moves_per_day for i in weeks])),
    )


def _best(trials: Sequence[SweepTrial], weeks: Sequence[int]) -> int | None:
    """The trial that gains most over the base in ``weeks``; None where none beats it."""
    base = _over(trials[0], weeks)
    gains = {trial.number: _over(trial, weeks).gain_over(base) for trial in trials[1:]}
    known = {number: gain for number, gain in gains.items() if gain is not None}
    return min(known, key=lambda number: (-known[number], number)) if known else None


def _held_out(trials: Sequence[SweepTrial], week: int) -> HeldOut:
    others = [i for i in range(len(trials[0].weeks)) if i != week]
    chosen = _best(trials, others) or 0
    taken, base = next(t for t in trials if t.number == chosen).weeks[week], trials[0].weeks[week]
    return HeldOut(
        begins=base.begins, chosen=chosen, over_60_min_per_day=taken.over_60_min_per_day,
        moves_per_day=taken.moves_per_day, base_over_60_min_per_day=base.over_60_min_per_day,
        base_moves_per_day=base.moves_per_day,
    )  # fmt: skip


def _unseen(held: Sequence[HeldOut]) -> tuple[_Sum, _Sum]:
    """What the choices came to in the weeks held out, and the base there."""
    mine = _Sum(float(np.mean([h.over_60_min_per_day for h in held])), float(np.mean([h.moves_per_day for h in held])))
    base = _Sum(
        float(np.mean([h.base_over_60_min_per_day for h in held])), float(np.mean([h.base_moves_per_day for h in held]))
    )
    return mine, base


def _holds(held: Sequence[HeldOut]) -> bool:
    mine, base = _unseen(held)
    return mine.gain_over(base) is not None


def _summary(trials: Sequence[SweepTrial], chosen: int | None, held: Sequence[HeldOut], sound: bool) -> str:
    """What is recommended and on what evidence, in a sentence or two."""
    base = trials[0]
    present = f"{base.over_60_min_per_day:.0f} overloaded minutes and {base.moves_per_day:.2f} moves a day"
    if chosen is None:
        return f"None of {counted(len(trials) - 1, 'other setting')} beats the settings in force ({present})."
    best = next(trial for trial in trials if trial.number == chosen)
    then = f"{best.over_60_min_per_day:.0f} minutes and {best.moves_per_day:.2f} moves"
    mine, theirs = _unseen(held)
    minutes = f"{mine.minutes:.0f} instead of {theirs.minutes:.0f} minutes"
    unseen = f"{minutes}, {mine.moves:.2f} instead of {theirs.moves:.2f} moves"
    if not sound:
        return (
            f"{best.name.capitalize()} would have had {then} instead of {present}, but chosen without each week in "
            f"turn that does not hold in the weeks left out ({unseen}): nothing is recommended."
        )
    what = listed([f"{key} {value:g}" for key, value in best.changes.items() if isinstance(value, int | float)])
    return (
        f"Recommended: {best.name} ({what}), with {then} instead of {present}. In weeks that the choice did not see: "
        f"{unseen} a day."
    )


def _note(parts: int, hours: int) -> str:
    size = "weeks" if hours >= 2 * WEEK_HOURS else "halves, as there are less than two weeks"
    return f"Held out in turn: {parts} {size}. Guests stay where earlier weeks have put them."
