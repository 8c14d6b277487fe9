"""What those who stay could get, on the state after the plan."""

from __future__ import annotations

import numpy as np

from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import Ints
from proxbalance_core.plan.agreement import days_for, days_needed
from proxbalance_core.plan.board import PAIRS_AT_ONCE, Board, State, in_parts
from proxbalance_core.plan.improvement import HourlyScores
from proxbalance_core.plan.search import members_of
from proxbalance_core.recommend.skips import Prospects
from proxbalance_core.scoring.ranking import best_targets
from proxbalance_core.scoring.rows import node_totals, pair_totals
from proxbalance_core.scoring.targets import Scores, score_nodes, target_scores


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
    best, _ = best_targets(scores, lambda part: board.likely(rank[part]))
    _ask(board, rank, scores, best)
    able = np.flatnonzero(best >= 0)
    movers, targets = rank[able], best[able]
    relief, largest = np.full(guests, np.nan), np.full(guests, -np.inf)
    relief[able] = in_parts(board.relief, movers, targets)
    largest[able] = in_parts(HourlyScores(board, scores).largest_improvement, movers, targets)
    paying = np.zeros(guests, dtype=np.intp)
    worth = np.flatnonzero(relief[able] > board.price[movers])
    for part in np.split(worth, range(PAIRS_AT_ONCE, len(worth), PAIRS_AT_ONCE)):
        paying[able[part]] = days_for(board, movers[part], targets[part], relief[able[part]])
    own, best_score = node_totals(scores)[placed.node_of], np.full(guests, np.nan)
    best_score[able] = pair_totals(scores, able, targets)
    return Prospects(
        own_score=own, best=best, best_score=best_score, gain=own - best_score,
        largest=largest, relief=relief, cost=board.price[rank],
        paying=paying, days=board.days, needed=days_needed(board),
    )  # fmt: skip


def _ask(board: Board, rank: Ints, scores: Scores, best: Ints) -> None:
    """Set ``best`` [G] to the next best node where the best doesn't take the guest, -1 when none does."""
    for g in np.flatnonzero(board.watched[rank] & (best >= 0)):
        if board.takes(int(rank[g]), int(best[g])):
            continue
        likely = np.flatnonzero(board.likely(rank[[g]])[0])
        points = target_scores(scores, np.full(len(likely), g), likely)
        inwards = (int(n) for n in likely[np.argsort(points, kind="stable")])
        best[g] = next((n for n in inwards if board.takes(int(rank[g]), n)), -1)
