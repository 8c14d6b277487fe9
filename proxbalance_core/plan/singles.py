"""The best single move: exact, found under bounds that most pairs don't reach (see ``gains``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.board import LEAST_GAIN, PAIRS_AT_ONCE, Board
from proxbalance_core.plan.gates import Gate

FIRST_CHUNK, CHUNK = 32, PAIRS_AT_ONCE
FIRST_ASKED = 8  # pairs that the gate is asked about at first: mostly one of them passes
TIE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Moves that are taken as one: (mover, target) each, with what they gain together [points]."""

    moves: tuple[tuple[int, int], ...]
    gain: float


def best_single(board: Board, gate: Gate) -> Choice | None:
    """The move that gains most among those that pass the gate; None when none does.

    Ties go to the lower guest, then the node's name.
    """
    movers, targets, ceiling = candidates(board, gate)
    best, size = LEAST_GAIN, FIRST_CHUNK
    choices: list[tuple[float, int, int]] = []
    while len(ceiling):
        top = np.argpartition(-ceiling, size)[:size] if size < len(ceiling) else np.arange(len(ceiling))
        m, n = movers[top], targets[top]
        relief = gate.gains.relief(m, n)
        gain = relief - board.cost(m, n)
        for i in _passing_first(gate, (m, n, relief), gain, best):
            if gain[i] <= best - TIE:
                break
            if board.takes(int(m[i]), int(n[i])):
                best = max(best, float(gain[i]))
                choices.append((float(gain[i]), int(m[i]), int(n[i])))
        ceiling[top] = -np.inf
        kept = ceiling > best - 2.0 * TIE
        movers, targets, ceiling, size = movers[kept], targets[kept], ceiling[kept], min(4 * size, CHUNK)
    ties = [choice for choice in choices if choice[0] >= best - TIE and choice[0] > LEAST_GAIN]
    if not ties:
        return None
    gain_of, mover, target = min(ties, key=lambda choice: (board.lead[choice[1]], choice[2]))
    return Choice(moves=((mover, target),), gain=gain_of)


def _passing_first(gate: Gate, pairs: tuple[Ints, Ints, Floats], gain: Floats, least: float) -> Iterator[int]:
    """Places of the ``pairs`` (mover, target, relief) that pass, the best first; the gate is asked as far as needed."""
    order = np.argsort(-gain, kind="stable")
    order = order[gain[order] > least - TIE]
    begin, size = 0, FIRST_ASKED
    while begin < len(order):
        part = order[begin : begin + size]
        begin, size = begin + size, 4 * size
        m, target, relief = pairs
        yield from part[gate.passes(m[part], target[part], relief[part])].tolist()


def best_of_each(board: Board, gate: Gate) -> dict[int, int]:
    """The move that gains most for each mover by itself, as the board stands: mover to node."""
    movers, targets, _ = candidates(board, gate)
    gain = np.full(len(movers), -np.inf)
    for begin in range(0, len(movers), CHUNK):
        part = slice(begin, begin + CHUNK)
        m, n = movers[part], targets[part]
        relief = gate.gains.relief(m, n)
        gain[part] = np.where(gate.passes(m, n, relief), relief - board.cost(m, n), -np.inf)
    best: dict[int, int] = {}
    for i in np.lexsort((targets, -gain, movers)):
        mover, target = int(movers[i]), int(targets[i])
        if mover not in best and np.isfinite(gain[i]) and board.takes(mover, target):
            best[mover] = target
    return best


def passing(board: Board, gate: Gate) -> Bools:
    """Movers with at least one move that passes the gate now, [M]."""
    movers, targets, ceiling = candidates(board, gate)
    order = _each_ones_best_first(movers, ceiling)
    movers, targets, ceiling = movers[order], targets[order], ceiling[order]
    passes = np.zeros(len(board.members), dtype=bool)
    while len(movers):
        m, n = movers[:CHUNK], targets[:CHUNK]
        for i in np.flatnonzero(gate.passes(m, n, gate.gains.relief(m, n))):
            passes[m[i]] = passes[m[i]] or board.takes(int(m[i]), int(n[i]))
        movers, targets, ceiling = movers[CHUNK:], targets[CHUNK:], ceiling[CHUNK:]
        open_ = ~passes[movers] & ~gate.hopeless(movers, targets, ceiling + board.cost(movers, targets))
        movers, targets, ceiling = movers[open_], targets[open_], ceiling[open_]
    return passes


def _each_ones_best_first(movers: Ints, ceiling: Floats) -> Ints:
    """Pairs in the order in which they are asked when one that passes is enough: every mover's best, then its next."""
    order = np.lexsort((-ceiling, movers))
    own = movers[order]
    place = np.arange(len(own)) - np.searchsorted(own, own)
    return np.asarray(order[np.argsort(place, kind="stable")])


def candidates(board: Board, gate: Gate) -> tuple[Ints, Ints, Floats]:
    """Pairs that may gain, with the most that each could; ``Board.takes`` still has to be asked."""
    gate.refresh()
    movers = np.flatnonzero(board.allowed())
    least_cost = np.where(np.isnan(board.paid), board.price, -board.paid)[movers]
    rows = movers[(gate.gains.at_most(movers) > least_cost + LEAST_GAIN) | board.unbounded[movers]]
    nodes = np.arange(len(board.field.mem))
    ceiling, cost = gate.gains.bounds(rows), board.cost(rows[:, None], nodes)
    ceiling[board.unbounded[rows]] = np.inf
    promising = (ceiling - cost > LEAST_GAIN).any(axis=1)
    rows, ceiling, cost = rows[promising], ceiling[promising], cost[promising]
    ceiling -= gate.gains.bend(rows, nodes)
    refused = gate.refused(rows, ceiling, cost)
    ceiling -= cost
    ceiling[refused] = -np.inf
    i, n = np.nonzero(board.likely(rows) & (ceiling > LEAST_GAIN))
    return rows[i], n, ceiling[i, n]
