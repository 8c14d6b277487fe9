"""What a what-if must not overlook or allow: nodes that can't take a guest, rules, sizes, names."""

from __future__ import annotations

import pytest

from proxbalance_core import ClusterSnapshot, Settings, drain, evaluate, n_minus_1, select, what_if
from proxbalance_core.domain.changes import AddGuest, AddNode, Consolidate, DrainNode, GrowGuest, LoseNode, MoveGuest
from proxbalance_core.domain.changes import NewGuest as New
from proxbalance_core.domain.cluster import Node, Rule, Storage
from proxbalance_core.domain.units import NAN
from proxbalance_core.errors import ChangeInvalid
from tests.support.clusters import GIB, cluster, disk, guest, node

CEPH = Storage(name="ceph", shared=True, content=("images",), total_bytes=1000 * GIB, used_bytes=100 * GIB)
ON_CEPH = (disk("ceph", shared=True),)


def storeless(**more: object) -> ClusterSnapshot:
    """Guest 1's disk is on a storage that c doesn't have."""
    nodes = [node("a", 10, 10, storages=(CEPH,)), node("b", 10, 10, storages=(CEPH,)), node("c", 0, 0, storages=())]
    nodes[2] = node("c", 0, 0, storages=(), **more)
    return cluster(nodes, [guest(1, "a", 1, 1, disks=ON_CEPH), guest(2, "b", 1, 1, disks=ON_CEPH)])


@pytest.mark.parametrize("settings", [Settings(), Settings(allowed_targets=("a", "b"))])
def test_a_missing_storage_counts_on_a_node_that_settings_leave_out(settings: Settings) -> None:
    made = what_if(storeless(), settings, [MoveGuest(vmid=1, target="c")])
    assert made.verdict == "does_not_fit" and "c has no storage 'ceph'" in made.summary
    assert [v.constraint for v in evaluate(storeless(), settings, [(1, "c")]).violations] == ["storage"]
    assert [v.constraint for v in select(storeless(), settings, [(1, "c")]).broken] == ["storage"]


def test_a_missing_storage_counts_on_a_node_in_maintenance() -> None:
    found = evaluate(storeless(maintenance=True), None, [(1, "c")]).violations
    assert {v.constraint for v in found} == {"maintenance", "storage"}


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (Node(name="c", status="offline"), "Node 'c' is offline: guest 1 can't be moved there."),
        (node("c", NAN, NAN), "Node 'c' has no current figures: guest 1 can't be moved there."),
    ],
)
def test_a_guest_is_not_moved_where_its_load_could_not_be_told(target: Node, says: str) -> None:
    snapshot = cluster([node("a", 10, 10), node("b", 10, 10), target], [guest(1, "a", 1, 1)])
    with pytest.raises(ChangeInvalid, match=says):
        what_if(snapshot, None, [MoveGuest(vmid=1, target="c")])
    with pytest.raises(ChangeInvalid, match=says):
        drain(snapshot, None, "a", {1: "c"})


def test_a_guest_that_stays_in_maintenance_does_not_fit() -> None:
    nodes = [node("a", 10, 10), node("b", 10, 10), node("c", 0, 0, maintenance=True)]
    made = what_if(cluster(nodes, [guest(1, "a", 1, 1, tags=("ignore",))]), None, [MoveGuest(vmid=1, target="c")])
    assert made.verdict == "does_not_fit" and "1 guest is on c, which is in maintenance" in made.summary


def test_a_rule_is_broken_whoever_else_is_on_a_node_that_is_offline_today() -> None:
    rule = Rule(name="r", kind="node-affinity", strict=True, guests=(1, 2), nodes=("a",))
    nodes = [node("a", 10, 10), node("b", 10, 10), Node(name="c", status="offline")]
    guests = [guest(1, "a", 1, 1), guest(2, "c", 1, 1, status="stopped")]
    made = what_if(cluster(nodes, guests, rules=(rule,)), None, [MoveGuest(vmid=1, target="b")])
    assert (made.verdict, [v.constraint for v in made.broken]) == ("does_not_fit", ["node_affinity"])


def test_a_guest_that_starts_elsewhere_is_not_held_against_the_node_it_was_moved_to() -> None:
    made = what_if(storeless(), None, [MoveGuest(vmid=1, target="c"), LoseNode(node="c")])
    assert [row.target for row in made.started] == ["a"] and made.verdict == "fits" and not made.broken


