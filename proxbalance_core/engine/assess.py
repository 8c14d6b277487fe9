"""``assess``: everything the engine has to say of one snapshot. Pure: times come from ``taken_at``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import MODES, Advisory, Forecast, Mode, NodeScore, Recommendation, Skip
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.explain import Trip, recommendation, trips
from proxbalance_core.engine.independent import judge_alone
from proxbalance_core.engine.outlook import prospects
from proxbalance_core.engine.planning import Planned, laid_out, planned, stops_alone
from proxbalance_core.engine.turning import turning_thresholds
from proxbalance_core.engine.view import View
from proxbalance_core.errors import SettingInvalid, WorsePlan
from proxbalance_core.forecast.crossings import crossings
from proxbalance_core.plan.failover import failures
from proxbalance_core.plan.impact import batch_impact, node_scores, picture
from proxbalance_core.plan.search import Found
from proxbalance_core.plan.walk import Walk
from proxbalance_core.recommend.advisories import Findings, capacity_advisories
from proxbalance_core.recommend.clashes import rule_clashes
from proxbalance_core.recommend.conflicts import PickedMove, conflicts
from proxbalance_core.recommend.digest import digest
from proxbalance_core.recommend.eligibility import Eligibility, eligibility
from proxbalance_core.recommend.skips import AfterPlan, World, skip_of
from proxbalance_core.recommend.thresholds import threshold_suggestions

Progress = Callable[[float], bool]
WORSE_BY = 1e-6


def assess(
    snapshot: ClusterSnapshot,
    settings: Settings | None = None,
    mode: Mode = "sequential",
    on_progress: Progress | None = None,
) -> Assessment:
    """Score, recommend, plan and explain.

    Parameters
    ----------
    snapshot : ClusterSnapshot
    settings : Settings
    mode : {"sequential", "independent", "optimal"}
    on_progress : callable, optional
        Called with the share of the work done (0..1); False stops at the best found so far.

    Raises
    ------
    SettingInvalid
        For an unknown mode.
    WorsePlan
        The plan is worse than its duties alone: a bug of ours, never shown as advice.
    """
    if mode not in MODES:
        raise SettingInvalid(f"The mode is one of {', '.join(MODES)}, not '{mode}'.", faults=("mode",))
    view, eligible, plan = decided(snapshot, settings or Settings(), mode, on_progress or (lambda _: True))
    return explained(view, mode, eligible, plan)


def decided(
    snapshot: ClusterSnapshot, settings: Settings, mode: Mode, progress: Progress, *, sorted_waves: bool = True
) -> tuple[View, Eligibility, Planned]:
    """What is done, before any of it is explained; ``sorted_waves`` as in :func:`planned`.

    Raises
    ------
    WorsePlan
        As in :func:`assess`.
    """
    view = View.of(snapshot, settings)
    eligible = eligibility(snapshot, view.placed, view.constraints, settings)
    if mode == "independent":
        return view, eligible, laid_out(view, judge_alone(view, eligible))
    plan = planned(view, eligible, progress, jointly=mode == "optimal", sorted_waves=sorted_waves)
    _refuse_worse(plan.found)
    return view, eligible, plan


def _refuse_worse(found: Found) -> None:
    if found.total + found.cost > found.duties_total + WORSE_BY:
        raise WorsePlan(
            "The plan would leave the cluster worse than its duties alone; it is not shown. Please report this.",
            planned=found.total + found.cost, duties=found.duties_total,
        )  # fmt: skip


def explained(view: View, mode: Mode, eligible: Eligibility, plan: Planned) -> Assessment:
    """What was decided, with everything that is said about it."""
    settings, rules = view.settings, view.rules
    nodes = node_scores(view.placed, rules.scale, settings, view.field)
    walk = Walk(view.state, rules, sorted({leg.guest for leg in plan.order.legs}))
    if mode == "independent":
        stops, reliefs = stops_alone(view, plan.order.legs), [walk.take(leg) for leg in plan.order.legs]
    else:
        stops = list(walk.steps(plan.order.legs))
        reliefs = [stop.relief for stop in stops]
    told = trips(view, plan.found, stops)
    before = picture(view.placed, settings, nodes, view.field)
    after_nodes = node_scores(walk.placed, rules.scale, settings, walk.ahead)
    impact = batch_impact(before, picture(walk.placed, settings, after_nodes, walk.ahead))
    health = before.cluster_health if before.cluster_health is not None else float("nan")
    plan_value = plan.drawn(view, told, reliefs, walk.ahead.total())
    drafts = [recommendation(view, trip, plan.steps_of(plan_value, view, trip.guest), health) for trip in told]
    clashes = conflicts(view.placed, view.constraints, settings, _picked(view, told, drafts))
    crowded = {clash.target_node for clash in clashes}
    recommendations = tuple(
        sorted(
            (replace(r, has_conflict=True) if r.target in crowded else r for r in drafts),
            key=lambda r: r.steps,
        )
    )
    skipped = _skipped(view, eligible, plan, told, walk)
    forecasts = crossings(view.snapshot, settings)
    return Assessment(
        cluster=view.snapshot.cluster,
        taken_at=view.snapshot.taken_at,
        mode=mode,
        settings=settings.to_dict(),
        summary=digest(impact, nodes, recommendations, skipped, forecasts, settings),
        nodes=lit(nodes, forecasts),
        recommendations=recommendations,
        skipped=skipped,
        plan=plan_value,
        batch_impact=impact,
        conflicts=clashes,
        advisories=_advisories(view, forecasts, len(recommendations)),
        forecasts=forecasts,
        threshold_suggestions=threshold_suggestions(view.snapshot, settings),
        notes=_notes(view, plan),
    )


def _advisories(view: View, forecasts: tuple[Forecast, ...], moves: int) -> tuple[Advisory, ...]:
    findings = Findings(
        forecasts=forecasts,
        moves=moves,
        failures=failures(view.state, view.rules),
        clashes=rule_clashes(view.placed),
    )
    return capacity_advisories(view.placed, view.constraints, view.settings, findings)


def _picked(view: View, told: list[Trip], drafts: list[Recommendation]) -> list[PickedMove]:
    return [
        PickedMove(guest=t.guest, target=t.target, gain=r.score_improvement) for t, r in zip(told, drafts, strict=True)
    ]


def lit(nodes: tuple[NodeScore, ...], forecasts: tuple[Forecast, ...]) -> tuple[NodeScore, ...]:
    """A node that a forecast puts over a threshold is amber."""
    soon = {forecast.entity.removeprefix("node/") for forecast in forecasts if forecast.entity.startswith("node/")}
    return tuple(
        replace(node, light="amber") if node.light == "green" and node.name in soon else node for node in nodes
    )


def _skipped(view: View, eligible: Eligibility, plan: Planned, told: list[Trip], walk: Walk) -> tuple[Skip, ...]:
    gone = {trip.guest for trip in told}
    settings, found = view.settings, plan.found
    world = World(
        placed=walk.placed,
        constraints=view.constraints,
        settings=settings,
        prospects=prospects(view, walk.state),
        clashes=rule_clashes(view.placed),
    )
    moved = sum(found.kind_of[g] not in ("maintenance_evacuation", "affinity_repair") for g in gone)
    after = AfterPlan(
        passed=found.passed, dropped={g: why for g, (_, why) in plan.dropped.items()},
        balanced=found.balanced, scattered=found.scattered,
        took_place=_took_place(view, told), capped=0 < settings.max_moves <= moved,
    )  # fmt: skip
    staying = [(g, skip_of(g, x, after, eligible, world)) for g, x in enumerate(view.snapshot.guests) if g not in gone]
    weak = [g for g, skip in staying if skip.reason in ("no_relief", "insufficient_improvement")]
    turning = turning_thresholds(view, walk.state, world.prospects, weak)
    change = {g: f"from a CPU threshold of {threshold:g} %" for g, threshold in turning.items()}
    return tuple(replace(skip, would_change=change[g]) if g in change else skip for g, skip in staying)


@dataclass(frozen=True, slots=True)
class _Rival:
    label: str
    relief: float


def _took_place(view: View, told: list[Trip]) -> dict[int, str]:
    """For each guest, the move of the plan that relieved its node most (else the plan's largest)."""
    by_node: dict[int, _Rival] = {}
    largest: _Rival | None = None
    for trip in told:
        rival = _Rival(f"the move of guest {view.snapshot.guests[trip.guest].vmid}", sum(s.relief for s in trip.stops))
        if trip.source not in by_node or rival.relief > by_node[trip.source].relief:
            by_node[trip.source] = rival
        largest = rival if largest is None or rival.relief > largest.relief else largest
    if largest is None:
        return {}
    return {g: by_node.get(int(n), largest).label for g, n in enumerate(view.placed.node_of)}


def _notes(view: View, plan: Planned) -> tuple[str, ...]:
    notes = list(view.placed.groups.notes)
    unchecked = [node.name for node in view.snapshot.nodes if node.storages is None]
    if unchecked:
        notes.append(f"Storage was not checked on {', '.join(unchecked)}: its storages are not known.")
    if not view.arrays.hours:
        notes.append("There is no forecast of the coming day; the plan looks at the present alone.")
    if plan.found.stopped_early:
        notes.append("The search was stopped; the plan is the best found by then.")
    return tuple(notes)
