"""Hard constraints: which node may take which guest, and why not (engine, section 2).

What depends on the guest and the node alone is worked out once, as a matrix of :class:`Ruling`;
memory, copied disks and who shares a node depend on the placement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from copy import copy
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from proxbalance_core.domain.cluster import ClusterSnapshot, Disk, Guest, Node, Storage
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import GIB, known
from proxbalance_core.features.arrays import Bools, ClusterArrays, Floats, Ints
from proxbalance_core.features.groups import Group, Groups
from proxbalance_core.features.once import once
from proxbalance_core.features.unions import united
from proxbalance_core.scoring.placed import Placed

MEM_LIMIT, MEM_LIMIT_IN_ORDER = 0.95, 0.97
ROUNDING = 1e-9
CONTENT = {"vm": "images", "ct": "rootdir"}


class Ruling(IntEnum):
    """Why a node can't take a guest; the first that applies."""

    FREE = 0
    SOURCE = 1
    OFFLINE = 2
    NOT_MEASURED = 3
    MAINTENANCE = 4
    NOT_ALLOWED = 5
    STORAGE = 6
    CDROM = 7
    SNAPSHOTS = 8
    PINNED = 9
    CPU_TYPE = 10
    APART = 11
    TOGETHER = 12
    MEMORY = 13
    CORES = 14
    BOUND = 15


STORAGE_RULINGS = frozenset({Ruling.STORAGE, Ruling.CDROM, Ruling.SNAPSHOTS})
START_RULINGS = frozenset({Ruling.CORES, Ruling.BOUND})  # asked only where a guest starts anew (``starts``)


