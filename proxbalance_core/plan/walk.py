"""Walking a plan step by step: what each step finds, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.results import Predicted
from proxbalance_core.plan.board import Board, Rules, State
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
    """A placement being changed leg by leg, with its strain ahead."""

    def __init__(self, start: State, rules: Rules, guests: list[int]) -> None:
        self.placed, self.ahead, self.rules = start.placed.copy(), start.field.copy(), rules
        self.row = {g: i for i, g in enumerate(guests)}
        self.units = [(g,) for g in guests]
        self.carried = carried_by(self.placed, self.ahead.hours, self.units)

    @property
    def state(self) -> State:
        """Where the walk stands."""
        return State(placed=self.placed, field=self.ahead)

    def take(self, leg: Leg) -> float:
        """Take one leg; the fall of ``J x nodes`` by it [points]."""
        self.placed.move(leg.guest, leg.target)
        return self._shift(self.ahead, self.carried, leg)

    def pass_over(self, legs: Sequence[Leg]) -> None:
        """Take legs whose relief nobody asks for."""
        for leg in legs:
            self.placed.move(leg.guest, leg.target)
            self.ahead.apply(self.carried, self.row[leg.guest], leg.source, leg.target)
        self.ahead.soft = self.placed.soft_broken()
        self.ahead.refresh(np.array(sorted({n for leg in legs for n in (leg.source, leg.target)})))

    def steps(self, legs: list[Leg]) -> Iterator[Stop]:
        """Take the legs in order; each stop's ``before`` is its own copy."""
        now, carried = present(self.state, self.rules).field, carried_by(self.placed, None, self.units)
        for leg in legs:
            before = State(placed=self.placed.copy(), field=self.ahead.copy())
            scores = score_nodes(before.placed, self.rules.scale, self.rules.settings)
            relief = self.take(leg)
            yield Stop(
                leg=leg, before=before, scores=scores, relief=relief,
                relief_now=relief if now is self.ahead else self._shift(now, carried, leg),
                source_peak_pct=float(np.max(before.field.cpu[leg.source])),
                predicted=predicted(self.placed, leg.source, leg.target),
            )  # fmt: skip

    def _shift(self, field: StrainField, carried: Carried, leg: Leg) -> float:
        total = field.total()
        field.apply(carried, self.row[leg.guest], leg.source, leg.target)
        field.soft = self.placed.soft_broken()
        field.refresh(np.array([leg.source, leg.target]))
        return total - field.total()


def present(state: State, rules: Rules) -> State:
    """A state whose strain looks at the present alone; the same one when it knows no more."""
    if state.field.hours is None:
        return state
    return State(placed=state.placed, field=StrainField(state.placed, rules.scale, rules.settings, ahead=False))


def each_alone(start: State, rules: Rules, legs: list[Leg]) -> list[Stop]:
    """The stops of legs that all begin at ``start``: each is taken as if it were the only one."""
    movers, targets = np.arange(len(legs)), np.array([leg.target for leg in legs], dtype=np.intp)
    relief, relief_now = (
        Board(state, rules, [(leg.guest,) for leg in legs], np.ones(len(legs), dtype=bool)).relief(movers, targets)
        for state in (start, present(start, rules))
    )
    scores = score_nodes(start.placed, rules.scale, rules.settings)
    stops = []
    for i, leg in enumerate(legs):
        after = start.placed.copy()
        after.move(leg.guest, leg.target)
        stops.append(
            Stop(
                leg=leg, before=start, scores=scores, relief=float(relief[i]), relief_now=float(relief_now[i]),
                source_peak_pct=float(np.max(start.field.cpu[leg.source])),
                predicted=predicted(after, leg.source, leg.target),
            )
        )  # fmt: skip
    return stops


def predicted(after: Placed, source: int, target: int) -> Predicted:
    """Both nodes of a step in the state after it [percent]."""
    cpu, mem, iowait = after.cpu_level, after.mem_level, after.iowait_level
    values = (cpu[source], cpu[target], mem[source], mem[target], iowait[source], iowait[target])
    rounded = [None if np.isnan(v) else round(float(v), 2) for v in values]
    return Predicted(
        source_cpu_pct=rounded[0], target_cpu_pct=rounded[1], source_mem_pct=rounded[2],
        target_mem_pct=rounded[3], source_iowait_pct=rounded[4], target_iowait_pct=rounded[5],
    )  # fmt: skip
