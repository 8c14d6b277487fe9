"""Where answers are easily wrong: the curve alone, waves, temporary nodes, blocked units, empty hands."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import pytest

from proxbalance_core import Assessment, ClusterSnapshot, Settings, assess, evaluate

GIB = 2**30


def node(name: str, **more: Any) -> dict[str, Any]:
    row = {"name": name, "status": "online", "cpu_cores": 16, "mem_bytes": 64 * GIB}
    return row | {"cpu": {"current_pct": 20.0}, "mem": {"current_pct": 20.0}} | more


def guest(vmid: int, on: str, cores: float = 2.0, gigabytes: float = 4.0, **more: Any) -> dict[str, Any]:
    row = {"vmid": vmid, "name": f"g{vmid}", "type": "vm", "node": on, "status": "running", "cpu_cores": 8}
    row |= {"mem_bytes": gigabytes * GIB, "cpu_used_cores": {"current": cores}}
    return row | {"mem_used_bytes": {"current": gigabytes * GIB}} | more


def cluster(nodes: list[dict[str, Any]], guests: list[dict[str, Any]]) -> ClusterSnapshot:
    head = {"format": "proxbalance.snapshot/1", "cluster": "lab", "taken_at": "2026-02-08T10:30:00Z"}
    return ClusterSnapshot.from_dict(head | {"nodes": nodes, "guests": guests})


HOT = {"current_pct": 95.0}
CROWD = [guest(v, "a", 3.0) for v in range(1, 6)]


def crowd(settings: Settings | None = None, mode: Any = "sequential", **more: Any) -> Assessment:
    return assess(cluster([node("a", cpu=HOT), node("b"), node("c")], CROWD), settings, mode, **more)


@pytest.mark.parametrize("mode", ["sequential", "independent"])
def test_the_curve_leads_from_the_strain_to_the_predicted_strain(mode: str) -> None:
    found = crowd(mode=mode)
    curve = found.plan.curve
    assert len(found.plan.steps) > 1
    assert (curve[0].moves, curve[-1].moves) == (0, len(found.plan.steps))
    assert curve[0].strain == pytest.approx(found.summary.strain, abs=2e-6)
    assert curve[-1].strain == pytest.approx(found.summary.predicted_strain, abs=2e-6)


@pytest.mark.parametrize("parallel", [1, 2])
def test_independent_waves_mind_how_many_a_node_takes_at_once(parallel: int) -> None:
    found = crowd(Settings(max_parallel_per_node=parallel), "independent")
    for wave in found.plan.waves:
        ends = Counter(name for s in found.plan.steps if s.step in wave for name in (s.source, s.target))
        assert max(ends.values()) <= parallel
    assert [s.wave for s in found.plan.steps] == sorted(s.wave for s in found.plan.steps)


def test_a_callback_that_only_listens_stops_nothing() -> None:
    shares: list[float] = []
    assert crowd(on_progress=shares.append).to_dict() == crowd().to_dict()  # type: ignore[arg-type]
    assert shares


def test_after_a_temporary_node_both_ends_are_as_evaluate_says() -> None:
    """Two full nodes change a large guest each: one has to wait on the third, which is too busy to keep it."""
    nodes = [
        node("a", cpu={"current_pct": 92.0}, mem={"current_pct": 94.0}),
        node("b", cpu={"current_pct": 12.0}, mem={"current_pct": 94.0}),
        node("c", cpu_cores=1, mem_bytes=24 * GIB, cpu={"current_pct": 58.0}, mem={"current_pct": 2.0}),
    ]
    guests = [guest(v, "a", 4.8, 20) for v in (1, 2, 3)] + [guest(v, "b", 0.5, 20) for v in (4, 5, 6)]
    snapshot = cluster(nodes, guests)
    found = assess(snapshot, Settings(mem_threshold=100.0))
    waiting = [r for r in found.recommendations if len(r.steps) > 1]
    assert waiting
    moves = [(s.vmid, s.target) for s in found.plan.steps]
    for r in waiting:
        after = {n.name: n for n in evaluate(snapshot, Settings(mem_threshold=100.0), moves[: r.steps[-1]]).nodes}
        said = r.score_details.predicted
        assert said.source_cpu_pct == pytest.approx(after[r.source].cpu_pct, abs=0.011)
        assert said.source_mem_pct == pytest.approx(after[r.source].mem_pct, abs=0.011)
        assert said.target_cpu_pct == pytest.approx(after[r.target].cpu_pct, abs=0.011)
        chosen = next(a for a in r.alternatives if a.target == r.target)
        assert chosen.ruled_out is None
        assert chosen.target_score == pytest.approx(r.target_score)
        assert r.source not in {a.target for a in r.alternatives}


def test_a_blocked_unit_comes_before_a_cooldown() -> None:
    moved = [{"at": "2026-02-08T09:00:00Z", "from": "b", "to": "a"}]
    unit = [
        guest(1, "a", tags=["affinity_app"], moves=moved),
        guest(2, "a", tags=["affinity_app"], lock="backup"),
        guest(3, "a", tags=["affinity_app"], moves=moved),
    ]
    found = assess(cluster([node("a", cpu=HOT), node("b")], unit))
    assert {s.vmid: s.reason for s in found.skipped} == {1: "affinity_blocked", 2: "locked", 3: "affinity_blocked"}
    assert all("guest 2" in s.detail for s in found.skipped if s.vmid != 2)


def test_a_whole_unit_in_its_cooldown_says_so() -> None:
    moved = [{"at": "2026-02-08T09:00:00Z", "from": "b", "to": "a"}]
    unit = [guest(v, "a", tags=["affinity_app"], moves=moved) for v in (1, 2)]
    found = assess(cluster([node("a", cpu=HOT), node("b")], unit))
    assert {s.reason for s in found.skipped} == {"cooldown"}


def test_nobody_is_told_that_all_is_fine_on_a_node_that_cannot_be_emptied() -> None:
    found = assess(cluster([node("a", maintenance=True), node("b", maintenance=True)], [guest(1, "a")]))
    assert found.summary.advice == "a is in maintenance, and none of its guests can move: see the advisories."


def test_an_offline_node_may_report_zeros() -> None:
    dark = {"name": "b", "status": "offline", "cpu_cores": 0, "mem_bytes": 0}
    snapshot = cluster([node("a", cpu=HOT), dark, node("c")], [guest(1, "a", 6.0), guest(2, "b"), guest(3, "a", 6.0)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = assess(snapshot)
        evaluate(snapshot, moves=[(1, "b"), (2, "c")])
    assert {r.target for r in found.recommendations} == {"c"}


def test_who_is_not_worth_moving_hears_what_would_change_it() -> None:
    found = assess(cluster([node("a", cpu={"current_pct": 64.0}), node("b")], [guest(v, "a", 0.3) for v in (1, 2)]))
    assert found.skipped
    assert all(s.would_change for s in found.skipped)


def test_scores_are_the_sum_of_their_rows_even_where_steps_lead_down() -> None:
    """Settings may put steps in any order: points below zero are rows too, and halves are rounded one way."""
    odd = Settings(
        iowait_threshold_offset_1=0.0, iowait_threshold_offset_2=30.0, iowait_extreme_penalty=5.0, pressure_high=2.675
    )
    nodes = [node(n, iowait={"current_pct": 20.0}, pressure={"cpu_some_pct": 20.0}) for n in ("a", "b")]
    snapshot = cluster(nodes, [guest(1, "a")])
    scores = {n.name: n.score for n in evaluate(snapshot, odd).nodes}
    assert [s.current_score for s in assess(snapshot, odd).skipped] == [scores["a"]]


def test_a_move_to_a_node_without_the_storage_is_a_violation() -> None:
    ceph = {"name": "ceph", "shared": True, "content": ["images"], "total_bytes": 900 * GIB, "used_bytes": GIB}
    disk = {"key": "scsi0", "storage": "ceph", "size_bytes": 8 * GIB, "shared": True}
    nodes = [node("a", storages=[ceph]), node("b", storages=[]), node("c", storages=[ceph])]
    snapshot = cluster(nodes, [guest(1, "a", disks=[disk])])
    (found,) = evaluate(snapshot, moves=[(1, "b")]).violations
    assert (found.constraint, found.node, found.vmids) == ("storage", "b", (1,))
    assert found.detail == "guest 1 can't be there: b has no storage 'ceph'"
    assert evaluate(snapshot, moves=[(1, "c")]).violations == ()
    assert evaluate(snapshot, moves=[(1, "b"), (1, "a")]).violations == ()
