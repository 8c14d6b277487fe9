"""The board on which plans are played: placement, strain, constraints and prices, kept in step.

A mover is a guest, or an affinity unit that moves as one. All gains are in points: the fall of
``J x nodes`` less what the move costs.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from proxbalance_core.domain.refusals import HOURS_AHEAD
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import GIB
from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.recommend.constraints import MEM_LIMIT, Constraints, Ruling
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.strain import Carried, StrainField, carried_by, hour_mean, load_pct

LEAST_GAIN = 1e-6
# Pairs that are worked out at once. Their hours (72 each) stay in the cache, and under the 128 KB from which on
# every array comes as fresh pages from the kernel: 1,000 at once took five times as long.
PAIRS_AT_ONCE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a search is played by: never changes during one.

    ``joint_rounds`` is how many neighbourhoods the joint search tries in vain before it ends; 0: there is none.
    With ``duties_only`` the search moves on only those whom a duty moved. ``first`` are guests and the nodes
    [positions] that they were sent to by hand: in the search and in the plan they come first, in this order.
    """

    constraints: Constraints
    scale: PointScale
    settings: Settings
    move_cost: Floats  # [G] points
    max_moves: int
    joint_rounds: int = 0
    duties_only: bool = False
    first: tuple[tuple[int, int], ...] = ()


def in_parts(work: Callable[..., Floats], *pairs: Ints) -> Floats:
    """``work`` on all ``pairs``, a part at a time; its answer for a pair depends on that pair alone."""
    count = len(pairs[0])
    if count <= PAIRS_AT_ONCE:
        return work(*pairs)
    begins = range(0, count, PAIRS_AT_ONCE)
    return np.concatenate([work(*(side[begin : begin + PAIRS_AT_ONCE] for side in pairs)) for begin in begins])


def _common_home(homes: Ints, unit: tuple[int, ...]) -> int:
    """Where all of a unit began, -1 when it began apart (then there is no way home)."""
    began = {int(homes[g]) for g in unit}
    return began.pop() if len(began) == 1 else -1


def guest_move_costs(placed: Placed, constraints: Constraints, settings: Settings) -> Floats:
    """The price of moving each guest, [G] points: a base and its memory and copied disks by the GB."""
    gigabytes = transfer_bytes(placed, constraints) / GIB
    return settings.move_cost_points + settings.move_cost_points_per_gb * gigabytes


def transfer_bytes(placed: Placed, constraints: Constraints) -> Floats:
    """What a migration sends, [G] bytes: memory, and disks to copy."""
    sent = constraints.sent_bytes.copy()
    for g, disks in constraints.copies.items():
        sent[g] += sum(size for _, size in disks)
    return sent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """A placement and its strain, in step with one another."""

    placed: Placed
    field: StrainField


