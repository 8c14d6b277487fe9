"""Each check before a move, by hand: it passes on a quiet cluster, and fails on what it is there for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot, FreshFacts, Settings, Validation, validate
from proxbalance_core.domain.observed import Preconditions
from proxbalance_core.errors import SnapshotInvalid
from tests.unit.recommend.cluster_of import GB, cluster, guest, node

NOW = datetime(2026, 2, 8, 10, 32, tzinfo=UTC)
CEPH = {
    "name": "ceph", "type": "rbd", "shared": True, "content": ["images", "rootdir"],
    "total_bytes": 4000 * GB, "used_bytes": 1000 * GB,
}  # fmt: skip
LVM = {**CEPH, "name": "lvm", "type": "lvmthin", "shared": False}
DISK = {"key": "scsi0", "storage": "ceph", "size_bytes": 20 * GB, "shared": True}
LOCAL = {"key": "scsi1", "storage": "lvm", "size_bytes": 50 * GB}


def lab(
    guests: dict[str, Any] | None = None, nodes: dict[str, dict[str, Any]] | None = None, **more: Any
) -> ClusterSnapshot:
    """Guest 100 on pve1, and one other on each node; ``guests`` changes guest 100, ``nodes`` a node by name."""
    other = nodes or {}
    made = [
        node(name, cpu, 40.0, storages=[CEPH, LVM]) | other.get(name, {})
        for name, cpu in (("pve1", 70.0), ("pve2", 20.0), ("pve3", 30.0))
    ]
    here = [
        guest(100, "pve1", disks=[DISK]) | (guests or {}), guest(101, "pve1", disks=[DISK]),
        guest(102, "pve2", disks=[DISK]), guest(103, "pve3", disks=[DISK]),
    ]  # fmt: skip
    return cluster(made, here, **more)


def asked(now: ClusterSnapshot, before: ClusterSnapshot | None = None, **more: Any) -> Validation:
    facts = FreshFacts(snapshot=now, preconditions=more.pop("preconditions", None))
    return validate((100, "pve2"), before or lab(), facts, more.pop("at", NOW), **more)


def failed(told: Validation) -> dict[str, str]:
    assert told.passed == all(check.passed for check in told.checks)
    return {check.check: check.detail for check in told.checks if not check.passed}


def test_a_quiet_cluster_passes() -> None:
    told = asked(lab())
    assert (told.passed, told.warnings, told.vmid, told.source, told.target) == (True, (), 100, "pve1", "pve2")
    assert [check.check for check in told.checks] == [
        "staleness", "guest_state", "target_state", "storage", "resources", "locks_and_snapshots", "affinity",
    ]  # fmt: skip
    assert told.checks[4].detail == "pve2 would be at 32.5 % CPU and 44.0 % memory."


@pytest.mark.parametrize(
    ("change", "check", "says"),
    [
        ({"node": "pve3"}, "guest_state", "It is on pve3 now, not on pve1."),
        ({"status": "stopped"}, "guest_state", "It was running and is stopped now."),
        ({"ha": {"managed": True}}, "guest_state", "It is under HA now, so another command would move it."),
        ({"tags": ["ignore"]}, "guest_state", "It has the tag 'ignore'."),
        ({"pci_passthrough": True}, "guest_state", "It uses a PCI device of its node."),
        ({"muted_until": "2026-03-01T00:00:00Z"}, "guest_state", "It is muted until 2026-03-01 00:00 UTC."),
        ({"disks": [{**DISK, "storage": "nas"}]}, "storage", "pve2 has no storage 'nas'."),
        (
            {"disks": [{**DISK, "cdrom": True, "storage": "iso", "shared": False}]},
            "storage", "pve2 can't see the CD-ROM image in the drive.",
        ),
        (
            {"disks": [{**LOCAL, "size_bytes": 5000 * GB}]},
            "storage", "pve2 has 3000.0 GB free on 'lvm' of 5000.0 GB needed.",
        ),
        (
            {"disks": [{"key": "scsi1", "storage": "lvm"}]},
            "storage", "Whether disk scsi1 fits on 'lvm' of pve2 can't be told: sizes are unknown.",
        ),
        ({"mem_bytes": 60 * GB}, "resources", "pve2 has 57.0 GB left for the 60.0 GB it was given."),
        ({"cpu_used_cores": {"current": 10.0}}, "resources", "pve2 would be at 82.5 % CPU, over 80 %."),
        ({"lock": "backup"}, "locks_and_snapshots", "It is locked (backup)."),
        (
            {"snapshots": 2, "disks": [LOCAL]},
            "locks_and_snapshots", "It has snapshots on local disks, which can't move live.",
        ),
        ({"tags": ["pin_pve1"]}, "affinity", "pve2 is not allowed, it may run on pve1."),
    ],
)  # fmt: skip
def test_what_changed_on_the_guest(change: dict[str, Any], check: str, says: str) -> None:
    assert failed(asked(lab(change))).get(check) == says


@pytest.mark.parametrize(
    ("change", "check", "says"),
    [
        ({"status": "offline"}, "target_state", "pve2 is offline."),
        ({"maintenance": True}, "target_state", "pve2 is in maintenance."),
        ({"cpu": {}}, "target_state", "pve2 has no current figures."),
        ({"cpu": {}}, "resources", "The CPU of pve2 isn't measured."),
        ({"cpu": {"current_pct": 70.0}}, "resources", "pve2 would be at 82.5 % CPU, over 80 %."),
        ({"mem": {"current_pct": 91.0}}, "resources", "pve2 would be at 95.0 % memory, over 90 %. pve2 has 6.0 GB "
         "left for the 8.0 GB it was given."),
        ({"iowait": {"current_pct": 55.0}}, "resources", "pve2 would be at 55.0 % iowait, over 50 %."),
        ({"storages": [LVM]}, "storage", "pve2 has no storage 'ceph'."),
    ],
)  # fmt: skip
def test_what_changed_on_the_target(change: dict[str, Any], check: str, says: str) -> None:
    assert failed(asked(lab(nodes={"pve2": change}))).get(check) == says


def test_unknown_storages_can_not_be_checked_and_fail() -> None:
    now = lab()
    bare = ClusterSnapshot.from_dict(
        {**now.to_dict(), "nodes": [{k: v for k, v in n.items() if k != "storages"} for n in now.to_dict()["nodes"]]}
    )
    assert failed(asked(bare)) == {"storage": "The storages of pve2 aren't known, so the disks can't be checked."}


def test_over_a_threshold_is_a_warning() -> None:
    busy = lab(nodes={"pve2": {"cpu": {"current_pct": 50.0}}})
    told = asked(busy, before=busy)
    assert told.passed and told.warnings == ("pve2 would be at 62.5 % CPU, over the threshold of 60 %.",)


@pytest.mark.parametrize(
    ("minutes", "passes", "warnings", "says"),
    [
        (0, True, 0, "The snapshot is 0 minutes old."),
        (15, True, 0, "The snapshot is 15 minutes old."),
        (16, True, 1, "The snapshot is 16 minutes old."),
        (30, True, 1, "The snapshot is 30 minutes old."),
        (31, False, 0, "The snapshot is 31 minutes old, and 30 minutes is the most."),
        (300, False, 0, "The snapshot is 5 hours old, and 30 minutes is the most."),
        (-10, False, 0, "The snapshot is 10 minutes ahead of this machine's clock: its age can't be told."),
    ],
)
def test_age(minutes: int, passes: bool, warnings: int, says: str) -> None:
    told = asked(lab(), at=lab().taken_at + timedelta(minutes=minutes))
    assert told.passed == passes == told.checks[0].passed
    assert told.checks[0].detail.startswith(says) and len(told.warnings) == warnings


def test_drift_is_shown_and_a_large_one_is_a_warning() -> None:
    calm = lab(nodes={"pve1": {"cpu": {"current_pct": 40.0}}})
    told = asked(calm)
    assert told.passed
    assert "On fresh data the move improves the score by" in told.checks[0].detail
    assert told.warnings and told.warnings[0].startswith("Less than half of the improvement is left:")
    assert asked(lab()).checks[0].detail.endswith("(+0.00).")


def test_guests_that_must_stay_apart_or_together() -> None:
    apart = {"rules": [{"name": "r", "kind": "resource-affinity", "affinity": "negative", "guests": [100, 102]}]}
    assert failed(asked(lab(**apart))) == {"affinity": "pve2 runs guest 102, which it must stay away from (r)."}
    pair = {"rules": [{"name": "r", "kind": "resource-affinity", "affinity": "positive", "guests": [100, 101]}]}
    told = asked(lab(**pair))
    assert told.passed and told.warnings == ("It is part of a unit: move guest 101 to pve2 too.",)
    locked = lab(**pair).to_dict()
    locked["guests"][1] |= {"lock": "backup", "usb_passthrough": True}
    assert failed(asked(ClusterSnapshot.from_dict(locked))) == {
        "locks_and_snapshots": "Guest 101, which moves with it, is locked (backup).",
        "affinity": "Guest 101, which moves with it, can't: it uses a USB device of its node.",
    }


def test_a_unit_goes_only_where_the_cpu_of_each_is() -> None:
    pair = {"rules": [{"name": "r", "kind": "resource-affinity", "affinity": "positive", "guests": [100, 101]}]}
    nodes = {"pve1": {"cpu_model": "X"}, "pve2": {"cpu_model": "Y"}}
    mate = lab(nodes=nodes, **pair).to_dict()
    mate["guests"][1] |= {"cpu_type": "host"}
    assert failed(asked(ClusterSnapshot.from_dict(mate)))["target_state"] == (
        "pve2 has another CPU model, and guest 101, which moves with it, uses CPU type host."
    )


def test_a_move_of_the_user_s_own_is_checked_too() -> None:
    told = validate((103, "pve1"), lab(), FreshFacts(snapshot=lab()), NOW)
    assert failed(told) == {"resources": "pve1 would be at 82.5 % CPU, over 80 %."}
    assert failed(validate((103, "pve3"), lab(), FreshFacts(snapshot=lab()), NOW)) == {
        "target_state": "It is on pve3 already."
    }
    for move in ((7, "pve1"), (100, "pve9")):
        with pytest.raises(SnapshotInvalid, match="There is no"):
            validate(move, lab(), FreshFacts(snapshot=lab()), NOW)


def test_settings_and_quorum_have_their_say() -> None:
    told = asked(lab(quorate=False), settings=Settings(allowed_targets=("pve3",)))
    assert failed(told)["target_state"] == (
        "The cluster has lost quorum: Proxmox refuses migrations. The settings leave pve2 out as a target."
    )


def test_a_cooldown_is_a_warning_unless_the_move_is_a_duty() -> None:
    moved = {"moves": [{"at": "2026-02-08T09:30:00Z", "from": "pve2", "to": "pve1"}]}
    assert asked(lab(moved)).warnings == ("It moved 1.0 hours ago; the cooldown is 24 hours.",)
    assert asked(lab(moved, nodes={"pve1": {"maintenance": True}})).warnings == ()


def test_what_could_not_be_read_has_failed() -> None:
    facts = FreshFacts(snapshot=None, unread="No route to host.", unanswered="No route to host.")
    told = validate((100, "pve2"), lab(), facts, NOW)
    assert len(failed(told)) == 7 and told.checks[0].passed
    assert all("No route to host." in detail for detail in failed(told).values())
    gone = lab().to_dict()
    gone["guests"] = gone["guests"][1:]
    told = asked(ClusterSnapshot.from_dict(gone))
    assert failed(told)["guest_state"] == (
        "It could not be checked: guest 100 isn't in the cluster now, or may not be seen."
    )


def test_the_cluster_has_the_last_word() -> None:
    assert asked(lab(), preconditions=Preconditions()).checks[-1].detail == "Proxmox has no objection to pve2."
    told = asked(lab(), preconditions=Preconditions(objections=("It uses local devices: hostpci0.",)))
    assert failed(told) == {"migrate_precondition": "It uses local devices: hostpci0."}
    told = asked(lab(), preconditions=Preconditions(known=False))
    assert told.passed and len(told.checks) == 7 and "no precondition check for containers" in told.warnings[0]
    told = asked(lab(), preconditions=Preconditions(notes=("Proxmox moves vm:101 along, by an HA rule.",)))
    assert told.passed and told.warnings == ("Proxmox moves vm:101 along, by an HA rule.",)
