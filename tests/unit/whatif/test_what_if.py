"""What-ifs on clusters small enough to check by hand: nodes of 10 cores and 100 GB."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot, Settings, assess, evaluate, what_if
from proxbalance_core.domain.changes import (
    AddCores,
    AddGuest,
    AddMemory,
    AddNode,
    Change,
    Consolidate,
    DrainNode,
    GrowGuest,
    LoseNode,
    MoveGuest,
    NewGuest,
)
from proxbalance_core.domain.cluster import GuestAhead, HaState, Storage
from proxbalance_core.domain.whatif import WhatIf
from proxbalance_core.errors import ChangeInvalid
from tests.support.clusters import GIB, cluster, disk, guest, node

CEPH = Storage(name="ceph", shared=True, content=("images",), total_bytes=1000 * GIB, used_bytes=900 * GIB)
LOCAL = Storage(name="local", content=("images",), total_bytes=200 * GIB, used_bytes=150 * GIB)
SMALL = NewGuest(cpu_cores=2, mem_bytes=8 * GIB, cpu_use=0.5, mem_use=0.5)


def three(**more: Any) -> ClusterSnapshot:
    """pve1 at 50 % CPU, pve2 at 30, pve3 at 10; each guest uses a core for each ten points."""
    guests = [guest(1, "pve1", 3, 20), guest(2, "pve1", 2, 10), guest(3, "pve2", 3, 20), guest(4, "pve3", 1, 10)]
    return cluster(["pve1", "pve2", "pve3"], guests, **more)


def side(made: WhatIf, name: str, which: str = "after") -> Any:
    return next(row for row in getattr(made, which).nodes if row.name == name)


# --- nodes ---


def test_a_lost_node_is_offline_and_its_guests_run_elsewhere() -> None:
    made = what_if(three(), None, [LoseNode(node="pve2")])
    assert [(row.vmid, row.source, row.target) for row in made.started] == [(3, "pve2", "pve3")]
    assert (side(made, "pve2").status, side(made, "pve3").cpu_pct) == ("offline", 40.0)
    assert [(row.node, row.fate) for row in made.nodes] == [("pve1", "kept"), ("pve2", "lost"), ("pve3", "kept")]
    assert made.verdict == "fits" and made.unplaced == ()
    assert made.summary.startswith("Without pve2: the running guest starts on pve3.")


def test_what_has_no_place_is_told_with_the_memory_that_is_missing() -> None:
    nodes = [node("pve1", 10, 90), node("pve2", 10, 40), node("pve3", 10, 80)]
    full = guest(1, "pve2", 1, 30, mem_bytes=30 * GIB)
    made = what_if(cluster(nodes, [full]), None, [LoseNode(node="pve2")])
    (row,) = made.unplaced
    assert (row.vmid, row.node, row.nearest, row.reason) == (1, "pve2", "pve3", "no_suitable_target")
    assert made.missing_bytes == row.missing_bytes == pytest.approx(15 * GIB, abs=1e3)
    assert made.verdict == "does_not_fit"
    assert "1 of 1 running guest has no place (15.0 GB of memory are missing)" in made.summary


def test_more_memory_elsewhere_is_there_when_the_node_is_lost() -> None:
    """85 GB in use are half of 170; the 30 GB guest fits then."""
    nodes = [node("pve1", 10, 85), node("pve2", 10, 40)]
    both = [LoseNode(node="pve2"), AddMemory(node="pve1", mem_bytes=70 * GIB)]
    made = what_if(cluster(nodes, [guest(1, "pve2", 1, 15)]), None, both)
    assert [row.target for row in made.started] == ["pve1"] and made.verdict == "fits"
    assert side(made, "pve1").mem_pct == pytest.approx(100 * 100 / 170, abs=0.01)
    fate = next(row for row in made.nodes if row.node == "pve1")
    assert (fate.fate, fate.mem_bytes_before, fate.mem_bytes) == ("grown", 100 * GIB, 170 * GIB)


def test_what_a_lost_node_takes_with_it() -> None:
    guests = [guest(1, "pve2", 1, 4, disks=(disk("local"),)), guest(2, "pve2", 1, 4, pci_passthrough=True)]
    made = what_if(cluster(["pve1", "pve2", "pve3"], guests), None, [LoseNode(node="pve2")])
    assert [(row.vmid, row.reason) for row in made.unplaced] == [(1, "local_disk"), (2, "passthrough_device")]
    assert made.unplaced[0].detail == "Its disk scsi0 is on 'local' of pve2 itself."
    assert made.missing_bytes == 0.0


def test_quorum_ha_and_stopped_guests_are_told() -> None:
    guests = [
        guest(1, "pve2", 1, 4, ha=HaState(managed=True)),
        guest(2, "pve2", 1, 4),
        guest(3, "pve2", 1, 4, status="stopped"),
    ]
    said = " ".join(what_if(cluster(["pve1", "pve2"], guests), None, [LoseNode(node="pve2")]).notes)
    assert "1 of 2 nodes would be left online: without a QDevice" in said
    assert "1 of the guests that start elsewhere is not under HA" in said
    assert "1 guest of the lost nodes doesn't run" in said


def test_a_drained_node_is_emptied_by_the_advised_moves() -> None:
    made = what_if(three(), None, [DrainNode(node="pve2")])
    assert side(made, "pve2").guest_count == 1 and side(made, "pve2", "advised").guest_count == 0
    assert [(move.vmid, move.source, move.kind) for move in made.moves] == [(3, "pve2", "maintenance_evacuation")]
    assert "pve2 can be emptied in 1 move" in made.summary and made.verdict == "fits"


def test_who_keeps_a_node_from_being_drained() -> None:
    nodes = [node("pve1", 10, 90), node("pve2", 10, 40), node("pve3", 10, 80)]
    guests = [guest(1, "pve2", 1, 30, mem_bytes=30 * GIB), guest(2, "pve2", 1, 1, lock="backup")]
    made = what_if(cluster(nodes, guests), None, [DrainNode(node="pve2")])
    assert [(row.vmid, row.reason, row.nearest) for row in made.unplaced] == [
        (1, "no_suitable_target", "pve3"), (2, "locked", None),
    ]  # fmt: skip
    assert made.unplaced[0].missing_bytes == pytest.approx(15 * GIB, abs=1e3)
    assert "2 guests can't leave pve2 (15.0 GB of memory are missing)" in made.summary


def test_a_node_like_another_is_idle_and_has_its_storages() -> None:
    """pve1 uses a core and 10 GB beside its guests; its local storage is empty on the new one."""
    nodes = [node("pve1", 60, 40, storages=(CEPH, LOCAL)), node("pve2", 10, 10)]
    moving = guest(1, "pve1", 5, 30, disks=(disk("local", 100),))
    changes = [AddNode(node="pve9", like="pve1"), MoveGuest(vmid=1, target="pve9")]
    made = what_if(cluster(nodes, [moving]), None, changes[:1])
    added = side(made, "pve9")
    assert (added.cpu_pct, added.mem_pct, added.guest_count) == (pytest.approx(10.0), pytest.approx(10.0), 0)
    assert what_if(cluster(nodes, [moving]), None, changes).broken == ()
    assert next(row for row in made.nodes if row.node == "pve9").fate == "added"


@pytest.mark.parametrize(("storage", "target"), [("ceph", "pve9"), ("local", None)])
def test_a_node_of_given_size_has_the_shared_storages(storage: str, target: str | None) -> None:
    nodes = [node("pve1", 95, 40, storages=(CEPH, LOCAL)), node("pve2", 90, 10, storages=(CEPH,))]
    moving = guest(1, "pve1", 5, 30, disks=(disk(storage, shared=storage == "ceph"),))
    added = AddNode(node="pve9", cpu_cores=20, mem_bytes=200 * GIB)
    made = what_if(cluster(nodes, [moving]), None, [added])
    assert [move.target for move in made.moves] == ([target] if target else [])
    assert "pve9 has the shared storages of the cluster, and no local one." in made.notes


def test_a_node_of_which_nothing_is_said_is_like_most() -> None:
    nodes = [node("pve1", 10, 10, cpu_cores=4.0), node("pve2", 10, 10), node("pve3", 10, 10)]
    made = what_if(cluster(nodes, []), None, [AddNode(node="pve9")])
    assert next(row for row in made.nodes if row.node == "pve9").cpu_cores == 10.0
    assert "pve9 is taken to be like pve2, as nothing else is said of it." in made.notes


def test_a_node_needs_its_size_where_none_is_online() -> None:
    with pytest.raises(ChangeInvalid, match="New node 'pve9' needs cores and memory: no node is online"):
        what_if(cluster([], []), None, [AddNode(node="pve9", cpu_cores=4)])


def test_more_cores_are_the_same_use_of_more() -> None:
    made = what_if(three(), None, [AddCores(node="pve1", cpu_cores=10)])
    assert (side(made, "pve1", "before").cpu_pct, side(made, "pve1").cpu_pct) == (50.0, 25.0)


# --- guests ---


def test_a_grown_guest_uses_more_on_its_node() -> None:
    """Twice as busy: 6 of its 6 cores; 40 GB become 60, and 20 used become 30."""
    grown = GrowGuest(vmid=1, mem_bytes=60 * GIB, use_factor=2.0)
    made = what_if(three(), Settings(min_score_improvement=500), [grown])
    assert (side(made, "pve1").cpu_pct, side(made, "pve1").mem_pct) == (pytest.approx(80.0), pytest.approx(70.0))
    assert made.summary.startswith("With guest 1 at 60 GB and 2 times its load:")


def test_a_guest_uses_no_more_than_it_has_in_any_hour() -> None:
    hours = GuestAhead(cpu_cores=((4.0,) * 24,))
    busy = dataclasses.replace(guest(1, "pve1", 3, 20), next_24h=hours)
    made = what_if(cluster(["pve1", "pve2"], [busy]), None, [GrowGuest(vmid=1, use_factor=5.0, cpu_cores=8.0)])
    assert (side(made, "pve1").cpu_pct, side(made, "pve1").mem_pct) == (pytest.approx(80.0), pytest.approx(40.0))


def test_a_guest_that_outgrows_its_node_breaks_its_memory() -> None:
    made = what_if(cluster(["pve1", "pve2"], [guest(1, "pve1", 1, 20)]), None, [GrowGuest(vmid=1, mem_bytes=196 * GIB)])
    assert made.after.violations[0].constraint == "memory"
    assert made.after.violations[0].amount == pytest.approx(3 * GIB, abs=1e3)
    assert (made.verdict, [v.node for v in made.broken]) == ("does_not_fit", ["pve1", "pve1"])
    assert "pve1 uses 3.0 GB more than 95 % of its memory" in made.summary


def test_a_new_guest_starts_where_the_strain_stays_lowest() -> None:
    made = what_if(three(), None, [AddGuest(guest=SMALL)])
    assert [(row.vmid, row.source, row.target) for row in made.started] == [(100, None, "pve3")]
    assert (side(made, "pve3").cpu_pct, side(made, "pve3").mem_pct) == (pytest.approx(20.0), pytest.approx(14.0))


def test_a_new_guest_uses_what_others_do_unless_told() -> None:
    """Guests here use half of what they were given."""
    made = what_if(three(), None, [AddGuest(guest=NewGuest(cpu_cores=2, mem_bytes=8 * GIB), node="pve3")])
    assert side(made, "pve3").cpu_pct == pytest.approx(20.0)
    assert "'new guest' is reckoned to use 1.0 of 2 cores and 4.0 of 8.0 GB" in " ".join(made.notes)


def test_new_guests_fill_the_cluster_until_none_fits() -> None:
    full = dataclasses.replace(SMALL, mem_bytes=40 * GIB, mem_use=1.0, name="web")
    made = what_if(three(), None, [AddGuest(guest=full, count=6)])
    assert len(made.started) == 4 and [row.node for row in made.unplaced] == [None, None]
    assert {row.name for row in (*made.started, *made.unplaced)} == {f"web-{i}" for i in range(1, 7)}
    assert "2 of 6 new guests have no place" in made.summary


def test_a_new_guest_on_a_node_of_ones_choice_fits_there_or_not() -> None:
    large = dataclasses.replace(SMALL, mem_bytes=90 * GIB)
    made = what_if(three(), None, [AddGuest(guest=large, node="pve1")])
    assert made.started == ()
    assert made.unplaced[0].nearest == "pve1" and made.missing_bytes == pytest.approx(25 * GIB, abs=1e3)


def test_new_disks_share_the_room_of_their_storage() -> None:
    """100 GB are free on the shared storage, seen from both nodes: two disks of 40 fit, the third doesn't."""
    nodes = [node(name, 10, 10, storages=(CEPH,)) for name in ("pve1", "pve2")]
    wish = dataclasses.replace(SMALL, storage="ceph", disk_bytes=40 * GIB)
    made = what_if(cluster(nodes, []), None, [AddGuest(guest=wish, count=3)])
    assert (len(made.started), [row.reason for row in made.unplaced]) == (2, ["storage_incompatible"])


