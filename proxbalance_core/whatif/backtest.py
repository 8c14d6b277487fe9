"""``backtest``: a cluster's own past, hour by hour: as it was, left alone, and as advised under other settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

import numpy as np

from proxbalance_core.domain.backtests import Backtest, BacktestDay, BacktestSide, SideKind
from proxbalance_core.domain.presets import PRESETS
from proxbalance_core.domain.results import Mode
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.wording import counted
from proxbalance_core.errors import NotEnoughHistory
from proxbalance_core.features.arrays import Bools, Floats
from proxbalance_core.features.course import Ahead, Course, eve_of
from proxbalance_core.features.hourly import DAY_HOURS, WEEK_HOURS
from proxbalance_core.forecast.hourly import forecast_scenarios
from proxbalance_core.whatif.rerun import Rerun

LEAST_HOURS, LEAST_BEFORE = 72, 48
OVER_PCT = (60.0, 70.0, 80.0)
MINUTES = 60.0
AS_IT_WAS, NOTHING = "as it was", "no moves"
Progress = Callable[[float], object]


def backtest(
    course: Course,
    profiles: Mapping[str, Settings],
    mode: Mode = "sequential",
    on_progress: Progress | None = None,
    ahead: Ahead = forecast_scenarios,
) -> Backtest:
    """Replay the hours of ``course`` under each of ``profiles``, beside what was done and beside doing nothing.

    The advice of every full hour rests on the hours before it alone, and is carried out at once and as a whole.

    Parameters
    ----------
    course : Course
    profiles : mapping of name to Settings
    mode : {"sequential", "optimal"}
    on_progress : callable, optional
        Called with the share of the work done (0..1); False stops, and the hours replayed till then are the answer.
    ahead : callable
        Hourly values to scenarios, as for snapshots.

    Raises
    ------
    NotEnoughHistory
        Under three days of hours.
    """
    before = history_hours(course.hours)
    seen, still, *runs = (
        Rerun(course=course, settings=settings, place=course.first_places(before))
        for settings in (Settings(), Settings(), *profiles.values())
    )
    end = before
    for hour in range(before, course.hours):
        eve = eve_of(course, hour, ahead)
        still.looks(eve)
        seen.follows(seen.looks(eve), hour)
        for run in runs:
            run.advised(run.looks(eve), hour, mode)
        for run in (seen, still, *runs):
            run.lives(hour)
        end = hour + 1
        if on_progress is not None and on_progress((end - before) / (course.hours - before)) is False:
            break
    sides = (
        _side(AS_IT_WAS, "as_it_was", seen, before),
        _side(NOTHING, "nothing", still, before),
        *(_side(name, "profile", run, before) for name, run in zip(profiles, runs, strict=True)),
    )
    return Backtest(
        cluster=course.snapshot.cluster, begins=course.at(before), ends=course.at(end), hours=end - before,
        history_hours=before, summary=_summary(sides, end - before), sides=sides,
        notes=tuple(_notes(course, before, end)),
    )  # fmt: skip


def history_hours(hours: int) -> int:
    """How many of ``hours`` are only the history of the first advice: a third, two days to a week.

    Raises
    ------
    NotEnoughHistory
        Under three days of hours.
    """
    if hours < LEAST_HOURS:
        raise NotEnoughHistory(
            f"A backtest needs {LEAST_HOURS // DAY_HOURS} days of history; there {_there(hours)}.", hours=hours
        )
    return int(np.clip(hours // 3, LEAST_BEFORE, WEEK_HOURS))


def _there(hours: int) -> str:
    days = hours // DAY_HOURS
    what = counted(days, "day") if days else counted(hours, "hour")
    return f"{'is' if what.startswith('1 ') else 'are'} {what}"


def _side(name: str, kind: SideKind, run: Rerun, before: int) -> BacktestSide:
    """What one way through the past comes to."""
    cpu, mem, days = np.array(run.cpu), np.array(run.mem), len(run.cpu) / DAY_HOURS
    over = [MINUTES * np.nansum(cpu > limit, axis=1) for limit in OVER_PCT]
    return BacktestSide(
        name=name, kind=kind,
        over_60_min_per_day=round(float(over[0].sum()) / days, 2),
        over_70_min_per_day=round(float(over[1].sum()) / days, 2),
        over_80_min_per_day=round(float(over[2].sum()) / days, 2),
        cpu_spread_pct=_spread(cpu), mem_spread_pct=_spread(mem), cluster_health=_mean(np.array(run.health)),
        moves=len(run.moves), moves_per_day=round(len(run.moves) / days, 3),
        gigabytes=round(sum(run.sent_each) / GIB, 2), churn_pct=round(100.0 * run.back / max(len(run.moves), 1), 2),
        days=tuple(_days(run, over, before)), made=tuple(run.moves),
        settings=run.settings.to_dict() if kind == "profile" else None,
    )  # fmt: skip


def _days(run: Rerun, over: list[Floats], before: int) -> list[BacktestDay]:
    """The same by the days of the cluster's time zone."""
    zone = ZoneInfo(run.course.snapshot.timezone)
    dates = [run.course.at(before + i).astimezone(zone).date() for i in range(len(run.cpu))]
    moved = [move.at.astimezone(zone).date() for move in run.moves]
    health = np.array(run.health)
    made = []
    for day in dict.fromkeys(dates):
        here: Bools = np.array([date == day for date in dates])
        minutes = [round(float(count[here].sum()), 2) for count in over]
        made.append(
            BacktestDay(
                day=day, over_60_min=minutes[0], over_70_min=minutes[1], over_80_min=minutes[2],
                moves=moved.count(day), cluster_health=_mean(health[here]),
            )
        )  # fmt: skip
    return made


