"""Forecasts of a large cluster: 3,000 series of a week's hours, each in 50 ms or less.

Run: ``python -m pytest benchmarks/bench_forecast.py`` (pytest-benchmark).
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from proxbalance_core.forecast.hourly import forecast_hours, forecast_scenarios


@pytest.fixture(scope="module")
def week() -> np.ndarray:
    rng = np.random.default_rng(0)
    values = rng.gamma(2.0, 1.0, (168, 3000))
    values[rng.random(values.shape) < 0.02] = np.nan
    return values


def test_forecast_hours(benchmark: BenchmarkFixture, week: np.ndarray) -> None:
    assert benchmark(forecast_hours, week).shape == (24, 3000)


def test_forecast_scenarios(benchmark: BenchmarkFixture, week: np.ndarray) -> None:
    assert benchmark(forecast_scenarios, week).shape == (3, 24, 3000)
