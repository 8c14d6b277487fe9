"""How much a guest's own score would improve by a move: now, and in each hour ahead (scoring, section 4)."""

from __future__ import annotations

import numpy as np

from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.plan.board import Board
from proxbalance_core.scoring.base import slopes
from proxbalance_core.scoring.targets import Scores, inputs_of, nothing_more, scores_after, target_scores


class HourlyScores:
    """Score improvements now and in each hour ahead, nodes and guests at that hour's level.

    Only the CPU differs between hours, and the base is linear in it, so an hour's improvement is the
    present one plus what the CPU terms and the base change by.
    """

    def __init__(self, board: Board, scores: Scores) -> None:
        self.board, self.scores = board, scores
        field, placed, scale = board.field, board.placed, scores.scale
        grows = slopes(inputs_of(placed))
        self.stays, self.arrives = grows.cpu, grows.cpu_after
        ahead, now = np.clip(field.cpu, 0.0, 100.0), np.clip(placed.cpu_level, 0.0, 100.0)
        current = scale.current_cpu(field.cpu) - scale.current_cpu(placed.cpu_level)[:, None]
        both = (self.stays + self.arrives)[:, None]
        self.source_change = current + both * (ahead - now[:, None])
        self.target_change = current + self.stays[:, None] * (ahead - now[:, None])

    def largest_improvement(self, m: Ints, target: Ints) -> Floats:
        """The largest score improvement of single guests, pairwise [points]; -inf where not measured."""
        board, field, scale = self.board, self.board.field, self.scores.scale
        placed, guest = board.placed, board.placed.arrays.guest
        g, source = board.lead[m], board.at[m]
        now = self.scores.own[source] - target_scores(self.scores, g, target)
        added, level = board.carried.cpu_pct(m, target, field.capacity), placed.cpu_level[target][:, None]
        present = board.carried.present_pct(m, target)[:, None]
        reckoned_now, reckoned, bursty = present, added, guest.bursty[g][:, None]
        if bursty.any():
            peak = (100.0 * guest.cpu_used_cores[g, 3] / field.capacity[target])[:, None]
            reckoned_now, reckoned = (np.where(bursty & ~np.isnan(peak), peak, each) for each in (present, added))
        there = field.cpu[target]
        change = self.arrives[target][:, None] * (
            np.clip(there + added, 0.0, 100.0) - np.clip(level + present, 0.0, 100.0)
        )
        change = change + scale.predicted_cpu(there + reckoned) - scale.predicted_cpu(level + reckoned_now)
        ahead = self.source_change[source] - self.target_change[target] - change
        largest = now + np.maximum(ahead.max(axis=-1), 0.0)
        return np.where(np.isnan(largest), -np.inf, largest)

    def most(self, source: Ints, target: Ints) -> Floats:
        """The most that any guest could improve by going from ``source`` to ``target``, pairwise [points].

        What a guest brings never makes a target better, so its score there is at least that of a guest that brings
        nothing. NaN where not measured.
        """
        field, placed, scale = self.board.field, self.board.placed, self.scores.scale
        n, where = np.unique(target, return_inverse=True)
        now = scores_after(self.scores, n, nothing_more(placed, n))
        level, ahead = placed.cpu_level[n], field.cpu[n]
        change = self.arrives[n][:, None] * (np.clip(ahead, 0.0, 100.0) - np.clip(level, 0.0, 100.0)[:, None])
        change += scale.predicted_cpu(ahead) - scale.predicted_cpu(level)[:, None]
        there = now[:, None] + np.hstack([np.zeros((len(n), 1)), self.target_change[n] + change])
        here = self.scores.own[source][:, None] + np.hstack([np.zeros((len(source), 1)), self.source_change[source]])
        return np.asarray((here - there[where]).max(axis=-1))
