"""The simple forecasters that ours has to beat."""

from __future__ import annotations

import numpy as np

from proxbalance_core.forecast.hourly import DAY_HOURS, Floats

WEEK_HOURS = 7 * DAY_HOURS


def last_value(values: Floats, horizon: int = DAY_HOURS) -> Floats:
    """The last measured hour, held; (horizon, series)."""
    return np.tile(_latest(values)[-1], (horizon, 1))


def same_hour_yesterday(values: Floats, horizon: int = DAY_HOURS) -> Floats:
    """The last 24 hours again; (horizon, series), NaN where that hour was not measured."""
    day = np.full((DAY_HOURS, values.shape[1]), np.nan)
    tail = values[-DAY_HOURS:]
    day[DAY_HOURS - len(tail) :] = tail
    return np.asarray(np.resize(day, (horizon, values.shape[1])))


def straight_line(values: Floats, horizon: int = DAY_HOURS) -> Floats:
    """The least-squares line of the last 7 days, drawn on; (horizon, series), never under 0."""
    week = values[-WEEK_HOURS:]
    at = np.arange(len(week), dtype=float)[:, None]
    known = ~np.isnan(week)
    n = known.sum(axis=0)
    x, y = np.where(known, at, 0.0), np.where(known, week, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = x.sum(axis=0) / n, y.sum(axis=0) / n
        dx, dy = np.where(known, at - mean_x, 0.0), np.where(known, week - mean_y, 0.0)
        slope = (dx * dy).sum(axis=0) / (dx * dx).sum(axis=0)
    ahead = np.arange(len(week), len(week) + horizon, dtype=float)[:, None]
    return np.asarray(np.maximum(mean_y + np.nan_to_num(slope) * (ahead - mean_x), 0.0))


def _latest(values: Floats) -> Floats:
    """Each hour, or the last measured one before it."""
    place = np.where(np.isnan(values), 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(place, axis=0), axis=0)
