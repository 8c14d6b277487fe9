"""The best swap: two movers change places when no single move gains (engine, section 6)."""

from __future__ import annotations

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.agreement import swaps_agreed
from proxbalance_core.plan.board import LEAST_GAIN, Board
from proxbalance_core.plan.gains import Gains
from proxbalance_core.plan.singles import CHUNK, FIRST_CHUNK, TIE, Choice
from proxbalance_core.recommend.constraints import MEM_LIMIT, Ruling
from proxbalance_core.scoring.strain import hour_mean

LEAST_CPU_RELIEF = 1.0


def best_swap(board: Board, gains: Gains) -> Choice | None:
    """The swap that gains most; its first half is one of ``swap_candidates`` that relieve their node's CPU most."""
    gains.refresh()
    first, second, limits = _candidates(board, gains)
    best: Choice | None = None
    at = board.at
    begin, size = 0, FIRST_CHUNK
    while begin < len(first) and (best is None or limits[begin] > best.gain - TIE):
        part = slice(begin, begin + size)
        a, b, limit = first[part], second[part], limits[part]
        begin, size = begin + size, min(4 * size, CHUNK)
        # The strain of a swap holds until one of its nodes changes, and with it few pairs may gain any more.
        limit = limit - _foreseen(gains, a, b) + _exchanged(board, gains, a, b)
        kept = ~(limit <= (LEAST_GAIN if best is None else best.gain) - TIE)
        a, b = a[kept], b[kept]
        relief = swap_relief(board, a, b, _foreseen(gains, a, b))
        gain = relief - board.cost(a, at[b]) - board.cost(b, at[a])
        good = np.flatnonzero(gain > (LEAST_GAIN if best is None else best.gain + TIE))
        good = good[swaps_agreed(board, a[good], b[good], relief[good])]
        for i in good[np.lexsort((board.lead[b[good]], board.lead[a[good]], -np.round(gain[good] / TIE)))]:
            if best is not None and gain[i] <= best.gain + TIE:
                break
            if _fits(board, int(a[i]), int(b[i])):
                moves = ((int(a[i]), int(at[b[i]])), (int(b[i]), int(at[a[i]])))
                best = Choice(moves=moves, gain=float(gain[i]))
    return best


def _candidates(board: Board, gains: Gains) -> tuple[Ints, Ints, Floats]:
    """Pairs of movers on different nodes that may gain, by falling bound."""
    nothing = np.zeros(0, dtype=np.intp)
    if not len(board.members):
        return nothing, nothing, np.zeros(0)
    at, open_ = board.at, board.allowed()
    relieved = np.where(open_, gains.cpu_drop, 0.0)
    leaders = np.lexsort((board.lead, -relieved))[: board.rules.settings.swap_candidates]
    leaders = leaders[relieved[leaders] > LEAST_CPU_RELIEF]
    others = np.flatnonzero(open_)
    ceiling = _ceiling(board, gains, leaders, others)
    i, j = np.nonzero((ceiling > LEAST_GAIN) & (at[leaders][:, None] != at[others]))
    a, b, ceiling = leaders[i], others[j], ceiling[i, j]
    kept = _fixed_free(board, a, at[b]) & _fixed_free(board, b, at[a]) & _memory_fits(board, a, b)
    a, b, ceiling = a[kept], b[kept], ceiling[kept]
    order = np.lexsort((board.lead[b], board.lead[a], -ceiling))
    return a[order], b[order], ceiling[order]


