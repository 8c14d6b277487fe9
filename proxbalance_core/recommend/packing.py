"""N-1 in a few milliseconds: each node's running guests packed by size on the others, all nodes side by side.

Largest first, each where it leaves the least memory to spare: a step for the next largest of each node. A guest needs
room for all that it was given, and then counts by what it uses. A bound: it may call full what the planner's search
still holds (:mod:`proxbalance_core.plan.outage` packs in the same way, and does more), never the other way round.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.recommend.constraints import MEM_LIMIT, Constraints, Ruling
from proxbalance_core.recommend.starts import joins
from proxbalance_core.scoring.placed import Placed

Item = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Whose place is in doubt if ``node`` [position] failed: guests [positions] and memory [bytes].

    ``homeless`` lack memory, ``missing_bytes`` more would hold them; ``barred`` may start on no other node, for storage
    or rules; ``bound`` need something of their node's own (disks, devices, folders). Unless ``certain``, a better
    placement may exist than packing by size has found.
    """

    node: int
    running: int
    homeless: tuple[int, ...]
    barred: tuple[int, ...]
    bound: tuple[int, ...]
    missing_bytes: float
    certain: bool = False


@dataclass(slots=True)
class _Outage:
    """One node that fails: what starts together, largest first, and what was left over."""

    node: int
    items: list[Item]
    left: list[int] = field(default_factory=list)


def overfull(placed: Placed, constraints: Constraints) -> tuple[Failure, ...]:
    """The nodes whose guests don't all fit when packed by size; empty where there is only one node online.

    ``constraints`` are those of guests that start anew (:mod:`proxbalance_core.recommend.starts`).
    """
    at_risk = np.flatnonzero(placed.arrays.node.online)
    outages = [_Outage(int(n), _items(int(n), placed, constraints)) for n in at_risk]
    outages = [outage for outage in outages if outage.items]
    if len(at_risk) < 2 or not outages:
        return ()
    packing = _Packing(outages, placed, constraints)
    packing.run()
    return tuple(packing.failure(f) for f, outage in enumerate(outages) if outage.left)


def _items(n: int, placed: Placed, constraints: Constraints) -> list[Item]:
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
        # In percent as placements are, so that both round alike; NaN fits nobody.
        self.level: Floats = np.tile(placed.mem_level, (len(outages), 1))
        self.limit: Floats = MEM_LIMIT * constraints.mem_limits
        self.capacity: Floats = placed.arrays.node.mem_bytes
        self.startable: Bools = constraints.fixed == Ruling.FREE
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
            allowed = self.startable[[item[0] for item in items]]
            allowed[line, homes[rows]] = False
            for i, item in enumerate(items):
                if self._is_bound(item):
                    allowed[i] = self._allowed(int(rows[i]), item)
            used = self.level[rows] / 100.0 * self.capacity
            fits = (used + need[:, None] <= self.limit) | (need[:, None] == 0)
            spare = np.where(allowed & fits, np.nan_to_num(self.limit - used, nan=-np.inf), np.inf)
            best = spare.argmin(axis=1)
            held = spare[line, best] < np.inf
            self._note(k, rows, best, held)

    def _note(self, k: int, rows: Ints, best: Ints, held: Bools) -> None:
        """Keep who sits where and what that uses, and who found no place."""
        for f, target, fits in zip(rows.tolist(), best.tolist(), held.tolist(), strict=True):
            if not fits:
                self.outages[f].left.append(k)
                continue
            for g in self.outages[f].items[k]:
                self.level[f, target] += 100.0 * self.placed.arrays.guest.mem_used_bytes[g, 0] / self.capacity[target]
            self._settle(f, self.outages[f].items[k], target)

    def _need(self, item: Item) -> float:
        need = self.constraints.need_bytes
        return float(need[item[0]] if len(item) == 1 else need[list(item)].sum())

    def _is_bound(self, item: Item) -> bool:
        """Whether others have a say in where it starts."""
        return len(item) > 1 or item[0] in self.constraints.unit_of or bool(self.barred_by[item[0]])

    def _allowed(self, f: int, item: Item) -> Bools:
        """The nodes that may start the whole item, [N]."""
        home = self.outages[f].node
        allowed: Bools = np.array(self.startable[list(item)].all(axis=0), dtype=bool)
        allowed[home] = False
        if self.constraints.at_odds(item):
            allowed[:] = False
        mates = joins(item[0], self.placed, self.constraints, frozenset({home}), item)
        if mates is not None:
            allowed &= np.isin(np.arange(len(allowed)), list(mates))
        if self.occupied is not None:
            for a in {a for g in item for a in self.barred_by[g]}:
                allowed &= ~self.occupied[f, a]
        return allowed

    def _settle(self, f: int, item: Item, target: int) -> None:
        if self.occupied is not None:
            for g in item:
                for a in self.barred_by[g]:
                    self.occupied[f, a, target] = True

    def failure(self, f: int) -> Failure:
        """What is left of outage ``f``, and the memory that would hold it where most is free."""
        outage, free = self.outages[f], self.limit - self.level[f] / 100.0 * self.capacity
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
            roomiest = int(np.where(allowed, np.nan_to_num(free, nan=-np.inf), -np.inf).argmax())
            missing += self._need(item) - float(free[roomiest])
            free[roomiest] = max(float(free[roomiest]) - self._need(item), 0.0)
            self._settle(f, item, roomiest)
        bound, other = split_bound(tuple(sorted(barred)), self.constraints)
        return Failure(
            node=outage.node,
            running=sum(len(item) for item in outage.items),
            homeless=tuple(sorted(homeless)),
            barred=other,
            bound=bound,
            missing_bytes=missing,
            certain=not homeless and not any(self._elsewhere(outage, g) for g in other),
        )

    def _elsewhere(self, outage: _Outage, g: int) -> bool:
        """Whether a guest could start on another node if nobody else were there."""
        others = self.startable[g].copy()
        others[outage.node] = False
        return bool(others.any())


def split_bound(guests: Item, constraints: Constraints) -> tuple[Item, Item]:
    """Those that need something of their own node, and the others; ``constraints`` of guests that start anew."""
    at_home = {g for g in guests if (constraints.fixed[g] == Ruling.BOUND).any()}
    return tuple(g for g in guests if g in at_home), tuple(g for g in guests if g not in at_home)
