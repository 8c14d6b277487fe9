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
from proxbalance_core.plan.board import LEAST_GAIN, Board, in_parts
from proxbalance_core.plan.gains import Gains
from proxbalance_core.plan.improvement import HourlyScores
from proxbalance_core.scoring.targets import score_nodes

# So many moves that fail for their improvement at one stand of the board: from then on nodes between which no guest
# could improve enough are left out at once. At a least improvement of 60 points that is nine of ten pairs.
MANY_FAIL = 16


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
        self._most: Floats | None = None  # what any guest could improve by between two nodes; None: isn't asked for
        self._failed = 0

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
            self._failed = 0
            if self._most is not None:
                self._most[changed] = np.nan
                self._most[:, changed] = np.nan
            self._seen = self.board.version
        self.gains.refresh()

    def hours(self, nodes: Ints) -> HourlyScores:
        """Scores of ``nodes`` as they are, now and hour by hour; of others maybe as they were.

        A node's score is its own: a soft rule counts on the nodes of those it is about, and a move changes that on the
        two nodes that it is between.
        """
        board, old = self.board, self._hours
        if old is None or board.stamp[nodes].max(initial=0) > self._hours_of:
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
            self._count(len(asked) - int(good[asked].sum()))
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
        short = self.improvement[m] < minimum
        if self._most is not None:
            short |= self._between(self._most, self.board.at[m]) < minimum
        short &= ceiling < minimum
        if self.gains.lift is not None:
            short |= (ceiling + self.gains.lift[m] < SINGLE_TIMES * cost - LEAST_GAIN) & (cost > 0.0)
        return np.asarray(short & ~self._spared(m)[:, None])

    def hopeless(self, m: Ints, target: Ints, ceiling: Floats) -> Bools:
        """Which of the pairs are known not to pass with a relief of ``ceiling`` at most: :meth:`refused`, pairwise."""
        if self._most is None:
            return np.zeros(len(m), dtype=bool)
        minimum = self.board.rules.settings.min_score_improvement
        most = self._between(self._most, self.board.at[m])[np.arange(len(m)), target]
        return np.asarray((most < minimum) & (ceiling < minimum) & ~self._spared(m))

    def _count(self, failed: int) -> None:
        self._failed += failed
        if self._failed >= MANY_FAIL and self._most is None and self.board.rules.scale.arriving:
            self._most = np.full((len(self.board.stamp),) * 2, np.nan)

    def _between(self, most: Floats, source: Ints) -> Floats:
        """The most that any guest could improve by from each of ``source`` to each node, [len(source), N] points."""
        here = np.unique(source)
        i, n = np.nonzero(np.isnan(most[here]))
        if len(i):
            asked = here[i], n
            found = in_parts(self.hours(np.concatenate(asked)).most, *asked)
            most[asked] = np.where(np.isnan(found), np.inf, found)
        return np.asarray(most[source])

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
