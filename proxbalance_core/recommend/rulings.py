"""Rulings in words: why a node can't take a guest, with the figures."""

from __future__ import annotations

from collections.abc import Collection

from proxbalance_core.domain.units import GIB
from proxbalance_core.recommend.constraints import MEM_LIMIT, STORAGE_RULINGS, Constraints, Ruling, storage_fault
from proxbalance_core.scoring.placed import Placed

MOST_NAMED = 4
WORDS = {
    Ruling.SOURCE: "it is there already",
    Ruling.OFFLINE: "is not online",
    Ruling.NOT_MEASURED: "has no current figures",
    Ruling.MAINTENANCE: "is in maintenance",
    Ruling.NOT_ALLOWED: "is left out as a target by the settings",
    Ruling.CDROM: "can't see the CD-ROM image in the drive",
    Ruling.SNAPSHOTS: "can't take snapshots on local disks live",
    Ruling.CPU_TYPE: "has another CPU model, and the guest uses CPU type host",
    Ruling.TOGETHER: "is not where the rest of its unit is",
    Ruling.BOUND: "is another node, and the guest is bound to its own",
}


Refusals = list[tuple[int, Ruling]]


def refusals(g: int, placed: Placed, constraints: Constraints, only: Collection[int] | None = None) -> Refusals:
    """The nodes that can't take guest ``g`` (with its unit where that is together), and what rules out each.

    ``only`` are the nodes where the rest of its unit is, if it has to join that.
    """
    unit = constraints.unit_of.get(g, (g,))
    together = unit if len({int(placed.node_of[u]) for u in unit}) == 1 else (g,)
    ruled = [(n, constraints.ruling(g, n, placed, unit=together)) for n in range(len(placed.arrays.node.names))]
    if only is not None:
        ruled = [(n, r if n in only or r != Ruling.FREE else Ruling.TOGETHER) for n, r in ruled]
    return [(n, r) for n, r in ruled if r not in (Ruling.SOURCE, Ruling.FREE)]


def refusals_in_words(ruled: Refusals, g: int, placed: Placed, constraints: Constraints) -> str:
    """The first few, with their figures, and how many more."""
    names = placed.arrays.node.names
    told = [f"{names[n]} {ruling_in_words(r, g, n, placed, constraints)}" for n, r in ruled]
    return "; ".join(told[:MOST_NAMED]) + (f"; and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else "")


def all_for_storage(ruled: Refusals) -> bool:
    """Whether there are refusals, and each is for want of a storage."""
    return bool(ruled) and all(r in STORAGE_RULINGS for _, r in ruled)


def missing_memory_bytes(g: int, n: int, placed: Placed, constraints: Constraints) -> float:
    """How much memory node ``n`` lacks to take guest ``g`` with its unit [bytes]."""
    unit = constraints.unit_of.get(g, (g,))
    coming = sum(constraints.need_bytes[m] for m in unit if placed.node_of[m] != n)
    return float(placed.mem_used_bytes()[n] + coming - MEM_LIMIT * placed.arrays.node.mem_bytes[n])


def ruling_in_words(ruling: Ruling, g: int, n: int, placed: Placed, constraints: Constraints) -> str:
    """What rules out node ``n`` for guest ``g``."""
    if ruling == Ruling.MEMORY:
        return f"needs {missing_memory_bytes(g, n, placed, constraints) / GIB:.1f} GB more memory"
    if ruling == Ruling.STORAGE:
        return _storage(g, n, constraints)
    if ruling == Ruling.CORES:
        guest, cores = constraints.snapshot.guests[g], placed.arrays.node.cpu_cores[n]
        return f"has {cores:g} cores, fewer than the {guest.cpu_cores:g} of the VM"
    if ruling == Ruling.APART:
        return _apart(g, n, placed, constraints)
    if ruling == Ruling.PINNED:
        names = [placed.arrays.node.names[m] for m in sorted(constraints.allowed_on.get(g, frozenset()))]
        return f"is not allowed, it may run on {', '.join(names) or 'no node'}"
    return WORDS[ruling]


def _storage(g: int, n: int, constraints: Constraints) -> str:
    guest, offered = constraints.snapshot.guests[g], constraints.storages[n]
    for disk in guest.disks:
        fault = storage_fault(guest, disk, offered) if offered is not None and disk.storage and not disk.cdrom else None
        if fault is not None:
            return fault
    return "has no room for the disks of all that come"


def _apart(g: int, n: int, placed: Placed, constraints: Constraints) -> str:
    unit, vmids = constraints.unit_of.get(g, (g,)), placed.arrays.guest.vmids
    for member in unit:
        for group in constraints.apart_of.get(member, ()):
            other = next((o for o in group.guests if o != member and placed.node_of[o] == n), None)
            if other is not None:
                return f"runs guest {vmids[other]}, which it must stay away from ({group.name})"
    for group in constraints.apart_of.get(g, ()):
        mate = next((o for o in group.guests if o != g and o in unit), None)
        if mate is not None:
            return f"can't take it: it has to stay with guest {vmids[mate]} and away from it ({group.name})"
    return "runs a guest that it must stay away from"