def _spread(levels: Floats) -> float | None:
    """Mean standard deviation over the nodes that were measured."""
    known = np.isfinite(levels)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, levels, 0.0).sum(axis=1) / count
    squares = np.where(known, (levels - mean[:, None]) ** 2, 0.0).sum(axis=1) / count
    return _mean(np.where(known.any(axis=1), np.sqrt(squares), np.nan))


def _mean(values: Floats) -> float | None:
    values = values[np.isfinite(values)]
    return round(float(values.mean()), 2) if len(values) else None


def _summary(sides: tuple[BacktestSide, ...], hours: int) -> str:
    """What the best profile would have changed, in a sentence."""
    was, profiles = sides[0], sides[2:]
    span = counted(hours // DAY_HOURS, "day") if hours >= DAY_HOURS else counted(hours, "hour")
    if not profiles:
        return f"In {span} nodes were over 60 % CPU for {was.over_60_min_per_day:.0f} minutes a day."
    best = min(profiles, key=lambda side: (side.over_60_min_per_day, side.moves))
    moves = counted(best.moves, "move")
    called = f"the profile {best.name}" if best.name in PRESETS else f"the {best.name}"
    if was.over_60_min_per_day <= 0.0:
        less = "no node was over 60 % CPU as it was"
        return f"In {span} {less}; with {called} it would have been {_minutes(best)} for {moves}."
    change = 100.0 * (best.over_60_min_per_day / was.over_60_min_per_day - 1.0)
    kind = f"{abs(change):.0f} % {'fewer' if change < 0 else 'more'}" if round(change) else "as many"
    return (
        f"With {called} the last {span} would have seen {kind} overloaded minutes "
        f"({best.over_60_min_per_day:.0f} instead of {was.over_60_min_per_day:.0f} a day) for {moves}."
    )


def _minutes(side: BacktestSide) -> str:
    return f"{side.over_60_min_per_day:.0f} minutes a day" if side.over_60_min_per_day else "none either"


def _notes(course: Course, before: int, end: int) -> list[str]:
    """What the replay leaves out."""
    notes = [
        "Minutes are counted from hourly means: peaks within an hour don't show, and migrations take no time.",
    ]
    gaps = int((~np.isfinite(course.own_cores[before:end])).sum())
    if gaps:
        notes.append(f"{counted(gaps, 'node-hour')} were not measured and count as no overload on any side.")
    if end < course.hours:
        notes.append(f"The replay was stopped {counted(course.hours - end, 'hour')} before its end.")
    unknown = int((course.was_on[before:end] < 0)[np.isfinite(course.cores[before:end])].sum())
    if unknown:
        notes.append(f"For {counted(unknown, 'guest-hour')} it isn't known on which node the guest ran.")
    return notes
