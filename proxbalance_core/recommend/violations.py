"""Which hard constraints a placement breaks, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from proxbalance_core.domain.results import Violation
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.wording import counted
from proxbalance_core.features.groups import Group
from proxbalance_core.recommend.constraints import MEM_LIMIT, STORAGE_RULINGS, Constraints, Ruling
from proxbalance_core.recommend.rulings import ruling_in_words
from proxbalance_core.scoring.placed import Placed

AMOUNT_EPSILON = 1e-9


def violations(placed: Placed, constraints: Constraints) -> tuple[Violation, ...]:
    """Every hard constraint that does not hold in ``placed``."""
    groups = placed.groups
    return (
        *_memory(placed, constraints),
        *(v for group in groups.apart for v in _apart(group, placed)),
        *(v for group in groups.together for v in _together(group, placed)),
        *(v for group in groups.placed for v in _misplaced(group, placed)),
        *_maintenance(placed),
    )


def made_worse(before: tuple[Violation, ...], after: tuple[Violation, ...]) -> tuple[Violation, ...]:
    """Violations of ``after`` that no violation of ``before`` covers."""
    return tuple(v for v in after if not any(_covers(was, v) for was in before))


def _covers(was: Violation, now: Violation) -> bool:
    same = was.constraint == now.constraint and was.node == now.node
    return same and set(now.vmids) <= set(was.vmids) and now.amount <= was.amount + AMOUNT_EPSILON


def lacking_storage(start: Placed, after: Placed, constraints: Constraints) -> Iterator[Violation]:
    """Guests that went from ``start`` to a node that can't have their disks; ``constraints`` are of ``start``."""
    names, placed = start.arrays.node.names, start.copy()
    moved = [int(g) for g in np.flatnonzero(start.node_of != after.node_of)]
    for g in moved:
        placed.move(g, int(after.node_of[g]))
    for g in moved:
        n = int(after.node_of[g])
        ruling = constraints.guest_ruling(constraints.snapshot.guests[g], n)  # whatever the node's own state is
        full = g in constraints.copies and not constraints.copies_fit_on(n, placed)
        if ruling in STORAGE_RULINGS or full:
            ruling = ruling if ruling in STORAGE_RULINGS else Ruling.STORAGE
            (vmid,) = _vmids(start, [g])
            yield Violation(
                constraint="storage", node=names[n], vmids=(vmid,), amount=1.0,
                detail=f"guest {vmid} can't be there: {names[n]} {ruling_in_words(ruling, g, n, placed, constraints)}",
            )  # fmt: skip


def _vmids(placed: Placed, guests: list[int]) -> tuple[int, ...]:
    return tuple(int(placed.arrays.guest.vmids[g]) for g in guests)


def _names(placed: Placed, guests: list[int]) -> str:
    return ", ".join(str(v) for v in _vmids(placed, guests))


def _memory(placed: Placed, constraints: Constraints) -> Iterator[Violation]:
    node, used = placed.arrays.node, placed.mem_used_bytes()
    for n in np.flatnonzero(node.measured & (np.nan_to_num(used) > MEM_LIMIT * constraints.mem_limits)):
        over = float(used[n] - MEM_LIMIT * node.mem_bytes[n])
        yield Violation(
            constraint="memory", node=node.names[n], vmids=(), amount=over,
            detail=f"{node.names[n]} uses {over / GIB:.1f} GB more than 95 % of its memory",
        )  # fmt: skip


def _apart(group: Group, placed: Placed) -> Iterator[Violation]:
    for n in sorted({int(placed.node_of[g]) for g in group.guests}):
        here = [g for g in group.guests if placed.node_of[g] == n]
        if len(here) > 1:
            name = placed.arrays.node.names[n]
            yield Violation(
                constraint="anti_affinity", node=name, vmids=_vmids(placed, here), amount=float(len(here) - 1),
                detail=f"{group.name}: guests {_names(placed, here)} share {name}",
            )  # fmt: skip


def _together(group: Group, placed: Placed) -> Iterator[Violation]:
    nodes = sorted({int(placed.node_of[g]) for g in group.guests})
    if len(nodes) > 1:
        where = ", ".join(placed.arrays.node.names[n] for n in nodes)
        yield Violation(
            constraint="affinity", node=None, vmids=_vmids(placed, list(group.guests)), amount=float(len(nodes) - 1),
            detail=f"{group.name}: guests {_names(placed, list(group.guests))} are spread over {where}",
        )  # fmt: skip


def _misplaced(group: Group, placed: Placed) -> Iterator[Violation]:
    astray = [g for g in group.guests if int(placed.node_of[g]) not in group.nodes]
    if astray:
        where = ", ".join(placed.arrays.node.names[n] for n in sorted({int(placed.node_of[g]) for g in astray}))
        run = "guest {} runs" if len(astray) == 1 else "guests {} run"
        yield Violation(
            constraint="node_affinity", node=None, vmids=_vmids(placed, astray), amount=float(len(astray)),
            detail=f"{group.name}: {run.format(_names(placed, astray))} on {where}",
        )  # fmt: skip


def _maintenance(placed: Placed) -> Iterator[Violation]:
    node = placed.arrays.node
    for n in np.flatnonzero(node.maintenance):
        here = [int(g) for g in np.flatnonzero(placed.node_of == n)]
        if here:
            be = "is" if len(here) == 1 else "are"
            yield Violation(
                constraint="maintenance", node=node.names[n], vmids=_vmids(placed, here), amount=float(len(here)),
                detail=f"{counted(len(here), 'guest')} {be} on {node.names[n]}, which is in maintenance",
            )  # fmt: skip