def test_moves_by_hand_have_their_price_and_are_not_refused() -> None:
    snapshot = three()
    made = what_if(snapshot, None, [MoveGuest(vmid=1, target="pve3")])
    assert made.after == evaluate(snapshot, None, [(1, "pve3")])
    assert made.after.objective == pytest.approx(made.after.strain + 5.35)


def test_a_move_to_a_node_without_the_storage_is_broken() -> None:
    nodes = [node("pve1", 10, 10, storages=(CEPH,)), node("pve2", 10, 10, storages=(LOCAL,))]
    snapshot = cluster(nodes, [guest(1, "pve1", 1, 4, disks=(disk("ceph", shared=True),))])
    made = what_if(snapshot, None, [MoveGuest(vmid=1, target="pve2")])
    assert [v.constraint for v in made.broken] == ["storage"] and made.verdict == "does_not_fit"


# --- fewer nodes ---


def test_the_node_that_leaves_least_strain_is_emptied() -> None:
    made = what_if(three(), None, [Consolidate(nodes=2)])
    assert [row.node for row in made.nodes if row.fate == "drained"] == ["pve3"]
    assert side(made, "pve3", "advised").guest_count == 0
    assert made.summary.startswith("On 2 nodes: pve3 can be emptied in 1 move")


def test_a_node_that_holds_a_guest_is_not_emptied() -> None:
    guests = [guest(1, "pve1", 3, 20), guest(3, "pve2", 3, 20), guest(4, "pve3", 1, 10, usb_passthrough=True)]
    made = what_if(cluster(["pve1", "pve2", "pve3"], guests), None, [Consolidate(nodes=1)])
    assert [row.node for row in made.nodes if row.fate == "drained"] == ["pve1", "pve2"]
    assert "pve3 can't be emptied: guest 4 stays. It uses a USB device of its node." in made.notes


