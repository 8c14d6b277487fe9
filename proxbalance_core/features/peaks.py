"""Peaks that come every day at the same hours and go again by themselves."""

from __future__ import annotations

from datetime import tzinfo

import numpy as np

from proxbalance_core.domain.cluster import RecurringPeak
from proxbalance_core.features.arrays import Floats
from proxbalance_core.features.calendar import DAY_HOURS, Calendar

DAYS = 7
LEAST_DAYS = 5
# Longer than this it is a busy time of day, which a cluster has to be laid out for.
MOST_HOURS = 3
# Points of percent over the median hour, on nearly every day.
LEAST_RISE_PCT = 15.0
DAYS_SHARE = 0.8


def recurring_peaks(levels: Floats, end: int, zone: tzinfo) -> tuple[RecurringPeak | None, ...]:
    """The daily peak of each series, None for those without one.

    A peak is one stretch of at most three hours of the day in which a series is 15 points and more over its median
    hour on four of five days, and after which it is back: no other hour is as high on most days. A load that came to
    stay, a busy working day and a peak that came twice are none.

    Parameters
    ----------
    levels
        (hours, series) of hourly means [percent], NaN where not measured; the last 7 days are looked at.
    end
        When the last hour ends [epoch s].
    zone
        Whose clock tells the hour of the day.

    Source
    ------
    Our choice; see ``docs/adr/0023-peaks-that-recur.md``.
    """
    week = levels[-DAYS * DAY_HOURS :]
    calendar = Calendar.of(end - len(week) * 3600, len(week), zone)
    return tuple(_peak(week[:, i], calendar) for i in range(levels.shape[1]))


def _peak(values: Floats, calendar: Calendar) -> RecurringPeak | None:
    seen = np.isfinite(values)
    if seen.sum() < LEAST_DAYS * DAY_HOURS:
        return None
    high = values >= np.median(values[seen]) + LEAST_RISE_PCT
    count = np.bincount(calendar.hour[seen], minlength=DAY_HOURS)
    often = np.bincount(calendar.hour[seen & high], minlength=DAY_HOURS) >= DAYS_SHARE * np.maximum(count, 1)
    often &= count >= LEAST_DAYS
    run = _one_run(often)
    if run is None:
        return None
    inside = np.isin(calendar.hour, run)
    days = [values[inside & seen & (calendar.day == day)] for day in np.unique(calendar.day)]
    tops = np.array([day.max() for day in days if len(day)])
    rest = float(np.percentile(values[seen & ~inside], 95))
    if rest >= float(np.median(tops)):
        return None
    return RecurringPeak(hours=run, days=len(tops), peak_pct=round(float(tops.mean()), 2), rest_pct=round(rest, 2))


def _one_run(often: np.ndarray) -> tuple[int, ...] | None:
    """The hours of the only stretch, in order (it may pass midnight); None without one, or where it is too long."""
    hours = np.flatnonzero(often).tolist()
    if not 1 <= len(hours) <= MOST_HOURS:
        return None
    starts = [hour for hour in hours if (hour - 1) % DAY_HOURS not in hours]
    if len(starts) != 1:
        return None
    return tuple((starts[0] + i) % DAY_HOURS for i in range(len(hours)))
