"""A sweep of settings on this machine: how long fifty take on two processes, and what the second process brings."""

from __future__ import annotations

import time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.clusters import course
from benchmarks.targets import Line, record
from proxbalance_core import Settings
from proxbalance_core.services.sweeping import SweepWish, _finished
from proxbalance_core.whatif.trials import trials

TRIED, WHOLE = 20, 50
SWEEP_S = 600.0
TIMES_ONE = 2.0 / 1.25  # linear within 25 %

pytestmark = pytest.mark.bench


def test_sweep(benchmark: BenchmarkFixture) -> None:
    """By the clock: the processes' work isn't this one's CPU time."""
    past, wanted = course(nodes=8, guests=160, hours=720), trials(Settings(), TRIED, 0)

    def swept(jobs: int) -> float:
        began = time.perf_counter()
        with _finished(past, wanted, SweepWish(count=TRIED, jobs=jobs)) as batches:
            assert sum(len(batch) for batch in batches) == TRIED
        return time.perf_counter() - began

    alone = swept(1)
    both = benchmark.pedantic(swept, args=(2,), rounds=1)
    what = f"sweep of {WHOLE} settings, 30 days, 8 x 160, two processes (from {TRIED})"
    record(benchmark, Line(what, SWEEP_S, both * WHOLE / TRIED, "s"))
    record(benchmark, Line("... times one process", TIMES_ONE, alone / both, "x", at_least=True))
