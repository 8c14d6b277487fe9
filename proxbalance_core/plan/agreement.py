"""Whether the days that may come agree on a move: it has to pay in most of them, not in their mean alone.

A mean is swayed by one day. A move that pays only if tomorrow is like the last hour is a bet, and a low price of moves
buys many of those; asked to pay in two days of three, it buys relief (docs/adr/0022). Where a node is far over its
threshold already there is nothing to bet on: then the day that goes on as the last hour did speaks for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from proxbalance_core.domain.refusals import HOURS_AHEAD
from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.board import Board
from proxbalance_core.scoring.strain import hour_mean

# In each of these days a move must relieve by more than so many times its price. Swaps are asked for less: they are the
# only way on in many a full cluster.
SINGLE_TIMES, SWAP_TIMES = 1.25, 0.4
Change = tuple[Ints, Floats]  # a node for each set [P], and its CPU then [P, T] percent


def days_needed(board: Board) -> int:
    """In how many of them a move has to pay."""
    return ceil(board.rules.settings.scenario_agreement_pct / 100.0 * board.days - 1e-9)


def troubled(board: Board, n: Ints) -> Bools:
    """Which of nodes ``n`` are over the second CPU step of plans if things go on as they are: the last of the days."""
    return np.asarray(board.field.cpu[n, -HOURS_AHEAD] > board.field.scale.plan_cpu.limits[1])


def _mended(board: Board, changes: Sequence[Change]) -> Bools:
    """Which of P sets of changes relieve a node that is in trouble, [P]."""
    falls = [cpu[:, -HOURS_AHEAD] < board.field.cpu[node, -HOURS_AHEAD] for node, cpu in changes]
    hot = [troubled(board, node) & fall for (node, _), fall in zip(changes, falls, strict=True)]
    return np.asarray(np.any(hot, axis=0))


def by_day(board: Board, changes: Sequence[Change]) -> Floats:
    """How far the relief of P sets of changes is over that of the mean in each day that may come, [P, days] points.

    What is no CPU strain counts alike in all of them, and so does how evenly the nodes are loaded: that is no trouble
    of one day.
    """
    field = board.field
    fallen = np.zeros((len(changes[0][0]), field.cpu.shape[1]))
    for node, cpu in changes:
        points = field.hourly[node]
        points -= field.hourly_points(cpu)
        if not field.whole:
            points[~field.scope[node]] = 0.0
        fallen += points
    return over_mean(board.by_day(fallen))


def over_mean(each: Floats) -> Floats:
    """How far the relief of each day, [P, days], is over that of the mean day."""
    return np.asarray(each - hour_mean(each)[:, None])


def lift(board: Board, changes: Sequence[Change]) -> Floats:
    """What the last day that has to agree is over the mean, [P] points: a change is agreed on where relief and this
    are over its price."""
    return last_needed(board, by_day(board, changes), _mended(board, changes))


def last_needed(board: Board, over: Floats, mended: Bools) -> Floats:
    """Of what each day is over the mean, [P, days], that of the last day that has to agree.

    Where trouble that is there is ``mended`` [P], the day that goes on as now is enough.
    """
    agreed_on = np.sort(over, axis=-1)[:, -days_needed(board)]
    return np.where(mended, np.maximum(agreed_on, over[:, -1]), agreed_on)


def agreed(relief: Floats, lifted: Floats, price: Floats) -> Bools:
    """Which changes enough of the days agree on, given the :func:`lift`; what costs nothing needs no agreement."""
    return np.asarray((relief + lifted > price) | (price <= 0.0))


def single_changes(board: Board, m: Ints, target: Ints) -> list[Change]:
    """The two nodes of each move."""
    return [board.after(m, board.at[m], -1.0)[:2], board.after(m, target, 1.0)[:2]]


def days_for(board: Board, m: Ints, target: Ints, relief: Floats) -> Ints:
    """In how many of the days each of single movers ``m`` pays on its ``target``, pairwise.

    As many as have to agree where it leaves a node in trouble, and pays if that goes on.
    """
    if not board.days:
        return np.zeros(len(m), dtype=np.intp)
    each = relief[:, None] + by_day(board, single_changes(board, m, target))
    pays = each > SINGLE_TIMES * board.cost(m, target)[:, None]
    count, urgent = pays.sum(axis=-1), pays[:, -1] & troubled(board, board.at[m])
    return np.asarray(np.where(urgent, np.maximum(count, days_needed(board)), count))


def swaps_agreed(board: Board, a: Ints, b: Ints, relief: Floats) -> Bools:
    """Of movers that change places, pairwise: which enough of the days agree on."""
    if not len(a) or not days_needed(board):
        return np.ones(len(a), dtype=bool)
    at, changes = board.at, []
    for leaves, comes in ((a, b), (b, a)):
        n, cpu, _ = board.after(leaves, at[leaves], -1.0)
        cpu += board.carried.cpu_pct(comes, n, board.field.capacity)
        changes.append((n, cpu))
    price = SWAP_TIMES * (board.cost(a, at[b]) + board.cost(b, at[a]))
    return agreed(relief, lift(board, changes), price)


def joint_agreed(board: Board, moves: Sequence[tuple[int, int]], relief: float) -> bool:
    """Whether enough of the days agree on several moves at once."""
    if not days_needed(board):
        return True
    field, carried = board.field, board.carried
    cpu = {n: field.cpu[n].copy() for m, target in moves for n in (int(board.at[m]), target)}
    for m, target in moves:
        for n, sign in ((int(board.at[m]), -1.0), (target, 1.0)):
            cpu[n] += sign * carried.cpu_pct(np.array([m]), np.array([n]), field.capacity)[0]
    price = sum(float(board.cost(np.array([m]), np.array([n]))[0]) for m, n in moves)
    lifted = lift(board, [(np.array([n]), then[None]) for n, then in cpu.items()])
    return bool(agreed(np.array([relief]), lifted, np.array([SWAP_TIMES * price]))[0])