def test_as_few_as_it_goes_is_told() -> None:
    """70 of 100 GB are given to each guest: no node can hold two."""
    guests = [guest(v, f"pve{v}", 1, 35) for v in (1, 2, 3)]
    made = what_if(cluster([node(f"pve{v}", 10, 35) for v in (1, 2, 3)], guests), None, [Consolidate(nodes=2)])
    assert (made.verdict, made.moves) == ("does_not_fit", ())
    assert "no node can be emptied" in made.summary


def test_a_cluster_that_overloads_is_told_apart_from_one_that_fits() -> None:
    hot = cluster(["pve1", "pve2"], [guest(1, "pve1", 5, 10), guest(2, "pve2", 5, 10)])
    assert what_if(hot, None, [LoseNode(node="pve2")]).verdict == "overloaded"
    assert what_if(hot, None, [LoseNode(node="pve2"), AddCores(node="pve1", cpu_cores=4)]).verdict == "tight"


def test_the_advice_is_what_the_engine_says_of_the_changed_cluster() -> None:
    snapshot = three()
    made = what_if(snapshot, None, [AddMemory(node="pve2", mem_bytes=100 * GIB)])
    told = assess(snapshot)
    assert [(move.vmid, move.target) for move in made.moves] == [(r.vmid, r.target) for r in told.recommendations]
    assert made.advised.strain == pytest.approx(made.plan.curve[-1].strain, abs=1e-6)


