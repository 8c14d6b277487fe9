"""What those who stay could get, on the state after the plan."""

from __future__ import annotations

import numpy as np

from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.plan.board import Board, State
from proxbalance_core.plan.gates import HourlyScores
from proxbalance_core.plan.search import members_of
from proxbalance_core.recommend.prospects import all_target_scores
from proxbalance_core.recommend.skips import Prospects
from proxbalance_core.scoring.rows import node_totals, pair_totals
from proxbalance_core.scoring.targets import score_nodes


def prospects(view: View, state: State) -> Prospects:
    """Best target, its score, gain, relief and cost for every guest, in ``state``."""
    rules, placed = view.rules, state.placed
    members = members_of(placed, rules)
    board = Board(state, rules, members, np.ones(len(members), dtype=bool))
    scores = score_nodes(placed, rules.scale, rules.settings)
    guests = len(placed.node_of)
    rank = np.zeros(guests, dtype=np.intp)
    for m, unit in enumerate(members):
        rank[list(unit)] = m
    matrix = all_target_scores(scores)
    matrix[~board.likely(rank)] = np.inf
    best = _best_taken(board, rank, matrix)
    found = np.isfinite(matrix[np.arange(guests), best]) if matrix.size else np.zeros(guests, dtype=bool)
    able = np.flatnonzero(found)
    movers, targets = rank[able], best[able]
    relief, largest = np.full(guests, np.nan), np.full(guests, -np.inf)
    relief[able] = board.relief(movers, targets)
    largest[able] = HourlyScores(board, scores).largest_improvement(movers, targets) if len(able) else 0.0
    own, best_score = node_totals(scores)[placed.node_of], np.full(guests, np.nan)
    best_score[able] = pair_totals(scores, able, targets)
    return Prospects(
        own_score=own, best=np.where(found, best, -1), best_score=best_score, gain=own - best_score,
        largest=largest, relief=relief, cost=board.price[rank],
    )  # fmt: skip


def _best_taken(board: Board, rank: Ints, matrix: Floats) -> Ints:
    """The best node of each guest that takes it, [G]; ``matrix`` loses those that were asked and don't."""
    if not matrix.size:
        return np.zeros(len(matrix), dtype=np.intp)
    best: Ints = matrix.argmin(axis=1)
    for g in np.flatnonzero(board.watched[rank]):
        while np.isfinite(matrix[g, best[g]]) and not board.takes(int(rank[g]), int(best[g])):
            matrix[g, best[g]] = np.inf
            best[g] = matrix[g].argmin()
    return best
