from __future__ import annotations

import numpy as np
import pytest

from proxbalance_core.features.placed import own_use, rebuilt
from proxbalance_core.features.windows import trends, windows

HOURS = np.arange(168)
DAILY = 20 * np.sin(2 * np.pi * HOURS / 24)


def column(*series: np.ndarray) -> np.ndarray:
    return np.stack(series, axis=1).astype(float)


def test_windows_are_those_of_numpy() -> None:
    values = np.random.default_rng(1).gamma(2, 10, (168, 5))
    made = windows(values, values[-1])
    assert made.avg_24h == pytest.approx(values[-24:].mean(axis=0))
    assert made.avg_7d == pytest.approx(values.mean(axis=0))
    assert made.std_7d == pytest.approx(values.std(axis=0))
    assert made.p95_7d == pytest.approx(np.quantile(values, 0.95, axis=0))
    assert made.max_7d == pytest.approx(values.max(axis=0))
    assert made.history_days == pytest.approx(7.0)


def test_gaps_count_for_nothing() -> None:
    values = np.random.default_rng(2).gamma(2, 10, (168, 3))
    values[np.random.default_rng(3).random((168, 3)) < 0.4] = np.nan
    values[:, 2] = np.nan
    made = windows(values, values[-1])
    for i in (0, 1):
        known = values[:, i][np.isfinite(values[:, i])]
        assert made.avg_7d[i] == pytest.approx(known.mean())
        assert made.p95_7d[i] == pytest.approx(np.quantile(known, 0.95))
        assert made.history_days[i] == pytest.approx(len(known) / 24)
    assert np.isnan([made.avg_7d[2], made.p95_7d[2], made.max_7d[2], made.trend_per_day[2]]).all()
    assert made.history_days[2] == 0
    assert made.confidence(2) is None


def test_only_the_last_week_counts_and_less_is_fine() -> None:
    values = column(np.concatenate((np.full(200, 99.0), np.full(168, 1.0))))
    assert windows(values, values[-1]).max_7d[0] == 1.0
    short = windows(values[-30:], values[-1])
    assert short.history_days[0] == pytest.approx(1.25)
    assert windows(values[:0], values[-1]).history_days[0] == 0


@pytest.mark.parametrize("slope", [0.0, 1.5, -0.7])
def test_a_daily_cycle_is_no_trend_and_hides_none(slope: float) -> None:
    trend, r2 = trends(column(50 + DAILY + slope * HOURS / 24))
    # Within a day the line rises too, which the hours' own means take for cycle: the slope is exact all the same.
    assert trend[0] == pytest.approx(slope, abs=1e-9)
    assert r2[0] == pytest.approx(1.0 if slope else 0.0, abs=1e-6)


def test_one_bad_hour_is_no_trend() -> None:
    values = 50 + DAILY
    values[-1] += 500
    assert trends(column(values))[0][0] == pytest.approx(0.0, abs=1e-9)


def test_confidence_falls_with_noise_with_coarse_history_and_with_little() -> None:
    noise = np.random.default_rng(4).normal(0, 1, 168)
    sure, vague = 50 + 2 * HOURS / 24 + noise, 50 + 0.1 * HOURS / 24 + 5 * noise
    middling = 50 + HOURS / 24 + 2.1 * noise
    made = windows(column(sure, vague, middling), np.zeros(3))
    assert [made.confidence(i) for i in range(3)] == ["high", "low", "medium"]
    coarse = windows(column(sure, middling), np.zeros(2), np.ones((168, 2), dtype=bool))
    assert [coarse.confidence(i) for i in range(2)] == ["medium", "low"]
    young = windows(column(sure)[-60:], np.zeros(1))
    assert young.confidence(0) == "low"
    assert windows(column(sure)[-20:], np.zeros(1)).confidence(0) is None


def test_own_use_is_what_guests_did_not_use() -> None:
    total = np.array([[10.0, 4.0], [np.nan, 4.0], [1.0, 4.0]])
    guests = np.array([[3.0, np.nan], [3.0, 1.0], [3.0, 1.0]])
    was_on = np.array([[0, 1], [1, 1], [0, -1]])
    own = own_use(total, guests, was_on)
    assert np.array_equal(own, [[7.0, 4.0], [np.nan, 0.0], [0.0, 4.0]], equal_nan=True)


def test_a_node_is_rebuilt_with_the_guests_it_has_now() -> None:
    own = np.array([[1.0, 1.0], [1.0, np.nan]])
    guests = np.array([[3.0, 5.0], [np.nan, 5.0]])
    made = rebuilt(own, guests, np.array([0, 1]), np.array([2.0, 5.0]))
    assert np.array_equal(made, [[4.0, 6.0], [3.0, np.nan]], equal_nan=True)