class Board:
    """One placement under search.

    ``members`` are the movers, ``at`` [M] where each is, ``home`` [M] where each began, ``paid`` [M]
    what its move cost (NaN: not moved), ``open`` [M] whether the search may move it.
    """

    def __init__(self, state: State, rules: Rules, members: list[tuple[int, ...]], may_move: Bools) -> None:
        self.rules, self.members, self.open = rules, members, may_move
        placed = self.placed = state.placed.copy()
        self.field = state.field.copy()
        self.carried: Carried = carried_by(self.placed, self.field.hours, members)
        self.lead: Ints = np.array([unit[0] for unit in members], dtype=np.intp)
        self.at: Ints = self.placed.node_of[self.lead]
        self.paid = np.full(len(members), np.nan)
        bound, homes = placed.groups.softly_bound, placed.arrays.guest.home
        softly = np.zeros(len(homes), dtype=bool)
        softly[list(bound)] = True
        self.soft, self.home, self.single = softly[self.lead], homes[self.lead], np.ones(len(members), dtype=bool)
        # How many days may come: scenarios of the forecast; 0 on the present alone.
        self.days = 0 if self.carried.cpu_cores is None else self.field.cpu.shape[1] // HOURS_AHEAD
        self.price, self.need = rules.move_cost[self.lead].copy(), rules.constraints.need_bytes[self.lead]
        for m, unit in enumerate(members):
            if len(unit) > 1:
                self.price[m], self.need[m] = (
                    sum(of[g] for g in unit) for of in (rules.move_cost, rules.constraints.need_bytes)
                )
                self.soft[m], self.home[m] = any(g in bound for g in unit), _common_home(homes, unit)
                self.single[m] = False
        self.unbounded = self.soft | (not rules.scale.rising)
        self.watched = self._watched()
        self.moves_left = rules.max_moves if rules.max_moves > 0 else None
        self.version = 0
        self.stamp = np.zeros(len(self.field.mem), dtype=np.intp)  # the version in which each node last changed

    def _watched(self) -> Bools:
        """Movers whose place depends on where others are, [M]."""
        bound = np.zeros(len(self.placed.node_of), dtype=bool)
        bound[[*self.rules.constraints.apart_of, *self.rules.constraints.copies]] = True
        return np.asarray(~self.single | bound[self.lead])

    def under(self, rules: Rules) -> Board:
        """The board under other constraints, to look at: both share what stands on them, so neither may move."""
        twin = copy(self)
        twin.rules = rules
        twin.watched = twin._watched()
        return twin

    @cached_property
    def mover_of(self) -> dict[int, int]:
        """The mover that each guest belongs to."""
        return {g: m for m, unit in enumerate(self.members) for g in unit}

    def cost(self, m: Ints, target: Ints) -> Floats:
        """What moving ``m`` to ``target`` costs now: its price, nothing once moved, its price back at home."""
        paid = self.paid[m]
        first = np.isnan(paid)
        if first.all():
            return np.broadcast_to(self.price[m], np.broadcast(m, target).shape)
        again = np.where(target == self.home[m], -paid, 0.0)
        return np.where(first, self.price[m], again)

    def allowed(self) -> Bools:
        """Movers that may move now, [M]: open, and under ``max_moves`` unless already moved."""
        if self.moves_left is None:
            return self.open
        size = np.array([len(unit) for unit in self.members])
        return np.asarray(self.open & (~np.isnan(self.paid) | (size <= self.moves_left)))

    def likely(self, m: Ints) -> Bools:
        """Nodes that may take each of ``m`` as far as its leader and memory go, [len(m), N].

        Exact for all but ``watched`` movers, whose place depends on others: :meth:`takes` asks for one pair.
        Asking for every pair took 10 of 11 profiled seconds of the first 8 rounds at 300 x 10,000.
        """
        constraints, used = self.rules.constraints, self.placed.mem_used_bytes()
        need = self.need[m][:, None]
        likely = (used + need <= MEM_LIMIT * constraints.mem_limits) | (need == 0)
        likely &= constraints.fixed[self.lead[m]] == Ruling.FREE
        likely[np.arange(len(m)), self.at[m]] = False
        return np.asarray(likely)

    def takes(self, m: int, n: int) -> bool:
        """Whether node ``n``, a likely one, takes mover ``m``."""
        if not self.watched[m]:
            return True
        unit = self.members[m]
        return self.rules.constraints.ruling(unit[0], n, self.placed, unit=unit) == Ruling.FREE

    def move(self, m: int, target: int, *, free: bool = False) -> None:
        """Carry out a move; ``free`` for duties, which cost nothing and count against no limit."""
        source = int(self.at[m])
        cost = 0.0 if free else float(self.cost(np.array([m]), np.array([target]))[0])
        for g in self.members[m]:
            self.placed.move(g, target)
        self.at = self.at.copy()  # who asked before keeps what was
        self.at[m] = target
        self.field.apply(self.carried, m, source, target)
        self.field.soft = self.placed.soft_broken()
        self.field.refresh(np.array([source, target]))
        if not free and self.moves_left is not None:
            self.moves_left -= len(self.members[m]) * (int(np.isnan(self.paid[m])) - int(cost < 0))
        goes_home = target == self.home[m] and not np.isnan(self.paid[m]) and not free and self.paid[m] > 0
        self.paid[m] = np.nan if goes_home else (0.0 if free else np.nansum([self.paid[m], cost]))
        self.version += 1
        self.stamp[[source, target]] = self.version

    def put_back(self, m: int, source: int) -> None:
        """Undo a free move of a mover that had not moved before."""
        self.move(m, source, free=True)
        self.paid[m] = np.nan

    def total_cost(self) -> float:
        """What the moves made so far cost together [points]."""
        return float(np.nansum(self.paid))

    def drop(self, m: Ints) -> Floats:
        """How much strain leaves each mover's node with it, [len(m)] points."""
        return self.cpu_drop(m) + self.fixed_drop(m)

    def fixed_drop(self, m: Ints) -> Floats:
        """The part of :meth:`drop` that is the same in every hour."""
        field, n = self.field, self.at[m]
        mem = field.mem[n] - 100.0 * self.carried.mem_bytes[m] / field.mem_bytes[n]
        iowait = field.iowait[n] - self.carried.iowait_pct[m]
        fixed = field.fixed[n] - field.fixed_points(mem, iowait, field.soft[n])
        return np.where(field.scope[n], fixed, 0.0)

    def rise(self, m: Ints, n: Ints) -> Floats:
        """How much strain comes to nodes ``n`` with movers ``m``, pairwise [points]."""
        return self.rises(m, n)[:, 0]

    def rises(self, m: Ints, n: Ints) -> Floats:
        """:meth:`rise`, and the CPU part of it in each day that may come, [pairs, 1 + days]."""
        field = self.field
        cpu = field.cpu[n] + self.carried.cpu_pct(m, n, field.capacity)
        mem = field.mem[n] + 100.0 * self.carried.mem_bytes[m] / field.mem_bytes[n]
        iowait = field.iowait[n] + self.carried.iowait_pct[m]
        points = field.hourly_points(cpu)
        rises = np.empty((len(cpu), 1 + self.days))
        rises[:, 0] = hour_mean(points) + field.fixed_points(mem, iowait, field.soft[n]) - field.node_strain[n]
        if self.days:
            rises[:, 1:] = self.by_day(points) - self.by_day(field.hourly[n])
        if not field.whole:
            rises[~field.scope[n]] = 0.0
        return rises

    def cpu_drop(self, m: Ints) -> Floats:
        """The CPU part of :meth:`drop`."""
        return self.cpu_drops(m)[:, 0]

    def cpu_drops(self, m: Ints) -> Floats:
        """:meth:`cpu_drop`, and the same in each day that may come, [len(m), 1 + days]."""
        field, n = self.field, self.at[m]
        points = field.hourly_points(field.cpu[n] - self.carried.cpu_pct(m, n, field.capacity))
        drops = np.empty((len(n), 1 + self.days))
        drops[:, 0] = field.cpu_points[n] - hour_mean(points)
        if self.days:
            drops[:, 1:] = self.by_day(field.hourly[n]) - self.by_day(points)
        if not field.whole:
            drops[~field.scope[n]] = 0.0
        return drops

    def by_day(self, points: Floats) -> Floats:
        """Hourly points, [..., T], as the mean of each day that may come, [..., days]."""
        return hour_mean(points.reshape(*points.shape[:-1], self.days, HOURS_AHEAD))

    def soft_gain(self, m: int, target: int) -> float:
        """Points of soft rules that moving ``m`` mends (below 0: breaks)."""
        if not self.soft[m]:
            return 0.0
        after = self.placed.node_of.copy()
        after[list(self.members[m])] = target
        change = self.placed.groups.soft_broken(after, len(self.field.mem)) - self.field.soft
        return float(-self.rules.scale.soft_rule * change[self.field.scope].sum())

    def spread_gain(self, changes: list[tuple[Ints, Floats, Floats]]) -> Floats:
        """Points that the spread of load falls by, for sets of node changes.

        Parameters
        ----------
        changes : list of (node [P], cpu after [P, T], mem after [P])
            Each entry is one node that changes in each of the P sets; nodes of a set differ. One that is the
            same in all sets may be there once, before the others.
        """
        field, n = self.field, max(self.field.nodes, 1)
        totals: Floats = np.zeros(1)
        squares: Floats = field.squares
        for node, cpu, mem in changes:
            new, old = load_pct(cpu, mem[:, None]), field.centred[node]
            new -= field.mean_load
            if not field.whole:
                new[~field.scope[node]] = 0.0
            totals = totals + (new - old)
            new *= new
            old *= old
            squares = np.add(squares, new, out=new)
            squares -= old
        squares /= n
        totals /= n
        totals *= totals
        squares -= totals
        spread = np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
        return np.asarray(field.balance_weight * n * hour_mean(np.subtract(field.spread, spread, out=spread)))

    def after(self, m: Ints, n: Ints, sign: float) -> tuple[Ints, Floats, Floats]:
        """Nodes ``n`` with movers ``m`` added or taken off: an entry for :meth:`spread_gain`."""
        field = self.field
        cpu = field.cpu[n] + sign * self.carried.cpu_pct(m, n, field.capacity)
        return n, cpu, field.mem[n] + sign * 100.0 * self.carried.mem_bytes[m] / field.mem_bytes[n]

    def relief(self, m: Ints, target: Ints) -> Floats:
        """The fall of ``J x nodes`` when each of ``m``, or the only one, goes to its ``target``, pairwise [points]."""
        return np.asarray(self.drop(m) - self.rise(m, target) + self.evened(m, target))

    def evened(self, m: Ints, target: Ints) -> Floats:
        """The part of :meth:`relief` that isn't one node's: the spread of load, and soft rules [points]."""
        spread = self.spread_gain([self.after(m, self.at[m], -1.0), self.after(m, target, 1.0)])
        soft = (
            np.array([self.soft_gain(int(a), int(b)) for a, b in np.broadcast(m, target)])
            if self.soft[m].any()
            else 0.0
        )
        return np.asarray(spread + soft)