class Constraints:
    """The hard constraints of one cluster; ``fixed`` is [G, N] of :class:`Ruling`."""

    def __init__(self, snapshot: ClusterSnapshot, arrays: ClusterArrays, groups: Groups, settings: Settings) -> None:
        self.snapshot, self.arrays, self.groups = snapshot, arrays, groups
        guest = arrays.guest
        self.need_bytes: Floats = np.where(guest.running, np.nan_to_num(guest.mem_bytes), 0.0)
        # A container is stopped and started again on the target, so its memory stays behind.
        restarts = np.array([g.type == "ct" for g in snapshot.guests], dtype=bool)
        self.sent_bytes: Floats = np.where(restarts, 0.0, self.need_bytes)
        self.storages = [None if n.storages is None else {s.name: s for s in n.storages} for n in snapshot.nodes]
        self.copies = {i: c for i, g in enumerate(snapshot.guests) if (c := _copied_bytes(g))}
        self.copying: Ints = np.fromiter(self.copies, dtype=np.intp)
        self.pooled: frozenset[str] = frozenset()  # storages of which all nodes see the same room
        self.apart_of = _membership(groups.apart)
        self.allowed_on = _allowed_nodes(groups.placed)
        self.unit_of = units(groups.together)
        self._disk_rows: dict[tuple[str, tuple[Disk, ...]], list[Ruling]] = {}
        # Of the settings only this one counts.
        self.fixed = once(snapshot, ("fixed", settings.allowed_targets), lambda: self._fixed(settings))
        self.mem_limits = arrays.node.mem_bytes * (1.0 + ROUNDING)

    def _fixed(self, settings: Settings) -> npt.NDArray[np.int8]:
        def signature(_: int, guest: Guest) -> tuple[object, ...]:
            host = _host_cpu(guest)
            return guest.type, guest.running, guest.snapshots > 0, host, guest.node * host, guest.disks

        whole = [_node_ruling(node, settings) for node in self.snapshot.nodes]
        return self.rulings(whole, signature, self._guest_rulings)

    def _guest_rulings(self, g: int) -> list[Ruling]:
        guest = self.snapshot.guests[g]
        return [disks or self._live_ruling(guest, n) for n, disks in enumerate(self.disk_rulings(guest))]

    def rulings(
        self,
        whole: list[Ruling],
        signature: Callable[[int, Guest], Hashable],
        row: Callable[[int], list[Ruling]],
    ) -> npt.NDArray[np.int8]:
        """The matrix of a node's own ruling (``whole``), a guest's on it, and pins, [G, N].

        ``row`` is asked once, of the first guest [position], for all guests with the same ``signature``.
        """
        guests, shape = self.snapshot.guests, (len(self.snapshot.guests), len(whole))
        if not guests:
            return np.zeros(shape, dtype=np.int8)
        rows: dict[Hashable, int] = {}
        kinds: list[list[Ruling]] = []
        kind_of = np.zeros(len(guests), dtype=np.intp)
        for g, guest in enumerate(guests):
            key = signature(g, guest)
            if key not in rows:
                rows[key] = len(kinds)
                kinds.append(row(g))
            kind_of[g] = rows[key]
        own = np.array(kinds, dtype=np.int8).reshape(len(kinds), shape[1])
        made = np.where(np.array(whole, dtype=np.int8) == Ruling.FREE, own[kind_of], np.array(whole, dtype=np.int8))
        for g, allowed in self.allowed_on.items():
            barred = np.ones(shape[1], dtype=bool)
            barred[list(allowed)] = False
            made[g] = np.where((made[g] == Ruling.FREE) & barred, Ruling.PINNED, made[g])
        return np.asarray(made, dtype=np.int8)

    def guest_ruling(self, guest: Guest, n: int) -> Ruling:
        """What of a guest's own make rules out node ``n``: disks, snapshots, CPU type."""
        return self.disk_rulings(guest)[n] or self._live_ruling(guest, n)

    def _live_ruling(self, guest: Guest, n: int) -> Ruling:
        """What bars a running guest from being moved live to node ``n``."""
        if snapshots_stay(guest):
            return Ruling.SNAPSHOTS
        if _host_cpu(guest):
            home, node = self.snapshot.nodes[self.arrays.node_at[guest.node]], self.snapshot.nodes[n]
            if home.cpu_model and node.cpu_model and home.cpu_model != node.cpu_model:
                return Ruling.CPU_TYPE
        return Ruling.FREE

    def disk_rulings(self, guest: Guest) -> list[Ruling]:
        """Whether each node has the storages of a guest's disks, and sees the image in its drive, [N]."""
        key = guest.type, guest.disks
        found = self._disk_rows.get(key)
        if found is None:
            found = self._disk_rows[key] = [_disk_ruling(guest, offered) for offered in self.storages]
        return found

    def ruling(self, g: int, n: int, placed: Placed, *, unit: tuple[int, ...] = (), limit: float = MEM_LIMIT) -> Ruling:
        """Why node ``n`` can't take guest ``g`` (with the rest of its ``unit``) in this placement."""
        members = unit or (g,)
        if int(placed.node_of[g]) == n:
            return Ruling.SOURCE
        fixed = next(
            (Ruling(int(self.fixed[m, n])) for m in members if self.fixed[m, n] and placed.node_of[m] != n),
            Ruling.FREE,
        )
        if fixed:
            return fixed
        if self.at_odds(members) or any(self.shares(m, n, placed, members) for m in members):
            return Ruling.APART
        if not self._copies_fit(members, n, placed):
            return Ruling.STORAGE
        coming = sum(self.need_bytes[m] for m in members if placed.node_of[m] != n)
        over = placed.mem_used_bytes()[n] + coming > limit * self.mem_limits[n]
        return Ruling.MEMORY if over and coming > 0 else Ruling.FREE

    def at_odds(self, members: tuple[int, ...]) -> bool:
        """Whether two who move together must also stay apart: rules that contradict each other."""
        if len(members) < 2:
            return False
        return any(len(set(group.guests) & set(members)) > 1 for m in members for group in self.apart_of.get(m, ()))

    def shares(self, g: int, n: int, placed: Placed, leaving: tuple[int, ...]) -> bool:
        """Whether ``g`` on ``n`` would share it with one it must stay away from; ``leaving`` don't count."""
        return any(
            placed.node_of[other] == n and other != g and other not in leaving
            for group in self.apart_of.get(g, ())
            for other in group.guests
        )

    def _copies_fit(self, members: tuple[int, ...], n: int, placed: Placed) -> bool:
        offered = self.storages[n]
        if offered is None or not self.copies:
            return True
        wanted = self.copied_to(n, placed, members)
        for m in members:
            for storage, size in self.copies.get(m, ()):
                wanted[storage] += size
        return all(
            not (known(s.total_bytes) and known(s.used_bytes)) or wanted[name] <= s.total_bytes - s.used_bytes
            for name, s in offered.items()
            if name in wanted
        )

    def holds_for(self, members: tuple[int, ...], placed: Placed) -> bool:
        """Whether nobody of ``members`` shares a node it may not, and all copied disks have room."""
        nodes = {int(placed.node_of[g]) for g in members}
        alone = not any(self.shares(g, int(placed.node_of[g]), placed, ()) for g in members)
        return alone and all(self._copies_fit((), n, placed) for n in nodes)

    def copies_fit_on(self, n: int, placed: Placed) -> bool:
        """Whether node ``n`` has room for all disks that arrivals copy to it."""
        return self._copies_fit((), n, placed)

    def copied_anything(self, placed: Placed) -> list[bool]:
        """For each guest with disks to copy, whether it has moved."""
        return [bool(placed.node_of[g] != self.arrays.guest.home[g]) for g in self.copies]

    def without_copies(self) -> Constraints:
        """The same constraints where copied disks take no room from one another."""
        twin = copy(self)
        twin.copies, twin.copying = {}, np.zeros(0, dtype=np.intp)
        return twin

    def copied_to(self, n: int, placed: Placed, leaving: tuple[int, ...] = ()) -> dict[str, float]:
        """Bytes that arrivals in this placement, but for those ``leaving``, copy to each storage of node ``n``."""
        copied: dict[str, float] = defaultdict(float)
        at, home = placed.node_of[self.copying], self.arrays.guest.home[self.copying]
        for g in self.copying[(at != home) & ((at == n) | bool(self.pooled))].tolist():
            for storage, size in self.copies[g] if g not in leaving else ():
                if placed.node_of[g] == n or storage in self.pooled:
                    copied[storage] += size
        return copied

    def free_targets(self, members: list[tuple[int, ...]], placed: Placed, limit: float = MEM_LIMIT) -> Bools:
        """Which nodes may take which mover, [M, N]; ``limit`` is the share of RAM that may be used."""
        used = placed.mem_used_bytes()
        need = np.array([sum(self.need_bytes[m] for m in unit) for unit in members])
        fits = (used[None, :] + need[:, None] <= limit * self.mem_limits[None, :]) | (need[:, None] == 0)
        first = np.array([unit[0] for unit in members], dtype=np.intp)
        free = fits & (self.fixed[first] == Ruling.FREE)
        for m, unit in enumerate(members):
            if len(unit) > 1 or unit[0] in self.apart_of or unit[0] in self.copies:
                rulings = (self.ruling(unit[0], n, placed, unit=unit, limit=limit) for n in range(free.shape[1]))
                free[m] = [ruling == Ruling.FREE for ruling in rulings]
        free[np.arange(len(members)), placed.node_of[first]] = False
        return np.asarray(free)


