"""Cycles: planted ones are found in local time, noise has none, and what is explained equals a plain loop."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxbalance_core.domain.patterns import Pattern
from proxbalance_core.features.calendar import Calendar
from proxbalance_core.features.patterns import explained, patterns

VIENNA = ZoneInfo("Europe/Vienna")
# Summer time begins on 29 March 2026 at 02:00: that local hour does not exist.
START = int(datetime(2026, 3, 15, 23, tzinfo=UTC).timestamp())
HOURS = 28 * 24


def calendar(hours: int = HOURS) -> Calendar:
    return Calendar.of(START, hours, VIENNA)


def one(values: np.ndarray, hours: int = HOURS) -> Pattern:
    return patterns(values[:, None], calendar(hours), ["guest/101"], ["web"])[0]


def noise(seed: int = 0, hours: int = HOURS) -> np.ndarray:
    return np.random.default_rng(seed).normal(20.0, 2.0, hours)


def test_a_night_job_stays_at_its_local_hour_across_summer_time() -> None:
    when = calendar()
    values = noise() + np.where(when.hour == 4, 40.0, 0.0)
    found = one(values)
    assert found.peak_hours == (4,) and found.cycle in ("daily", "bursts")
    heat = when.heatmap(values, "mean")
    assert (np.nanargmax(heat, axis=1) == 4).all()
    utc = Calendar.of(START, HOURS, UTC).heatmap(values, "mean")
    assert np.sort(utc.mean(axis=0))[-2] > 30.0, "in UTC it is smeared over two hours"


def test_the_hour_that_summer_time_skips_has_no_value() -> None:
    when = Calendar.of(int(datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp()), 23, VIENNA)
    assert 2 not in when.hour.tolist() and len(set(when.day.tolist())) == 1
    heat = when.heatmap(np.ones(23), "mean")
    assert np.isnan(heat[6, 2]) and when.heatmap(np.ones(23), "count")[6, 2] == 0.0


def test_a_daily_cycle() -> None:
    when = calendar()
    found = one(noise() + 15.0 * np.sin(2 * np.pi * (when.hour - 6) / 24))
    assert (found.cycle, found.confidence) == ("daily", "high")
    assert found.strength > 0.9 and 12 in found.peak_hours and 0 in found.trough_hours
    assert found.peak_mean_pct > 30.0 > found.mean_pct > 10.0 > found.trough_mean_pct


def test_a_weekly_cycle_needs_two_weeks() -> None:
    when = calendar()
    office = np.where((when.weekday < 5) & (when.hour >= 8) & (when.hour < 18), 30.0, 0.0)
    assert one(noise() + office).cycle == "weekly"
    assert one((noise() + office)[: 10 * 24], 10 * 24).cycle != "weekly"


def test_bursts_that_recur() -> None:
    when, rng = calendar(), np.random.default_rng(3)
    restless = rng.normal(20.0, 1.0, HOURS) + np.repeat(rng.uniform(0.0, 60.0, 28), 24)
    found = one(restless + np.where(when.hour == 13, restless, 0.0))
    assert (found.cycle, found.peak_hours) == ("bursts", (13,))


@pytest.mark.parametrize("seed", range(8))
def test_noise_has_no_pattern(seed: int) -> None:
    found = one(noise(seed))
    assert (found.cycle, found.peak_hours, found.trough_hours) == ("none", (), ())
    assert found.strength < 0.1


def test_too_little_or_too_even_is_none_and_says_how_sure() -> None:
    when = calendar(48)
    assert one(noise(hours=48) + 30.0 * (when.hour == 4), 48).cycle == "none"
    assert one(np.full(HOURS, 20.0)).cycle == "none"
    off = one(np.full(HOURS, np.nan))
    assert (off.cycle, off.days, off.confidence, off.mean_pct) == ("none", 0, "low", None)


def test_a_gap_is_no_zero() -> None:
    when = calendar()
    values = noise() + 15.0 * np.sin(2 * np.pi * (when.hour - 6) / 24)
    holed = values.copy()
    holed[np.random.default_rng(1).random(HOURS) < 0.3] = np.nan
    whole, found = one(values), one(holed)
    assert found.cycle == "daily" and abs(found.strength - whole.strength) < 0.03 and found.days <= whole.days
    assert abs(found.mean_pct - whole.mean_pct) < 1.5


def by_hand(values: np.ndarray, group: np.ndarray) -> float:
    """The adjusted coefficient of determination in a plain loop."""
    rows = [(int(g), float(v)) for g, v in zip(group, values, strict=True) if not np.isnan(v)]
    used = {g for g, _ in rows}
    n, mean = len(rows), (sum(v for _, v in rows) / len(rows) if rows else 0.0)
    total = sum((v - mean) ** 2 for _, v in rows)
    if n <= len(used) + 1 or total <= 1e-12 * n:
        return float("nan")
    means = {g: np.mean([v for h, v in rows if h == g]) for g in used}
    within = sum((v - means[g]) ** 2 for g, v in rows)
    return float(min(max(1.0 - within / total * (n - 1) / (n - len(used)), 0.0), 1.0))


@given(st.integers(0, 2**32 - 1), st.integers(2, 90), st.integers(1, 6), st.floats(0.0, 0.9))
def test_what_is_explained_equals_a_plain_loop(seed: int, hours: int, groups: int, gone: float) -> None:
    rng = np.random.default_rng(seed)
    values, group = rng.normal(10.0, 3.0, (hours, 3)), rng.integers(0, groups, hours)
    values[rng.random(values.shape) < gone] = np.nan
    found = explained(values, group, groups).share
    for s in range(3):
        assert found[s] == pytest.approx(by_hand(values[:, s], group), abs=1e-9, nan_ok=True)
