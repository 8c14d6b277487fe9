"""The public functions on a cluster small enough to check by hand.

Three nodes of 10 cores and 100 GB: pve1 at 90 % CPU and 50 % memory, pve2 at 20 and 30, pve3 at 30 and 30.
Guest 1 uses 3 cores and 10 of its 20 GB, guest 2 next to nothing, guest 3 half of pve1.
"""

from __future__ import annotations

from typing import Any

import pytest

import proxbalance_core
from proxbalance_core import ClusterSnapshot, Settings, assess, evaluate, options, simulate
from proxbalance_core.errors import SettingInvalid, SnapshotInvalid

GIB = 2**30


def node(name: str, cpu: float, mem: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "status": "online", "cpu_cores": 10, "mem_bytes": 100 * GIB,
        "cpu": {"current_pct": cpu}, "mem": {"current_pct": mem}, **more,
    }  # fmt: skip


def guest(vmid: int, on: str, cores: float, gigabytes: float, **more: Any) -> dict[str, Any]:
    return {
        "vmid": vmid, "name": f"g{vmid}", "type": "vm", "node": on, "status": "running", "cpu_cores": 8,
        "mem_bytes": 2 * gigabytes * GIB, "cpu_used_cores": {"current": cores},
        "mem_used_bytes": {"current": gigabytes * GIB}, **more,
    }  # fmt: skip


def cluster(*guests: dict[str, Any], nodes: list[dict[str, Any]] | None = None, **more: Any) -> ClusterSnapshot:
    return ClusterSnapshot.from_dict(
        {
            "format": "proxbalance.snapshot/1", "cluster": "hand", "taken_at": "2026-02-08T10:30:00Z",
            "nodes": nodes or [node("pve1", 90, 50), node("pve2", 20, 30), node("pve3", 30, 30)],
            "guests": list(guests), **more,
        }
    )  # fmt: skip


CROWD = (
    guest(1, "pve1", 3, 10), guest(2, "pve1", 0.1, 2), guest(3, "pve1", 5, 20),
    guest(4, "pve2", 1, 10, status="stopped"), guest(5, "pve3", 2, 20, tags=["ignore"]),
)  # fmt: skip


def test_evaluate_scores_as_the_page_says() -> None:
    """pve1: 50 points for 90 % CPU; health 19.77, predicted 31.73, headroom 15.2."""
    found = evaluate(cluster(*CROWD))
    first = found.nodes[0]
    assert {t.term: t.points for t in first.terms} == {
        "current_cpu": 50.0, "base_health": 19.77, "base_predicted": 31.73, "base_headroom": 15.2,
    }  # fmt: skip
    assert (first.score, first.suitability, first.rating) == (116.7, 0.0, "poor")
    assert found.cluster_health == pytest.approx(100 - 50 / 3, abs=0.005)


def test_evaluate_strain_by_hand() -> None:
    """Plans begin 5 sooner: 100 points for 90 %; loads 70, 25, 30 have a spread of 20.138."""
    found = evaluate(cluster(*CROWD))
    assert found.strain == pytest.approx(100 + 3 * 0.25 * 20.1384, abs=1e-3)
    assert found.objective == found.strain
    assert found.imbalance == pytest.approx(20.1384 / 41.6667, abs=1e-5)


def test_evaluate_moves_adds_their_cost() -> None:
    """pve1 falls to 60 % (20 points), loads are 50, 45, 30; 20 GB cost 4 + 2."""
    found = evaluate(cluster(*CROWD), moves=[(1, "pve2")])
    assert found.strain == pytest.approx(20 + 0.75 * 8.4984, abs=1e-3)
    assert found.objective == pytest.approx(found.strain + 2.75 + 0.065 * 20)


def test_a_way_there_and_back_costs_nothing() -> None:
    there_and_back = evaluate(cluster(*CROWD), moves=[(1, "pve2"), (1, "pve1")])
    assert there_and_back.objective == pytest.approx(evaluate(cluster(*CROWD)).objective)


def test_evaluate_tells_what_a_placement_breaks() -> None:
    """20 GB used on a node at 80 %: 5 GB over 95 %; and two that must stay apart."""
    nodes = [node("pve1", 90, 50), node("pve2", 20, 80)]
    apart = (guest(1, "pve1", 1, 20, tags=["exclude_db"]), guest(2, "pve2", 1, 5, tags=["exclude_db"]))
    found = evaluate(cluster(*apart, nodes=nodes), moves=[(1, "pve2")])
    assert [(v.constraint, v.node, v.vmids) for v in found.violations] == [
        ("memory", "pve2", ()),
        ("anti_affinity", "pve2", (1, 2)),
    ]
    assert found.violations[0].amount == pytest.approx(5 * GIB)
    assert evaluate(cluster(*apart, nodes=nodes)).violations == ()


