"""The oracle against figures that were worked out by hand from the scoring page."""

from __future__ import annotations

from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot, Settings
from tests.oracle import scoring_oracle as oracle

S = Settings()
GIB = 2**30


def cluster(nodes: list[dict[str, Any]], guests: list[dict[str, Any]] | None = None, **more: Any) -> ClusterSnapshot:
    return ClusterSnapshot.from_dict(
        {
            "format": "proxbalance.snapshot/1", "cluster": "hand", "taken_at": "2026-02-08T10:30:00Z",
            "nodes": nodes, "guests": guests or [], **more,
        }
    )  # fmt: skip


def node(name: str, cpu: float, mem: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "status": "online", "cpu_cores": 10, "mem_bytes": 100 * GIB,
        "cpu": {"current_pct": cpu}, "mem": {"current_pct": mem}, **more,
    }  # fmt: skip


def guest(vmid: int, on: str, cores: float, gib: float, **more: Any) -> dict[str, Any]:
    return {
        "vmid": vmid, "name": f"g{vmid}", "type": "vm", "node": on, "status": "running", "cpu_cores": 8,
        "mem_bytes": int(2 * gib * GIB), "cpu_used_cores": {"current": cores},
        "mem_used_bytes": {"current": gib * GIB}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pct", "points"), [(60, 0), (60.1, 0.4), (62.5, 10), (75, 20), (85, 50), (96, 100), (120, 100)]
)
def test_cpu_staircase(pct: float, points: float) -> None:
    assert oracle.cpu_points(pct, S) == pytest.approx(points)


def test_hard_steps_include_their_limit() -> None:
    hard = Settings(soft_edge_pct=0.0)
    assert oracle.cpu_points(59.999, hard) == 0
    assert oracle.cpu_points(60.0, hard) == 20


def test_a_window_not_measured_gives_its_weight_to_the_others() -> None:
    assert oracle.level([80.0, float("nan"), 60.0, 0.0], S) == pytest.approx((0.5 * 80 + 0.2 * 60) / 0.7)


def test_multiplier_and_sensitivity() -> None:
    assert oracle.cpu_points(75, Settings(penalty_multiplier=1.5, cpu_sensitivity=100.0)) == pytest.approx(20 * 1.5 * 4)


def test_memory_terms_are_capped_in_proportion() -> None:
    terms = oracle.capped({"current_cpu": 20.0, "current_mem": 50.0, "sustained_mem": 60.0, "mem_spikes": 10.0}, S)
    assert terms == pytest.approx({"current_cpu": 20.0, "current_mem": 25.0, "sustained_mem": 30.0, "mem_spikes": 5.0})


def test_overcommit_is_linear_between_its_ends() -> None:
    found = oracle.states(cluster([node("a", 0, 0)], [guest(1, "a", 1, 80)]))  # 160 GiB on 100
    assert oracle.overcommit_points(found["a"], S) == pytest.approx(8 + 17 * 0.5)


def test_trend_is_weighed_by_its_confidence() -> None:
    snapshot = cluster([node("a", 0, 0, history_days=7.0)])
    shape = snapshot.nodes[0].cpu.__class__
    assert oracle.trend_points(shape(trend_pct_per_day=1.2, trend_confidence="high"), 15.0) == 30
    assert oracle.trend_points(shape(trend_pct_per_day=1.2, trend_confidence="medium"), 15.0) == 15
    assert oracle.trend_points(shape(trend_pct_per_day=9.9, trend_confidence="low"), 15.0) == 0


def test_node_score_of_a_bare_node() -> None:
    """CPU 75, memory 50, nothing else: health over .40 and .15 alone; predicted over .40 .15 .15 .05."""
    rows = oracle.node_rows(oracle.states(cluster([node("a", 75, 50)]))["a"], S)
    assert rows["current_cpu"] == pytest.approx(20)
    assert rows["base_health"] == pytest.approx(0.25 * (0.4 * 75 + 0.15 * 50) / 0.55)
    assert rows["base_predicted"] == pytest.approx(0.40 * (0.55 * 75 + 0.20 * 50) / 0.75)
    assert rows["base_headroom"] == pytest.approx(0.20 * (0.65 * 75 + 0.35 * 50))
    assert rows["base_storage"] == 0


def test_target_score_looks_at_the_node_with_the_guest() -> None:
    snapshot = cluster([node("a", 90, 50), node("b", 45, 50)], [guest(1, "a", 3, 10)])
    rows = oracle.target_rows(oracle.states(snapshot)["b"], snapshot.guests[0], S)
    assert rows["current_cpu"] == 0
    assert rows["predicted_cpu"] == pytest.approx(25)  # 45 + 30 = 75
    assert rows["base_headroom"] == pytest.approx(0.20 * (0.65 * 75 + 0.35 * 60))


def test_a_bursty_guest_counts_with_its_p95() -> None:
    calm = {"current": 1.0, "avg_24h": 1.0, "avg_7d": 1.0, "p95_7d": 2.0}
    for p95, points in ((2.0, 0.0), (2.1, 25 * (45 + 21 - 60) / 5)):
        row = guest(1, "a", 1, 1) | {"cpu_used_cores": calm | {"p95_7d": p95}}
        snapshot = cluster([node("a", 90, 50), node("b", 45, 50)], [row])
        rows = oracle.target_rows(oracle.states(snapshot)["b"], snapshot.guests[0], S)
        assert rows["predicted_cpu"] == pytest.approx(min(25, points))


