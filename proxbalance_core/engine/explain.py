"""Recommendations: each chosen move with its scores, reason, confidence, risk and alternatives."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.plans import Step
from proxbalance_core.domain.results import Kind, Predicted, Recommendation, ScoreDetails, ScoreSide
from proxbalance_core.domain.units import known
from proxbalance_core.engine.alternatives import alternatives
from proxbalance_core.engine.view import View
from proxbalance_core.engine.window import best_window
from proxbalance_core.plan.board import State
from proxbalance_core.plan.search import Found
from proxbalance_core.plan.walk import Stop, predicted
from proxbalance_core.recommend.commands import commands_of
from proxbalance_core.recommend.constraints import MEM_LIMIT_IN_ORDER
from proxbalance_core.recommend.reasons import Situation, reason_of
from proxbalance_core.scoring.confidence import MoveFacts, confidence
from proxbalance_core.scoring.risk import BY_HAND_OVER, risk
from proxbalance_core.scoring.rows import node_rows, side, target_rows
from proxbalance_core.scoring.strain import carried_by
from proxbalance_core.scoring.targets import Scores, score_nodes

DEFAULT_BANDWIDTH_BPS = 125_000_000.0
DIRTYING = 1.3
RESTART_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """All legs of one guest: its stops in order, and the group it moved with."""

    guest: int
    stops: tuple[Stop, ...]
    kind: Kind
    group: str | None

    @property
    def source(self) -> int:
        return self.stops[0].leg.source

    @property
    def target(self) -> int:
        return self.stops[-1].leg.target


def trips(view: View, found: Found, stops: list[Stop]) -> list[Trip]:
    """Stops by guest, with what decides between balance and forecast worked out for the whole group."""
    by_guest: dict[int, list[Stop]] = defaultdict(list)
    for stop in stops:
        by_guest[stop.leg.guest].append(stop)
    team: dict[str, list[int]] = defaultdict(list)
    for g in by_guest:
        team[found.group_of.get(g, f"{g}")].append(g)
    made = []
    for g, own in by_guest.items():
        name = found.group_of.get(g)
        mates = team[name or f"{g}"]
        relief_now = sum(stop.relief_now for mate in mates for stop in by_guest[mate])
        cost = float(sum(view.rules.move_cost[mate] for mate in mates))
        relief = sum(stop.relief for mate in mates for stop in by_guest[mate])
        kind = found.kind_of[g]
        if kind == "balance" and relief_now <= cost and relief > relief_now:
            kind = "forecast"
        made.append(
            Trip(
                guest=g,
                stops=tuple(own),
                kind=kind,
                group=name if len(mates) > 1 else None,
            )
        )
    return made


def transfer(view: View, g: int) -> tuple[float, float, float]:
    """Bytes to send, seconds it takes, seconds the guest is down, for one migration."""
    guest, constraints = view.snapshot.guests[g], view.constraints
    disks = sum(size for _, size in constraints.copies.get(g, ()))
    memory = float(constraints.sent_bytes[g])
    bandwidth = view.snapshot.migration_bandwidth_bps
    bandwidth = bandwidth if known(bandwidth) else DEFAULT_BANDWIDTH_BPS
    seconds = (memory * DIRTYING + disks) / bandwidth
    restarts = guest.type == "ct" and guest.running
    seconds += RESTART_SECONDS if restarts else 0.0
    return memory + disks, round(seconds, 1), round(seconds, 1) if restarts else 0.0


def recommendation(view: View, trip: Trip, steps: list[Step], health: float) -> Recommendation:
    """One trip as a recommendation."""
    g, snapshot, settings = trip.guest, view.snapshot, view.settings
    guest = snapshot.guests[g]
    source_side, target_side = sides(trip)
    before, scores, after = ends(view, trip)
    improvement = round(source_side.total - target_side.total, 2)
    reason = reason_of(situation(view, trip), settings)
    facts = move_facts(view, trip, improvement, reason.primary_reason, health)
    sure, sure_factors = confidence(facts, snapshot.outcomes)
    risky, level, risk_factors = risk(facts)
    size, seconds, downtime = transfer(view, g)
    names = view.arrays.node.names
    source, target = names[trip.source], names[trip.target]
    return Recommendation(
        id=recommendation_id(snapshot.cluster, guest.vmid, source, target, trip.kind),
        vmid=guest.vmid, name=guest.name or "", type=guest.type, source=source, target=target,
        kind=trip.kind, group=trip.group,
        score_improvement=improvement, current_score=source_side.total, target_score=target_side.total,
        strain_relief=round(sum(stop.relief for stop in trip.stops), 6),
        strain_relief_now=round(sum(stop.relief_now for stop in trip.stops), 6),
        reason=reason, confidence_score=sure, confidence_factors=sure_factors,
        risk_score=risky, risk_level=level, risk_factors=risk_factors, do_by_hand=risky > BY_HAND_OVER,
        score_details=ScoreDetails(
            source=source_side, target=target_side, predicted=after, minimum=settings.min_score_improvement
        ),
        alternatives=alternatives(view, g, before, scores, MEM_LIMIT_IN_ORDER),
        transfer_bytes=size, estimated_seconds=seconds, downtime_seconds=downtime,
        best_window=best_window(before, snapshot.taken_at, g, trip.target, seconds),
        has_conflict=False,
        steps=tuple(step.step for step in steps), wave=steps[-1].wave,
        commands=tuple(commands_of(guest, names[stop.leg.source], names[stop.leg.target]) for stop in trip.stops),
    )  # fmt: skip


def sides(trip: Trip) -> tuple[ScoreSide, ScoreSide]:
    """The score of the node that the guest leaves, as it leaves it, and of the one it ends on."""
    first, last = trip.stops[0], trip.stops[-1]
    return side(node_rows(first.scores, trip.source)), side(target_rows(last.scores, trip.guest, trip.target))


def ends(view: View, trip: Trip) -> tuple[State, Scores, Predicted]:
    """The state in which a trip ends but for its guest, that state's scores, and both nodes afterwards.

    Who waits on a temporary node looks at the others as they are when its last step is taken.
    """
    first, last, rules = trip.stops[0], trip.stops[-1], view.rules
    if len(trip.stops) == 1:
        return first.before, first.scores, last.predicted
    placed, field, between = last.before.placed.copy(), last.before.field.copy(), last.leg.source
    after = last.before.placed.copy()
    after.move(trip.guest, trip.target)
    placed.move(trip.guest, trip.source)
    field.apply(carried_by(placed, field.hours, [(trip.guest,)]), 0, between, trip.source)
    field.soft = placed.soft_broken()
    field.refresh(np.array([between, trip.source]))
    scores = score_nodes(placed, rules.scale, rules.settings)
    return State(placed=placed, field=field), scores, predicted(after, trip.source, trip.target)


def recommendation_id(cluster: str, vmid: int, source: str, target: str, kind: str) -> str:
    """The same over generations: 12 hex digits of what the recommendation is."""
    text = "\n".join((cluster, str(vmid), source, target, kind))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def move_facts(view: View, trip: Trip, improvement: float, reason: str, health: float) -> MoveFacts:
    """What confidence and risk are made of."""
    after = trip.stops[-1].predicted
    return MoveFacts(
        guest=view.snapshot.guests[trip.guest],
        source=view.snapshot.nodes[trip.source],
        target=view.snapshot.nodes[trip.target],
        improvement_points=improvement,
        target_cpu_pct=after.target_cpu_pct or 0.0,
        target_mem_pct=after.target_mem_pct or 0.0,
        reason=reason,
        cluster_health=health,
        min_history_days=view.settings.min_history_days,
    )


def situation(view: View, trip: Trip) -> Situation:
    """The figures that the reason is made of."""
    before, g = trip.stops[0].before.placed, trip.guest
    source, target = trip.source, trip.target
    used = before.cpu_level[source] / 100.0 * view.arrays.node.capacity_cores[source]
    share = 100.0 * view.arrays.guest.cpu_used_cores[g, 0] / used if used > 0 else 0.0
    groups, moved = before.groups, before.node_of.copy()
    moved[g] = target
    mended = groups.softly_broken_by(g, before.node_of) - groups.softly_broken_by(g, moved)
    fewer = groups.soft_broken(before.node_of, len(before.cpu)) - groups.soft_broken(moved, len(before.cpu))
    return Situation(
        mended_rules=tuple(sorted(mended)), mended_points=float(view.rules.scale.soft_rule * fewer.sum()),
        guest=view.snapshot.guests[g], source=view.snapshot.nodes[source], target=view.snapshot.nodes[target],
        kind=trip.kind, group=trip.group,
        source_cpu_pct=float(before.cpu_level[source]), source_mem_pct=float(before.mem_level[source]),
        source_iowait_pct=float(before.iowait_level[source]),
        target_cpu_pct=float(before.cpu_level[target]), target_mem_pct=float(before.mem_level[target]),
        guest_share_pct=float(share), peak_ahead_pct=trip.stops[0].source_peak_pct,
        relief_points=trip.stops[0].relief, guest_counts=(int(before.counts[source]), int(before.counts[target])),
    )  # fmt: skip
