"""What moves would gain: bounds for all, exact figures kept for those that were worked out.

The strain that leaves a node is cheap (one node for each mover); what arrives costs hours x pairs, and
depends on the target alone, so a figure holds until its node changes. The spread of load is convex in
the loads: its tangent bounds what evening out can bring, and its least bend what the tangent promises too much.
Measured together with the later questions of ``Board.takes``: a search of 32 x 1,000 fell from 5.2 s to 0.12-0.15 s of
CPU. The bend, and asking for each mover's best pair first where one is enough, left half of the pairs to be worked out.
"""

from __future__ import annotations

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.agreement import days_needed, last_needed, over_mean, troubled
from proxbalance_core.plan.board import Board, in_parts
from proxbalance_core.scoring.strain import hour_mean

FLAT = 1e-12
# A hair less than what is certain, for what rounding does.
CERTAIN = 1.0 - 1e-9


class Gains:
    """The gains of one board's movers.

    ``drop`` [M] is the strain that leaves with each mover (``cpu_drop`` its CPU part) and ``rise`` [M, N] what
    would come to each node (NaN: not worked out since the node changed), both exact; ``leaving`` [M] bounds what
    its going relieves [points]. ``lift`` [M, N] is what days that may come say of a move (``agreement``; NaN: not
    worked out since one of the two nodes changed; None: nothing to agree on).
    """

    def __init__(self, board: Board) -> None:
        self.board = board
        movers, nodes = len(board.members), len(board.field.mem)
        self.drop, self._cpu_drops = np.zeros(movers), np.zeros((movers, 1 + board.days))
        self.rise = np.full((movers, nodes), np.nan)
        self.lift = np.full((movers, nodes), np.nan) if days_needed(board) else None
        field, carried = board.field, board.carried
        self._per_core = np.nan_to_num(100.0 / field.capacity)
        self._per_byte = np.nan_to_num(100.0 / field.mem_bytes)
        everyone, everywhere = np.arange(movers)[:, None], np.arange(nodes)
        self._present = (
            None if carried.cpu_cores is not None else np.nan_to_num(carried.present_pct(everyone, everywhere))
        )
        cores = carried.cpu_cores
        self._mean_cores = np.zeros(movers) if cores is None else cores.mean(axis=1)
        self._peak_cores = np.zeros(movers) if cores is None else cores.max(axis=1, initial=0.0)
        # The most that each adds to the load of any node in any hour [percent].
        now = np.zeros(0) if self._present is None else self._present.max(axis=1, initial=0.0)
        cpu = now if cores is None else self._peak_cores * self._per_core.max(initial=0.0)
        self._largest = (cpu + carried.mem_bytes * self._per_byte.max(initial=0.0)) / 2.0
        self._swapped: dict[int, Floats] = {}  # the first of a swap: what the swap with each other takes off
        self._seen = -1
        self.refresh()

    def refresh(self) -> None:
        """Forget what the moves since the last call have changed."""
        board = self.board
        if self._seen == board.version:
            return
        changed = np.flatnonzero(board.stamp > self._seen)
        self.rise[:, changed] = np.nan
        touched = np.zeros(len(board.stamp), dtype=bool)
        touched[changed] = True
        stale = np.flatnonzero(touched[board.at])
        self._swapped = {a: kept for a, kept in self._swapped.items() if not touched[board.at[a]]}
        for kept in self._swapped.values():
            kept[stale] = np.nan
        if self.lift is not None:
            self.lift[:, changed] = np.nan
            self.lift[stale] = np.nan
        self._cpu_drops[stale] = in_parts(board.cpu_drops, stale)
        self.drop[stale] = self.cpu_drop[stale] + board.fixed_drop(stale)
        self._set_slopes()
        self.leaving = self.drop + self._leaving()
        self._seen = board.version

    @property
    def cpu_drop(self) -> Floats:
        """The CPU part of ``drop``, [M]."""
        return self._cpu_drops[:, 0]

    def _set_slopes(self) -> None:
        """How the spread of load answers to each node's load at each hour, [N, T]."""
        field = self.board.field
        spread = np.maximum(field.spread, FLAT)
        self.slope = np.where(field.spread > FLAT, field.centred / spread, 0.0)
        raw = np.where(field.scope[:, None], (field.cpu + field.mem[:, None]) / 2.0, 0.0)
        self.lowest, self.highest = raw.min(axis=1), raw.max(axis=1)
        self._steepest = (self.slope * self.slope).max(axis=1, initial=0.0)
        self._by_hour = 0.5 / (spread * spread.size)

    def largest_pct(self, m: Ints, n: Ints, *, paired: bool = False) -> Floats:
        """The most that each of ``m`` adds to the load of each of ``n`` in any hour [percent]; a matrix, or pairs."""
        across = slice(None) if paired else (slice(None), None)
        rows = m[across]
        cpu = self._peak_cores[rows] * self._per_core[n] if self._present is None else self._present[rows, n]
        return np.asarray((cpu + self.board.carried.mem_bytes[rows] * self._per_byte[n]) / 2.0)

    def _along(self, m: Ints, n: Ints, slope: Floats) -> Floats:
        """The load of movers ``m`` on nodes ``n`` times ``slope`` [len(n), T], mean over the hours."""
        carried = self.board.carried
        if self._present is not None:
            cpu = self._present[np.ix_(m, n)] * slope[:, 0]
        else:
            cores = carried.cpu_cores if carried.cpu_cores is not None else np.zeros((len(m), 0))
            cpu = (cores[m] @ slope.T) * (self._per_core[n] / slope.shape[1])
        mem = carried.mem_bytes[m][:, None] * (self._per_byte[n] * hour_mean(slope))
        return np.asarray(self.board.field.balance_weight * (cpu + mem) / 2.0)

    def evened_by_arrival(self, m: Ints, n: Ints) -> Floats:
        """Upper bound of the fall of the spread by movers ``m`` arriving on nodes ``n``, [len(m), len(n)] points.

        Where the load could leave 0..100 clipping bends the spread: then only what evens out counts.
        """
        tangent = -self._along(m, n, self.slope[n])
        bent = self._bent_there(m, n)
        if bent is not None and bent.any():
            tangent = np.where(bent, self._along(m, n, np.maximum(-self.slope[n], 0.0)), tangent)
        return tangent

    def _bent_there(self, m: Ints, n: Ints) -> Bools | None:
        """Where movers ``m`` could take the load of ``n`` out of 0..100, [len(m), len(n)]; None: nowhere."""
        low = self.lowest[n] < 0.0
        if not low.any() and self.highest[n].max(initial=0.0) + self._largest[m].max(initial=0.0) <= 100.0:
            return None
        return np.asarray((self.highest[n] + self.largest_pct(m, n) > 100.0) | low)

    def _leaving(self) -> Floats:
        """The same for every mover leaving its node, [M] points."""
        board, carried, at = self.board, self.board.carried, self.board.at
        movers = np.arange(len(at))
        cpu = self._peak_cores * self._per_core[at] if self._present is None else self._present[movers, at]
        uses = carried.mem_bytes * self._per_byte[at]
        bent = (self.highest[at] > 100.0) | (self.lowest[at] < (cpu + uses) / 2.0)
        # Each node's slope as it is, and below them all what is left of it where the spread is bent.
        slopes = np.concatenate([self.slope, np.maximum(self.slope, 0.0)]) if bent.any() else self.slope
        row = at + len(self.slope) * bent
        if carried.cpu_cores is not None:
            cpu = np.einsum("mt,mt->m", carried.cpu_cores, slopes[row]) * self._per_core[at] / slopes.shape[1]
        else:
            cpu = cpu * slopes[row, 0]
        return np.asarray(board.field.balance_weight * (cpu + uses * hour_mean(slopes)[row]) / 2.0)

    def at_most(self, m: Ints) -> Floats:
        """Upper bound of the relief of movers ``m`` on any node, [len(m)] points; cheap and loose."""
        down = np.maximum(-self.slope, 0.0)
        by_byte = (self._per_byte * hour_mean(down)).max(initial=0.0)
        if self._present is None:
            cpu = self._mean_cores[m] * (self._per_core * down.max(axis=1, initial=0.0)).max(initial=0.0)
        else:
            cpu = (self._present[m] * down[:, 0]).max(axis=1, initial=0.0)
        arrival = self.board.field.balance_weight * (cpu + self.board.carried.mem_bytes[m] * by_byte) / 2.0
        return np.asarray(self.leaving[m] + arrival)

    def bounds(self, m: Ints) -> Floats:
        """Upper bound of the relief of movers ``m`` on every node, [len(m), N] points; soft rules and bend apart."""
        rise = self.rise[m]
        rise[np.isnan(rise)] = 0.0
        return np.asarray(self.leaving[m][:, None] + self.evened_by_arrival(m, np.arange(rise.shape[1])) - rise)

    def bend(self, m: Ints, n: Ints) -> Floats:
        """The least by which the spread stays above its tangent when each of ``m`` goes to each of ``n`` [points].

        With the change ``t`` of the tangent and ``k >= t^2`` the mean square of what the loads change by (less that of
        their mean), the spread ``s`` becomes ``sqrt((s + t)^2 + k - t^2)``, so it is above ``s + t`` by at least
        ``(k - t^2) / (2 s + 2 sqrt(k))``. For one mover that leaves a load ``a`` and brings ``b`` Cauchy and Schwarz
        keep ``k - t^2`` over ``(a^2 + b^2) (1 / N - 1 / N^2 - slopes^2 / N^2)``, and so all of it apart by node.
        """
        field, at = self.board.field, self.board.at[m]
        count = max(field.nodes, 1)
        rest = 1.0 / count - (1.0 + self._steepest[at][:, None] + self._steepest[n]) / count**2
        there, most = self.largest_pct(m, n), self.largest_pct(m, at, paired=True)[:, None]
        leaves = (self.highest[at] > 100.0) | (self.lowest[at] < most[:, 0]) | ~field.scope[at]
        bent = leaves[:, None] | ~field.scope[n]
        beyond = self._bent_there(m, n)
        if beyond is not None:
            bent |= beyond
        squares = self._squares(m, n, at)
        least = float(field.spread.min(initial=np.inf))
        damped = least / (least + np.sqrt((there * there + most * most) / count) + FLAT)
        found = CERTAIN * field.balance_weight * count * np.maximum(rest, 0.0) * squares * damped
        return np.where(bent, 0.0, found)

    def _squares(self, m: Ints, n: Ints, at: Ints) -> Floats:
        """Squares of the loads that each of ``m`` brings to each of ``n`` and takes from its own of ``at``, over twice
        the spread, mean over the hours."""
        hours, cores = self._by_hour.sum(), self.board.carried.cpu_cores
        if cores is None:
            there, here = self.largest_pct(m, n), self.largest_pct(m, at, paired=True)[:, None]
            return np.asarray((there * there + here * here) * hours)
        used = self.board.carried.mem_bytes[m]
        hourly = cores[m]
        cpu, squared = hourly @ self._by_hour, (hourly * hourly) @ self._by_hour
        core, byte = self._per_core[n], self._per_byte[n]
        there = squared[:, None] * (core * core) + cpu[:, None] * used[:, None] * (2.0 * core * byte)
        there += (used * used)[:, None] * (byte * byte * hours)
        core, mem = self._per_core[at], used * self._per_byte[at]
        here = squared * core * core + 2.0 * cpu * core * mem + mem * mem * hours
        return np.asarray((there + here[:, None]) / 4.0)

    def exchanged(self, a: Ints, b: Ints) -> Floats:
        """The strain that movers ``a`` and ``b`` take off by changing places [points]; NaN: not worked out yet."""
        unknown, firsts = np.full(len(self.drop), np.nan), np.unique(a)
        table = np.array([self._swapped.get(first, unknown) for first in firsts.tolist()])
        return np.asarray(table.reshape(len(firsts), len(unknown))[np.searchsorted(firsts, a), b])

    def keep_exchanged(self, a: Ints, b: Ints, points: Floats) -> None:
        """Keep what was worked out for pairs of movers, until one of their nodes changes."""
        for first in np.unique(a).tolist():
            kept = self._swapped.setdefault(first, np.full(len(self.drop), np.nan))
            kept[b[a == first]] = points[a == first]

    def relief(self, m: Ints, target: Ints) -> Floats:
        """The fall of ``J x nodes`` when each of ``m`` goes to its ``target``, pairwise and exact [points]."""
        board = self.board
        unknown = np.flatnonzero(np.isnan(self.rise[m, target]))
        if len(unknown):
            asked = m[unknown], target[unknown]
            rises = board.rises(*asked)
            self.rise[asked] = rises[:, 0]
            self._keep_lift(asked, rises)
        return np.asarray(self.drop[m] - self.rise[m, target] + board.evened(m, target))

    def lifted(self, m: Ints, target: Ints) -> Floats:
        """The ``lift`` of each of ``m`` to its ``target``, pairwise [points]; worked out where it is not known."""
        if self.lift is None:
            return np.zeros(len(m))
        unknown = np.flatnonzero(np.isnan(self.lift[m, target]))
        if len(unknown):
            asked = m[unknown], target[unknown]
            self._keep_lift(asked, self.board.rises(*asked))
        return np.asarray(self.lift[m, target])

    def _keep_lift(self, pairs: tuple[Ints, Ints], rises: Floats) -> None:
        fallen = self._cpu_drops[pairs[0], 1:] - rises[:, 1:]
        if self.lift is not None:
            trouble = troubled(self.board, self.board.at[pairs[0]])
            self.lift[pairs] = last_needed(self.board, over_mean(fallen), trouble)
