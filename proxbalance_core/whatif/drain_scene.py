"""What a drain is told from: the cluster without those who are shut down, the plan, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.plans import Plan
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.explain import Trip, trips
from proxbalance_core.engine.view import View
from proxbalance_core.plan.board import State
from proxbalance_core.plan.walk import Walk
from proxbalance_core.recommend.eligibility import Barrier, Eligibility, eligibility
from proxbalance_core.whatif.drain_blockers import reasons_to_stay
from proxbalance_core.whatif.drain_choices import Wishes, chosen_targets, without_guests
from proxbalance_core.whatif.evacuating import Evacuation, evacuation
from proxbalance_core.whatif.topology import in_maintenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that was worked out.

    ``view`` is the cluster with the nodes in maintenance, without those who are shut down; ``chosen`` are its guests
    that were sent somewhere by hand, ``end`` is where the plan leads, ``reasons`` why some are left.
    """

    today: ClusterSnapshot
    emptied: tuple[str, ...]
    wishes: Wishes
    view: View
    eligible: Eligibility
    chosen: dict[int, int]
    made: Evacuation
    plan: Plan
    trips: tuple[Trip, ...]
    end: State
    reasons: dict[int, Barrier]

    @property
    def leaving(self) -> frozenset[int]:
        """The emptied nodes [positions]."""
        return frozenset(self.view.arrays.node_at[name] for name in self.emptied)


def worked_out(today: ClusterSnapshot, settings: Settings, emptied: tuple[str, ...], wishes: Wishes) -> Scene:
    """The plan for ``emptied`` nodes under ``wishes``; a choice that can't be is refused."""
    view = View.of(without_guests(in_maintenance(today, emptied), wishes.off), settings)
    eligible = eligibility(view.snapshot, view.placed, view.constraints, settings)
    chosen = chosen_targets(view, eligible, wishes.to)
    leaving = frozenset(view.arrays.node_at[name] for name in emptied)
    made = evacuation(view, eligible, leaving, chosen)
    legs = made.planned.order.legs
    walk = Walk(view.state, view.rules, sorted({leg.guest for leg in legs}))
    stops = list(walk.steps(legs))
    told = trips(view, made.planned.found, stops)
    plan = made.planned.drawn(view, told, [stop.relief for stop in stops], walk.ahead.total())
    return Scene(
        today=today, emptied=emptied, wishes=wishes, view=view, eligible=eligible, chosen=chosen, made=made, plan=plan,
        trips=tuple(told), end=walk.state, reasons=reasons_to_stay(view, eligible, made, walk.state),
    )  # fmt: skip
