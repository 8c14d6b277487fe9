"""Other guests: larger ones, and new ones that wait on no node until they are placed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from proxbalance_core.domain.changes import AddGuest, Change, GrowGuest, NewGuest
from proxbalance_core.domain.cluster import ClusterSnapshot, CpuUse, Disk, Guest, GuestAhead, MemUse, Node
from proxbalance_core.domain.placement import carried, each_window, shifted
from proxbalance_core.domain.results import Violation
from proxbalance_core.domain.units import GIB, NAN, known
from proxbalance_core.domain.whatif import WantedGuest

NOWHERE = "\x00nowhere"  # the node of guests that wait for a place; no node of Proxmox can have that name
LEAST_VMID = 100
FIRST_DISK = {"vm": "scsi0", "ct": "rootfs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A guest that waits for a place, and the node that it has to get it on (None: any)."""

    guest: Guest
    node: str | None


def with_guests_grown(snapshot: ClusterSnapshot, changes: Iterable[Change]) -> ClusterSnapshot:
    """The cluster with larger guests, and their nodes carrying them."""
    nodes = {node.name: node for node in snapshot.nodes}
    guests = {guest.vmid: guest for guest in snapshot.guests}
    growing = [change for change in changes if isinstance(change, GrowGuest)]
    for change in growing:
        before, after = guests[change.vmid], _grown(guests[change.vmid], change)
        nodes[before.node] = shifted(shifted(nodes[before.node], before, -1.0), after, 1.0)
        guests[change.vmid] = after
    rows = {"nodes": tuple(nodes.values()), "guests": tuple(guests.values())}
    return dataclasses.replace(snapshot, **rows) if growing else snapshot  # type: ignore[arg-type]


def _grown(guest: Guest, change: GrowGuest) -> Guest:
    cores = change.cpu_cores if change.cpu_cores is not None else guest.cpu_cores
    size = change.mem_bytes if change.mem_bytes is not None else guest.mem_bytes
    share = size / guest.mem_bytes if guest.mem_bytes > 0 else 1.0
    times = change.use_factor
    ahead = guest.next_24h and GuestAhead(
        cpu_cores=tuple(tuple(_most(v, times, cores) for v in hours) for hours in guest.next_24h.cpu_cores)
    )
    return dataclasses.replace(
        guest, cpu_cores=cores, mem_bytes=size, next_24h=ahead,
        cpu_used_cores=each_window(guest.cpu_used_cores, lambda v: _most(v, times, cores)),
        mem_used_bytes=each_window(guest.mem_used_bytes, lambda v: _most(v, times * share, size)),
        disk_read_bps=guest.disk_read_bps * times, disk_write_bps=guest.disk_write_bps * times,
        net_in_bps=guest.net_in_bps * times, net_out_bps=guest.net_out_bps * times,
    )  # fmt: skip


def outgrown(snapshot: ClusterSnapshot, changes: Iterable[Change]) -> Iterator[Violation]:
    """VMs that were made larger than the node they are on: they couldn't start there again (containers are limited)."""
    nodes = {node.name: node for node in snapshot.nodes if node.measured}
    guests = {guest.vmid: guest for guest in snapshot.guests if guest.type == "vm" and guest.node in nodes}
    for change in changes:
        if not isinstance(change, GrowGuest) or change.vmid not in guests:
            continue
        guest, node = guests[change.vmid], nodes[guests[change.vmid].node]
        for what, given, has, size, unit in (
            ("cores", change.cpu_cores, node.cpu_cores, 1.0, "cores"),
            ("memory", change.mem_bytes, node.mem_bytes, GIB, "GB of memory"),
        ):
            if given is not None and given > has:
                yield Violation(
                    constraint=what, node=node.name, vmids=(guest.vmid,), amount=given - has,
                    detail=f"guest {guest.vmid} can't start on {node.name} with {given / size:g} {unit}: "
                    f"{node.name} has {has / size:g}",
                )  # fmt: skip


def _most(value: float, times: float, given: float) -> float:
    """``times`` as much, but not over what is ``given`` (unless it was measured over it)."""
    return min(value * times, max(given, value)) if known(given) else value * times


