"""Storages that fill up: when, and which disks would fit where (advice only: no migration of ours moves a disk)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from proxbalance_core.domain.cluster import ClusterSnapshot, Disk, Guest, Node, Storage
from proxbalance_core.domain.results import Advisory
from proxbalance_core.domain.units import GIB, known

FULL_PCT, CRITICAL_PCT = 85.0, 95.0
SOON_DAYS, CRITICAL_DAYS, LOOKED_DAYS = 14.0, 3.0, 30.0
# What a disk goes to stays under this, and so does what it leaves, if that can be.
ROOM_PCT = 80.0
MOST_DISKS = 3
CONTENT = {"vm": "images", "ct": "rootdir"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A disk that would fit on another storage of its node, which is ``used_pct`` full then."""

    guest: Guest
    disk: Disk
    storage: Storage
    used_pct: float


def storage_advisories(snapshot: ClusterSnapshot) -> Iterator[Advisory]:
    """Storages that are nearly full, or will be within the month, the soonest first."""
    found = [(node, storage) for node, storage in _each(snapshot) if _severity(storage) is not None]
    for node, storage in sorted(found, key=lambda pair: (_days(pair[1]), -pair[1].used_pct, pair[1].name)):
        yield _advisory(snapshot, node, storage)


def _each(snapshot: ClusterSnapshot) -> Iterator[tuple[Node | None, Storage]]:
    """Every storage once; a shared one without its node."""
    seen: set[str] = set()
    for node in snapshot.nodes:
        for storage in node.storages or ():
            if not (storage.active and known(storage.used_bytes) and storage.total_bytes > 0):
                continue
            if not storage.shared:
                yield node, storage
            elif storage.name not in seen:
                seen.add(storage.name)
                yield None, storage


def _days(storage: Storage, per_day: float | None = None) -> float:
    """Days until it is full at its growth; infinite where it doesn't grow, or that isn't known."""
    growth = storage.growth_bytes_per_day if per_day is None else per_day
    left = max(storage.total_bytes - storage.used_bytes, 0.0)
    return left / growth if known(growth) and growth > 0 else float("inf")


def _severity(storage: Storage) -> Literal["critical", "warning", "info"] | None:
    days, pct = _days(storage), storage.used_pct
    if pct >= CRITICAL_PCT or days <= CRITICAL_DAYS:
        return "critical"
    if pct >= FULL_PCT or days <= SOON_DAYS:
        return "warning"
    return "info" if days <= LOOKED_DAYS else None


