"""Any moves taken together: the numbers of ``evaluate``, what is broken, and an order of just these."""

from __future__ import annotations

import json

import pytest

from proxbalance_core import ClusterSnapshot, Settings, assess, evaluate, select
from proxbalance_core.errors import SnapshotInvalid
from tests.support.clusters import cluster, disk, guest, node


def crowd() -> ClusterSnapshot:
    """Node a is hot with four guests; b and c have room."""
    return cluster(
        [node("a", 95.0, 40.0), node("b", 20.0, 20.0), node("c", 20.0, 20.0)],
        [guest(v, "a", 2.0, 8.0) for v in (1, 2, 3, 4)],
    )


def pair(**more: object) -> ClusterSnapshot:
    """Guests 1 and 2 are one unit on a; 3 must stay away from 4, which is on b."""
    guests = [
        guest(1, "a", 2.0, 8.0, tags=("affinity_db",)),
        guest(2, "a", 2.0, 8.0, tags=("affinity_db",)),
        guest(3, "a", 2.0, 8.0, tags=("exclude_web",)),
        guest(4, "b", 1.0, 8.0, tags=("exclude_web",)),
    ]
    return cluster(["a", "b", "c"], guests, **more)


def test_nothing_picked_changes_nothing() -> None:
    found = select(crowd())
    assert found.impact.before == found.impact.after
    assert (found.plan.steps, found.conflicts, found.broken, found.cost, found.gigabytes) == ((), (), (), 0.0, 0.0)


def test_all_recommendations_together_are_the_plan() -> None:
    snapshot = crowd()
    told = assess(snapshot)
    assert len(told.recommendations) > 1
    found = select(snapshot, Settings(), [(r.vmid, r.target) for r in told.recommendations], told)
    assert (found.impact, found.plan, found.conflicts) == (told.batch_impact, told.plan, told.conflicts)


def test_the_numbers_are_those_of_evaluate() -> None:
    snapshot, moves = crowd(), [(1, "b"), (2, "c")]
    found, judged = select(snapshot, Settings(), moves), evaluate(snapshot, Settings(), moves)
    after = found.impact.after
    assert (after.strain, after.cluster_health, after.imbalance) == (
        judged.strain, judged.cluster_health, judged.imbalance,
    )  # fmt: skip
    assert after.node_scores == {n.name: n.score for n in judged.nodes}
    assert found.violations == judged.violations
    assert found.cost == pytest.approx(judged.objective - judged.strain, abs=1e-6)
    assert found.impact.before.thresholds_crossed == ("a:cpu",)
    assert after.thresholds_crossed == ()


def test_they_have_an_order_of_their_own() -> None:
    found = select(crowd(), Settings(), [(1, "b"), (2, "b"), (3, "c")])
    assert {(s.vmid, s.target) for s in found.plan.steps} == {(1, "b"), (2, "b"), (3, "c")}
    assert sorted(number for wave in found.plan.waves for number in wave) == [1, 2, 3]
    assert found.plan.estimated_seconds > 0
    # g* were given twice what they use: three times 16 GB
    assert found.gigabytes == pytest.approx(48.0)


def test_two_arrivals_that_are_too_much_together_are_a_conflict_with_a_way_out() -> None:
    nodes = [node("a", 80.0, 40.0), node("b", 30.0, 20.0), node("c", 25.0, 20.0)]
    snapshot = cluster(nodes, [guest(v, "a", 2.0, 8.0) for v in (1, 2, 3)])
    (conflict,) = select(snapshot, Settings(), [(1, "b"), (2, "b")]).conflicts
    assert (conflict.target_node, conflict.combined_cpu_pct) == ("b", pytest.approx(70.0))
    assert (conflict.resolution.kind, conflict.resolution.to) == ("reroute", "c")
    rerouted = [(v, "c" if v == conflict.resolution.vmid else "b") for v in (1, 2)]
    assert select(snapshot, Settings(), rerouted).conflicts == ()


