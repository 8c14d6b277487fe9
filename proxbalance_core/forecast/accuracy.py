"""Past forecasts held against what came, beside the simple ones; intervals by the errors of the days before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from proxbalance_core.forecast.hourly import DAY_HOURS, Floats, forecast_hours, forecast_scenarios
from proxbalance_core.forecast.naive import last_value, same_hour_yesterday, straight_line

Forecaster = Callable[[Floats], Floats]
OURS = "this forecast"
SIMPLE: dict[str, Forecaster] = {
    "same hour yesterday": same_hour_yesterday,
    "last hour, held": last_value,
    "7-day straight line": straight_line,
}
NOMINAL_PCT, LOW, HIGH = 80.0, 0.1, 0.9
MOST_DAYS, ERROR_DAYS, FIRST_DAYS = 7, 7, 3


def judged_days(hours: int) -> int:
    """How many of the last days can be judged: three are looked at before the first forecast, and as many days of
    errors as are judged (7 at most) make the intervals."""
    return max(0, min(MOST_DAYS, (hours // DAY_HOURS - FIRST_DAYS) // 2))


def rolled(values: Floats, forecaster: Forecaster, days: int) -> Floats:
    """Forecasts of each of the last ``days`` days, made from what lies before it: (days, 24, series)."""
    begin = len(values) - days * DAY_HOURS
    return np.array([forecaster(values[: begin + day * DAY_HOURS]) for day in range(days)])


def by_day(values: Floats, days: int) -> Floats:
    """What came in the last ``days`` days: (days, 24, series)."""
    return values[len(values) - days * DAY_HOURS :].reshape(days, DAY_HOURS, values.shape[1])


def mase(values: Floats, forecasts: Floats) -> Floats:
    """Mean absolute scaled error of each series, (series,); NaN where the scale is 0 or nothing was measured.

    The scale is the mean absolute error of "the same hour yesterday" in the hours before the first judged day.

    Source
    ------
    Hyndman and Koehler 2006.
    """
    days = len(forecasts)
    before = values[: len(values) - days * DAY_HOURS]
    scale = _mean(np.abs(before[DAY_HOURS:] - before[:-DAY_HOURS]), axis=0)
    error = _mean(np.abs(by_day(values, days) - forecasts), axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(scale > 0.0, error / scale, np.nan))


def peak_error(values: Floats, highest: Floats) -> Floats:
    """Mean absolute error of the highest hour of a day, (series,); ``highest`` is (days, 24, series)."""
    came = by_day(values, len(highest))
    whole = ~np.isnan(came).any(axis=1)
    missed = np.abs(_max(came) - _max(highest))
    return _mean(np.where(whole, missed, np.nan), axis=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """Forecasts of the last days with their interval, (days, 24, series) each."""

    level: Floats
    low: Floats
    high: Floats


def banded(values: Floats, days: int) -> Band:
    """Our forecasts of the last ``days`` days; each day's interval is made of the errors of the days before it.

    The 10th and 90th percentile of the errors of up to 7 days before are laid round the forecast, at least 0: no shape
    of the errors is assumed (split conformal prediction).
    """
    past = min(ERROR_DAYS, days)
    level = rolled(values, forecast_hours, days + past)
    error = by_day(values, days + past) - level
    low, high = np.empty_like(level[past:]), np.empty_like(level[past:])
    for day in range(days):
        seen = error[day : day + past].reshape(past * DAY_HOURS, -1)
        low[day] = np.maximum(level[past + day] + _quantile(seen, LOW), 0.0)
        high[day] = np.maximum(level[past + day] + _quantile(seen, HIGH), 0.0)
    return Band(level=level[past:], low=low, high=high)


def coverage(values: Floats, band: Band) -> Floats:
    """Share of the measured hours that lie in the interval, (series,)."""
    came = by_day(values, len(band.level))
    inside = (came >= band.low) & (came <= band.high)
    return _mean(np.where(np.isnan(came) | np.isnan(band.low), np.nan, inside), axis=(0, 1))


def highest_scenario(values: Floats) -> Floats:
    """What plans have to stand: the highest of the days that may come, (24, series)."""
    return np.asarray(forecast_scenarios(values).max(axis=0))


def _mean(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """Mean of what is measured; NaN without anything."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=axis) / known.sum(axis=axis))


def _max(values: Floats) -> Floats:
    """The highest hour of each day, (days, series); NaN where none is measured."""
    found = np.where(np.isnan(values), -np.inf, values).max(axis=1)
    return np.where(np.isfinite(found), found, np.nan)


def _quantile(rows: Floats, share: float) -> Floats:
    """By series, of what is measured; NaN without anything."""
    ordered = np.sort(rows, axis=0)  # NaN comes last
    count = (~np.isnan(rows)).sum(axis=0)
    at = share * np.maximum(count - 1, 0)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    series = np.arange(rows.shape[1])
    part = at - below
    found = ordered[below, series] * (1.0 - part) + ordered[above, series] * part
    return np.where(count > 0, found, np.nan)
