"""Hourly forecasters: hour alignment, gaps, short histories, and a plain loop as their oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest

from proxbalance_core.forecast.hourly import forecast_hours, forecast_scenarios

YESTERDAY, BUSY, HELD = 0, 1, 2


def week(series: int = 3, hours: int = 168, seed: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    hour = np.arange(hours)[:, None]
    return 2.0 + np.sin(hour * 2 * np.pi / 24) + rng.uniform(0, 0.5, (hours, series))


def oracle_level(column: list[float], horizon: int) -> list[float]:
    """forecast_hours of one series without gaps, over whole days, in plain Python."""
    days = len(column) // 24
    now, before = column[24:], column[:-24]
    mean_now, mean_before = sum(now) / len(now), sum(before) / len(before)
    together = sum((a - mean_now) * (b - mean_before) for a, b in zip(now, before, strict=True))
    apart = math.sqrt(sum((a - mean_now) ** 2 for a in now) * sum((b - mean_before) ** 2 for b in before))
    share = min(max(together / apart, 0.0), 1.0)
    recent = column[-min(days, 7) * 24 :]
    shape = [sum(recent[h::24]) / len(recent[h::24]) for h in range(24)]
    profile = [(s - sum(shape) / 24) * share for s in shape]
    rest = [v - profile[i % 24] for i, v in enumerate(recent)]

    def level(alpha: float) -> float:
        weights = [(1 - alpha) ** (len(rest) - 1 - i) for i in range(len(rest))]
        return sum(w * r for w, r in zip(weights, rest, strict=True)) / sum(weights)

    near = [math.exp(-(h + 1) / 12) for h in range(horizon)]
    return [max(profile[h % 24] + near[h] * level(0.6) + (1 - near[h]) * level(0.05), 0.0) for h in range(horizon)]


@pytest.mark.parametrize("hours", [72, 168, 336])
def test_level_equals_the_plain_loop(hours: int) -> None:
    values = week(hours=hours)
    ahead = forecast_hours(values, 30)
    for column in range(values.shape[1]):
        assert ahead[:, column] == pytest.approx(oracle_level(list(values[:, column]), 30), abs=1e-9)


def test_a_perfect_rhythm_is_continued() -> None:
    hour = np.arange(168)
    values = (3.0 + np.sin(hour * 2 * np.pi / 24))[:, None]
    expected = 3.0 + np.sin(np.arange(168, 192) * 2 * np.pi / 24)
    assert forecast_hours(values)[:, 0] == pytest.approx(expected, abs=1e-9)


def test_yesterday_is_repeated_in_its_own_hours() -> None:
    values = np.arange(50.0)[:, None]
    ahead = forecast_scenarios(values, horizon=30)
    assert ahead.shape == (3, 30, 1)
    assert list(ahead[YESTERDAY, :, 0]) == [*range(26, 50), *range(26, 32)]
    assert set(ahead[HELD, :, 0]) == {49.0}


def busy_day(days: np.ndarray) -> np.ndarray:
    """(24, series) of (days, 24, series), each figure by itself."""
    out = np.empty(days.shape[1:])
    for s in range(days.shape[2]):
        top = np.quantile([max(day[:, s]) for day in days], 0.8)
        for hour in range(24):
            out[hour, s] = min(np.quantile(days[:, hour, s], 0.9), top)
    return out


def test_busy_day_is_the_percentile_of_each_hour() -> None:
    days = week().reshape(7, 24, -1)
    assert forecast_scenarios(week())[BUSY] == pytest.approx(busy_day(days))
    assert np.any(busy_day(days) < np.quantile(days, 0.9, axis=0)), "a day's highest hour counts somewhere"


def test_a_peak_that_wanders_does_not_stand_at_every_hour() -> None:
    values = np.full((7, 24), 1.0)
    for day in range(7):
        values[day, [2 * day, 2 * day + 1]] = 1.0 + day
    ahead = forecast_scenarios(values.reshape(-1, 1))[BUSY, :, 0]
    assert ahead.max() <= np.quantile(1.0 + np.arange(7), 0.8)


def test_busy_day_speaks_of_measured_days_alone() -> None:
    values = week()
    young = values.copy()
    young[:120] = np.nan
    assert forecast_scenarios(young)[BUSY] == pytest.approx(busy_day(values[120:].reshape(2, 24, -1)))


def test_a_gap_takes_the_same_hour_of_the_days_before() -> None:
    values = week(series=1)
    values[150:] = np.nan
    yesterday = forecast_scenarios(values)[YESTERDAY, :, 0]
    assert yesterday[:6] == pytest.approx(values[144:150, 0])
    assert yesterday[6:] == pytest.approx(values[126:144, 0])
    assert forecast_scenarios(values)[HELD, 0, 0] == pytest.approx(values[143, 0])


def test_the_unseen_hours_of_a_short_history_are_its_mean() -> None:
    ahead = forecast_scenarios(np.array([[1.0], [2.0], [6.0]]))[:, :, 0]
    assert list(ahead[YESTERDAY]) == [3.0] * 21 + [1.0, 2.0, 6.0]
    assert list(ahead[HELD]) == [6.0] * 24


def test_a_short_history_and_one_led_by_gaps_are_the_same() -> None:
    short = week(hours=30)
    led = np.concatenate((np.full((138, 3), np.nan), short))
    assert forecast_scenarios(short) == pytest.approx(forecast_scenarios(led))
    assert forecast_hours(short) == pytest.approx(forecast_hours(led))


@pytest.mark.parametrize("hours", [1, 5, 23])
def test_under_a_day_the_level_alone(hours: int) -> None:
    values = np.full((hours, 2), 4.0)
    assert forecast_hours(values) == pytest.approx(np.full((24, 2), 4.0))
    rising = forecast_hours(np.arange(float(hours))[:, None])[:, 0]
    assert np.all(np.diff(rising) <= 1e-12)  # from the last hours' level back to the mean, no rhythm


def test_nothing_measured_is_nothing_forecast() -> None:
    assert np.isnan(forecast_hours(np.empty((0, 3)))).all()
    assert np.isnan(forecast_scenarios(np.empty((0, 3)))).all()
    values = week()
    values[:, 1] = np.nan
    assert np.isnan(forecast_hours(values)[:, 1]).all()
    assert np.isnan(forecast_scenarios(values)[:, :, 1]).all()
    assert np.isfinite(forecast_hours(values)[:, [0, 2]]).all()


def test_no_series_is_no_error() -> None:
    assert forecast_hours(np.empty((168, 0))).shape == (24, 0)
    assert forecast_scenarios(np.empty((168, 0)), 6).shape == (3, 6, 0)


def test_gaps_move_the_level_little() -> None:
    values = week(hours=168)
    holed = values.copy()
    holed[np.random.default_rng(1).random(values.shape) < 0.1] = np.nan
    assert np.isfinite(forecast_hours(holed)).all()
    assert forecast_hours(holed) == pytest.approx(forecast_hours(values), abs=0.5)


def test_never_negative() -> None:
    values = np.random.default_rng(3).normal(0.0, 0.2, (168, 20))
    assert forecast_hours(values).min() >= 0.0
    assert forecast_scenarios(values).min() >= 0.0


def test_a_still_series_stays() -> None:
    values = np.full((168, 2), 0.3)
    assert forecast_hours(values) == pytest.approx(np.full((24, 2), 0.3))
    assert forecast_scenarios(values) == pytest.approx(np.full((3, 24, 2), 0.3))
