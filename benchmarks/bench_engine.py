"""The engine's speed on CPU time, one thread, against the targets of the design.

Run: ``python -m pytest benchmarks/bench_engine.py`` (or ``make bench``).
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
import tracemalloc
from functools import cache

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.clusters import Shape, cluster, course
from benchmarks.targets import Line, cpu_timed, record
from proxbalance_core import (
    AddGuest,
    AddMemory,
    ClusterSnapshot,
    Consolidate,
    LoseNode,
    NewGuest,
    Settings,
    assess,
    backtest,
    drain,
    n_minus_1,
    place,
    simulate,
    what_if,
)
from proxbalance_core.domain.changes import Change
from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import ClusterArrays
from proxbalance_core.plan.search import Found, search
from proxbalance_core.recommend.eligibility import eligibility
from proxbalance_core.scoring.ranking import best_targets
from proxbalance_core.scoring.targets import Scores, score_nodes
from tests.oracle import scoring_oracle as oracle

S = Settings()
SMALL, LARGE, HUGE = (
    Shape(nodes=32, guests=1_000),
    Shape(nodes=300, guests=10_000),
    Shape(nodes=1_000, guests=50_000, ahead=False),
)
SAMPLE = 200


@cache
def snapshot(shape: Shape) -> ClusterSnapshot:
    return cluster(shape)


@cache
def view(shape: Shape) -> View:
    return View.of(snapshot(shape), S)


def scored(shape: Shape) -> Scores:
    found = view(shape)
    return score_nodes(found.placed, found.rules.scale, S)


def ranked(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Every guest's best other node and its score there."""
    home, nodes = scores.placed.node_of, np.arange(len(scores.own))
    return best_targets(scores, lambda guests: home[guests][:, None] != nodes)


def plain_seconds_per_pair(shape: Shape) -> float:
    """CPU time of the plain Python scorer on a sample of pairs."""
    cluster_, states = snapshot(shape), oracle.states(snapshot(shape))
    names, rng = sorted(states), np.random.default_rng(0)
    pairs = [
        (cluster_.guests[rng.integers(len(cluster_.guests))], names[rng.integers(len(names))]) for _ in range(SAMPLE)
    ]
    begin = time.process_time()
    for guest, name in pairs:
        oracle.target_score(states[name], guest, S)
    return (time.process_time() - begin) / SAMPLE


def test_scores_32x1000(benchmark: BenchmarkFixture) -> None:
    scores = scored(SMALL)
    cpu_timed(benchmark, "score matrix, 32 x 1,000", 5.0, ranked, rounds=20, args=(scores,))
    plain = plain_seconds_per_pair(SMALL) * SMALL.nodes * SMALL.guests
    line = record(
        benchmark, Line("... times the plain loop", 100.0, plain / benchmark.stats.stats.min, "x", at_least=True)
    )
    assert line.measured > 1.0


def test_scores_300x10000(benchmark: BenchmarkFixture) -> None:
    scores = scored(LARGE)
    cpu_timed(benchmark, "score matrix, 300 x 10,000", 100.0, ranked, args=(scores,))
    tracemalloc.start()
    ranked(scores)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    record(benchmark, Line("... memory above the inputs", 50.0, peak, "MB"))


def test_scores_1000x50000(benchmark: BenchmarkFixture) -> None:
    cpu_timed(benchmark, "score matrix, 1,000 x 50,000", 1_500.0, ranked, rounds=2, args=(scored(HUGE),))


def searched(shape: Shape) -> Found:
    found = view(shape)
    able = eligibility(found.snapshot, found.placed, found.constraints, S)
    return search(found.state, found.rules, able, frozenset(), lambda _: True)


@pytest.mark.parametrize(
    ("shape", "target_ms", "rounds"),
    [
        (SMALL, 80.0, 5),
        (dataclasses.replace(SMALL, local_share=1.0), 80.0, 3),
        (LARGE, 10_000.0, 1),
    ],
    ids=["32x1000", "32x1000-local-disks", "300x10000"],
)
def test_search(benchmark: BenchmarkFixture, shape: Shape, target_ms: float, rounds: int) -> None:
    view(shape)
    what = f"search to its fixpoint, {shape.nodes} x {shape.guests:,}" + (", local disks" * (shape.local_share == 1.0))
    found = cpu_timed(benchmark, what, target_ms, searched, rounds, args=(shape,), warmup_rounds=int(rounds > 1))
    benchmark.extra_info["moves"] = len(found.target_of)
    assert found.total + found.cost <= found.duties_total + 1e-6


def fresh(shape: Shape) -> ClusterSnapshot:
    """The same cluster as another value, whose arrays are yet to be made."""
    return dataclasses.replace(snapshot(shape))


