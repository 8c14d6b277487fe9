"""Judging forecasts: nothing of the day itself is seen, errors by hand, intervals that hold what they say."""

from __future__ import annotations

import numpy as np
import pytest

from proxbalance_core.forecast import accuracy
from proxbalance_core.forecast.hourly import forecast_hours
from proxbalance_core.forecast.naive import last_value, same_hour_yesterday, straight_line

DAYS = 24
HOURS = DAYS * 24


def cyclic(series: int = 6, seed: int = 0, noise: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cycle = 40.0 + 20.0 * np.sin(2 * np.pi * (np.arange(HOURS) % 24)[:, None] / 24)
    return np.maximum(cycle + rng.normal(0.0, noise, (HOURS, series)), 0.0)


def test_a_forecast_never_sees_its_day() -> None:
    values = cyclic()
    shuffled = values.copy()
    np.random.default_rng(9).shuffle(shuffled[-24:])
    for forecaster in (forecast_hours, accuracy.highest_scenario, *accuracy.SIMPLE.values()):
        before, after = (accuracy.rolled(rows, forecaster, 3) for rows in (values, shuffled))
        assert np.array_equal(before, after, equal_nan=True)
    assert np.array_equal(accuracy.banded(values, 3).high[:3], accuracy.banded(shuffled, 3).high[:3])


def test_errors_by_hand() -> None:
    """Ten days of 10, then a day of 13 that was forecast as 12; yesterday erred by 1 (hours of 10 and 11 in turn)."""
    values = np.full((264, 1), 10.0)
    for day in range(1, 10, 2):
        values[24 * day : 24 * day + 24] = 11.0
    values[240:] = 13.0
    ahead = np.full((1, 24, 1), 12.0)
    assert accuracy.mase(values, ahead)[0] == pytest.approx(1.0)
    assert accuracy.peak_error(values, ahead)[0] == pytest.approx(1.0)


def test_a_series_without_scale_or_values_is_not_judged() -> None:
    flat, off = np.full((240, 1), 5.0), np.full((240, 1), np.nan)
    ahead = np.zeros((2, 24, 1))
    assert np.isnan(accuracy.mase(flat, ahead)) and np.isnan(accuracy.mase(off, ahead))
    assert np.isnan(accuracy.coverage(off, accuracy.banded(off, 2)))


def test_intervals_hold_what_they_say() -> None:
    """On noise of one kind the 80 % interval holds 75-85 % of the hours."""
    values = cyclic(series=60, seed=4)
    band = accuracy.banded(values, 7)
    assert 75.0 <= 100.0 * float(accuracy.coverage(values, band).mean()) <= 85.0
    assert (band.low <= band.level).mean() > 0.95 and (band.high >= band.level).mean() > 0.95


def test_ours_beats_the_simple_ones_on_a_cycle() -> None:
    values = cyclic(series=20)
    score = {
        name: float(np.median(accuracy.mase(values, accuracy.rolled(values, made, 7))))
        for name, made in ({accuracy.OURS: forecast_hours} | accuracy.SIMPLE).items()
    }
    assert score[accuracy.OURS] == min(score.values()) < 0.9
    assert score["7-day straight line"] > 1.5


@pytest.mark.parametrize(("hours", "days"), [(0, 0), (96, 0), (120, 1), (240, 3), (408, 7), (9000, 7)])
def test_how_many_days_can_be_judged(hours: int, days: int) -> None:
    assert accuracy.judged_days(hours) == days


def test_the_simple_ones() -> None:
    values = np.arange(48.0)[:, None]
    assert last_value(values)[:, 0].tolist() == [47.0] * 24
    assert same_hour_yesterday(values)[:, 0].tolist() == list(range(24, 48))
    assert np.allclose(straight_line(values)[:, 0], np.arange(48, 72))
    values[-1] = np.nan
    assert last_value(values)[0, 0] == 46.0 and np.isnan(same_hour_yesterday(values)[23, 0])
    assert np.isnan(last_value(np.full((5, 1), np.nan))).all()
    assert forecast_hours(values).shape == straight_line(values).shape


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_quantiles_are_numpys_without_its_loop_over_series(share: float) -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(0.0, 1.0, (50, 7))
    rows[rng.random(rows.shape) < 0.3] = np.nan
    rows[1:, 6] = np.nan
    assert np.allclose(accuracy._quantile(rows, share), np.nanquantile(rows, share, axis=0))
    assert np.isnan(accuracy._quantile(np.full((4, 1), np.nan), share))