def _advisory(snapshot: ClusterSnapshot, node: Node | None, storage: Storage) -> Advisory:
    fits = disks_that_fit(snapshot, node, storage)
    days, soonest = _days(storage), _days(storage, storage.growth_high_bytes_per_day)
    latest = _days(storage, storage.growth_low_bytes_per_day)
    return Advisory(
        type="storage_full",
        severity=_severity(storage) or "info",
        node=node.name if node is not None else None,
        message=_message(node, storage, (days, soonest, latest)),
        metrics={
            "storage": storage.name, "used_pct": round(storage.used_pct, 2), "used_bytes": storage.used_bytes,
            "total_bytes": storage.total_bytes, "growth_bytes_per_day": _finite(storage.growth_bytes_per_day),
            "days_to_full": _finite(days), "days_earliest": _finite(soonest), "days_latest": _finite(latest),
            "fits": [
                {
                    "vmid": fit.guest.vmid, "disk": fit.disk.key, "size_bytes": fit.disk.size_bytes,
                    "storage": fit.storage.name, "used_pct_then": round(fit.used_pct, 2),
                }
                for fit in fits
            ],
        },
        suggestions=_suggestions(fits),
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return round(value, 2) if isfinite(value) else None


def _message(node: Node | None, storage: Storage, days: tuple[float, float, float]) -> str:
    name = f"'{storage.name}'" + (f" on {node.name}" if node is not None else "")
    used = f"{name} is {storage.used_pct:.0f} % full ({_gb(storage.used_bytes)} of {_gb(storage.total_bytes)})"
    if not known(storage.growth_bytes_per_day):
        return f"{used}; how fast it grows isn't known yet."
    if not isfinite(days[0]):
        return f"{used} and doesn't grow."
    last = f"{days[2]:.0f}" if isfinite(days[2]) else "no end"
    span = f" ({days[1]:.0f} to {last})" if round(days[1]) != round(days[2] if isfinite(days[2]) else -1) else ""
    growth = _gb(storage.growth_bytes_per_day)
    return f"{used}; growing by {growth} a day it is full in about {days[0]:.0f} days{span}."


def _gb(size: float) -> str:
    return f"{size / GIB:,.1f} GB"


def _suggestions(fits: tuple[Fit, ...]) -> tuple[str, ...]:
    """What would fit where, else what is left to do."""
    if not fits:
        return ("No disk on it would fit on another storage of its node: delete what isn't needed, or add room.",)
    return tuple(
        f"Move {fit.disk.key} of guest {fit.guest.vmid} ({_gb(fit.disk.size_bytes)}) to '{fit.storage.name}', which is "
        f"{fit.used_pct:.0f} % full then."
        for fit in fits
    )


def disks_that_fit(snapshot: ClusterSnapshot, node: Node | None, storage: Storage) -> tuple[Fit, ...]:
    """The largest disks of a storage that fit elsewhere on their node, until it is under 80 %; three at most.

    Left out are disks of locked guests and of guests with snapshots (their disks can't leave), and what isn't a
    disk of a storage at all. The others' room is counted down as they are filled.
    """
    nodes = {other.name: other for other in snapshot.nodes}
    taken: dict[tuple[str, str], float] = defaultdict(float)
    left, fits = storage.used_bytes, list[Fit]()
    for guest, disk in _movable(snapshot, node, storage):
        if len(fits) == MOST_DISKS or (100.0 * left / storage.total_bytes < ROOM_PCT and fits):
            break
        found = _roomiest(guest, disk, nodes[guest.node], storage, taken)
        if found is not None:
            fits.append(found)
            taken[_place(found.storage, guest.node)] += disk.size_bytes
            left -= disk.size_bytes
    return tuple(fits)


def _movable(snapshot: ClusterSnapshot, node: Node | None, storage: Storage) -> list[tuple[Guest, Disk]]:
    """Disks on a storage that may leave it, the largest first."""
    found = [
        (guest, disk)
        for guest in snapshot.guests
        if (node is None or guest.node == node.name) and not (guest.lock or guest.snapshots or guest.template)
        for disk in guest.disks
        if disk.storage == storage.name
        and known(disk.size_bytes)
        and not (disk.cdrom or disk.passthrough or disk.bind_mount)
    ]
    return sorted(found, key=lambda pair: (-pair[1].size_bytes, pair[0].vmid, pair[1].key))


def _place(storage: Storage, node: str) -> tuple[str, str]:
    return storage.name, "" if storage.shared else node


def _roomiest(guest: Guest, disk: Disk, node: Node, full: Storage, taken: dict[tuple[str, str], float]) -> Fit | None:
    """The storage of the node that is least full with the disk, and under 80 %."""
    best: Fit | None = None
    for other in node.storages or ():
        if other.name == full.name or not other.active or CONTENT[guest.type] not in other.content:
            continue
        if full.shared and not other.shared:
            continue  # the guest would be bound to its node
        if not other.total_bytes > 0:
            continue  # its size isn't known: some iSCSI storages say 0 of 0
        used = 100.0 * (other.used_bytes + taken[_place(other, node.name)] + disk.size_bytes) / other.total_bytes
        if used <= ROOM_PCT and (best is None or used < best.used_pct):
            best = Fit(guest=guest, disk=disk, storage=other, used_pct=used)
    return best
