"""Several movers change places at once: whether they may, what it brings, and the search for such changes.

Where neither a single move nor a swap gains, a ring of three or a large guest for two small ones may. Such changes are
looked for in neighbourhoods drawn from a fixed seed: the same cluster gets the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import numpy as np

from proxbalance_core.features.arrays import Ints
from proxbalance_core.plan.agreement import joint_agreed
from proxbalance_core.plan.board import LEAST_GAIN, Board
from proxbalance_core.plan.neighbourhoods import Proposals, drawn, recreated
from proxbalance_core.plan.singles import Choice
from proxbalance_core.recommend.constraints import MEM_LIMIT, Ruling

Moves = tuple[tuple[int, int], ...]
SEED = 0
ROWS = 32  # neighbourhoods side by side: their loads stay in the cache
SHAPES = ((2, 4), (3, 6), (2, 8), (4, 8))  # nodes and movers of a neighbourhood, in turn
MOST_TIMES = 10
BREATH = Choice(moves=(), gain=0.0)  # nothing changed; whoever listens may stop the search here


def fits_together(board: Board, moves: Moves) -> bool:
    """Whether all of ``moves`` can be made at once: everyone in their new place keeps the hard constraints."""
    constraints, trial = board.rules.constraints, board.placed.copy()
    arrivals: list[tuple[int, int]] = []
    for m, n in moves:
        for g in board.members[m]:
            if constraints.fixed[g, n] != Ruling.FREE:
                return False
            trial.move(g, n)
            if n != board.home[m]:  # who goes home never left
                arrivals.append((g, n))
    used, uses = trial.mem_used_bytes(), trial.arrays.guest.mem_used_bytes[:, 0]
    for g, n in arrivals:
        need = constraints.need_bytes[g]
        if need > 0 and used[n] - uses[g] + need > MEM_LIMIT * constraints.mem_limits[n]:
            return False
    return constraints.holds_for(tuple(g for m, _ in moves for g in board.members[m]), trial)


def soft_change(board: Board, moves: Moves) -> float:
    """Points of soft rules that ``moves`` mend together (below 0: break)."""
    if not any(board.soft[m] for m, _ in moves):
        return 0.0
    after = board.placed.node_of.copy()
    for m, n in moves:
        after[list(board.members[m])] = n
    change = board.placed.groups.soft_broken(after, len(board.field.mem)) - board.field.soft
    return float(-board.rules.scale.soft_rule * change[board.field.scope].sum())


def joint_changes(board: Board) -> Iterator[Choice]:
    """Carry out joint changes that gain, one after the other; a ``BREATH`` after each batch without one.

    Ends when ``joint_rounds`` neighbourhoods were tried in vain, or ten times as many in all.
    """
    rng, rounds = np.random.default_rng(SEED), board.rules.joint_rounds
    in_vain = tried = 0
    for shape in cycle(SHAPES):
        if in_vain >= rounds or tried >= MOST_TIMES * rounds:
            return
        choice = best_joint(board, rng, shape)
        tried, in_vain = tried + ROWS, 0 if choice else in_vain + ROWS
        for m, n in choice.moves if choice else ():
            board.move(m, n)
        yield choice or BREATH


def best_joint(board: Board, rng: np.random.Generator, shape: tuple[int, int]) -> Choice | None:
    """The change that gains most of one batch of neighbourhoods; None when none gains."""
    batch = drawn(board, rng, ROWS, *shape)
    if not batch.movers.size:
        return None
    found = recreated(board, batch)
    hopeful = found.gain > LEAST_GAIN if not board.soft.any() else np.isfinite(found.gain)
    best: Choice | None = None
    for r in np.flatnonzero(hopeful)[np.argsort(-found.gain[hopeful], kind="stable")]:
        moves = _moves(board, batch.movers[r], found, int(r))
        gain = float(found.gain[r]) + soft_change(board, moves)
        if gain > (best.gain if best else LEAST_GAIN) and _worth(board, moves, gain) and fits_together(board, moves):
            best = Choice(moves=moves, gain=gain)
        if best is not None and not board.soft.any():
            break
    return best


def _moves(board: Board, movers: Ints, found: Proposals, r: int) -> Moves:
    pairs = zip(movers.tolist(), found.target[r].tolist(), strict=True)
    return tuple((m, n) for m, n in pairs if m >= 0 and n != board.at[m])


def _worth(board: Board, moves: Moves, gain: float) -> bool:
    """Whether a change may be recommended: as one it relieves by ``min_score_improvement``.

    A single move has a gate of its own (``gates``) and isn't let in here by the back door; those who are
    on the way anyway may go on for any gain, and so may two who change places.
    """
    fresh = [m for m, _ in moves if np.isnan(board.paid[m])]
    if not moves or (len(moves) == 1 and fresh):
        return False
    if board.moves_left is not None and sum(len(board.members[m]) for m in fresh) > board.moves_left:
        return False
    cost = sum(float(board.cost(np.array([m]), np.array([n]))[0]) for m, n in moves)
    exchange = len(moves) == 2 and {board.at[m] for m, _ in moves} == {n for _, n in moves}
    enough = not fresh or exchange or gain + cost >= board.rules.settings.min_score_improvement
    return enough and joint_agreed(board, moves, gain + cost)
