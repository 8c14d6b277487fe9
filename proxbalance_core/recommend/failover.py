"""The advisory on N-1: which nodes' guests the rest couldn't take up (engine, section 5)."""

from __future__ import annotations

from collections.abc import Iterator

from proxbalance_core.domain.results import Advisory
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.wording import counted, listed
from proxbalance_core.recommend.constraints import Constraints
from proxbalance_core.recommend.naming import guests_named
from proxbalance_core.recommend.packing import Failure

MOST_NODES = 4


def failover_advisories(failures: tuple[Failure, ...], constraints: Constraints) -> Iterator[Advisory]:
    """A warning for each node whose failure the rest can't take up, or may not; guests bound to theirs at a glance."""
    for failure in failures:
        if failure.homeless or failure.barred:
            yield _shortfall(failure, constraints)
    yield from _bound(failures, constraints)


def _shortfall(failure: Failure, constraints: Constraints) -> Advisory:
    guests, name = constraints.snapshot.guests, constraints.arrays.node.names[failure.node]
    lost = len(failure.homeless) + len(failure.barred) + len(failure.bound)
    would = "would" if failure.certain else "may"
    who = f"{lost} of its {failure.running} running guests" if failure.running > 1 else "its running guest"
    parts = [f"If {name} failed, {who} {would} have no place."]
    if failure.homeless:
        short = f"{failure.missing_bytes / GIB:.1f} GB of memory are missing"
        short = short if failure.certain else f"Packed by size, {short}"
        parts.append(f"{short} for {guests_named(guests, failure.homeless)}.")
    if failure.barred:
        parts.append(f"Storage or rules allow no other node for {guests_named(guests, failure.barred)}.")
    if failure.bound:
        parts.append(f"{name} itself holds a disk, device or folder of {guests_named(guests, failure.bound)}.")
    return Advisory(
        type="n_minus_1",
        severity="warning",
        node=name,
        message=" ".join(parts),
        metrics={
            "running_guests": failure.running, "without_place": lost, "certain": failure.certain,
            "missing_gb": round(failure.missing_bytes / GIB, 2),
            "without_memory_vmids": [guests[g].vmid for g in failure.homeless],
            "without_node_vmids": [guests[g].vmid for g in (*failure.barred, *failure.bound)],
        },
        suggestions=_suggestions(failure),
    )  # fmt: skip


def _suggestions(failure: Failure) -> tuple[str, ...]:
    look = "Look at N-1 (`n-1`): there the planner places them, which may find room that packing by size does not."
    memory = "Add memory to another node, or give these guests less."
    rules = "Share the storage of these guests, or allow them a second node."
    apart = (*failure.barred, *failure.bound)
    return ((look,) * (not failure.certain)) + ((memory,) * bool(failure.homeless)) + ((rules,) * bool(apart))


def _bound(failures: tuple[Failure, ...], constraints: Constraints) -> Iterator[Advisory]:
    """Guests that go down with their node whatever the others have room for."""
    guests, names = constraints.snapshot.guests, constraints.arrays.node.names
    by_node = {names[f.node]: [guests[g].vmid for g in f.bound] for f in failures if f.bound}
    bound = sorted(g for f in failures for g in f.bound)
    if not bound:
        return
    nodes = listed(sorted(by_node)) if len(by_node) <= MOST_NODES else counted(len(by_node), "node")
    yield Advisory(
        type="n_minus_1",
        severity="info",
        node=next(iter(by_node)) if len(by_node) == 1 else None,
        message=(
            f"{counted(len(bound), 'running guest')} on {nodes} would stay down with the node, which holds a disk, "
            f"device or folder that can't be missed: {guests_named(guests, bound)}."
        ),
        metrics={
            "without_place": len(bound), "certain": True, "node_count": len(by_node), "nodes": sorted(by_node),
            "missing_gb": 0.0, "without_memory_vmids": [], "without_node_vmids": [guests[g].vmid for g in bound],
        },
        suggestions=("Put their disks on shared storage, or replicate them; keep a backup of the rest.",),
    )  # fmt: skip
