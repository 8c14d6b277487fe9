"""The best swap: two movers change places when no single move gains (engine, section 6)."""

from __future__ import annotations

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.board import LEAST_GAIN, Board
from proxbalance_core.plan.singles import CHUNK, TIE, Choice, GainBound
from proxbalance_core.recommend.constraints import MEM_LIMIT, Ruling

LEAST_CPU_RELIEF = 1.0


def best_swap(board: Board) -> Choice | None:
    """The swap that gains most; its first half is one of ``swap_candidates`` that relieve their node's CPU most."""
    first, second, limits = _candidates(board)
    best: Choice | None = None
    for begin in range(0, len(first), CHUNK):
        if best is not None and limits[begin] <= best.gain - TIE:
            break
        a, b = first[begin : begin + CHUNK], second[begin : begin + CHUNK]
        at = board.at
        gain = swap_relief(board, a, b) - board.cost(a, at[b]) - board.cost(b, at[a])
        good = np.flatnonzero(gain > LEAST_GAIN)
        for i in good[np.lexsort((board.lead[b[good]], board.lead[a[good]], -np.round(gain[good] / TIE)))]:
            if best is not None and gain[i] <= best.gain + TIE:
                break
            if _fits(board, int(a[i]), int(b[i])):
                moves = ((int(a[i]), int(at[b[i]])), (int(b[i]), int(at[a[i]])))
                best = Choice(moves=moves, gain=float(gain[i]))
    return best


def _candidates(board: Board) -> tuple[Ints, Ints, Floats]:
    """Pairs of movers on different nodes that may gain, by falling bound."""
    nothing = np.zeros(0, dtype=np.intp)
    if not len(board.members):
        return nothing, nothing, np.zeros(0)
    movers, at, open_ = np.arange(len(board.members)), board.at, board.allowed()
    relieved = np.where(open_, board.cpu_drop(movers), 0.0)
    leaders = np.lexsort((board.lead, -relieved))[: board.rules.settings.swap_candidates]
    leaders = leaders[relieved[leaders] > LEAST_CPU_RELIEF]
    grid = np.meshgrid(leaders, movers[open_], indexing="ij")
    a, b = grid[0].ravel(), grid[1].ravel()
    apart = at[a] != at[b]
    a, b = a[apart], b[apart]
    ceiling = _ceiling(board, a, b)
    kept = (
        _fixed_free(board, a, at[b]) & _fixed_free(board, b, at[a]) & _memory_fits(board, a, b) & (ceiling > LEAST_GAIN)
    )
    a, b, ceiling = a[kept], b[kept], ceiling[kept]
    order = np.lexsort((board.lead[b], board.lead[a], -ceiling))
    return a[order], b[order], ceiling[order]


def _ceiling(board: Board, a: Ints, b: Ints) -> Floats:
    bound, at = GainBound(board), board.at
    tangent = bound.tangent
    both = bound.drop[a] + bound.drop[b] + 2.0 * bound.slack
    both = both + tangent[a, at[a]] - tangent[a, at[b]] + tangent[b, at[b]] - tangent[b, at[a]]
    both = both - board.cost(a, at[b]) - board.cost(b, at[a])
    return np.where(board.soft[a] | board.soft[b], np.inf, both)


def _fixed_free(board: Board, m: Ints, n: Ints) -> Bools:
    return np.asarray(board.rules.constraints.fixed[board.lead[m], n] == Ruling.FREE)


def _need(board: Board) -> Floats:
    need = board.rules.constraints.need_bytes
    return np.array([sum(need[g] for g in unit) for unit in board.members], dtype=np.float64)


def _memory_fits(board: Board, a: Ints, b: Ints) -> Bools:
    """Whether each finds its allocated memory free on the other's node once the other has left."""
    used, need, at = board.placed.mem_used_bytes(), _need(board), board.at
    limit, uses = MEM_LIMIT * board.rules.constraints.mem_limits, board.carried.mem_bytes
    there = (used[at[b]] - uses[b] + need[a] <= limit[at[b]]) | (need[a] == 0)
    here = (used[at[a]] - uses[a] + need[b] <= limit[at[a]]) | (need[b] == 0)
    return np.asarray(there & here)


def swap_relief(board: Board, a: Ints, b: Ints) -> Floats:
    """The fall of ``J x nodes`` when each pair changes places [points]."""
    field, at = board.field, board.at
    changes, fallen = [], np.zeros(len(a))
    for leaves, comes in ((a, b), (b, a)):
        n = at[leaves]
        _, cpu, mem = board.after(leaves, n, -1.0)
        cpu = cpu + board.carried.cpu_pct(comes, n, field.capacity)
        mem = mem + 100.0 * board.carried.mem_bytes[comes] / field.mem_bytes[n]
        iowait = field.iowait[n] - board.carried.iowait_pct[leaves] + board.carried.iowait_pct[comes]
        strain = field.hourly_points(cpu).mean(axis=-1) + field.fixed_points(mem, iowait, field.soft[n])
        fallen += np.where(field.scope[n], field.node_strain[n] - strain, 0.0)
        changes.append((n, cpu, mem))
    soft = np.zeros(len(a))
    for i in np.flatnonzero(board.soft[a] | board.soft[b]):
        soft[i] = _soft_gain(board, int(a[i]), int(b[i]))
    return np.asarray(fallen + board.spread_gain(changes) + soft)


def _soft_gain(board: Board, a: int, b: int) -> float:
    after = board.placed.node_of.copy()
    after[list(board.members[a])], after[list(board.members[b])] = board.at[b], board.at[a]
    change = board.placed.groups.soft_broken(after, len(board.field.mem)) - board.field.soft
    return float(-board.rules.scale.soft_rule * change[board.field.scope].sum())


def _fits(board: Board, a: int, b: int) -> bool:
    """The constraints that depend on who shares a node, with both in their new places."""
    constraints = board.rules.constraints
    members = (*board.members[a], *board.members[b])
    if not any(
        g in constraints.apart_of or g in constraints.copies or len(board.members[m]) > 1
        for m in (a, b)
        for g in board.members[m]
    ):
        return True
    trial = board.placed.copy()
    at = board.at
    for m, n in ((a, int(at[b])), (b, int(at[a]))):
        for g in board.members[m]:
            if constraints.fixed[g, n] != Ruling.FREE:
                return False
            trial.move(g, n)
    return constraints.holds_for(members, trial)