def test_a_way_out_keeps_a_unit_together() -> None:
    """c would take either of the two, but not alone."""
    nodes = [node("a", 80.0, 40.0), node("b", 30.0, 20.0), node("c", 25.0, 20.0)]
    unit = {"tags": ("affinity_q",)}
    mates = [guest(1, "a", 2.0, 8.0, **unit), guest(2, "a", 2.0, 8.0, **unit)]
    (conflict,) = select(cluster(nodes, mates), Settings(), [(1, "b"), (2, "b")]).conflicts
    answer = conflict.resolution
    other = 3 - answer.vmid
    assert (answer.kind, answer.to) == ("defer", None)
    assert answer.detail.startswith(f"Leave guest {answer.vmid} where it is, and {other} with it:")
    three = cluster(nodes, [*mates, guest(3, "a", 2.0, 8.0)])
    (conflict,) = select(three, Settings(), [(1, "b"), (2, "b"), (3, "b")]).conflicts
    assert (conflict.resolution.vmid, conflict.resolution.to) == (3, "c")


def test_half_a_unit_is_named_as_broken() -> None:
    found = select(pair(), Settings(), [(1, "c")])
    (broken,) = found.broken
    assert (broken.constraint, broken.vmids) == ("affinity", (1, 2))
    assert "affinity_db" in broken.detail
    assert [s.vmid for s in found.plan.steps] == [1]


def test_a_whole_unit_goes_step_after_step() -> None:
    found = select(pair(), Settings(), [(1, "c"), (2, "c")])
    assert found.broken == ()
    assert [s.vmid for s in found.plan.steps] == [1, 2]


def test_what_breaks_a_rule_has_no_place_in_the_order_and_says_why() -> None:
    found = select(pair(), Settings(), [(3, "b"), (1, "c"), (2, "c")])
    assert [v.constraint for v in found.broken] == ["anti_affinity"]
    assert {s.vmid for s in found.plan.steps} == {1, 2}
    (dropped,) = found.plan.dropped
    assert (dropped.vmid, dropped.target) == (3, "b")
    assert "guest 4, which it must stay away from" in dropped.reason


def test_what_was_broken_before_is_not_laid_at_the_moves_door() -> None:
    apart = [guest(v, "a", 1.0, 4.0, tags=("exclude_web",)) for v in (1, 2, 3)]
    snapshot = cluster(["a", "b"], apart)
    found = select(snapshot, Settings(), [(1, "b")])
    assert [v.vmids for v in found.violations] == [(2, 3)]
    assert found.broken == ()


def test_moves_that_only_fit_by_one_another_are_ordered_or_dropped_whole() -> None:
    """Two full nodes change guests; with no third node for the time being there is no order."""
    nodes = [node("a", 50.0, 95.0), node("b", 50.0, 95.0)]
    big = {"cpu_cores": 4.0, "mem_bytes": 40.0 * 2**30}
    guests = [guest(1, "a", 2.0, 40.0, **big), guest(2, "b", 2.0, 40.0, **big)]
    found = select(cluster(nodes, guests), Settings(), [(1, "b"), (2, "a")])
    assert found.broken == ()
    assert found.plan.steps == ()
    assert {d.vmid for d in found.plan.dropped} == {1, 2}


def test_a_guest_on_a_node_without_figures_has_no_step() -> None:
    nodes = [node("a", 50.0, 50.0), node("b", 20.0, 20.0)]
    off = node("c", 0.0, 0.0, status="offline")
    found = select(cluster([*nodes, off], [guest(1, "c", 1.0, 4.0)]), Settings(), [(1, "b")])
    assert found.plan.steps == ()
    assert found.plan.dropped[0].reason == "its node has no current figures"


def test_a_copied_disk_without_room_is_named() -> None:
    stayed = guest(1, "a", 2.0, 8.0, disks=(disk(gb=10.0),))
    found = select(cluster([node("a", 80.0, 40.0), node("b", 20.0, 20.0, storages=())], [stayed]), None, [(1, "b")])
    assert [v.constraint for v in found.broken] == ["storage"]
    assert "has no storage 'local'" in found.plan.dropped[0].reason


def test_a_guest_that_is_not_there_is_refused() -> None:
    with pytest.raises(SnapshotInvalid, match="no guest 99"):
        select(crowd(), Settings(), [(99, "b")])


def test_it_is_plain_json() -> None:
    document = select(crowd(), Settings(), [(1, "b")]).to_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["plan"]["steps"][0]["vmid"] == 1
