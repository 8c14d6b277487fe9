"""Cycles in hourly values: daily, weekly, recurring bursts, or none; measured, never assumed (engine, section 10).

About one guest in five has a daily cycle and one in ten a weekly one; what a cycle explains has to be more than what 24
or 48 means would explain of noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.patterns import Cycle, Pattern, Sure
from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.features.calendar import DAY_HOURS, Calendar

# Our choices: a cycle explains 30 % of the variance; the week adds 10 points to that; a burst stands out by half the
# mean and 5 points on 60 % of the days; hours in the top (bottom) quarter between trough and peak are peak (trough).
LEAST_STRENGTH, WEEK_ADDS = 0.30, 0.10
BURST_TIMES, BURST_PCT, BURST_DAYS = 1.5, 5.0, 0.6
NEAR = 0.25
SEEN_HOURS = 12  # of a day that counts as seen
LEAST_DAYS, SURE_DAYS, VERY_SURE_DAYS, WEEK_DAYS = 3, 7, 14, 14


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explained:
    """What groups of hours explain of each series: ``share`` [S] of the variance less chance; ``means`` [K, S]."""

    share: Floats
    means: Floats


def explained(values: Floats, group: Ints, groups: int) -> Explained:
    """How much of the variance of each series [H, S] its ``groups`` means explain.

    The adjusted coefficient of determination: 0 is what the means of random groups explain. NaN where too little is
    known; gaps (NaN) count for nothing.

    Parameters
    ----------
    values : ndarray (H, S)
    group : ndarray (H,)
        The group of each hour, 0..groups-1.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    rows = np.zeros((groups, len(values)))
    rows[group, np.arange(len(values))] = 1.0
    counts, sums = rows @ known, rows @ filled
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums / counts
        n, used = counts.sum(axis=0), (counts > 0).sum(axis=0)
        total = (np.where(known, values - filled.sum(axis=0) / n, 0.0) ** 2).sum(axis=0)
        within = (np.where(known, values - means[group], 0.0) ** 2).sum(axis=0)
        share = 1.0 - (within / total) * (n - 1) / (n - used)
    share = np.where((n > used + 1) & (total > 1e-12 * n), np.clip(share, 0.0, 1.0), np.nan)
    return Explained(share=share, means=means)


def patterns(values: Floats, calendar: Calendar, entities: list[str], names: list[str]) -> tuple[Pattern, ...]:
    """The pattern of each series [H, S] (percent); one without three days, or constant, has none.

    Parameters
    ----------
    values : ndarray (H, S)
    calendar : Calendar
        Of the same hours.
    entities, names : list of str
        What each series is, ``node/pve1`` or ``guest/101``, and its name.
    """
    daily = explained(values, calendar.hour, DAY_HOURS)
    weekly = explained(values, calendar.hour + DAY_HOURS * calendar.weekend, 2 * DAY_HOURS)
    bursts = _bursts(values, calendar)
    return tuple(
        _pattern(entities[s], names[s], values[:, s], calendar, _Seen(daily, weekly, bursts[:, s], s))
        for s in range(values.shape[1])
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    daily: Explained
    weekly: Explained
    bursts: Bools
    at: int

    def cycle(self, days: int) -> tuple[Cycle, float]:
        day, week = float(self.daily.share[self.at]), float(self.weekly.share[self.at])
        if days < LEAST_DAYS or np.isnan(day):
            return "none", 0.0
        if days >= WEEK_DAYS and week >= LEAST_STRENGTH and week >= day + WEEK_ADDS:
            return "weekly", week
        if day >= LEAST_STRENGTH:
            return "daily", day
        return ("bursts", day) if self.bursts.any() else ("none", day)


def _pattern(entity: str, name: str, values: Floats, calendar: Calendar, seen: _Seen) -> Pattern:
    known = ~np.isnan(values)
    days = int((np.bincount(calendar.day[known]) >= SEEN_HOURS).sum()) if known.any() else 0
    cycle, strength = seen.cycle(days)
    means = seen.daily.means[:, seen.at]
    cyclic = cycle != "none" and bool(np.isfinite(means).all())
    peaks, troughs = _ends(means, seen.bursts if cycle == "bursts" else None) if cyclic else ((), ())
    return Pattern(
        entity=entity, name=name, cycle=cycle, strength=round(strength, 3), days=days, confidence=_sure(days),
        mean_pct=_rounded(values[known].mean() if known.any() else np.nan), peak_hours=peaks, trough_hours=troughs,
        peak_mean_pct=_rounded(means[list(peaks)].mean() if peaks else np.nan),
        trough_mean_pct=_rounded(means[list(troughs)].mean() if troughs else np.nan),
    )  # fmt: skip


def _ends(means: Floats, bursts: Bools | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Hours near the highest and near the lowest mean."""
    low, high = means.min(), means.max()
    peaks = means >= high - NEAR * (high - low) if bursts is None else bursts
    troughs = (means <= low + NEAR * (high - low)) & ~peaks
    return tuple(np.flatnonzero(peaks).tolist()), tuple(np.flatnonzero(troughs).tolist())


def _bursts(values: Floats, calendar: Calendar) -> Bools:
    """Hours of the day that stand out of their own day on most days, [24, S]."""
    days = int(calendar.day.max()) + 1 if len(calendar.day) else 0
    by_day = np.full((days, DAY_HOURS, values.shape[1]), np.nan)
    by_day[calendar.day, calendar.hour] = values
    known = ~np.isnan(by_day)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, by_day, 0.0).sum(axis=1) / known.sum(axis=1)
        over = known & (by_day > np.maximum(BURST_TIMES * mean, mean + BURST_PCT)[:, None, :])
        share = over.sum(axis=0) / known.sum(axis=0)
    return np.asarray((share >= BURST_DAYS) & (known.sum(axis=0) >= LEAST_DAYS))


def _sure(days: int) -> Sure:
    return "high" if days >= VERY_SURE_DAYS else "medium" if days >= SURE_DAYS else "low"


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)