def _ceiling(board: Board, gains: Gains, leaders: Ints, others: Ints) -> Floats:
    """The most that each of ``leaders`` and each of ``others`` could gain by changing places, as a matrix."""
    at, nodes = board.at, np.arange(len(board.field.mem))
    here, row = np.unique(at[leaders], return_inverse=True)
    evened = (gains.leaving - gains.drop)[leaders][:, None] + (gains.leaving - gains.drop)[others]
    there = gains.evened_by_arrival(leaders, nodes)[:, at[others]]
    back = gains.evened_by_arrival(others, here)[:, row].T
    cost = board.cost(leaders[:, None], at[others][None, :]) + board.cost(others[None, :], at[leaders][:, None])
    unbounded = board.unbounded[leaders][:, None] | board.unbounded[others]
    strain = _foreseen(gains, leaders[:, None], others[None, :])
    return np.where(unbounded, np.inf, strain + evened + there + back - cost)


def _foreseen(gains: Gains, a: Ints, b: Ints) -> Floats:
    """The strain that swaps take off both nodes where it is known, else the most that it can be [points]."""
    known = gains.exchanged(a, b)
    return np.where(np.isnan(known), gains.drop[a] + gains.drop[b], known)


def _exchanged(board: Board, gains: Gains, a: Ints, b: Ints) -> Floats:
    """The strain that swaps take off both nodes, pairwise [points]; worked out where it is not known."""
    unknown = np.flatnonzero(np.isnan(gains.exchanged(a, b)))
    if len(unknown):
        gains.keep_exchanged(a[unknown], b[unknown], swap_strain(board, a[unknown], b[unknown]))
    return gains.exchanged(a, b)


def _fixed_free(board: Board, m: Ints, n: Ints) -> Bools:
    return np.asarray(board.rules.constraints.fixed[board.lead[m], n] == Ruling.FREE)


def _memory_fits(board: Board, a: Ints, b: Ints) -> Bools:
    """Whether each finds its allocated memory free on the other's node once the other has left."""
    used, need, at = board.placed.mem_used_bytes(), board.need, board.at
    limit, uses = MEM_LIMIT * board.rules.constraints.mem_limits, board.carried.mem_bytes
    there = (used[at[b]] - uses[b] + need[a] <= limit[at[b]]) | (need[a] == 0)
    here = (used[at[a]] - uses[a] + need[b] <= limit[at[a]]) | (need[b] == 0)
    return np.asarray(there & here)


def _changes(board: Board, a: Ints, b: Ints) -> list[tuple[Ints, Floats, Floats]]:
    """Both nodes of each pair with the other's mover on them: entries for ``Board.spread_gain``."""
    field, at, changes = board.field, board.at, []
    for leaves, comes in ((a, b), (b, a)):
        n, cpu, mem = board.after(leaves, at[leaves], -1.0)
        cpu += board.carried.cpu_pct(comes, n, field.capacity)
        changes.append((n, cpu, mem + 100.0 * board.carried.mem_bytes[comes] / field.mem_bytes[n]))
    return changes


def swap_strain(board: Board, a: Ints, b: Ints) -> Floats:
    """The strain that each pair takes off its nodes by changing places; soft rules and the spread apart [points]."""
    field, iowait_pct, fallen = board.field, board.carried.iowait_pct, np.zeros(len(a))
    for (n, cpu, mem), leaves, comes in zip(_changes(board, a, b), (a, b), (b, a), strict=True):
        iowait = field.iowait[n] - iowait_pct[leaves] + iowait_pct[comes]
        strain = hour_mean(field.hourly_points(cpu)) + field.fixed_points(mem, iowait, field.soft[n])
        fallen += np.where(field.scope[n], field.node_strain[n] - strain, 0.0)
    return fallen


def swap_relief(board: Board, a: Ints, b: Ints, strain: Floats | None = None) -> Floats:
    """The fall of ``J x nodes`` when each pair changes places [points]; ``strain`` is its :func:`swap_strain`."""
    fallen = swap_strain(board, a, b) if strain is None else strain
    soft = np.zeros(len(a))
    for i in np.flatnonzero(board.soft[a] | board.soft[b]):
        soft[i] = _soft_gain(board, int(a[i]), int(b[i]))
    return np.asarray(fallen + board.spread_gain(_changes(board, a, b)) + soft)


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
