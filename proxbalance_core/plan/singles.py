"""The best single move: exact, found under bounds that most pairs don't reach.

The strain that leaves a node is cheap; what arrives costs hours x pairs. Arriving load never lowers a
node's points, and the spread of load is convex in the loads, so its tangent bounds what evening out
can bring. Only pairs whose bound beats the best found so far are worked out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.board import LEAST_GAIN, Board
from proxbalance_core.plan.gates import Gate

CHUNK = 256
CLIPPED_SLACK = 3.5  # sqrt(2) for the spread itself and 2 for the tangents at both ends
TIE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Moves that are taken as one: (mover, target) each, with what they gain together [points]."""

    moves: tuple[tuple[int, int], ...]
    gain: float


class GainBound:
    """Upper bounds of the gain of every mover on every node, [M, N] points, made per board version."""

    def __init__(self, board: Board) -> None:
        field, carried = board.field, board.carried
        self.board = board
        movers = np.arange(len(board.members))
        self.drop = board.drop(movers)
        slope = np.where(field.spread > 1e-12, field.centred / np.maximum(field.spread, 1e-12), 0.0)
        mem_pct = 100.0 * carried.mem_bytes[:, None] / field.mem_bytes[None, :]
        if carried.cpu_cores is None:
            cpu_slope = carried.present_pct * slope.mean(axis=1)
        else:
            cpu_slope = 100.0 * (carried.cpu_cores @ slope.T) / slope.shape[1] / field.capacity
        tangent = field.balance_weight * (cpu_slope + mem_pct * slope.mean(axis=1)) / 2.0
        self.tangent = np.nan_to_num(tangent)
        self.slack = self._slack(mem_pct)
        leaving = self.tangent[movers, board.at] if len(movers) else np.zeros(0)
        self.bound: Floats = (self.drop + leaving)[:, None] - self.tangent + self.slack

    def _slack(self, mem_pct: Floats) -> float:
        """0 while no load reaches the ends 0 and 100, where clipping bends the spread; else no bound."""
        field, carried = self.board.field, self.board.carried
        if carried.cpu_cores is None:
            most = np.nan_to_num(carried.present_pct + mem_pct).max(initial=0.0) / 2.0
        else:
            peak = carried.cpu_cores.max(axis=1, initial=0.0)[:, None]
            most = np.nan_to_num(100.0 * peak / field.capacity + mem_pct).max(initial=0.0) / 2.0
        raw = (field.cpu + field.mem[:, None])[field.scope] / 2.0
        inside = raw.size == 0 or (raw.min() - most >= 0.0 and raw.max() + most <= 100.0)
        return 0.0 if inside else float(CLIPPED_SLACK * field.balance_weight * most * np.sqrt(max(field.nodes, 1)))


def best_single(board: Board, gate: Gate) -> Choice | None:
    """The move that gains most among those that pass the gate; None when none does."""
    bound = GainBound(board)
    movers, targets, limits = _candidates(board, bound)
    best: Choice | None = None
    for begin in range(0, len(movers), CHUNK):
        if best is not None and limits[begin] <= best.gain - TIE:
            break
        part = slice(begin, begin + CHUNK)
        best = _better(best, _best_of(board, gate, movers[part], targets[part]))
    return best


def passing(board: Board, gate: Gate) -> Bools:
    """Movers with at least one move that passes the gate now, [M]."""
    movers, targets, _ = _candidates(board, GainBound(board))
    passes = np.zeros(len(board.members), dtype=bool)
    for begin in range(0, len(movers), 8 * CHUNK):
        part = slice(begin, begin + 8 * CHUNK)
        relief = board.relief(movers[part], targets[part])
        passes[movers[part][gate.passes(movers[part], targets[part], relief)]] = True
    return passes


def _candidates(board: Board, bound: GainBound) -> tuple[Ints, Ints, Floats]:
    """Pairs that may gain, by falling bound (then mover, then node)."""
    free = board.rules.constraints.free_targets(board.members, board.placed) & board.allowed()[:, None]
    nodes = np.arange(free.shape[1])
    movers = np.arange(free.shape[0])
    ceiling = bound.bound - board.cost(movers[:, None], nodes[None, :])
    ceiling[board.soft] = np.inf
    m, n = np.nonzero(free & (ceiling > LEAST_GAIN))
    order = np.lexsort((n, m, -ceiling[m, n]))
    return m[order], n[order], ceiling[m, n][order]


def _best_of(board: Board, gate: Gate, movers: Ints, targets: Ints) -> Choice | None:
    relief = board.relief(movers, targets)
    gain = relief - board.cost(movers, targets)
    gain[~gate.passes(movers, targets, relief)] = -np.inf
    if not len(gain) or gain.max() <= LEAST_GAIN:
        return None
    ties = np.flatnonzero(gain >= gain.max() - TIE)
    first = min(ties, key=lambda i: (board.lead[movers[i]], targets[i]))
    return Choice(moves=((int(movers[first]), int(targets[first])),), gain=float(gain[first]))


def _better(best: Choice | None, found: Choice | None) -> Choice | None:
    if best is None or found is None:
        return best or found
    if abs(found.gain - best.gain) <= TIE:
        return min(best, found, key=lambda choice: choice.moves)
    return max(best, found, key=lambda choice: choice.gain)