# --- refused ---

HUGE = 2.0**60


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([LoseNode(node="pve7")], "There is no node 'pve7' in cluster 'hand' (pve1, pve2, pve3)."),
        ([LoseNode(node=f"pve{i}") for i in (1, 2, 3)], "With pve1, pve2 and pve3 lost no node would be left"),
        ([LoseNode(node="pve1"), DrainNode(node="pve1")], "Node 'pve1' can be lost or drained only once."),
        ([DrainNode(node=f"pve{i}") for i in (1, 2, 3)], "With pve1, pve2 and pve3 lost or drained no node"),
        ([AddNode(node="pve1", like="pve2")], "There is a node 'pve1' already."),
        ([AddNode(node="pve9", like="pve8")], "There is no node 'pve8'"),
        ([AddNode(node=" ", like="pve1")], "A new node needs a name."),
        ([AddMemory(node="pve1", mem_bytes=0)], "Memory is more than 0 and at most 1,048,576 GB, not 0 GB."),
        ([AddMemory(node="pve1", mem_bytes=float("nan"))], "Memory is more than 0"),
        ([AddMemory(node="pve1", mem_bytes=HUGE)], "Memory is more than 0"),
        ([AddCores(node="pve1", cpu_cores=-2)], "Cores are more than 0 and at most 8,192, not -2."),
        ([GrowGuest(vmid=9, use_factor=2)], "There is no guest 9 in cluster 'hand'."),
        ([GrowGuest(vmid=1, use_factor=0)], "A use factor is more than 0 and at most 100, not 0."),
        ([MoveGuest(vmid=1, target="x")], "There is no node 'x'"),
        ([MoveGuest(vmid=8, target="pve1")], "There is no guest 8"),
        ([AddGuest(guest=SMALL, count=0)], "New guests are 1 to 1,000 at a time, not 0."),
        ([AddGuest(guest=dataclasses.replace(SMALL, cpu_use=1.5))], "A share of use is between 0 and 1"),
        ([AddGuest(guest=dataclasses.replace(SMALL, disk_bytes=GIB))], "A disk of that size needs the storage"),
        ([Consolidate(nodes=3)], "Guests can be consolidated on fewer nodes than there are: say 1 to 2, not 3."),
        ([Consolidate(nodes=0)], "Guests can be consolidated on fewer nodes"),
    ],
)  # fmt: skip
def test_what_is_refused(changes: list[Change], sentence: str) -> None:
    with pytest.raises(ChangeInvalid) as caught:
        what_if(three(), None, changes)
    assert str(caught.value).startswith(sentence)


def test_the_only_node_can_not_be_lost() -> None:
    with pytest.raises(ChangeInvalid, match="With pve1 lost no node would be left for the guests"):
        what_if(cluster(["pve1"], [guest(1, "pve1", 1, 4)]), None, [LoseNode(node="pve1")])


def test_a_node_that_is_down_already_is_not_lost_again() -> None:
    down = [node("pve1", 10, 10), node("pve2", 10, 10), node("pve3", 10, 10, status="offline")]
    with pytest.raises(ChangeInvalid, match="Node 'pve3' is offline already, it can't be lost"):
        what_if(cluster(down, []), None, [LoseNode(node="pve3")])
