"""Ruin and recreate, many at a time: a few guests leave a few nodes and come back where it is best.

A neighbourhood is a set of nodes and some of the movers on them. All of these leave, and come back one after the
other, each to the node of the set where it costs least then. The neighbourhoods of a batch are worked out side by
side on the same placement; the caller carries out what gains. Soft rules, and constraints that depend on who shares
a node, are the caller's to check.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.board import Board
from proxbalance_core.recommend.constraints import MEM_LIMIT, Ruling

STRAYING = 0.3  # share of movers that stray, in every other neighbourhood: greed alone never finds some placements


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Neighbourhoods side by side: ``nodes`` [R, P], ``movers`` [R, K] in the order they come back (-1: none).

    ``strays`` [R, K]: which node of the neighbourhood a mover goes to whatever it costs (-1: where it costs least).
    """

    nodes: Ints
    movers: Ints
    strays: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposals:
    """What became of a batch: where each mover goes [R, K], and what all of it gains, [R] points.

    ``gain`` is -inf where somebody found no place.
    """

    target: Ints
    gain: Floats


def drawn(board: Board, rng: np.random.Generator, rows: int, nodes: int, movers: int) -> Batch:
    """A batch of ``rows`` neighbourhoods of 2 to ``movers`` movers on ``nodes`` nodes each.

    Draws by position alone, so that a rounding error in a load doesn't change what is tried.
    """
    inside = np.flatnonzero(board.field.scope)
    size = min(nodes, len(inside))
    picked = inside[np.argsort(rng.random((rows, len(inside))), axis=1)[:, :size]]
    open_ = np.flatnonzero(board.allowed() & board.field.scope[board.at])
    keys = rng.random((rows, len(open_)))
    there = np.zeros((rows, len(board.field.mem)), dtype=bool)
    there[np.arange(rows)[:, None], picked] = True
    keys[~there[:, board.at[open_]]] = np.inf
    most = min(movers, len(open_))
    first = np.argpartition(keys, most - 1, axis=1)[:, :most] if most else np.zeros((rows, 0), dtype=np.intp)
    key = np.take_along_axis(keys, first, axis=1)
    first = np.take_along_axis(first, np.argsort(key, axis=1), axis=1)
    chosen = np.where(np.isfinite(np.take_along_axis(keys, first, axis=1)), open_[first], -1)
    count = rng.integers(2, max(most, 2) + 1, size=rows)
    chosen[np.arange(most)[None, :] >= count[:, None]] = -1
    strays = rng.integers(0, max(size, 1), size=chosen.shape)
    strays[rng.random(chosen.shape) >= STRAYING * (np.arange(rows) % 2)[:, None]] = -1
    return Batch(nodes=picked, movers=chosen, strays=strays)


def recreated(board: Board, batch: Batch) -> Proposals:
    """Take the movers of each neighbourhood off and put each back where it costs least, one after the other."""
    table = _Table(board, batch)
    target = np.full(batch.movers.shape, -1, dtype=np.intp)
    before, spent = table.points.sum(axis=1) + table.spread(), np.zeros(len(batch.nodes))
    for k in range(batch.movers.shape[1]):
        table.leave(batch.movers[:, k])
    for k in range(batch.movers.shape[1]):
        target[:, k], cost = table.come(batch.movers[:, k], batch.strays[:, k])
        spent += cost
    return Proposals(target=target, gain=before - table.points.sum(axis=1) - table.spread() - spent)