def test_assess_moves_what_relieves_and_leaves_the_rest() -> None:
    found = assess(cluster(*CROWD))
    assert [(r.vmid, r.source, r.target) for r in found.recommendations] == [(1, "pve1", "pve2"), (2, "pve1", "pve3")]
    first = found.recommendations[0]
    assert (first.score_improvement, first.target_score) == (79.31, 37.39)
    assert first.strain_relief == pytest.approx(115.1038 - 26.3738, abs=1e-3)
    assert {s.vmid: s.reason for s in found.skipped} == {3: "deferred", 4: "stopped", 5: "has_ignore_tag"}


def test_assess_and_evaluate_agree_after_every_step() -> None:
    snapshot = cluster(*CROWD)
    found = assess(snapshot)
    moves: list[tuple[int, str]] = []
    for step, point in zip(found.plan.steps, found.plan.curve[1:], strict=True):
        moves.append((step.vmid, step.target))
        assert point.strain == pytest.approx(evaluate(snapshot, moves=moves).strain, abs=1e-3)
    assert found.batch_impact.after.strain == pytest.approx(evaluate(snapshot.with_moves(moves)).strain, abs=1e-3)


def test_options_show_every_node() -> None:
    found = options(cluster(*CROWD), Settings(), 1)
    assert (found.current_score, found.decision, found.node) == (116.7, "recommended", "pve1")
    assert [(a.target, a.target_score, a.score_improvement) for a in found.alternatives] == [
        ("pve2", 37.39, 79.31),
        ("pve3", 43.44, 73.26),
    ]
    assert [a.strain_relief for a in found.alternatives] == pytest.approx([88.73, 66.265], abs=1e-3)


def test_options_say_what_rules_a_node_out() -> None:
    nodes = [node("pve1", 90, 50), node("pve2", 20, 94), node("pve3", 30, 30, maintenance=True)]
    found = options(cluster(guest(1, "pve1", 3, 10), nodes=nodes), None, 1)
    assert found.decision == "no_suitable_target"
    assert {a.target: a.ruled_out for a in found.alternatives} == {
        "pve2": "pve2 needs 19.0 GB more memory",
        "pve3": "pve3 is in maintenance",
    }


def test_options_of_a_skipped_guest_carry_its_reason() -> None:
    found = options(cluster(*CROWD), None, 5)
    assert (found.decision, found.detail) == ("has_ignore_tag", "It has the tag 'ignore'.")


def test_simulate_counts_and_names_the_difference() -> None:
    """With the CPU threshold at 95 % one move is enough: pve1 then stands at 60 %."""
    found = simulate(cluster(*CROWD), Settings(), Settings(cpu_threshold=95.0))
    assert (found.current.recommendations, found.proposed.recommendations) == (2, 1)
    assert [move.vmid for move in found.removed] == [2]
    assert found.added == ()
    assert [(c.vmid, c.before_improvement, c.after_improvement) for c in found.changed] == [(1, 79.31, 29.31)]
    first = found.node_deltas[0]
    assert (first.node, first.before_score, first.after_score) == ("pve1", 116.7, 66.7)


def test_simulating_the_same_changes_nothing() -> None:
    found = simulate(cluster(*CROWD), None, Settings())
    assert (found.added, found.removed, found.changed) == ((), (), ())
    assert found.current == found.proposed


def test_nothing_measured_is_an_answer() -> None:
    dark = [
        {"name": "pve1", "status": "online", "cpu_cores": 4, "mem_bytes": GIB},
        {"name": "pve2", "status": "offline"},
    ]
    found = assess(cluster(guest(1, "pve1", 1, 1), guest(2, "pve2", 1, 1), nodes=dark))
    assert {s.vmid: s.reason for s in found.skipped} == {1: "not_measured", 2: "source_offline"}
    assert found.summary.cluster_health is None
    assert evaluate(cluster(nodes=dark)).cluster_health is None


def test_a_search_can_be_stopped() -> None:
    shares: list[float] = []

    def stop(share: float) -> bool:
        shares.append(share)
        return False

    found = assess(cluster(*CROWD), on_progress=stop)
    assert len(found.recommendations) == 1
    assert "The search was stopped; the plan is the best found by then." in found.notes
    assert all(0.0 <= share <= 1.0 for share in shares)


def test_unknown_guests_nodes_and_modes_are_refused() -> None:
    snapshot = cluster(*CROWD)
    with pytest.raises(SnapshotInvalid, match="no guest 99"):
        options(snapshot, None, 99)
    with pytest.raises(SnapshotInvalid, match="no node 'pve9'"):
        evaluate(snapshot, moves=[(1, "pve9")])
    with pytest.raises(SettingInvalid, match="mode"):
        assess(snapshot, mode="psychic")  # type: ignore[arg-type]


def test_the_public_names_are_all_there() -> None:
    for name in proxbalance_core.__all__:
        assert getattr(proxbalance_core, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'guess'"):
        proxbalance_core.guess  # noqa: B018
