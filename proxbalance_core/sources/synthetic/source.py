"""The demo cluster as a metric source."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from proxbalance_core.domain.cluster import Crs, Disk, Guest, HaState, Node, Rule, Storage
from proxbalance_core.domain.observed import (
    Entity,
    Inventory,
    Preconditions,
    Samples,
    SourceDescription,
    StorageLevel,
    Timeframe,
)
from proxbalance_core.errors import MigrationFailed
from proxbalance_core.sources.synthetic.cast import Cast, DemoGuest, DemoNode, DemoStorage, gb, read_cast
from proxbalance_core.sources.synthetic.placement import DemoMove, Placement
from proxbalance_core.sources.synthetic.rows import Rows

# By the minute, then by five minutes: the first visitor waits for every row, and no chart shows more.
HISTORY_DAYS, FIVES_H, MINUTES_H = 30, 48, 3
GROWING_DAYS = 20
MINUTE_S, FIVE_S, HOUR_S = 60, 300, 3_600
# Step and number of rows, as Proxmox VE 9 answers.
_TIMEFRAMES: dict[Timeframe, tuple[int, int]] = {
    "hour": (60, 60),
    "day": (60, 1_440),
    "week": (1_800, 336),
    "month": (1_800, 1_440),
}


class SyntheticSource:
    """A living cluster from a seed file, a clock and the moves made so far.

    Parameters
    ----------
    seed
        A ``proxbalance.demo-seed/1`` file.
    state
        Where moves are kept over restarts; None keeps them in memory.
    clock
        Gives the time, aware of its zone.
    """

    def __init__(self, seed: Path, state: Path | None = None, clock: Callable[[], datetime] | None = None) -> None:
        self._clock = clock or (lambda: datetime.now(UTC))
        self.cast: Cast = read_cast(seed)
        self.placement = Placement(self.cast, state, self._now())
        self._rows = Rows(self.cast, self.placement)

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def describe(self) -> SourceDescription:
        """A source that may do everything, as nothing in it is real."""
        return SourceDescription(
            kind="synthetic", title="Demo cluster", version=self.cast.pve_version, cluster=self.cast.cluster,
            fingerprint=f"demo:{self.cast.seed}", may_act=True, notes=("Everything here is simulated.",),
        )  # fmt: skip

    def snapshot_inventory(self, anew: Collection[int] = ()) -> Inventory:
        """Nodes, guests, storages and rules as they are now; nothing of it is kept, so all is ``anew``."""
        now = self._now()
        return Inventory(
            cluster=self.cast.cluster,
            at=datetime.fromtimestamp(now, UTC),
            nodes=tuple(self._node(node, now) for node in self.cast.nodes),
            guests=tuple(self._guest(guest, now) for guest in self.cast.guests),
            rules=tuple(
                Rule(
                    name=rule.name, kind=cast(Literal["resource-affinity", "node-affinity"], rule.kind),
                    affinity=cast(Literal["positive", "negative"] | None, rule.affinity), strict=rule.strict,
                    guests=rule.guests, nodes=rule.nodes,
                )
                for rule in self.cast.rules
            ),
            quorate=True,
            crs=Crs(ha="static"),
        )  # fmt: skip

    def samples(self, since: datetime | None = None) -> Samples:
        """The current minute; with ``since`` all rows after it.

        By the minute for 3 h; before that means, of 5 minutes for 48 h and then of hours.
        """
        now = self._now()
        if since is None:
            return self._rows.at(np.array([now // MINUTE_S * MINUTE_S], dtype=np.int64))
        first = max(int(since.timestamp()) + 1, now - HISTORY_DAYS * 24 * HOUR_S)
        fives_from, fine_from = (max(first, (now - h * HOUR_S) // HOUR_S * HOUR_S) for h in (FIVES_H, MINUTES_H))
        told = (
            self._rows.means(_grid(first, fives_from - HOUR_S + 1, HOUR_S), HOUR_S),
            self._rows.means(_grid(fives_from, fine_from - FIVE_S + 1, FIVE_S), FIVE_S),
            self._rows.at(_grid(fine_from, now + 1, MINUTE_S)),
        )
        return Samples(
            nodes=tuple(row for part in told for row in part.nodes),
            guests=tuple(row for part in told for row in part.guests),
        )

    def storage_history(self) -> tuple[StorageLevel, ...]:
        """Four levels a day of the last 30 days."""
        now = self._now()
        times = range(now - HISTORY_DAYS * 24 * HOUR_S, now, 6 * HOUR_S)
        return tuple(
            StorageLevel(
                ts=ts, storage=storage.name, node=node, total_bytes=gb(storage.total_gb),
                used_bytes=_used(storage, node, ts),
            )
            for ts in times
            for storage in self.cast.storages
            for node in ([""] if storage.shared else [node.name for node in self.cast.nodes])
        )  # fmt: skip

    def history(self, entity: Entity, timeframe: Timeframe) -> Samples:
        """Means of one entity, oldest first."""
        step, count = _TIMEFRAMES[timeframe]
        end = self._now() // step * step
        found = self._rows.means(_grid(end - count * step, end, step), step)
        if entity.kind == "node":
            return Samples(nodes=tuple(row for row in found.nodes if row.node == entity.name))
        return Samples(guests=tuple(row for row in found.guests if row.vmid == entity.vmid))

    def preconditions(self, vmid: int, target: str) -> Preconditions:
        """Whether the demo would move a guest to a node."""
        guest = next((g for g in self.cast.guests if g.vmid == vmid), None)
        if guest is None or target not in {node.name for node in self.cast.nodes}:
            return Preconditions(objections=(f"The demo has no guest {vmid} or no node '{target}'.",))
        faults = []
        if guest.lock:
            faults.append(f"It is locked ({guest.lock}).")
        if guest.pci_passthrough or guest.usb_passthrough:
            faults.append("It has a passed-through device.")
        return Preconditions(objections=tuple(faults))

    def migrate(self, vmid: int, target: str) -> str:
        """Start a migration that takes memory / bandwidth; its task id.

        Raises
        ------
        MigrationFailed
            There is no such guest or node, or the guest can't be moved.
        """
        objections = self.preconditions(vmid, target).objections
        if objections:
            raise MigrationFailed(" ".join(objections), vmid=vmid, target=target)
        guest = next(g for g in self.cast.guests if g.vmid == vmid)
        now = self._now()
        source = self.placement.node_of(vmid, now)
        volume = gb(guest.mem_gb) if guest.status == "running" else 0.0
        volume += 0.0 if self._storage(guest.storage).shared else gb(guest.disk_gb)
        done = now + max(1, round(volume / self.cast.bandwidth_bps))
        self.placement.add(DemoMove(vmid=vmid, source=source, target=target, started=now, done=done))
        return f"demo:{vmid}:{now}:{done}"

    def task(self, task_id: str) -> str | None:
        """The exit status of a migration, None while it runs."""
        return "OK" if int(task_id.rpartition(":")[2]) <= self._now() else None

    def close(self) -> None:
        """Nothing is held open."""

    def _storage(self, name: str) -> DemoStorage:
        return next(storage for storage in self.cast.storages if storage.name == name)

    def _node(self, node: DemoNode, now: int) -> Node:
        return Node(
            name=node.name, status="online", cpu_cores=float(node.cpu_cores), mem_bytes=gb(node.mem_gb),
            cpu_model=node.cpu_model, pve_version=self.cast.pve_version,
            storages=tuple(_storage(storage, node.name, now) for storage in self.cast.storages),
        )  # fmt: skip

    def _guest(self, guest: DemoGuest, now: int) -> Guest:
        return Guest(
            vmid=guest.vmid, name=guest.name, type=cast(Literal["vm", "ct"], guest.type),
            node=self.placement.node_of(guest.vmid, now),
            status=cast(Literal["running", "stopped"], guest.status), template=guest.template,
            cpu_cores=float(guest.cpu_cores), mem_bytes=gb(guest.mem_gb), tags=guest.tags, pool=guest.pool,
            lock=guest.lock, snapshots=guest.snapshots, cpu_type="x86-64-v2-AES" if guest.type == "vm" else None,
            ha=HaState(managed=guest.ha, state="started" if guest.ha else None),
            pci_passthrough=guest.pci_passthrough, usb_passthrough=guest.usb_passthrough, disks=self._disks(guest),
        )  # fmt: skip

    def _disks(self, guest: DemoGuest) -> tuple[Disk, ...]:
        first = "scsi0" if guest.type == "vm" else "rootfs"
        disks = [
            Disk(
                key=first, storage=guest.storage, size_bytes=gb(guest.disk_gb),
                shared=self._storage(guest.storage).shared,
            )
        ]  # fmt: skip
        if guest.bind_mount:
            disks.append(Disk(key="mp0", bind_mount=True))
        if guest.passthrough_disk:
            disks.append(Disk(key="scsi1", passthrough=True))
        return tuple(disks)


def _storage(storage: DemoStorage, node: str, ts: int) -> Storage:
    return Storage(
        name=storage.name, type=storage.type, shared=storage.shared, content=storage.content,
        total_bytes=gb(storage.total_gb), used_bytes=_used(storage, node, ts),
    )  # fmt: skip


def _used(storage: DemoStorage, node: str, ts: int) -> float:
    """What is used at a time: on a node where it grows it goes up for 20 days, then somebody cleans up."""
    used = storage.used_share
    if node in storage.grows_on:
        used += storage.grows_share_per_day * (ts / (24 * HOUR_S) % GROWING_DAYS)
    return gb(storage.total_gb) * used


def _grid(first: int, end: int, step: int) -> NDArray[np.int64]:
    """Multiples of ``step`` in [first, end)."""
    return np.arange(-(-first // step) * step, end, step, dtype=np.int64)
