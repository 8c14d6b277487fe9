"""What a move must bring before it is recommended (scoring, section 5).

A first move must relieve the cluster by more than it costs, and bring ``min_score_improvement``
either as relief or as the guest's own improvement, now or in an hour ahead. Units, swaps and moves
of guests that are on the way anyway are spared the second.
"""

from __future__ import annotations

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.board import LEAST_GAIN, Board
from proxbalance_core.scoring.base import BaseInputs, base_rows
from proxbalance_core.scoring.targets import Scores, inputs_of, score_nodes


class Gate:
    """The gate of one board; scores are made anew when the board has changed."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._scores: Scores | None = None
        self._version = -1

    @property
    def scores(self) -> Scores:
        """Node scores of the board as it is."""
        if self._scores is None or self._version != self.board.version:
            rules = self.board.rules
            self._scores = score_nodes(self.board.placed, rules.scale, rules.settings)
            self._version = self.board.version
        return self._scores

    def passes(self, m: Ints, target: Ints, relief: Floats) -> Bools:
        """Which of the pairs may be recommended, given their relief."""
        board, minimum = self.board, self.board.rules.settings.min_score_improvement
        good = np.asarray(relief - board.cost(m, target) > LEAST_GAIN)
        spared = ~board.single[m] | ~np.isnan(board.paid[m]) | (relief >= minimum)
        asked = np.flatnonzero(good & ~spared)
        if len(asked):
            good[asked] = self.improvement(m[asked], target[asked]) >= minimum
        return good

    def improvement(self, m: Ints, target: Ints) -> Floats:
        """Largest score improvement of single guests, now and over the hours ahead, pairwise [points]."""
        return improvement_over_hours(self.board, self.scores, m, target).max(axis=-1)


def improvement_over_hours(board: Board, scores: Scores, m: Ints, target: Ints) -> Floats:
    """Score improvement now (first) and in each hour ahead, [pairs, 1 + T] points."""
    field, placed, scale = board.field, board.placed, scores.scale
    guest = placed.arrays.guest
    g, source = board.lead[m], board.at[m]
    added = np.concatenate(
        [board.carried.present_pct[m, target][:, None], board.carried.cpu_pct(m, target, field.capacity)],
        axis=1,
    )
    at_source = np.concatenate([placed.cpu_level[source][:, None], field.cpu[source]], axis=1)
    at_target = np.concatenate([placed.cpu_level[target][:, None], field.cpu[target]], axis=1)
    peak = (100.0 * guest.cpu_used_cores[g, 3] / field.capacity[target])[:, None]
    reckoned = at_target + np.where(guest.bursty[g][:, None], peak, added)
    mem_after = placed.mem_level[target] + 100.0 * guest.mem_used_bytes[g, 0] / field.mem_bytes[target]
    memory = np.minimum(scores.memory[target] + scale.predicted_mem(mem_after), scale.memory_cap)
    stays = scores.others - scale.current_cpu(placed.cpu_level)
    score_source = _base(placed_inputs(scores, source), at_source, at_source, None, None)
    score_source += (stays[source] + np.minimum(scores.memory[source], scale.memory_cap))[
        :, None
    ] + scale.current_cpu(at_source)
    iowait = placed.iowait_level[target] + board.carried.iowait_pct[m]
    score_target = _base(placed_inputs(scores, target), at_target, at_target + added, mem_after, iowait)
    score_target += (
        (stays[target] + memory)[:, None] + scale.current_cpu(at_target) + scale.predicted_cpu(reckoned)
    )
    gap = score_source - score_target
    return np.where(np.isnan(gap), -np.inf, gap)


def placed_inputs(scores: Scores, nodes: Ints) -> BaseInputs:
    """The base's inputs of ``nodes`` as columns [pairs, 1]."""
    whole = inputs_of(scores.placed, None)
    return BaseInputs(
        cpu=whole.cpu[nodes][:, None],
        mem=whole.mem[nodes][:, None],
        cpu_after=whole.cpu_after[nodes][:, None],
        mem_after=whole.mem_after[nodes][:, None],
        iowait_after=whole.iowait_after[nodes][:, None],
        load_per_core=whole.load_per_core[nodes][:, None],
        storage=whole.storage[nodes][:, None],
    )


def _base(
    x: BaseInputs, cpu: Floats, cpu_after: Floats, mem_after: Floats | None, iowait_after: Floats | None
) -> Floats:
    rows = base_rows(
        BaseInputs(
            cpu=cpu,
            mem=np.broadcast_to(x.mem, cpu.shape),
            cpu_after=cpu_after,
            mem_after=np.broadcast_to(x.mem_after if mem_after is None else mem_after[:, None], cpu.shape),
            iowait_after=np.broadcast_to(
                x.iowait_after if iowait_after is None else iowait_after[:, None], cpu.shape
            ),
            load_per_core=np.broadcast_to(x.load_per_core, cpu.shape),
            storage=np.broadcast_to(x.storage, cpu.shape),
        )
    )
    return sum((np.nan_to_num(row) for row in rows.values()), start=np.zeros(cpu.shape))
