"""An order that can be carried out: waves of moves that fit at the same time (engine, section 6).

Each wave takes the moves that fit now, busiest node first; arrivals of a wave count at once, leavers
only after it, so that a wave may run in any order. If none fits, the smallest guest whose leaving
unblocks another goes by a temporary node. What still doesn't fit is dropped, and said so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from proxbalance_core.recommend.constraints import MEM_LIMIT_IN_ORDER, Constraints, Ruling
from proxbalance_core.scoring.placed import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One migration: a guest [position] from node to node [positions]."""

    guest: int
    source: int
    target: int
    wave: int
    temporary: bool = False


@dataclass(slots=True, kw_only=True)
class Order:
    """The legs in order, and the guests whose move found no place in it."""

    legs: list[Leg] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)


class _Wave:
    """What a wave has taken on so far: arrivals by node, and how often each node takes part."""

    def __init__(self, placed: Placed, constraints: Constraints, parallel: int) -> None:
        self.placed, self.constraints, self.parallel = placed, constraints, parallel
        self.coming: dict[int, list[int]] = defaultdict(list)
        self.busy: dict[int, int] = defaultdict(int)

    def takes(self, g: int, target: int) -> bool:
        """Whether ``g`` may go in this wave."""
        source = int(self.placed.node_of[g])
        if self.busy[source] >= self.parallel or self.busy[target] >= self.parallel:
            return False
        return fits(self.constraints, self.placed, g, target, self.coming[target])

    def add(self, g: int, target: int) -> None:
        self.busy[int(self.placed.node_of[g])] += 1
        self.busy[target] += 1
        self.coming[target].append(g)


def fits(constraints: Constraints, placed: Placed, g: int, target: int, coming: list[int]) -> bool:
    """Whether ``target`` can take ``g`` while those ``coming`` are on their way to it."""
    unit = constraints.unit_of.get(g, (g,))
    if constraints.ruling(g, target, placed, limit=MEM_LIMIT_IN_ORDER) != Ruling.FREE:
        return False
    if any(other in group.guests for group in constraints.apart_of.get(g, ()) for other in coming if other not in unit):
        return False
    need = constraints.need_bytes
    used = placed.mem_used_bytes()[target] + sum(need[other] for other in coming)
    if need[g] > 0 and used + need[g] > MEM_LIMIT_IN_ORDER * constraints.mem_limits[target]:
        return False
    if g in constraints.copies and coming:
        trial = placed.copy()
        for other in (*coming, g):
            trial.move(other, target)
        return constraints.copies_fit_on(target, trial)
    return True


def ordered(
    start: Placed, constraints: Constraints, target_of: dict[int, int], parallel: int, first: Sequence[int] = ()
) -> Order:
    """:func:`order_moves`; where that drops someone, tightest first, if that drops fewer."""
    order = order_moves(start, constraints, target_of, parallel, first)
    if not order.dropped:
        return order
    others = [g for g in tightest_first(start, constraints, target_of) if g not in first]
    return min(order, order_moves(start, constraints, target_of, parallel, [*first, *others]), key=_dropped)


def _dropped(order: Order) -> int:
    return len(order.dropped)


def tightest_first(start: Placed, constraints: Constraints, guests: Iterable[int]) -> list[int]:
    """Guests, units together, by how much more memory each asks for on arrival than it uses then.

    Who all come to one node fit in this order, if they do in any: what is asked for and not used is left to the next.
    """

    def spare(unit: tuple[int, ...]) -> float:
        members = list(unit)
        used = np.nan_to_num(start.arrays.guest.mem_used_bytes[members, 0])
        return float((constraints.need_bytes[members] - np.where(start.arrays.guest.running[members], used, 0.0)).sum())

    units = {g: constraints.unit_of.get(g, (g,)) for g in guests}
    return sorted(units, key=lambda g: (-spare(units[g]), units[g], g))


def order_moves(
    start: Placed, constraints: Constraints, target_of: dict[int, int], parallel: int, first: Sequence[int] = ()
) -> Order:
    """Put the moves to ``target_of`` in an order in which every prefix keeps the hard constraints.

    Guests ``first`` come to their nodes in this order, and before all others.
    """
    order, placed = Order(), start.copy()
    rank = {g: place for place, g in enumerate(first)}
    pending = dict(target_of)
    hopped: set[int] = set()
    wave = 0
    while pending:
        wave += 1
        taken = _fill(placed, constraints, pending, parallel, rank)
        if not taken:
            taken = _hop(placed, constraints, pending, hopped)
        if not taken:
            lost = _hardest(constraints, pending)
            order.dropped += lost
            for g in lost:
                del pending[g]
            wave -= 1
            continue
        wave = _carry(order, placed, taken, pending, wave, parallel)
    return order