def test_strain_of_two_nodes() -> None:
    """77 % is 2 points into the lowered second step's edge (75..80); the spread of (77, 50) and (20, 50) is 14.25."""
    snapshot = cluster([node("a", 77, 50), node("b", 20, 50)])
    points = 20 + 30 * 2 / 5
    assert oracle.strains(snapshot, S) == pytest.approx({"a": points, "b": 0})
    assert oracle.strain(snapshot, S) == pytest.approx(2 * (points / 2 + 0.25 * 14.25))


def test_strain_counts_what_is_over_full() -> None:
    assert oracle.strain(cluster([node("a", 130, 0)]), S) == pytest.approx(100 + 60)


def test_strain_looks_at_the_hours_ahead_and_not_at_the_present() -> None:
    ahead = [[2.0] * 12 + [7.0] * 12]
    row = guest(1, "a", 2, 10, next_24h={"cpu_cores": ahead})
    snapshot = cluster([node("a", 25, 10), node("b", 5, 5)], [row])  # a's own: 0.5 cores
    hours = oracle.hours(snapshot, S)
    assert [hour["a"] for hour in hours] == pytest.approx([25.0] * 12 + [75.0] * 12)
    assert oracle.strains(snapshot, S)["a"] == pytest.approx(10)  # half the day: 75 % is 20 points, at a 55 % step


def test_moves_shift_the_state_by_speed_and_iowait() -> None:
    row = guest(1, "a", 3, 10, disk_read_bps=60 * 2**20, disk_write_bps=40 * 2**20)
    nodes = [
        node("a", 90, 50, iowait={"current_pct": 9.0}),
        node("b", 10, 10, cpu_speed_factor=1.5, iowait={"current_pct": 1.0}),
    ]
    snapshot = cluster(nodes, [row])
    after = oracle.states(snapshot.with_moves([(1, "b")]))
    assert (after["a"].cpu[0], after["b"].cpu[0]) == pytest.approx((60, 30))
    assert (after["a"].mem[0], after["b"].mem[0]) == pytest.approx((40, 20))
    assert (after["a"].iowait[0], after["b"].iowait[0]) == pytest.approx((4, 6))


def test_an_exempt_guest_costs_no_node_its_iowait() -> None:
    row = guest(1, "a", 3, 10, disk_read_bps=100 * 2**20, tags=["IO_Exempt"])
    nodes = [node("a", 90, 50, iowait={"current_pct": 9.0}), node("b", 10, 10, iowait={"current_pct": 1.0})]
    for snapshot in (cluster(nodes, [row]), cluster(nodes, [row]).with_moves([(1, "b")])):
        found = oracle.states(snapshot)
        assert (found["a"].iowait[0], found["b"].iowait[0]) == pytest.approx((4, 1))


@pytest.mark.parametrize(("loads", "expected"), [((4, 0, 0), 1.41), ((3, 1, 0), 0.94), ((2, 1, 1), 0.35)])
def test_imbalance_is_proxmoxs_own_figure(loads: tuple[int, ...], expected: float) -> None:
    assert oracle.imbalance([(load, load) for load in loads]) == pytest.approx(expected, abs=0.005)


def test_cluster_health_is_weighted_by_cores_and_blind_to_the_profile() -> None:
    nodes = [node("a", 75, 50), node("b", 10, 10, cpu_cores=30)]
    assert oracle.cluster_health(cluster(nodes), S) == pytest.approx(100 - 20 * 10 / 40)
    assert oracle.cluster_health(cluster(nodes), Settings(penalty_multiplier=3.0)) == pytest.approx(95)


@pytest.mark.parametrize(
    ("affinity", "places", "broken"),
    [
        ("negative", "aab", {"a": 1, "b": 0}),
        ("positive", "aab", {"a": 1, "b": 1}),
        ("positive", "aaa", {"a": 0, "b": 0}),
    ],
)
def test_soft_rules_are_counted_by_node(affinity: str, places: str, broken: dict[str, int]) -> None:
    guests = [guest(i, place, 0, 1) for i, place in enumerate(places)]
    rule = {"name": "r", "kind": "resource-affinity", "affinity": affinity, "strict": False, "guests": [0, 1, 2]}
    found = oracle.states(cluster([node("a", 1, 1), node("b", 1, 1)], guests, rules=[rule]))
    assert {name: state.soft_broken for name, state in found.items()} == broken


def test_confidence_and_risk_maps() -> None:
    row = guest(1, "a", 1, 9, snapshots=1, disks=[{"key": "scsi0", "storage": "local", "size_bytes": GIB}])
    one = cluster([node("a", 1, 1)], [row]).guests[0]
    assert oracle.improvement_factor(32.5) == pytest.approx(62.5)
    assert oracle.headroom_factor(66.65, 66.65) == pytest.approx(50)
    assert oracle.complexity_factor(one) == 60 - 15 - 10  # 18 GB, one local disk, snapshots
    assert oracle.risk_parts(one, 60.0) == {
        "guest_memory": 50, "disk_io": 5, "storage": 60, "network": 10, "cluster_health": 30,
    }  # fmt: skip
    assert oracle.risk(one, 60.0) == pytest.approx(15 + 1.25 + 12 + 1.5 + 3)
