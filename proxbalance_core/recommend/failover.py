"""N-1: whether the rest of the cluster holds a node's running guests if it fails (engine, section 5).

Best-fit decreasing by allocated memory, for all failing nodes side by side: a step places the next
largest item of each. A heuristic: it may call full what a perfect packing would hold, never the
other way round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from proxbalance_core.domain.results import Advisory
from proxbalance_core.domain.units import GIB
from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.recommend.constraints import MEM_LIMIT, Constraints, Ruling
from proxbalance_core.recommend.naming import guests_named
from proxbalance_core.scoring.placed import Placed

# What bars a restart. A CPU type, snapshots or the targets that settings allow bar only a live or a chosen move.
BARS_RESTART = (
    Ruling.OFFLINE, Ruling.NOT_MEASURED, Ruling.MAINTENANCE, Ruling.STORAGE, Ruling.CDROM, Ruling.PINNED,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What would not fit if ``node`` [position] failed: guests [positions] and memory [bytes].

    ``homeless`` lack memory, ``missing_bytes`` more would hold them; ``barred`` may run on no other node.
    """

    node: int
    running: int
    homeless: tuple[int, ...]
    barred: tuple[int, ...]
    missing_bytes: float


@dataclass(slots=True)
class _Outage:
    """One failing node: its items, largest first, and those left over."""

    node: int
    items: list[tuple[int, ...]]
    left: list[int] = field(default_factory=list)


def failures(placed: Placed, constraints: Constraints) -> tuple[Failure, ...]:
    """The nodes whose failure the others can't take up; empty where there are no others."""
    node = placed.arrays.node
    takers = node.online & node.measured & ~node.maintenance
    if takers.sum() < 2:
        return ()
    outages = [_Outage(node=int(n), items=_items(int(n), placed, constraints)) for n in np.flatnonzero(takers)]
    outages = [outage for outage in outages if outage.items]
    if not outages:
        return ()
    packing = _Packing(outages, placed, constraints)
    packing.run()
    found = (packing.failure(f) for f, outage in enumerate(outages) if outage.left)
    return tuple(failure for failure in found if failure.homeless or failure.barred)


def _items(n: int, placed: Placed, constraints: Constraints) -> list[tuple[int, ...]]:
    """The running guests of node ``n``, those that stay together as one, largest first."""
    here = np.flatnonzero((placed.node_of == n) & placed.arrays.guest.running)
    units: dict[int, list[int]] = defaultdict(list)
    for g in here.tolist():
        units[constraints.unit_of.get(g, (g,))[0]].append(g)
    need = constraints.need_bytes
    return sorted((tuple(u) for u in units.values()), key=lambda u: (-sum(need[g] for g in u), u[0]))


