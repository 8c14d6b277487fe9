"""Hourly forecasts of many series at once: a level for charts and scores, scenarios for plans.

Rows are hours, columns are series. Row -1 is the last full hour and forecast row 0 the hour after
it, so the same hour of the day before stands 24 rows back. NaN = not measured, in and out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAY_HOURS = 24
PROFILE_DAYS = 7
MEMORY_DAYS = 14
FAST, SLOW = 0.6, 0.05
FADE_HOURS = 12.0
PEAK_QUANTILE = 0.9
TOP_QUANTILE = 0.8


def forecast_hours(values: ArrayLike, horizon: int = DAY_HOURS) -> Floats:
    """Expected hourly means, for a level that is neither pessimistic nor optimistic.

    A profile by hour of day, as far as yesterday told of today (the lag-24 autocorrelation), on a
    level that fades from the last hours' to the week's. It underestimates peaks: plans look at
    :func:`forecast_scenarios` instead.

    Parameters
    ----------
    values
        (hours, series) of hourly means, NaN where not measured; 14 days are looked at, 7 suffice.
    horizon
        Hours to forecast [h].

    Returns
    -------
    (horizon, series) in the unit of ``values``, at least 0; NaN for a series never measured. Under
    two days of history the level alone.

    Source
    ------
    Our choice, by replays of real traces against other forecasters; smoothing 0.6 and 0.05 and the
    12-hour fade are theirs.
    """
    hours = _whole_days(values, MEMORY_DAYS)
    share = _daily_share(hours)
    week = hours[-PROFILE_DAYS * DAY_HOURS :]
    profile = _profile(week) * share
    rest = week - np.tile(profile, (len(week) // DAY_HOURS, 1))
    seen = np.isfinite(rest)
    rest = np.where(seen, rest, 0.0)
    near = np.exp(-np.arange(1, horizon + 1) / FADE_HOURS)[:, None]
    level = near * _smoothed(rest, seen, FAST) + (1.0 - near) * _smoothed(rest, seen, SLOW)
    ahead: Floats = np.maximum(_repeated(profile, horizon) + level, 0.0)
    return ahead


def forecast_scenarios(values: ArrayLike, horizon: int = DAY_HOURS) -> Floats:
    """Three days that may come, which a plan has to stand: as yesterday, as a busy day, as right now.

    In order: the last 24 hours repeated, the 90th percentile of each hour of day over 7 days (but no higher than four
    of five days came at their highest), and the last hour held. Averaged in a plan they beat each one alone.

    Parameters
    ----------
    values
        (hours, series) of hourly means, NaN where not measured.
    horizon
        Hours to forecast [h].

    Returns
    -------
    (3, horizon, series) in the unit of ``values``, at least 0; NaN for a series never measured. An
    hour that was not measured is taken from the same hour of the days before, else it is the mean.

    Source
    ------
    Our choice, by replays of real traces (``docs/adr/0025-a-busy-day-that-can-be.md``).
    """
    hours = _whole_days(values, PROFILE_DAYS)
    days, mean = _by_day(hours), _mean(hours)
    latest = days[0]
    for day in days[1:]:
        latest = np.where(np.isfinite(day), day, latest)
    latest = np.where(np.isfinite(latest), latest, mean)
    busy = _quantile_of_days(days, PEAK_QUANTILE)
    busy = np.where(np.isfinite(busy), busy, mean)
    # Peaks that wander over the day would stand at every one of their hours: a day as high as that never comes.
    busy = np.fmin(busy, _quantile_of_days(_tops(days)[:, None], TOP_QUANTILE)[0])
    held = np.broadcast_to(latest[-1], (horizon, latest.shape[1]))
    ahead: Floats = np.maximum(np.stack((_repeated(latest, horizon), _repeated(busy, horizon), held)), 0.0)
    return ahead


def _by_day(hours: Floats) -> Floats:
    """(days, 24, series)."""
    return hours.reshape(len(hours) // DAY_HOURS, DAY_HOURS, hours.shape[1])


def _whole_days(values: ArrayLike, most_days: int) -> Floats:
    """The newest hours, filled up with NaN at the old end to at least one whole day."""
    hours = np.asarray(values, dtype=np.float64)[-most_days * DAY_HOURS :]
    missing = DAY_HOURS if len(hours) == 0 else -len(hours) % DAY_HOURS
    hours = np.concatenate((np.full((missing, hours.shape[1]), np.nan), hours))
    return np.where(np.isfinite(hours), hours, np.nan)


def _mean(rows: Floats) -> Floats:
    """Mean of the measured rows; NaN without any."""
    seen = np.isfinite(rows)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(seen, rows, 0.0).sum(axis=0) / seen.sum(axis=0)
    return mean


def _profile(week: Floats) -> Floats:
    """(24, series) deviation of each hour of day from the mean hour; 0 for an hour never seen."""
    shape = _mean(_by_day(week))
    profile: Floats = np.nan_to_num(shape - _mean(shape), nan=0.0)
    return profile


def _daily_share(hours: Floats) -> Floats:
    """(series,) lag-24 autocorrelation, 0..1; 0 where under a day of pairs was seen."""
    now, before = hours[DAY_HOURS:], hours[:-DAY_HOURS]
    pair = np.isfinite(now) & np.isfinite(before)
    count = np.maximum(pair.sum(axis=0), 1)
    now, before = np.where(pair, now, 0.0), np.where(pair, before, 0.0)
    now = np.where(pair, now - now.sum(axis=0) / count, 0.0)
    before = np.where(pair, before - before.sum(axis=0) / count, 0.0)
    together = np.einsum("ij,ij->j", now, before)
    apart = np.sqrt(np.einsum("ij,ij->j", now, now) * np.einsum("ij,ij->j", before, before))
    # Rounding alone makes a constant series' product positive: under the tiniest use there is no rhythm.
    share = np.divide(together, apart, out=np.zeros_like(apart), where=(apart > 1e-12) & (count >= DAY_HOURS))
    clipped: Floats = np.clip(share, 0.0, 1.0)
    return clipped


def _smoothed(rest: Floats, seen: Bools, alpha: float) -> Floats:
    """(series,) exponentially smoothed level of what was seen; the weights of gaps go to the rest."""
    weight = (1.0 - alpha) ** np.arange(len(rest))[::-1]
    total = weight @ seen
    level: Floats = np.divide(weight @ rest, total, out=np.full(rest.shape[1], np.nan), where=total > 0)
    return level


def _tops(days: Floats) -> Floats:
    """(days, series) highest hour of each day; NaN for a day never measured."""
    seen = np.isfinite(days)
    tops: Floats = np.where(seen.any(axis=1), np.where(seen, days, -np.inf).max(axis=1), np.nan)
    return tops


def _quantile_of_days(days: Floats, share: float) -> Floats:
    """(24, series) quantile over the days of each hour that were measured, linear between ranks."""
    ranked = np.sort(days, axis=0)  # NaN goes to the end
    place = share * np.maximum(np.isfinite(days).sum(axis=0) - 1, 0)
    low = np.floor(place).astype(np.intp)
    below = np.take_along_axis(ranked, low[None], axis=0)[0]
    above = np.take_along_axis(ranked, np.ceil(place).astype(np.intp)[None], axis=0)[0]
    quantile: Floats = below + (above - below) * (place - low)
    return quantile


def _repeated(day: Floats, horizon: int) -> Floats:
    """A day's rows, repeated over the horizon."""
    return day[np.arange(horizon) % DAY_HOURS]
