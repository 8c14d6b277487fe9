"""The bound: under the objective of every placement, and said so where nothing is proven."""

from __future__ import annotations

import numpy as np
import pytest

from proxbalance_core import ClusterSnapshot, Settings, assess, bound, evaluate, with_bound
from proxbalance_core.engine.bounding import MOST_PAIRS
from proxbalance_core.plan.bound import corners_of, envelope, least_objective
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.staircase import Staircase
from tests.scenarios.builder import Cluster
from tests.support.clusters import FREE, board, random_cluster


@pytest.mark.parametrize("edge", [0.0, 5.0])
def test_the_envelope_is_convex_and_never_over_the_staircase(edge: float) -> None:
    stairs = Staircase((55.0, 75.0, 85.0), (20.0, 50.0, 100.0), edge)
    slopes, levels = envelope(stairs, 0.0, 150.0, corners_of(stairs))
    x = np.linspace(0.0, 150.0, 3001)
    lines = (slopes[:, None] * x + levels[:, None]).max(axis=0)
    assert (np.diff(slopes) > 0).all()
    assert (lines <= stairs(x) + 1e-6).all()
    assert lines[0] == pytest.approx(0.0)
    assert lines.max() > 50


def test_the_envelope_of_a_convex_ramp_is_the_ramp() -> None:
    ramp = PointScale.of(Settings()).plan_mem
    slopes, levels = envelope(ramp, 0.0, 100.0, corners_of(ramp))
    x = np.linspace(0.0, 100.0, 501)
    assert (slopes[:, None] * x + levels[:, None]).max(axis=0) == pytest.approx(ramp(x))


@pytest.mark.parametrize("high", [89.5, 90.0, 120.0])
@pytest.mark.parametrize(("second", "third"), [(20.0, 20.0), (20.0, 10.0), (0.0, 20.0), (0.0, 0.0)])
def test_the_envelope_is_never_over_a_ramp_that_jumps(second: float, third: float, high: float) -> None:
    ramp = PointScale.of(Settings(mem_threshold_offset_1=second, mem_threshold_offset_2=third)).plan_mem
    slopes, levels = envelope(ramp, 0.0, high, corners_of(ramp))
    x = np.concatenate([np.linspace(0.0, high, 2401), np.nextafter(ramp.bends, -np.inf), ramp.bends])
    x = x[x <= high]
    lines = (slopes[:, None] * x + levels[:, None]).max(axis=0)
    assert (lines <= ramp(x) + 1e-6).all()
    assert lines.max() > 5


def test_the_bound_is_not_above_what_stands_where_memory_jumps() -> None:
    """Nodes just under the jump, in a raw bound that nothing has clamped to what was reached."""
    jumps = Settings(mem_threshold_offset_1=20.0, mem_threshold_offset_2=20.0)
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    for vmid, node in ((101, "pve1"), (201, "pve2"), (301, "pve3")):
        cluster.guest(vmid, node, 1.0, 55.3)
    here = board(ClusterSnapshot.from_dict(cluster.document()), jumps)
    proven = least_objective(here, here.price, 10.0)
    assert proven is not None
    assert 0.0 < proven <= here.field.total() + 1e-6


@pytest.mark.parametrize("settings", [FREE, Settings()])
@pytest.mark.parametrize("seed", [0, 1, 5])
def test_no_placement_falls_below_the_bound(seed: int, settings: Settings) -> None:
    cluster = random_cluster(seed, 4, 12)
    found = assess(cluster, settings, "optimal")
    proven = bound(cluster, settings, found, 10.0)
    assert proven is not None
    assert proven.least_objective <= proven.objective
    assert 0.0 <= proven.gap_pct <= 100.0
    assert proven.objective == pytest.approx(
        evaluate(cluster, settings, [(r.vmid, r.target) for r in found.recommendations]).objective, abs=1e-5
    )
    rng = np.random.default_rng(seed)
    for _ in range(40):
        moves = [(guest.vmid, cluster.nodes[int(rng.integers(4))].name) for guest in cluster.guests]
        judged = evaluate(cluster, settings, moves)
        if not any(violation.constraint == "memory" for violation in judged.violations):
            assert judged.objective >= proven.least_objective - 1e-6


def test_a_cluster_that_is_too_large_is_said_to_be() -> None:
    cluster = random_cluster(1, 9, MOST_PAIRS // 4)
    found = assess(cluster, FREE)
    assert bound(cluster, FREE, found) is None
    told = with_bound(cluster, FREE, found)
    assert told.plan.bound is None
    assert "not proven" in told.notes[-1]
