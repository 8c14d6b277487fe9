"""What a move must bring before it is recommended (scoring, section 5).

A first move must relieve the cluster by more than it costs, in the mean and in most of the days that may come
(``agreement``), and bring ``min_score_improvement`` either as relief or as the guest's own improvement, now or in an
hour ahead. Units, swaps and moves of guests that are on the way anyway are spared what follows the mean.
"""

from __future__ import annotations

from copy import copy

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.agreement import SINGLE_TIMES, agreed
from proxbalance_core.plan.board import LEAST_GAIN, Board
from proxbalance_core.plan.gains import Gains
from proxbalance_core.scoring.base import slopes
from proxbalance_core.scoring.targets import Scores, inputs_of, score_nodes, target_scores


class Gate:
    """The gate of one board, with the gains it is asked about.

    An improvement depends on two nodes alone: it is kept until one of them changes. ``improvement`` is
    [M, N] points, NaN where it was not asked for yet.
    """

    def __init__(self, board: Board) -> None:
        self.board, self.gains = board, Gains(board)
        self.improvement = np.full(self.gains.rise.shape, np.nan)
        self._hours: HourlyScores | None = None
        self._hours_of = self._seen = board.version

    def on(self, board: Board) -> Gate:
        """The same figures for a board that stands as this one does, under other rules of who may go where."""
        twin = copy(self)
        twin.board, twin.gains = board, copy(self.gains)
        twin.gains.board = board
        return twin

    def refresh(self) -> None:
        """Forget what the moves since the last call have changed."""
        if self._seen != self.board.version:
            changed = self.board.stamp > self._seen
            self.improvement[:, changed] = np.nan
            self.improvement[changed[self.board.at]] = np.nan
            self._seen = self.board.version
        self.gains.refresh()

    def hours(self, nodes: Ints) -> HourlyScores:
        """Scores of ``nodes`` as they are, now and hour by hour; of others maybe as they were.

        A node's score is its own, but for soft rules between nodes.
        """
        board, old = self.board, self._hours
        soft = bool(board.placed.groups.softly_bound)
        if old is None or (board.version if soft else board.stamp[nodes].max(initial=0)) > self._hours_of:
            rules = board.rules
            old = HourlyScores(board, score_nodes(board.placed, rules.scale, rules.settings))
            self._hours, self._hours_of = old, board.version
        return old

    def passes(self, m: Ints, target: Ints, relief: Floats) -> Bools:
        """Which of the pairs may be recommended, given their relief."""
        board, minimum = self.board, self.board.rules.settings.min_score_improvement
        good = np.asarray(relief - board.cost(m, target) > LEAST_GAIN)
        left = np.flatnonzero(good & ~self._spared(m))
        if len(left):
            good[left] = self._agreed(m[left], target[left], relief[left])
            asked = left[good[left] & (relief[left] < minimum)]
            good[asked] = self._improvements(m[asked], target[asked]) >= minimum
        return good

    def _agreed(self, m: Ints, target: Ints, relief: Floats) -> Bools:
        """Which of the pairs enough of the days that may come agree on."""
        if self.gains.lift is None:
            return np.ones(len(m), dtype=bool)
        self.refresh()
        return agreed(relief, self.gains.lifted(m, target), SINGLE_TIMES * self.board.cost(m, target))

    def refused(self, m: Ints, ceiling: Floats, cost: Floats) -> Bools:
        """Movers ``m`` on each node, [len(m), N]: known not to pass with a relief of ``ceiling`` at most."""
        minimum = self.board.rules.settings.min_score_improvement
        short = (self.improvement[m] < minimum) & (ceiling < minimum)
        if self.gains.lift is not None:
            short |= (ceiling + self.gains.lift[m] < SINGLE_TIMES * cost - LEAST_GAIN) & (cost > 0.0)
        return np.asarray(short & ~self._spared(m)[:, None])

    def _spared(self, m: Ints) -> Bools:
        return np.asarray(~self.board.single[m] | ~np.isnan(self.board.paid[m]))

    def _improvements(self, m: Ints, target: Ints) -> Floats:
        self.refresh()
        unknown = np.flatnonzero(np.isnan(self.improvement[m, target]))
        if len(unknown):
            asked = (m[unknown], target[unknown])
            hours = self.hours(np.concatenate([self.board.at[asked[0]], asked[1]]))
            self.improvement[asked] = hours.largest_improvement(*asked)
        return np.asarray(self.improvement[m, target])


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
