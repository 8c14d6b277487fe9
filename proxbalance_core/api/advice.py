"""Handlers: nodes, recommendations, and the guests that stay."""

from __future__ import annotations

from typing import Any

from proxbalance_core.api.answers import (
    GenerationRow,
    Listed,
    NodeDetail,
    Preview,
    RunDiagnostics,
    SkippedPage,
    cut,
)
from proxbalance_core.api.endpoint import Call
from proxbalance_core.api.problems import Problem
from proxbalance_core.api.queries import RISKS, OfRecommendations
from proxbalance_core.domain.patterns import Patterns
from proxbalance_core.domain.records import GenerationGlance
from proxbalance_core.domain.results import GuestOptions, NodeScore, Recommendation
from proxbalance_core.domain.suggestions import Suggestions
from proxbalance_core.domain.units import known
from proxbalance_core.present import advice
from proxbalance_core.services import assessing, patterning, tuning
from proxbalance_core.services.assessing import KeptGeneration
from proxbalance_core.services.exporting import MOST_RUNS
from proxbalance_core.services.workbench import Changes, Generation

_DOWNWARDS = ("gain", "confidence")


def snapshot(call: Call) -> dict[str, Any]:
    """The cluster as the newest assessment (or the one that is named) saw it."""
    found = _wanted(call)
    if not isinstance(found, Generation):
        raise Problem(404, f"Of generation {found.id} the snapshot is not kept any more.", field="query.generation")
    return found.snapshot.to_dict()


def assessment(call: Call) -> dict[str, Any]:
    """Everything that the engine said."""
    return _wanted(call).assessment


def _wanted(call: Call) -> KeptGeneration:
    named = call.query.generation
    if named is None or named == call.generation.id:
        return call.generation
    found = call.bench.generation(named)
    if found.cid != call.cid:
        raise Problem(404, f"Cluster '{call.cid}' has no generation {named}.", field="query.generation")
    return found


def nodes(call: Call) -> Listed[NodeScore]:
    """Every node with its score."""
    return cut(call.told.nodes, call.query)


def node(call: Call) -> NodeDetail:
    """One node, and what is said about it."""
    name, told = call.path["name"], call.told
    found = next((one for one in told.nodes if one.name == name), None)
    if found is None:
        raise Problem(404, f"There is no node '{name}' in cluster '{told.cluster}'.", field="path.name")
    after = told.batch_impact.after
    return NodeDetail(
        node=found, predicted=after.nodes.get(name), predicted_score=after.node_scores.get(name),
        forecasts=tuple(one for one in told.forecasts if one.entity == f"node/{name}"),
        advisories=tuple(one for one in told.advisories if one.node == name),
    )  # fmt: skip


def recommendations(call: Call) -> Listed[Recommendation]:
    """Filtered, sorted, and a part of them."""
    asked, told = call.query, call.told
    filters = advice.Filters(
        urgent=asked.filter == "urgent",
        kinds=(asked.type,) if asked.type else (),
        sources=(asked.source_node,) if asked.source_node is not None else (),
        targets=(asked.target_node,) if asked.target_node is not None else (),
        least_confidence=asked.min_confidence or 0.0,
    )
    passing = advice.narrowed(advice.cards(told), filters)
    moves = [card.move for card in advice.ordered(passing, asked.sort) if _safe_enough(card.move, asked)]
    usual = "desc" if asked.sort in _DOWNWARDS else "asc"
    if asked.order not in (None, usual):
        moves.reverse()
    return cut(moves, asked, len(told.recommendations))


def _safe_enough(move: Recommendation, asked: OfRecommendations) -> bool:
    most = asked.max_risk
    if most is None:
        return True
    if isinstance(most, str):
        return RISKS.index(move.risk_level) <= RISKS.index(most)
    return move.risk_score <= most


def skipped(call: Call) -> SkippedPage:
    """The guests that stay, each with its reason."""
    asked, told = call.query, call.told
    rows = [skip for skip in told.skipped if asked.reason in (None, skip.reason)]
    page = cut(rows, asked, len(told.skipped))
    return SkippedPage(
        total_count=page.total_count, filtered_count=page.filtered_count, limit=page.limit, offset=page.offset,
        reason_counts=told.summary.skip_reasons, items=page.items,
    )  # fmt: skip


def preview(call: Call) -> Preview:
    """The cluster before and after the plan."""
    told, generation = call.told, call.generation
    return Preview(
        generation=generation.id, generated_at=generation.at, summary=told.summary, batch_impact=told.batch_impact,
        moves=len(told.plan.steps), waves=len(told.plan.waves), estimated_seconds=told.plan.estimated_seconds,
        downtime_seconds=told.plan.downtime_seconds,
        transfer_bytes=sum(move.transfer_bytes for move in told.recommendations),
    )  # fmt: skip


def changes(call: Call) -> Changes:
    """What is recommended otherwise than by the assessment before."""
    return call.bench.changes(call.cid)


def history(call: Call) -> Listed[GenerationRow]:
    """Runs of the engine, newest first."""
    asked = call.query
    glances = call.bench.generations(call.cid, limit=MOST_RUNS, until=asked.until)
    rows = [_row(glance) for glance in glances if asked.since is None or glance.at >= asked.since]
    return cut(rows, asked, len(glances))


def _row(glance: GenerationGlance) -> GenerationRow:
    def figure(value: float) -> float | None:
        return value if known(value) else None

    return GenerationRow(
        generation=glance.id, generated_at=glance.at, engine_seconds=figure(glance.engine_seconds),
        cluster_health=figure(glance.cluster_health), predicted_health=figure(glance.predicted_health),
        imbalance=figure(glance.imbalance), strain=figure(glance.strain),
        recommendation_count=glance.recommendation_count, skipped_count=glance.skipped_count,
        urgency=glance.urgency, advice=glance.advice, in_full=glance.in_full,
    )  # fmt: skip


def diagnostics(call: Call) -> RunDiagnostics:
    """Whether all behind the advice is well, and the newest run of the engine."""
    found = call.bench.diagnostics(call.cid)
    newest = next(iter(call.bench.generations(call.cid, limit=1)), None)
    return RunDiagnostics(ok=found.ok, run=None if newest is None else _row(newest), diagnostics=found)


def suggestions(call: Call) -> Suggestions:
    """Thresholds that would fit the cluster better, each with what it would change."""
    return tuning.suggestions(call.generation)


def options(call: Call) -> GuestOptions:
    """Every node for one guest."""
    vmid, generation = call.path["vmid"], call.generation
    if not any(guest.vmid == vmid for guest in generation.snapshot.guests):
        cluster = generation.snapshot.cluster
        raise Problem(404, f"There is no guest {vmid} in cluster '{cluster}'.", field="path.vmid")
    return assessing.options_of(generation, vmid)


def patterns(call: Call) -> Patterns:
    """How nodes and guests go by hour and weekday."""
    return patterning.patterns(call.bench, call.cid, call.query.days)