def _carry(
    order: Order,
    placed: Placed,
    taken: list[tuple[int, int]],
    pending: dict[int, int],
    wave: int,
    parallel: int,
) -> int:
    """Record the legs of one wave (a unit may take several) and move the guests; returns the last wave."""
    last = wave
    seats: dict[tuple[int, int], int] = defaultdict(int)
    sources = {g: int(placed.node_of[g]) for g, _ in taken}
    for g, target in taken:
        extra = max(seats[0, sources[g]], seats[1, target]) // parallel
        seats[0, sources[g]] += 1
        seats[1, target] += 1
        last = max(last, wave + extra)
        temporary = pending.get(g) != target
        order.legs.append(Leg(guest=g, source=sources[g], target=target, wave=wave + extra, temporary=temporary))
        placed.move(g, target)
        if not temporary:
            del pending[g]
    return last


def _fill(
    placed: Placed, constraints: Constraints, pending: dict[int, int], parallel: int, rank: dict[int, int]
) -> list[tuple[int, int]]:
    """Moves of the next wave: ``rank`` first, then from the busiest nodes; a unit travels alone, all of it.

    A node that one of ``rank`` still waits for is kept for it.
    """
    cpu = np.nan_to_num(placed.cpu_level)
    ranked = sorted(pending, key=lambda g: (rank.get(g, len(rank)), -cpu[placed.node_of[g]], g))
    wave = _Wave(placed, constraints, parallel)
    taken: list[tuple[int, int]] = []
    kept: set[int] = set()
    for g in ranked:
        if pending[g] in kept:
            continue
        unit = _going_along(constraints, pending, g)
        if len(unit) > 1:
            if not taken and unit_fits(constraints, placed, unit, pending[g]):
                return [(u, pending[u]) for u in unit]
        elif wave.takes(g, pending[g]):
            wave.add(g, pending[g])
            taken.append((g, pending[g]))
            continue
        if g in rank:
            kept.add(pending[g])
    return taken


def _going_along(constraints: Constraints, pending: dict[int, int], g: int) -> tuple[int, ...]:
    """Those of a unit that have yet to go where ``g`` goes; members of a scattered one may join different nodes."""
    return tuple(u for u in constraints.unit_of.get(g, (g,)) if pending.get(u) == pending[g])


def unit_fits(constraints: Constraints, placed: Placed, unit: tuple[int, ...], target: int) -> bool:
    """Whether all of a unit can go to ``target``, one after the other."""
    going = tuple(u for u in unit if placed.node_of[u] != target)
    return (
        not going or constraints.ruling(going[0], target, placed, unit=going, limit=MEM_LIMIT_IN_ORDER) == Ruling.FREE
    )


def _hop(placed: Placed, constraints: Constraints, pending: dict[int, int], hopped: set[int]) -> list[tuple[int, int]]:
    """The smallest guest that unblocks another by going to a temporary node."""
    size = constraints.need_bytes
    for g in sorted(pending, key=lambda g: (size[g], g)):
        if g in hopped or len(constraints.unit_of.get(g, (g,))) > 1:
            continue
        for n in range(len(placed.cpu)):
            if n == pending[g] or not fits(constraints, placed, g, n, []):
                continue
            trial = placed.copy()
            trial.move(g, n)
            if any(other != g and _could_go(constraints, trial, other, pending) for other in pending):
                hopped.add(g)
                return [(g, n)]
    return []


def _could_go(constraints: Constraints, placed: Placed, g: int, pending: dict[int, int]) -> bool:
    unit = _going_along(constraints, pending, g)
    if len(unit) > 1:
        return unit_fits(constraints, placed, unit, pending[g])
    return fits(constraints, placed, g, pending[g], [])


def _hardest(constraints: Constraints, pending: dict[int, int]) -> list[int]:
    """The move to give up: the largest guest's, with its unit."""
    largest = max(pending, key=lambda g: (constraints.need_bytes[g], -g))
    return [u for u in constraints.unit_of.get(largest, (largest,)) if u in pending]