class _Packing:
    """The packing of all outages; rows are outages [F], columns nodes [N]."""

    def __init__(self, outages: list[_Outage], placed: Placed, constraints: Constraints) -> None:
        self.outages, self.placed, self.constraints = outages, placed, constraints
        room = MEM_LIMIT * constraints.mem_limits - placed.mem_used_bytes()
        self.free: Floats = np.tile(np.nan_to_num(room, nan=-1.0), (len(outages), 1))
        self.restartable: Bools = ~np.isin(constraints.fixed, BARS_RESTART)
        self.barred_by: list[list[int]] = [[] for _ in placed.node_of]
        groups = placed.groups.apart
        occupied = np.zeros((len(groups), len(placed.cpu)), dtype=bool)
        for a, group in enumerate(groups):
            for g in group.guests:
                self.barred_by[g].append(a)
                occupied[a, placed.node_of[g]] = True
        self.occupied = np.repeat(occupied[None], len(outages), axis=0) if groups else None

    def run(self) -> None:
        """Place everything that fits; what doesn't is left in its outage."""
        counts = np.array([len(outage.items) for outage in self.outages])
        homes = np.array([outage.node for outage in self.outages])
        for k in range(int(counts.max())):
            rows = np.flatnonzero(counts > k)
            items = [self.outages[f].items[k] for f in rows]
            line = np.arange(len(rows))
            need = np.array([self._need(item) for item in items])
            allowed = self.restartable[[item[0] for item in items]]
            allowed[line, homes[rows]] = False
            for i, item in enumerate(items):
                if len(item) > 1 or self.barred_by[item[0]]:
                    allowed[i] = self._allowed(int(rows[i]), item)
            free = self.free[rows]
            fits = (free >= need[:, None]) | (need[:, None] == 0)
            fit = np.where(allowed & fits, free, np.inf)
            best = fit.argmin(axis=1)
            held = fit[line, best] < np.inf
            self.free[rows[held], best[held]] -= need[held]
            self._note(k, rows, best, held)

    def _note(self, k: int, rows: Ints, best: Ints, held: Bools) -> None:
        """Keep who sits where, for those who must stay apart, and who found no place."""
        for f, target, fits in zip(rows.tolist(), best.tolist(), held.tolist(), strict=True):
            if not fits:
                self.outages[f].left.append(k)
            elif self.occupied is not None:
                self._settle(f, self.outages[f].items[k], target)

    def _need(self, item: tuple[int, ...]) -> float:
        need = self.constraints.need_bytes
        return float(need[item[0]] if len(item) == 1 else need[list(item)].sum())

    def _allowed(self, f: int, item: tuple[int, ...]) -> Bools:
        """The nodes that may restart the whole item, [N]."""
        allowed: Bools = np.array(self.restartable[list(item)].all(axis=0), dtype=bool)
        allowed[self.outages[f].node] = False
        if self.occupied is not None:
            for a in {a for g in item for a in self.barred_by[g]}:
                allowed &= ~self.occupied[f, a]
        return allowed

    def _settle(self, f: int, item: tuple[int, ...], target: int) -> None:
        if self.occupied is not None:
            for g in item:
                for a in self.barred_by[g]:
                    self.occupied[f, a, target] = True

    def failure(self, f: int) -> Failure:
        """What is left of outage ``f``, and the memory that would hold it where most is free."""
        outage, free = self.outages[f], self.free[f].copy()
        homeless: list[int] = []
        barred: list[int] = []
        missing = 0.0
        for k in outage.left:
            item = outage.items[k]
            allowed = self._allowed(f, item)
            if not allowed.any():
                barred += item
                continue
            homeless += item
            roomiest = int(np.where(allowed, free, -np.inf).argmax())
            missing += max(self._need(item) - max(float(free[roomiest]), 0.0), 0.0)
            free[roomiest] -= self._need(item)
            self._settle(f, item, roomiest)
        return Failure(
            node=outage.node,
            running=sum(len(item) for item in outage.items),
            homeless=tuple(sorted(homeless)),
            barred=tuple(sorted(barred)),
            missing_bytes=missing,
        )


def failover_advisories(placed: Placed, constraints: Constraints) -> Iterator[Advisory]:
    """One warning for each node whose failure the rest can't take up."""
    guests, names = constraints.snapshot.guests, placed.arrays.node.names
    for failure in failures(placed, constraints):
        missing = failure.missing_bytes / GIB
        name, lost = names[failure.node], len(failure.homeless) + len(failure.barred)
        parts = [f"If {name} failed, {lost} of its {failure.running} running guests would have no place."]
        if failure.homeless:
            parts.append(f"{missing:.1f} GB of memory are missing for {guests_named(guests, failure.homeless)}.")
        if failure.barred:
            parts.append(f"Storage or rules allow no other node for {guests_named(guests, failure.barred)}.")
        yield Advisory(
            type="n_minus_1",
            severity="warning",
            node=name,
            message=" ".join(parts),
            metrics={
                "running_guests": failure.running, "without_place": lost, "missing_gb": round(missing, 2),
                "without_memory_vmids": [guests[g].vmid for g in failure.homeless],
                "without_node_vmids": [guests[g].vmid for g in failure.barred],
            },
            suggestions=_suggestions(failure),
        )  # fmt: skip


def _suggestions(failure: Failure) -> tuple[str, ...]:
    memory = "Add memory to another node, or give these guests less."
    rules = "Share the storage of these guests, or allow them a second node."
    return (memory,) * bool(failure.homeless) + (rules,) * bool(failure.barred)
