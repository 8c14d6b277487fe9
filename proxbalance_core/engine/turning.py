"""What would turn a "no" into a recommendation: the CPU threshold from which a guest, judged alone, would move."""

from __future__ import annotations

import dataclasses

import numpy as np

from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import Bools, Ints
from proxbalance_core.plan.agreement import days_for, days_needed
from proxbalance_core.plan.board import LEAST_GAIN, Board, State
from proxbalance_core.plan.improvement import HourlyScores
from proxbalance_core.recommend.skips import Prospects
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.targets import score_nodes

MOST_GUESTS = 32
MOST_STEPS = 8


def turning_thresholds(view: View, state: State, prospects: Prospects, guests: list[int]) -> dict[int, float]:
    """CPU thresholds [percent] from which ``guests`` [positions] would go to their best target.

    Looks at those nearest to being worth it, and up to eight points under the threshold in force, on
    the state after the plan and each guest alone: with the threshold really lowered, another guest
    may be the better one to move. Units are left out.
    """
    units = view.constraints.unit_of
    able = [g for g in guests if prospects.best[g] >= 0 and g not in units]
    near = sorted(able, key=lambda g: (prospects.cost[g] - prospects.relief[g], g))[:MOST_GUESTS]
    found: dict[int, float] = {}
    if not near:
        return found
    board = Board(state, view.rules, [(g,) for g in near], np.ones(len(near), dtype=bool))
    movers = np.arange(len(near))
    targets = prospects.best[near]
    threshold = view.settings.cpu_threshold
    for step in range(1, min(MOST_STEPS, int(threshold)) + 1):
        passes = _passes_at(board, movers, targets, threshold - step)
        found.update({near[m]: threshold - step for m in np.flatnonzero(passes) if near[m] not in found})
        if len(found) == len(near):
            break
    return found


def _passes_at(board: Board, movers: Ints, targets: Ints, threshold: float) -> Bools:
    """Which moves pass both gates with the CPU threshold at ``threshold``."""
    settings = dataclasses.replace(board.rules.settings, cpu_threshold=threshold)
    scale = PointScale.of(settings)
    board.field.scale = scale
    board.field.refresh(np.arange(len(board.field.mem)))
    relief = board.relief(movers, targets)
    improvement = HourlyScores(board, score_nodes(board.placed, scale, settings)).largest_improvement(movers, targets)
    worth = relief - board.cost(movers, targets) > LEAST_GAIN
    cost = board.cost(movers, targets)
    worth &= (days_for(board, movers, targets, relief) >= days_needed(board)) | (cost <= 0.0)
    return np.asarray(worth & (np.maximum(relief, improvement) >= settings.min_score_improvement))
