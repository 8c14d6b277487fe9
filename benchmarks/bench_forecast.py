"""Forecasts of a large cluster: 3,000 series of a week's hours, each in 50 ms or less.

And how good they are: the last week of real traces, forecast day by day from what lies before, where the traces are
there (``../shared/eval``).

Run: ``python -m pytest benchmarks/bench_forecast.py`` (pytest-benchmark).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.targets import Line, record
from proxbalance_core.forecast.accuracy import banded, coverage, highest_scenario, mase, peak_error, rolled
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


TRACES = Path(__file__).resolve().parents[2] / "shared" / "eval" / "traces"
SETS = ("bitbrains_rnd_dev", "bitbrains_small_dev", "azure_v1_100_dev")
JUDGED_DAYS, LEAST_COVER = 7, 0.9
MASE, PEAK_PCT, COVERAGE_PCT = 0.98, 5.0, (75.0, 85.0)


def hours_of(name: str) -> np.ndarray:
    """Hourly CPU means of a set's guests [percent of their own], (hours, guests)."""
    rows = pd.read_parquet(TRACES / f"{name}.parquet", columns=["timestamp", "vm", "cpu_pct"])
    wide = rows.pivot_table(index="timestamp", columns="vm", values="cpu_pct").resample("1h").mean()
    wide = wide.loc[:, wide.notna().mean() >= LEAST_COVER]
    return wide.to_numpy(dtype=float)


def test_the_last_week_of_real_guests(benchmark: BenchmarkFixture) -> None:
    """Fit on the weeks before, judged on the last one."""
    if not TRACES.exists():
        pytest.skip(f"{TRACES.parent} is not there")
    peaks = []
    for name in SETS:
        values = hours_of(name)
        level = rolled(values, forecast_hours, JUDGED_DAYS)
        held = 100.0 * float(np.nanmean(coverage(values, banded(values, JUDGED_DAYS))))
        record(benchmark, Line(f"forecast, {name}: median MASE", MASE, float(np.nanmedian(mase(values, level))), ""))
        record(benchmark, Line(f"forecast, {name}: 80 % interval holds", COVERAGE_PCT[0], held, "%", at_least=True))
        record(benchmark, Line(f"forecast, {name}: the same, at most", COVERAGE_PCT[1], held, "%"))
        peaks.append(peak_error(values, rolled(values, highest_scenario, JUDGED_DAYS)))
        record(benchmark, Line(f"forecast, {name}: day's maximum", PEAK_PCT, float(np.nanmean(peaks[-1])), "points"))
    pooled = float(np.nanmean(np.concatenate(peaks)))
    record(benchmark, Line("forecast, all guests of the sets: day's maximum", PEAK_PCT, pooled, "points"))
    benchmark(forecast_hours, values)
