"""Nodes emptied for maintenance, on clusters small enough to check by hand: nodes of 10 cores and 100 GB."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot, Drain, Settings, drain
from proxbalance_core.domain.cluster import Disk, HaState, Rule, Storage
from proxbalance_core.domain.drains import DrainGuest
from proxbalance_core.errors import ChangeInvalid
from tests.support.clusters import GIB, NOW, cluster, disk, guest, node

CEPH = Storage(name="ceph", shared=True, content=("images",), total_bytes=1000 * GIB, used_bytes=100 * GIB)


def three(*more: Any, rules: tuple[Rule, ...] = ()) -> ClusterSnapshot:
    guests = [guest(1, "pve1", 3, 20), guest(2, "pve1", 2, 10), guest(3, "pve2", 3, 20), guest(4, "pve3", 1, 10)]
    return cluster(["pve1", "pve2", "pve3"], [*guests, *more], rules)


def row(told: Drain, vmid: int) -> DrainGuest:
    return next(row for row in told.guests if row.vmid == vmid)


def fates(told: Drain) -> dict[int, tuple[str, str | None]]:
    return {row.vmid: (row.fate, row.target) for row in told.guests}


# --- a node that can be emptied ---


def test_every_guest_gets_a_place_and_nobody_else_moves() -> None:
    told = drain(three(), None, "pve1")
    assert told.possible and told.blockers == () and told.broken == ()
    assert fates(told) == {1: ("moves", "pve3"), 2: ("moves", "pve2")}
    assert [(step.vmid, step.wave) for step in told.plan.steps] == [(1, 1), (2, 2)]
    assert told.summary == "pve1 can be emptied in 2 waves, about 11 min, no downtime."
    assert row(told, 1).why == "pve3 is at 10.0 % CPU and 10.0 % memory when it comes."
    assert row(told, 1).commands == ("qm migrate 1 pve3 --online 1",)
    assert [(n.node, n.guests_before, n.guests) for n in told.nodes] == [("pve2", 1, 2), ("pve3", 1, 2)]
    assert [n.cpu_pct for n in told.nodes] == [50.0, 40.0]


def test_several_nodes_are_emptied_at_once() -> None:
    told = drain(three(), None, ["pve2", "pve1", "pve1"])
    assert told.emptied == ("pve1", "pve2")
    assert {target for _, target in fates(told).values()} == {"pve3"}
    assert told.summary.startswith("pve1 and pve2 can be emptied in 3 waves")


def test_an_empty_node_has_nothing_to_leave() -> None:
    told = drain(cluster(["pve1", "pve2"], [guest(1, "pve2", 1, 4)]), None, "pve1")
    assert (told.possible, told.summary) == (True, "pve1 has no guest that has to leave.")
    assert told.guests == () and told.plan.steps == () and told.plan.shell == ""


def test_a_container_restarts_on_the_way_and_that_is_downtime() -> None:
    told = drain(cluster(["pve1", "pve2"], [guest(1, "pve1", 1, 4, type="ct")]), None, "pve1")
    assert "1 container restarts on the way (10 s of downtime in all)" in told.summary


def test_what_does_not_run_stays_where_it_must() -> None:
    held = guest(9, "pve1", 1, 4, status="stopped", pci_passthrough=True)
    told = drain(three(guest(8, "pve1", 1, 4, template=True, status="stopped"), held), None, "pve1")
    assert told.possible and row(told, 8).fate == row(told, 9).fate == "stays"
    assert row(told, 9).why == "It is stopped and stays. It uses a PCI device of its node."
    assert told.notes[0].startswith(
        "2 guests that don't run stay where they are, and can't be started while pve1 is off"
    )


# --- what blocks it, and the remedy ---


@pytest.mark.parametrize(
    ("more", "reason", "remedy"),
    [
        ({"pci_passthrough": True}, "passthrough_device", "Take the device out of it, or shut it down"),
        ({"tags": ("ignore",)}, "has_ignore_tag", "Take the tag off it, or shut it down"),
        ({"lock": "backup"}, "locked", "Wait until its lock 'backup' is released."),
        ({"tags": ("pin_pve1",)}, "pinned", "Allow it another node in its tag or rule, or shut it down"),
        ({"disks": (disk("local", passthrough=True),)}, "passthrough_disk", "Put that disk on a storage, or"),
        (
            {"type": "ct", "disks": (Disk(key="mp0", bind_mount=True),)},
            "unshared_bind_mount",
            "Mark the mount point as shared",
        ),
        ({"disks": (disk(),), "snapshots": 2}, "storage_incompatible", "Delete its snapshots or put its disks on"),
        ({"muted_until": NOW + timedelta(days=1)}, "muted", "End its mute, or shut it down"),
    ],
)  # fmt: skip
def test_each_blocker_has_its_reason_and_remedy(more: dict[str, Any], reason: str, remedy: str) -> None:
    told = drain(three(guest(9, "pve1", 1, 4, **more)), None, "pve1")
    (blocker,) = told.blockers
    assert (blocker.vmid, blocker.reason, blocker.missing_bytes) == (9, reason, None)
    assert blocker.remedy.startswith(remedy)
    assert not told.possible and told.summary.startswith("pve1 can't be emptied: g9 (9) can't leave.")
    assert told.summary.endswith("The other 2 leave in 2 waves, about 11 min, no downtime.")


def test_no_room_says_how_much_is_missing_and_where_least() -> None:
    nodes = [node("pve1", 10, 40), node("pve2", 10, 80), node("pve3", 10, 90)]
    told = drain(cluster(nodes, [guest(1, "pve1", 1, 30, mem_bytes=30 * GIB)]), None, "pve1")
    (blocker,) = told.blockers
    assert (blocker.nearest, blocker.missing_bytes) == ("pve2", pytest.approx(15 * GIB))
    assert blocker.remedy == "Free 15.0 GB of memory on pve2, or shut it down for the maintenance."
    assert told.summary == "pve1 can't be emptied: g1 (1) can't leave; 15.0 GB of memory are missing."
    assert told.missing_bytes == pytest.approx(15 * GIB)


def test_no_storage_elsewhere_is_told_as_such() -> None:
    nodes = [node("pve1", 10, 40, storages=(CEPH,)), node("pve2", 10, 10, storages=())]
    held = guest(1, "pve1", 1, 10, disks=(disk("ceph", shared=True),))
    (blocker,) = drain(cluster(nodes, [held]), None, "pve1").blockers
    assert blocker.reason == "storage_incompatible"
    assert blocker.remedy.startswith("Put its disks on a storage that another node has")


def test_a_single_node_can_only_be_shut_down() -> None:
    alone = cluster(["pve1"], [guest(1, "pve1", 1, 4)])
    assert drain(alone, None, "pve1").blockers[0].detail == "There is no other node."
    told = drain(alone, None, "pve1", {1: "shut down"})
    assert told.summary == "pve1 is free when 1 guest is shut down: nothing has to move."


def test_room_is_made_by_a_guest_of_another_node() -> None:
    nodes = [node("pve1", 20, 45), node("pve2", 10, 60), node("pve3", 10, 75)]
    small = guest(2, "pve2", 1, 15, mem_bytes=15 * GIB)
    told = drain(cluster(nodes, [guest(1, "pve1", 1, 45, mem_bytes=45 * GIB), small]), None, "pve1")
    assert fates(told) == {1: ("moves", "pve2"), 2: ("makes_room", "pve3")}
    assert row(told, 2).why.startswith("It makes room on pve2. pve3 is at ") and row(told, 2).targets == ()
    assert [step.vmid for step in told.plan.steps] == [2, 1]
    assert "1 guest of other nodes moves, to make room." in told.notes


# --- choices ---


def test_a_chosen_target_is_kept_and_the_rest_planned_around_it() -> None:
    told = drain(three(), None, "pve1", {1: "pve2"})
    assert fates(told) == {1: ("moves", "pve2"), 2: ("moves", "pve3")}
    assert row(told, 1).chosen and row(told, 1).why.startswith("Chosen by hand. pve2 is at")


def test_a_chosen_target_comes_before_larger_guests() -> None:
    nodes = [node("pve1", 50, 60), node("pve2", 10, 60), node("pve3", 10, 90)]
    guests = [guest(1, "pve1", 1, 30, mem_bytes=30 * GIB), guest(2, "pve1", 1, 20, mem_bytes=20 * GIB)]
    assert fates(drain(cluster(nodes, guests), None, "pve1"))[1] == ("moves", "pve2")
    told = drain(cluster(nodes, guests), None, "pve1", {2: "pve2"})
    assert fates(told) == {1: ("blocked", None), 2: ("moves", "pve2")}


def test_shut_down_guests_lift_what_they_block_and_come_last() -> None:
    snapshot = three(guest(9, "pve1", 1, 4, pci_passthrough=True))
    told = drain(snapshot, None, "pve1", {9: "shut down"})
    (off,) = told.shut_down
    assert told.possible and told.summary.endswith("about 11 min; 1 guest is shut down.")
    assert (off.command, off.before_moves, off.starts_on) == ("qm shutdown 9", False, ())
    assert off.detail == "No other node can run it meanwhile. It uses a PCI device of its node."
    assert told.plan.shell.rstrip().endswith("ssh root@pve1 'qm shutdown 9'")


def test_a_shut_down_guest_says_where_it_could_run() -> None:
    told = drain(three(guest(9, "pve1", 1, 4, ha=HaState(managed=True))), None, "pve1", {9: "shut down"})
    (off,) = told.shut_down
    assert off.starts_on == ("pve2", "pve3") and off.command == "ha-manager set vm:9 --state stopped"
    assert off.detail == "It could run on pve2 and pve3 meanwhile, if it is moved while it is off."


def test_one_of_a_unit_is_shut_down_before_the_others_move() -> None:
    rule = Rule(name="app", kind="resource-affinity", affinity="positive", guests=(2, 9))
    told = drain(three(guest(9, "pve1", 1, 4, usb_passthrough=True), rules=(rule,)), None, "pve1", {9: "shut down"})
    assert told.possible and told.shut_down[0].before_moves
    assert told.plan.shell.index("qm shutdown 9") < told.plan.shell.index("qm migrate")
    assert not drain(three(guest(9, "pve1", 1, 4, usb_passthrough=True), rules=(rule,)), None, "pve1").possible


def test_a_stopped_guest_may_be_left_where_it_is() -> None:
    snapshot = three(guest(9, "pve1", 1, 4, status="stopped"))
    assert row(drain(snapshot, None, "pve1"), 9).fate == "moves"
    told = drain(snapshot, None, "pve1", {9: "shut down"})
    assert row(told, 9).fate == "stays" and told.shut_down == ()


@pytest.mark.parametrize(
    ("nodes", "choices", "sentence"),
    [
        ([], {}, "Say which node is to be emptied."),
        (["pve9"], {}, "There is no node 'pve9' in cluster 'hand' (pve1, pve2, pve3)."),
        (["pve1"], {77: "pve2"}, "There is no guest 77 in cluster 'hand'."),
        (["pve1"], {3: "pve3"}, "Guest 3 is on pve2, which isn't to be emptied."),
        (["pve1"], {1: "pve9"}, "There is no node 'pve9' in cluster 'hand' (pve1, pve2, pve3)."),
        (["pve1", "pve2"], {1: "pve2"}, "Guest 1 can't go to pve2, which is to be emptied."),
        (["pve1"], {5: "pve2"}, "Guest 5 can't leave pve1. It uses a PCI device of its node."),
        (["pve1"], {6: "pve2"}, "Guest 6 can't go to pve2: pve2 needs 105.0 GB more memory."),
        (["pve1"], {7: "shut down"}, "Guest 7 is a template, which stays where it is."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_one_sentence(nodes: list[str], choices: dict[int, str], sentence: str) -> None:
    more = [
        guest(5, "pve1", 1, 4, pci_passthrough=True), guest(6, "pve1", 1, 10, mem_bytes=180 * GIB),
        guest(7, "pve1", 1, 4, template=True, status="stopped"),
    ]  # fmt: skip
    with pytest.raises(ChangeInvalid) as caught:
        drain(three(*more), None, nodes, choices)
    assert str(caught.value) == sentence


def test_a_node_that_is_offline_cannot_be_emptied() -> None:
    nodes = [node("pve1", 10, 10, status="offline"), node("pve2", 10, 10)]
    with pytest.raises(ChangeInvalid, match="Node 'pve1' is offline already, it can't be emptied"):
        drain(cluster(nodes, []), None, "pve1")


def test_two_of_a_unit_cannot_be_sent_apart() -> None:
    rule = Rule(name="app", kind="resource-affinity", affinity="positive", guests=(1, 2))
    told = drain(three(rules=(rule,)), None, "pve1", {1: "pve2"})
    assert fates(told) == {1: ("moves", "pve2"), 2: ("moves", "pve2")}
    assert [a.target for a in row(told, 2).targets if a.ruled_out is None] == ["pve2"]
    with pytest.raises(ChangeInvalid, match="Guest 2 can't go to pve3: it goes with its unit to pve2"):
        drain(three(rules=(rule,)), None, "pve1", {1: "pve2", 2: "pve3"})


# --- notes ---


def test_it_says_whether_one_more_node_may_fail_meanwhile() -> None:
    assert "While pve1 is off, any one of the others may still fail" in " ".join(drain(three(), None, "pve1").notes)
    two = cluster(["pve1", "pve2"], [guest(1, "pve1", 1, 4)])
    said = drain(two, None, "pve1").notes
    assert any("no other node could take over if the one that is left failed" in note for note in said)
    assert any("1 of 2 nodes would be online: without a QDevice" in note for note in said)
    full = cluster(["pve1", "pve2", "pve3"], [guest(v, f"pve{v}", 1, 33, mem_bytes=33 * GIB) for v in (1, 2, 3)])
    said = drain(full, Settings(), "pve1").notes
    assert any(note.startswith("While pve1 is off, ") and "would have no place if that failed" in note for note in said)


def test_memory_that_is_asked_for_and_not_used_is_there_for_the_next() -> None:
    """75 GB are asked for and 55 free, but who asks for 50 uses 10."""
    nodes = [node("pve1", 20, 30), node("pve2", 10, 40)]
    guests = [guest(1, "pve1", 1, 25, mem_bytes=25 * GIB), guest(2, "pve1", 1, 10, mem_bytes=50 * GIB)]
    for choices in ({}, {1: "pve2", 2: "pve2"}, {2: "pve2", 1: "pve2"}):
        told = drain(cluster(nodes, guests), None, "pve1", choices)
        assert told.possible and [step.vmid for step in told.plan.steps] == [2, 1]


def test_two_of_a_scattered_unit_that_are_together_are_not_parted() -> None:
    """g1 and g2 are together on pve1, the third of their unit is elsewhere, and g2 can't follow: g1 stays with it."""
    rules = (
        Rule(name="pair", kind="resource-affinity", affinity="positive", guests=(1, 2)),
        Rule(name="rest", kind="resource-affinity", affinity="positive", guests=(2, 3)),
    )
    nodes = [node("pve1", 50, 30, storages=(CEPH,)), node("pve2", 30, 20, storages=())]
    held = guest(2, "pve1", 2, 10, disks=(disk("ceph", shared=True),))
    snapshot = cluster(nodes, [guest(1, "pve1", 3, 20), held, guest(3, "pve2", 3, 20)], rules)
    told = drain(snapshot, None, "pve1")
    assert {vmid: fate for vmid, (fate, _) in fates(told).items()} == {1: "blocked", 2: "blocked"}
    assert told.broken == () and told.plan.steps == ()
    with pytest.raises(ChangeInvalid, match=r"Guest 1 can't go to pve2: pve2 is where it would be parted from guest 2"):
        drain(snapshot, None, "pve1", {1: "pve2"})


def test_room_is_made_only_where_the_rest_of_a_unit_is() -> None:
    nodes = [node("pve1", 20, 45), node("pve2", 10, 60), node("pve3", 10, 75)]
    guests = [
        guest(1, "pve1", 1, 45, mem_bytes=45 * GIB), guest(2, "pve2", 1, 15, mem_bytes=15 * GIB), guest(5, "pve3", 1, 1)
    ]  # fmt: skip
    rule = Rule(name="app", kind="resource-affinity", affinity="positive", guests=(1, 5))
    told = drain(cluster(nodes, guests, (rule,)), None, "pve1")
    assert fates(told) == {1: ("blocked", None)} and told.plan.steps == ()