@pytest.mark.parametrize(
    ("what", "shape", "mode", "target_ms"),
    [
        ("assess, 32 x 1,000", SMALL, "sequential", 250.0),
        ("assess, 32 x 1,000, present only", dataclasses.replace(SMALL, ahead=False), "sequential", 150.0),
        ("assess independent, 32 x 1,000", SMALL, "independent", 300.0),
        ("assess optimal, 32 x 1,000", SMALL, "optimal", 3000.0),
        ("assess optimal, 8 x 160", dataclasses.replace(SMALL, nodes=8, guests=160), "optimal", 300.0),
    ],
)
def test_assess(benchmark: BenchmarkFixture, what: str, shape: Shape, mode: str, target_ms: float) -> None:
    told = cpu_timed(benchmark, what, target_ms, assess, setup=lambda: ((fresh(shape), S), {"mode": mode}), rounds=5)
    benchmark.extra_info["recommendations"] = len(told.recommendations)
    assert len(told.recommendations) + len(told.skipped) == shape.guests


def test_assess_300x10000(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info["recommendations"] = len(
        cpu_timed(
            benchmark, "assess, 300 x 10,000 (no target)", 15_000.0, assess, 1, args=(fresh(LARGE), S), warmup_rounds=0
        ).recommendations
    )


def test_n_minus_1(benchmark: BenchmarkFixture) -> None:
    found = cpu_timed(
        benchmark, "N-1: each node lost once, 32 x 1,000", 3_000.0, lambda: n_minus_1(snapshot(SMALL)), rounds=2
    )
    assert sum(len(loss.started) for loss in found.nodes) > 0.9 * SMALL.guests


@pytest.mark.parametrize(
    ("what", "changes", "target_ms"),
    [
        ("lose a node and add memory", (LoseNode(node="pve0003"), AddMemory(node="pve0001", mem_bytes=2.0**36)), 500.0),
        ("100 new guests", (AddGuest(guest=NewGuest(cpu_cores=4, mem_bytes=2.0**33), count=100),), 1_000.0),
        ("28 of 32 nodes", (Consolidate(nodes=28),), 2_000.0),
    ],
)
def test_what_if(benchmark: BenchmarkFixture, what: str, changes: tuple[Change, ...], target_ms: float) -> None:
    made = cpu_timed(
        benchmark, f"what-if, 32 x 1,000: {what}", target_ms, what_if, rounds=3,
        setup=lambda: ((fresh(SMALL), S, changes), {}),
    )  # fmt: skip
    assert len(made.nodes) == SMALL.nodes


def test_drain(benchmark: BenchmarkFixture) -> None:
    told = cpu_timed(
        benchmark, "drain a node, 32 x 1,000", 500.0, drain, rounds=3,
        setup=lambda: ((fresh(SMALL), S, "pve0003"), {}),
    )  # fmt: skip
    benchmark.extra_info["steps"] = len(told.plan.steps)
    assert told.guests


def test_place(benchmark: BenchmarkFixture) -> None:
    wish = NewGuest(cpu_cores=4, mem_bytes=2.0**33)
    found = cpu_timed(benchmark, "place, 32 x 1,000", 100.0, place, setup=lambda: ((fresh(SMALL), S, wish), {}))
    assert found.best


def test_backtest(benchmark: BenchmarkFixture) -> None:
    """Thirty days by the hour; the three sides of a backtest with one profile."""
    past = course(nodes=8, guests=160, hours=720)
    found = cpu_timed(
        benchmark, "backtest, 30 days hourly, 8 x 160", 20_000.0, lambda: backtest(past, {"balanced": S}), rounds=1,
        warmup_rounds=0,
    )  # fmt: skip
    assert found.hours == 552 and found.sides[2].moves > 0


def test_changed_setting(benchmark: BenchmarkFixture) -> None:
    kept = snapshot(SMALL)
    ClusterArrays.of(kept)
    thresholds = iter(np.linspace(55.0, 65.0, 7))
    cpu_timed(
        benchmark, "changed setting, 32 x 1,000", 100.0, assess,
        setup=lambda: ((kept, dataclasses.replace(S, cpu_threshold=float(next(thresholds)))), {}),
    )  # fmt: skip


def test_simulated_setting(benchmark: BenchmarkFixture) -> None:
    """What a released slider asks: the proposed side alone, the other is known."""
    kept = snapshot(SMALL)
    now = assess(kept, S)
    thresholds = iter(np.linspace(55.0, 65.0, 7))
    cpu_timed(
        benchmark, "simulated setting, 32 x 1,000", 100.0, simulate,
        setup=lambda: ((kept, S, dataclasses.replace(S, cpu_threshold=float(next(thresholds)))), {"current": now}),
    )  # fmt: skip


def test_import(benchmark: BenchmarkFixture) -> None:
    command = [sys.executable, "-c", "import time; t = time.process_time(); import proxbalance_core as p; p.assess; "
               "print(time.process_time() - t)"]  # fmt: skip

    def measured() -> float:
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    seconds = [measured() for _ in range(3)]
    benchmark.pedantic(measured, rounds=1, iterations=1)
    record(benchmark, Line("import proxbalance_core, with assess", 0.3, min(seconds), "s"))