class _Table:
    """The nodes of each neighbourhood while its movers are on the way; R neighbourhoods of P nodes, T hours."""

    def __init__(self, board: Board, batch: Batch) -> None:
        field, nodes = board.field, batch.nodes
        self.board, self.nodes, self.line = board, nodes, np.arange(len(nodes))
        self.cpu, self.mem, self.iowait, self.soft = (
            a[nodes] for a in (field.cpu, field.mem, field.iowait, field.soft)
        )
        self.used = board.placed.mem_used_bytes()[nodes]
        self.limit = MEM_LIMIT * board.rules.constraints.mem_limits[nodes]
        self.reserve = np.full(nodes.shape, -np.inf)  # what an arrival is given beyond what it uses, the largest
        self.points = field.node_strain[nodes]
        self.off = field.centred[nodes]  # how far each node's load is off the mean of before
        self.sum, self.squares = np.zeros((len(nodes), field.cpu.shape[1])), np.tile(field.squares, (len(nodes), 1))

    def spread(self) -> Floats:
        """What the spread of load costs, [R] points."""
        return self._spread(self.sum, self.squares)

    def _spread(self, total: Floats, squares: Floats) -> Floats:
        field, n = self.board.field, max(self.board.field.nodes, 1)
        mean, variance = total / n, squares / n
        mean *= mean
        variance -= mean
        np.maximum(variance, 0.0, out=variance)
        np.sqrt(variance, out=variance)
        return np.asarray(field.balance_weight * n * variance.mean(axis=-1))

    def leave(self, m: Ints) -> None:
        """Take movers ``m`` [R] off their nodes (-1: none)."""
        rows = np.flatnonzero(m >= 0)
        if not len(rows):
            return
        column = (self.nodes[rows] == self.board.at[m[rows]][:, None]).argmax(axis=1)
        self._put(rows, column, m[rows], -1.0)

    def come(self, m: Ints, strays: Ints) -> tuple[Ints, Floats]:
        """Put movers ``m`` [R] where it costs least, or where they stray to.

        Returns the nodes, and what the moves cost (inf: no place) [points].
        """
        target, spent = np.full(len(m), -1, dtype=np.intp), np.zeros(len(m))
        rows = np.flatnonzero(m >= 0)
        if not len(rows):
            return target, spent
        movers, nodes = m[rows], self.nodes[rows]
        cost = np.where(nodes == self.board.at[movers][:, None], 0.0, self.board.cost(movers[:, None], nodes))
        rise = self._rise(rows, movers)
        rise[~self._fits(rows, movers)] = np.inf
        line, column = np.arange(len(rows)), (rise + cost).argmin(axis=1)
        column = np.where(strays[rows] >= 0, strays[rows], column)
        target[rows] = nodes[line, column]
        spent[rows] = np.where(np.isfinite(rise[line, column]), cost[line, column], np.inf)
        self._put(rows, column, movers, 1.0)
        here = (target[rows] == self.board.at[movers]) | (target[rows] == self.board.home[movers])
        given = np.where(here, -np.inf, self.board.need[movers] - self.board.carried.mem_bytes[movers])
        self.reserve[rows, column] = np.maximum(self.reserve[rows, column], given)
        return target, spent

    def _fits(self, rows: Ints, m: Ints) -> Bools:
        """Whether each node takes the mover: rulings that never change, and memory with all who came."""
        board, nodes = self.board, self.nodes[rows]
        here = (nodes == board.at[m][:, None]) | (nodes == board.home[m][:, None])  # who goes home never left
        uses, need = board.carried.mem_bytes[m][:, None], board.need[m][:, None]
        reserve = np.maximum(self.reserve[rows], np.where(here | (need == 0), -np.inf, need - uses))
        free = board.rules.constraints.fixed[board.lead[m][:, None], nodes] == Ruling.FREE
        return np.asarray((here | free) & (self.used[rows] + uses + reserve <= self.limit[rows]))

    def _rise(self, rows: Ints, m: Ints) -> Floats:
        """What strain and spread come to with each mover on each node of its neighbourhood, [rows, P] points."""
        points, cpu, mem, _ = self._with(rows[:, None], np.arange(self.nodes.shape[1])[None, :], m[:, None], 1.0)
        old, new = self.off[rows], self._off(cpu, mem)
        total = new - old
        total += self.sum[rows][:, None]
        np.multiply(new, new, out=new)
        np.multiply(old, old, out=old)
        new -= old
        new += self.squares[rows][:, None]
        return np.asarray(points - self.points[rows] + self._spread(total, new))

    def _off(self, cpu: Floats, mem: Floats) -> Floats:
        """How far a load is off the mean of before, same shape as ``cpu`` [percent]."""
        load = cpu + mem[..., None]
        load *= 0.5
        np.clip(load, 0.0, 100.0, out=load)
        load -= self.board.field.mean_load
        return load

    def _with(self, r: Ints, p: Ints, m: Ints, sign: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Points, CPU, memory and iowait of nodes ``p`` of neighbourhoods ``r`` with ``m`` added or taken off."""
        field, carried, nodes = self.board.field, self.board.carried, self.nodes[r, p]
        cpu = self.cpu[r, p]
        if carried.cpu_cores is None:
            cpu += sign * carried.present_pct(m, nodes)[..., None]
        else:
            cpu += carried.cpu_cores[m] * (sign * 100.0 / field.capacity[nodes])[..., None]
        mem = self.mem[r, p] + sign * 100.0 * carried.mem_bytes[m] / field.mem_bytes[nodes]
        iowait = self.iowait[r, p] + sign * carried.iowait_pct[m]
        points = field.hourly_points(cpu).mean(axis=-1) + field.fixed_points(mem, iowait, self.soft[r, p])
        return points, cpu, mem, iowait

    def _put(self, rows: Ints, column: Ints, m: Ints, sign: float) -> None:
        points, cpu, mem, iowait = self._with(rows, column, m, sign)
        off, old = self._off(cpu, mem), self.off[rows, column]
        self.sum[rows] += off - old
        self.squares[rows] += off**2 - old**2
        self.points[rows, column], self.cpu[rows, column], self.mem[rows, column] = points, cpu, mem
        self.iowait[rows, column], self.off[rows, column] = iowait, off
        self.used[rows, column] += sign * self.board.carried.mem_bytes[m]