def state_ruling(node: Node) -> Ruling:
    """Whether the state of a node lets it take any guest."""
    if not node.online:
        return Ruling.OFFLINE
    if not node.measured:
        return Ruling.NOT_MEASURED
    return Ruling.MAINTENANCE if node.maintenance else Ruling.FREE


def _node_ruling(node: Node, settings: Settings) -> Ruling:
    barred = settings.allowed_targets and node.name not in settings.allowed_targets
    return state_ruling(node) or (Ruling.NOT_ALLOWED if barred else Ruling.FREE)


def _disk_ruling(guest: Guest, offered: dict[str, Storage] | None) -> Ruling:
    for disk in guest.disks:
        if disk.cdrom and disk.storage and (not disk.shared or _image_unseen(disk, offered)):
            return Ruling.CDROM
        if needs_storage(disk) and offered is not None and storage_fault(guest, disk, offered):
            return Ruling.STORAGE
    return Ruling.FREE


def snapshots_stay(guest: Guest) -> bool:
    """Whether a running VM has snapshots on disks that would be copied: Proxmox can't take them along live."""
    return guest.type == "vm" and guest.running and guest.snapshots > 0 and any(d.local_copy for d in guest.disks)


def _host_cpu(guest: Guest) -> bool:
    return guest.type == "vm" and guest.running and (guest.cpu_type or "").split(",")[0] in ("host", "cputype=host")


def needs_storage(disk: Disk) -> bool:
    """Whether a disk lies on a storage that its guest's node has to have."""
    return disk.storage is not None and not (disk.passthrough or disk.bind_mount or disk.cdrom)


def storage_fault(guest: Guest, disk: Disk, offered: dict[str, Storage]) -> str | None:
    """What a node's storages lack for one disk, None when it would fit."""
    storage = offered.get(str(disk.storage))
    if storage is None:
        return f"has no storage '{disk.storage}'"
    if not storage.active:
        return f"has storage '{disk.storage}' inactive"
    if storage.content and CONTENT[guest.type] not in storage.content:
        return f"has storage '{disk.storage}' without {CONTENT[guest.type]}"
    free = storage.total_bytes - storage.used_bytes
    if disk.local_copy and known(free) and known(disk.size_bytes) and disk.size_bytes > free:
        return f"has {max(free, 0) / GIB:.1f} GB free on '{disk.storage}' of {disk.size_bytes / GIB:.1f} GB needed"
    return None


def _image_unseen(disk: Disk, offered: dict[str, Storage] | None) -> bool:
    """Whether a node doesn't see the shared storage that the image in the drive lies on."""
    storage = None if offered is None else offered.get(str(disk.storage))
    return offered is not None and (storage is None or not storage.active)


def _copied_bytes(guest: Guest) -> tuple[tuple[str, float], ...]:
    return tuple((str(d.storage), d.size_bytes) for d in guest.disks if d.local_copy and known(d.size_bytes))


def _membership(groups: tuple[Group, ...]) -> dict[int, list[Group]]:
    of: dict[int, list[Group]] = defaultdict(list)
    for group in groups:
        for g in group.guests:
            of[g].append(group)
    return dict(of)


def _allowed_nodes(groups: tuple[Group, ...]) -> dict[int, frozenset[int]]:
    allowed: dict[int, frozenset[int]] = {}
    for group in groups:
        for g in group.guests:
            allowed[g] = allowed[g] & group.nodes if g in allowed else group.nodes
    return allowed


def units(groups: tuple[Group, ...]) -> dict[int, tuple[int, ...]]:
    """The unit each bound guest moves with: groups that share a guest are one unit."""
    members: dict[int, list[int]] = defaultdict(list)
    for g, leader in united(group.guests for group in groups).items():
        members[leader].append(g)
    return {g: tuple(unit) for unit in members.values() for g in unit}
