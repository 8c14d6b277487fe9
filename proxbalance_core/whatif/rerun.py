"""One way through a cluster's past: where the guests are, hour by hour, and what is counted on the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from proxbalance_core.domain.backtests import BacktestMove
from proxbalance_core.domain.cluster import PastMove
from proxbalance_core.domain.results import Mode
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.planning import Planned, planned
from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.features.course import Course, Eve
from proxbalance_core.plan.board import transfer_bytes
from proxbalance_core.plan.impact import health_of
from proxbalance_core.recommend.eligibility import eligibility

CHURN = timedelta(hours=24)


@dataclass(slots=True, kw_only=True, eq=False)
class Rerun:
    """The guests at ``place`` [G]; per hour the nodes' CPU and memory [percent] and the cluster's health.

    ``sent_each`` are the bytes that each move sends, ``back`` counts those that bring a guest to a node it left a
    day ago or less.
    """

    course: Course
    settings: Settings
    place: Ints
    cpu: list[Floats] = field(default_factory=list)
    mem: list[Floats] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    moves: list[BacktestMove] = field(default_factory=list)
    moved: defaultdict[int, list[PastMove]] = field(default_factory=lambda: defaultdict(list))
    sent_each: list[float] = field(default_factory=list)
    back: int = 0

    def looks(self, eve: Eve) -> View:
        """The cluster as an assessment at the begin of the hour would have seen it."""
        view = View.of(eve.snapshot(self.place, self.moved), self.settings)
        health = health_of(view.placed, self.settings)
        self.health.append(np.nan if health is None else health)
        return view

    def advised(self, view: View, hour: int, mode: Mode) -> None:
        """Ask for a plan and carry it out at once, as a whole."""
        eligible = eligibility(view.snapshot, view.placed, view.constraints, self.settings)
        plan = planned(view, eligible, lambda _: True, jointly=mode == "optimal")
        sent = transfer_bytes(view.placed, view.constraints)
        for g, target in _targets(plan).items():
            if target != self.place[g]:
                self._goes(hour, g, target, float(sent[g]))

    def follows(self, view: View, hour: int) -> None:
        """Go where the guests that ran in ``hour`` really were."""
        sent = transfer_bytes(view.placed, view.constraints)
        was, runs = self.course.was_on[hour], np.isfinite(self.course.cores[hour])
        for g in np.flatnonzero(runs & (was >= 0) & (was != self.place)).tolist():
            self._goes(hour, g, int(was[g]), float(sent[g]))

    def _goes(self, hour: int, g: int, target: int, sent: float) -> None:
        nodes, guest, at = self.course.snapshot.nodes, self.course.snapshot.guests[g], self.course.at(hour)
        source, there = nodes[self.place[g]].name, nodes[target].name
        self.back += any(past.source_node == there and at - past.at < CHURN for past in self.moved[g])
        self.moved[g].append(PastMove(at=at, source_node=source, target_node=there))
        self.moves.append(BacktestMove(at=at, vmid=guest.vmid, name=guest.label, source=source, target=there))
        self.place[g] = target
        self.sent_each.append(sent)

    def lives(self, hour: int) -> None:
        """Take down what the hour asked of the nodes."""
        cpu, mem = self.course.used_pct(hour, self.place)
        self.cpu.append(cpu)
        self.mem.append(mem)


def _targets(plan: Planned) -> dict[int, int]:
    """Where each guest of a plan ends."""
    return {leg.guest: leg.target for leg in plan.order.legs}
