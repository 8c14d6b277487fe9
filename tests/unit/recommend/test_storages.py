"""Storages that fill up, and the disks that would fit elsewhere."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given

from proxbalance_core import ClusterSnapshot, assess
from proxbalance_core.domain.cluster import Disk, Guest, Storage
from proxbalance_core.domain.results import Advisory
from proxbalance_core.recommend.storages import CONTENT, ROOM_PCT, disks_that_fit, storage_advisories
from tests.strategies import clusters
from tests.support.clusters import cluster, disk, guest, node

GB = 2.0**30


def storage(name: str, used_gb: float, per_day_gb: float | None = None, **more: Any) -> Storage:
    """A storage of 1,000 GB for disks of VMs."""
    grown = {} if per_day_gb is None else {
        "growth_bytes_per_day": per_day_gb * GB, "growth_low_bytes_per_day": 0.5 * per_day_gb * GB,
        "growth_high_bytes_per_day": 2.0 * per_day_gb * GB, "history_days": 10.0,
    }  # fmt: skip
    given: dict[str, Any] = {"content": ("images",), "total_bytes": 1000 * GB, "used_bytes": used_gb * GB}
    return Storage(**{"name": name, **given, **grown, **more})


def on(*storages: Storage, guests: tuple[Guest, ...] = ()) -> ClusterSnapshot:
    return cluster([node("pve1", 10, 10, storages=storages)], list(guests))


def told(snapshot: ClusterSnapshot) -> list[Advisory]:
    return list(storage_advisories(snapshot))


@pytest.mark.parametrize(
    ("used", "per_day", "severity"),
    [
        (500, None, None), (500, 10, None), (500, 20, "info"), (500, 40, "warning"), (500, 200, "critical"),
        (860, None, "warning"), (960, None, "critical"), (860, -5, "warning"), (849, 1, None),
    ],
)  # fmt: skip
def test_when_it_is_worth_saying(used: float, per_day: float | None, severity: str | None) -> None:
    found = told(on(storage("lvm", used, per_day)))
    assert [advisory.severity for advisory in found] == ([] if severity is None else [severity])


def test_the_sentence_and_the_figures() -> None:
    (found,) = told(on(storage("lvm", 880, 12)))
    assert found.message == (
        "'lvm' on pve1 is 88 % full (880.0 GB of 1,000.0 GB); growing by 12.0 GB a day it is full in about 10 days "
        "(5 to 20)."
    )
    assert (found.metrics["days_to_full"], found.metrics["fits"]) == (10.0, [])
    assert found.suggestions[0].startswith("No disk on it would fit")
    (unknown,) = told(on(storage("lvm", 880)))
    assert unknown.message.endswith("; how fast it grows isn't known yet.")
    (still,) = told(on(storage("lvm", 880, 0)))
    assert still.message.endswith(" and doesn't grow.")


def test_disks_are_advised_to_where_they_fit() -> None:
    big, small = disk("lvm", 200), disk("lvm", 50)
    made = on(
        storage("lvm", 900, 10), storage("ssd", 100), storage("iso", 0, content=("iso",)),
        storage("ceph", 700, shared=True),
        guests=(guest(1, "pve1", 1, 1, disks=(big,)), guest(2, "pve1", 1, 1, disks=(small,))),
    )  # fmt: skip
    (found,) = told(made)
    # 700 GB are left after the large one: under 80 %, so that is enough.
    assert found.suggestions == ("Move scsi0 of guest 1 (200.0 GB) to 'ssd', which is 30 % full then.",)


@pytest.mark.parametrize(
    "more",
    [
        {"lock": "backup"},
        {"snapshots": 1},
        {"template": True},
        {"disks": (Disk(key="scsi0", storage="lvm", cdrom=True),)},
    ],
)
def test_what_cannot_leave_is_not_advised(more: dict[str, Any]) -> None:
    held = guest(1, "pve1", 1, 1, **({"disks": (disk("lvm", 100),)} | more))
    made = on(storage("lvm", 900, 10), storage("ssd", 100), guests=(held,))
    assert told(made)[0].metrics["fits"] == []


def test_a_container_needs_a_storage_for_containers() -> None:
    held = guest(1, "pve1", 1, 1, type="ct", disks=(disk("lvm", 100),))
    made = on(storage("lvm", 900, 10), storage("ssd", 100), guests=(held,))
    assert told(made)[0].metrics["fits"] == []


def test_a_shared_storage_is_told_once_and_its_disks_stay_shared() -> None:
    ceph = storage("ceph", 900, 10, shared=True)
    nodes = [node(name, 10, 10, storages=(ceph, storage("lvm", 10))) for name in ("pve1", "pve2")]
    made = cluster(nodes, [guest(1, "pve1", 1, 1, disks=(disk("ceph", 100, shared=True),))])
    (found,) = told(made)
    assert found.node is None and found.metrics["fits"] == []


def test_it_is_part_of_every_assessment() -> None:
    found = assess(on(storage("lvm", 960))).advisories
    assert [(a.type, a.severity, a.node) for a in found if a.type == "storage_full"] == [
        ("storage_full", "critical", "pve1")
    ]


@given(snapshot=clusters.snapshots())
def test_an_advised_disk_fits(snapshot: ClusterSnapshot) -> None:
    """With all advised disks moved no storage that takes one is over 80 %."""
    for at in snapshot.nodes:
        for full in at.storages or ():
            if not (full.total_bytes > 0 and full.used_bytes >= 0):
                continue
            fits = disks_that_fit(snapshot, None if full.shared else at, full)
            came: dict[tuple[str, str], float] = {}
            for fit in fits:
                assert CONTENT[fit.guest.type] in fit.storage.content and fit.storage.name != full.name
                assert fit.disk.storage == full.name and not fit.guest.snapshots and not fit.guest.lock
                key = (fit.storage.name, "" if fit.storage.shared else fit.guest.node)
                came[key] = came.get(key, fit.storage.used_bytes) + fit.disk.size_bytes
                assert 100.0 * came[key] / fit.storage.total_bytes <= ROOM_PCT + 1e-9


def test_a_storage_without_a_size_takes_no_disk() -> None:
    """Proxmox says 0 of 0 of storages that it can't measure."""
    unsized = dataclasses.replace(storage("iscsi", 0, shared=True), total_bytes=0.0, used_bytes=0.0)
    nodes = [node("pve1", 10, 10, storages=(storage("lvm", 960), unsized))]
    (found,) = told(cluster(nodes, [guest(1, "pve1", 1, 1, disks=(disk("lvm", 10),))]))
    assert found.metrics["fits"] == []