def reckoned(snapshot: ClusterSnapshot, wish: NewGuest) -> WantedGuest:
    """The guest with what it will use: as said, else as the running guests of the cluster do on average."""
    cpu, mem = _mean_shares(snapshot)
    return WantedGuest(
        name=wish.name, type=wish.type, cpu_cores=wish.cpu_cores, mem_bytes=wish.mem_bytes,
        cpu_used_cores=wish.cpu_cores * (wish.cpu_use if wish.cpu_use is not None else cpu),
        mem_used_bytes=wish.mem_bytes * (wish.mem_use if wish.mem_use is not None else mem),
        storage=wish.storage, disk_bytes=wish.disk_bytes, tags=wish.tags,
    )  # fmt: skip


def reckoning(wanted: WantedGuest) -> str:
    """What a new guest is taken to use, in a sentence."""
    return (
        f"'{wanted.name}' is reckoned to use {wanted.cpu_used_cores:.1f} of {wanted.cpu_cores:g} cores and "
        f"{wanted.mem_used_bytes / GIB:.1f} of {wanted.mem_bytes / GIB:.1f} GB, as running guests here do on average."
    )


def _mean_shares(snapshot: ClusterSnapshot) -> tuple[float, float]:
    """Used over given cores and memory of the running guests together; 1 when nothing was measured."""
    running = [(carried(guest), guest) for guest in snapshot.guests if guest.running]
    return (
        _share((cpu[0], guest.cpu_cores) for (cpu, _), guest in running),
        _share((mem[0], guest.mem_bytes) for (_, mem), guest in running),
    )


def _share(pairs: Iterable[tuple[float, float]]) -> float:
    used, given = 0.0, 0.0
    for one, of in pairs:
        used, given = used + one, given + of
    return min(used / given, 1.0) if used > 0 and given > 0 else 1.0


def waiting(snapshot: ClusterSnapshot, changes: Iterable[Change]) -> tuple[Waiting, ...]:
    """The new guests of ``changes``, with vmids that are free."""
    vmid = max((guest.vmid + 1 for guest in snapshot.guests), default=LEAST_VMID)
    made: list[Waiting] = []
    for change in changes:
        if isinstance(change, AddGuest):
            wanted = reckoned(snapshot, change.guest)
            for place in range(change.count):
                name = wanted.name if change.count == 1 else f"{wanted.name}-{place + 1}"
                made.append(
                    Waiting(guest=_new_guest(wanted, max(vmid, LEAST_VMID) + len(made), name), node=change.node)
                )
    return tuple(made)


def _new_guest(wanted: WantedGuest, vmid: int, name: str) -> Guest:
    """A running guest; its disk has yet to be made wherever it goes, so that it counts as one to copy."""
    cores, held = wanted.cpu_used_cores, wanted.mem_used_bytes
    size = NAN if wanted.disk_bytes is None else wanted.disk_bytes
    disks = () if wanted.storage is None else (
        Disk(key=FIRST_DISK[wanted.type], storage=wanted.storage, size_bytes=size),
    )  # fmt: skip
    return Guest(
        vmid=vmid, name=name, type="ct" if wanted.type == "ct" else "vm", node=NOWHERE, status="running",
        cpu_cores=wanted.cpu_cores, mem_bytes=wanted.mem_bytes, tags=wanted.tags, disks=disks,
        cpu_used_cores=CpuUse(current=cores, avg_24h=cores, avg_7d=cores, std_7d=0.0, p95_7d=cores, max_7d=cores),
        mem_used_bytes=MemUse(current=held, avg_24h=held, avg_7d=held, std_7d=0.0, p95_7d=held, max_7d=held),
    )  # fmt: skip


def with_waiting(snapshot: ClusterSnapshot, guests: Sequence[Waiting]) -> ClusterSnapshot:
    """The cluster with guests that wait on no node."""
    if not guests:
        return snapshot
    nowhere = Node(name=NOWHERE, status="offline")
    rows = (*snapshot.guests, *(w.guest for w in guests))
    return dataclasses.replace(snapshot, nodes=(*snapshot.nodes, nowhere), guests=rows)


def without_waiting(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The cluster as it is: who still waits isn't there; the disks of those that came are as their storage is."""
    nodes = {node.name: node for node in snapshot.nodes if node.name != NOWHERE}
    guests = tuple(guest for guest in snapshot.guests if guest.node != NOWHERE)
    return dataclasses.replace(snapshot, nodes=tuple(nodes.values()), guests=guests)


def settled_disks(guest: Guest, node: Node) -> Guest:
    """A new guest on its node: a disk on shared storage needn't be copied from now on."""
    shared = {s.name for s in node.storages or () if s.shared}
    disks = tuple(dataclasses.replace(d, shared=d.storage in shared) for d in guest.disks)
    return dataclasses.replace(guest, disks=disks)