def test_a_node_that_a_new_guest_is_for_is_not_emptied() -> None:
    snapshot = cluster(["a", "b", "c"], [guest(1, "a", 1, 30), guest(2, "b", 1, 30), guest(3, "c", 0.1, 1)])
    small = New(cpu_cores=1, mem_bytes=GIB)
    made = what_if(snapshot, None, [Consolidate(nodes=2), AddGuest(guest=small, node="c")])
    assert made.verdict == "fits" and [row.target for row in made.started] == ["c"]
    assert [row.fate for row in made.nodes].count("drained") == 1 and made.nodes[2].fate == "kept"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (GrowGuest(vmid=1, cpu_cores=64), "guest 1 can't start on a with 64 cores: a has 10"),
        (GrowGuest(vmid=1, mem_bytes=400 * GIB), "guest 1 can't start on a with 400 GB of memory: a has 100"),
    ],
)
def test_a_vm_larger_than_its_node_does_not_fit(change: GrowGuest, says: str) -> None:
    grown = cluster(["a", "b"], [guest(1, "a", 1, 1, mem_bytes=100 * GIB), guest(2, "b", 1, 1)])
    made = what_if(grown, None, [change])
    assert made.verdict == "does_not_fit" and [v.detail for v in made.broken] == [says]
    limited = cluster(["a", "b"], [guest(1, "a", 1, 1, mem_bytes=100 * GIB, type="ct"), guest(2, "b", 1, 1)])
    assert what_if(limited, None, [change]).verdict == "fits"


def test_a_new_node_has_a_name_that_can_be_shown() -> None:
    with pytest.raises(ChangeInvalid, match="has a character that can't be shown"):
        what_if(storeless(), None, [AddNode(node="d\n"), AddGuest(guest=New(cpu_cores=1, mem_bytes=GIB))])


def test_the_last_of_two_moves_of_a_guest_is_told() -> None:
    snapshot = cluster(["a", "b", "c"], [guest(1, "a", 1, 1)])
    made = what_if(snapshot, None, [MoveGuest(vmid=1, target="b"), MoveGuest(vmid=1, target="c")])
    assert made.summary.startswith("With guest 1 on c:") and made.after.nodes[2].cpu_pct == 10.0


def test_room_that_is_asked_for_and_left_unused_goes_to_the_next() -> None:
    """16 GB given of which 15 are used, and 14 of which 1 is: they fit under 23 GB, the second first."""
    guests = [guest(1, "x", 0.1, 15, mem_bytes=16 * GIB), guest(2, "x", 0.1, 1, mem_bytes=14 * GIB)]
    snapshot = cluster(["x", "n"], [*guests, guest(9, "n", 0.1, 72)])
    assert next(loss for loss in n_minus_1(snapshot).nodes if loss.node == "x").holds
    assert what_if(snapshot, None, [LoseNode(node="x")]).verdict == "fits"
    assert drain(snapshot, None, "x").summary.startswith("x can be emptied in 2 waves")


def test_a_drained_node_is_no_broken_rule() -> None:
    snapshot = cluster(["a", "b"], [guest(1, "a", 1, 90, tags=("pin_a",)), guest(2, "b", 1, 1)])
    made = what_if(snapshot, None, [DrainNode(node="a")])
    assert made.verdict == "does_not_fit" and made.broken == () and [row.vmid for row in made.unplaced] == [1]


def test_a_node_is_drained_as_well_as_by_a_drain() -> None:
    """29, 18 and 19 GB go beside 54 and 62 only if the first goes to the fuller node."""
    guests = [guest(v, "x", 0.1, gb, mem_bytes=gb * GIB) for v, gb in ((100, 29), (101, 18), (102, 19))]
    held = [guest(200, "n0", 0.1, 54, mem_bytes=54 * GIB), guest(201, "n1", 0.1, 62, mem_bytes=62 * GIB)]
    snapshot = cluster(["x", "n0", "n1"], [*guests, *held])
    assert drain(snapshot, None, "x").possible
    made = what_if(snapshot, None, [DrainNode(node="x")])
    assert made.verdict == "overloaded" and made.unplaced == ()
    assert {move.vmid for move in made.moves if move.source == "x"} == {100, 101, 102}
    assert all(node.mem_pct is None or node.mem_pct <= 95.0 for node in made.advised.nodes)
