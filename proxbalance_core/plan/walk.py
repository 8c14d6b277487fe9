"""Walking a plan step by step: what each step finds, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.results import Predicted
from proxbalance_core.plan.board import Rules, State
from proxbalance_core.plan.order import Leg
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.strain import Carried, StrainField, carried_by
from proxbalance_core.scoring.targets import Scores, score_nodes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stop:
    """One leg: the state before it, the fall of ``J x nodes`` by it, and both nodes after it.

    ``relief`` looks at the hours ahead, ``relief_now`` at the present alone [points];
    ``source_peak_pct`` is the source's highest hour ahead before the leg.
    """

    leg: Leg
    before: State
    scores: Scores
    relief: float
    relief_now: float
    source_peak_pct: float
    predicted: Predicted


class Walk:
    """A placement being changed leg by leg, with its strain ahead and now."""

    def __init__(self, start: State, rules: Rules, guests: list[int]) -> None:
        self.placed, self.scale, self.settings = start.placed.copy(), rules.scale, rules.settings
        self.ahead, scale, settings = start.field.copy(), rules.scale, rules.settings
        self.now = (
            StrainField(self.placed, scale, settings, ahead=False) if self.ahead.hours is not None else self.ahead
        )
        self.row = {g: i for i, g in enumerate(guests)}
        units = [(g,) for g in guests]
        self.carried_ahead = carried_by(self.placed, self.ahead.hours, units)
        self.carried_now = carried_by(self.placed, None, units)
        self.sequence: dict[Leg, int] = {}

    @property
    def state(self) -> State:
        """Where the walk stands."""
        return State(placed=self.placed, field=self.ahead)

    def steps(self, legs: list[Leg]) -> Iterator[Stop]:
        """Take the legs in order; each stop's ``before`` is its own copy."""
        for leg in legs:
            self.sequence[leg] = len(self.sequence)
            before = State(placed=self.placed.copy(), field=self.ahead.copy())
            scores = score_nodes(before.placed, self.scale, self.settings)
            peak = float(np.max(self.ahead.cpu[leg.source]))
            self.placed.move(leg.guest, leg.target)
            relief = self._shift(self.ahead, self.carried_ahead, leg)
            now = self._shift(self.now, self.carried_now, leg) if self.now is not self.ahead else relief
            yield Stop(
                leg=leg, before=before, scores=scores, relief=relief, relief_now=now,
                source_peak_pct=peak, predicted=predicted(self.placed, leg.source, leg.target),
            )  # fmt: skip

    def _shift(self, field: StrainField, carried: Carried, leg: Leg) -> float:
        total = field.total()
        field.apply(carried, self.row[leg.guest], leg.source, leg.target)
        field.soft = self.placed.soft_broken()
        field.refresh(np.array([leg.source, leg.target]))
        return total - field.total()


def predicted(after: Placed, source: int, target: int) -> Predicted:
    """Both nodes of a step in the state after it [percent]."""
    cpu, mem, iowait = after.cpu_level, after.mem_level, after.iowait_level
    values = (cpu[source], cpu[target], mem[source], mem[target], iowait[source], iowait[target])
    rounded = [None if np.isnan(v) else round(float(v), 2) for v in values]
    return Predicted(
        source_cpu_pct=rounded[0], target_cpu_pct=rounded[1], source_mem_pct=rounded[2],
        target_mem_pct=rounded[3], source_iowait_pct=rounded[4], target_iowait_pct=rounded[5],
    )  # fmt: skip
