"""The digest: what an admin reads first (engine, section 5)."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from proxbalance_core.domain.plans import BatchImpact, Summary
from proxbalance_core.domain.results import Forecast, NodeScore, Recommendation, Skip
from proxbalance_core.domain.settings import Settings

Urgency = Literal["high", "medium", "low", "none"]
FAR_OVER_PCT = 20.0
GREAT_GAIN_POINTS = 40.0
LABELS: dict[Urgency, str] = {
    "high": "Act soon",
    "medium": "Worth doing today",
    "low": "Worth doing when convenient",
    "none": "Nothing to do",
}


def digest(
    impact: BatchImpact,
    nodes: tuple[NodeScore, ...],
    recommendations: tuple[Recommendation, ...],
    skipped: tuple[Skip, ...],
    forecasts: tuple[Forecast, ...],
    settings: Settings,
) -> Summary:
    """Sum up an assessment."""
    level = urgency(nodes, recommendations, forecasts, settings)
    before, after = impact.before, impact.after
    return Summary(
        cluster_health=before.cluster_health,
        predicted_health=after.cluster_health,
        imbalance=before.imbalance,
        predicted_imbalance=after.imbalance,
        strain=before.strain,
        predicted_strain=after.strain,
        urgency=level,
        urgency_label=LABELS[level],
        recommendation_count=len(recommendations),
        aggregate_improvement=round(sum(r.score_improvement for r in recommendations), 2),
        reasons_breakdown=_counted([r.reason.primary_reason for r in recommendations]),
        skip_reasons=_counted([s.reason for s in skipped]),
        advice=_advice(impact, nodes, recommendations, skipped, settings),
    )


def _counted(words: list[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0])))


def urgency(
    nodes: tuple[NodeScore, ...],
    recommendations: tuple[Recommendation, ...],
    forecasts: tuple[Forecast, ...],
    s: Settings,
) -> Urgency:
    """How soon something should be done."""
    leaving = any(n.status == "maintenance" and n.guest_count for n in nodes)
    if leaving or _over(nodes, s, FAR_OVER_PCT) or any(f.urgency == "high" for f in forecasts):
        return "high"
    if _over(nodes, s, 0.0) or any(r.score_improvement >= GREAT_GAIN_POINTS for r in recommendations):
        return "medium"
    return "low" if recommendations else "none"


def _over(nodes: tuple[NodeScore, ...], s: Settings, by: float) -> list[NodeScore]:
    limits = (("cpu_pct", s.cpu_threshold), ("mem_pct", s.mem_threshold), ("iowait_pct", s.iowait_threshold))
    return [n for n in nodes if any((getattr(n, key) or 0.0) > limit + by for key, limit in limits)]


def _advice(
    impact: BatchImpact,
    nodes: tuple[NodeScore, ...],
    recommendations: tuple[Recommendation, ...],
    skipped: tuple[Skip, ...],
    s: Settings,
) -> str:
    over = _over(nodes, s, 0.0)
    if not recommendations:
        if not any(n.score is not None for n in nodes):
            return "No node has current figures, so nothing can be said."
        stuck = {s.node for s in skipped if s.reason != "template"}
        full = next((n for n in nodes if n.status == "maintenance" and n.name in stuck), None)
        if full is not None:
            return f"{full.name} is in maintenance, and none of its guests can move: see the advisories."
        if over:
            return f"{over[0].name} is over a threshold, and no move would help: see the advisories."
        return "The cluster is fine as it is; no guest needs to move."
    count = len(recommendations)
    moves = "1 migration" if count == 1 else f"{count} migrations"
    first = min(recommendations, key=lambda r: r.steps)
    begin = f"Start with {first.name or first.vmid} from {first.source} to {first.target}."
    if impact.before.cluster_health is None or impact.after.cluster_health is None:
        return f"{moves} recommended. {begin}"
    health = f"{impact.before.cluster_health:.1f} to {impact.after.cluster_health:.1f}"
    return f"{moves} recommended, cluster health {health}. {begin}"
