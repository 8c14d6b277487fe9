"""Daily peaks: what is one, in the cluster's own clock, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from proxbalance_core.features.peaks import recurring_peaks

BERLIN = ZoneInfo("Europe/Berlin")
END = datetime(2026, 2, 9, 0, 0, tzinfo=UTC)
WEEK = 7 * 24


def week(*hours: int, high: float = 75.0, low: float = 30.0, end: datetime = END, zone: tzinfo = UTC) -> np.ndarray:
    """A week of ``low`` with ``high`` in these hours of each day on the wall."""
    start = int(end.timestamp()) - WEEK * 3600
    local = [datetime.fromtimestamp(start + i * 3600, UTC).astimezone(zone).hour for i in range(WEEK)]
    return np.where(np.isin(local, hours), high, low).astype(float)


def found(values: np.ndarray, end: datetime = END, zone: tzinfo = UTC):
    (peak,) = recurring_peaks(values[:, None], int(end.timestamp()), zone)
    return peak


def test_the_same_two_hours_of_every_day() -> None:
    peak = found(week(2, 3))
    assert (peak.hours, peak.days, peak.peak_pct, peak.rest_pct) == ((2, 3), 7, 75.0, 30.0)


def test_it_may_pass_midnight() -> None:
    assert found(week(23, 0)).hours == (23, 0)


def test_hours_are_those_on_the_wall_across_summer_time() -> None:
    end = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)  # the clock went forward on 29 March
    values = week(2, 3, end=end, zone=BERLIN)
    assert found(values, end, BERLIN).hours == (2, 3)
    assert found(values, end).hours == (1,), "in UTC only one of the hours is the same before and after"


@pytest.mark.parametrize(
    "values",
    [
        week(),  # nothing
        week(8, 9, 10, 11),  # a busy time of day
        week(2, 14),  # two peaks
        week(2, high=40.0),  # ten points over
        np.where(np.arange(WEEK) < 48, week(2), 30.0),  # came twice
        np.where(np.arange(WEEK) >= 120, 75.0, week(2)),  # came to stay
        np.where(np.arange(WEEK) < 72, np.nan, week(2)),  # four days seen
        np.full(WEEK, np.nan),
    ],
)
def test_what_is_no_daily_peak(values: np.ndarray) -> None:
    assert found(values) is None


def test_a_day_without_it_and_a_gap_are_forgiven() -> None:
    values = week(2, 3)
    values[50:52] = 30.0
    values[100:104] = np.nan
    assert found(values).hours == (2, 3)


def test_series_are_told_apart() -> None:
    peaks = recurring_peaks(np.stack((week(2), week()), axis=1), int(END.timestamp()), UTC)
    assert peaks[0] is not None and peaks[1] is None
