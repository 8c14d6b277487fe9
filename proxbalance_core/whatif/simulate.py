"""``simulate``: what other settings would change."""

from __future__ import annotations

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.plans import (
    Assessment,
    ChangedMove,
    MoveGlance,
    NodeDelta,
    SideCounts,
    Simulation,
)
from proxbalance_core.domain.results import Recommendation
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.assess import assess_to_compare


def simulate(
    snapshot: ClusterSnapshot,
    settings: Settings | None,
    proposed: Settings,
    current: Assessment | None = None,
) -> Simulation:
    """Compare what the engine says under ``settings`` and under ``proposed``.

    ``current`` spares the first side when it is known already.
    """
    before = current or assess_to_compare(snapshot, settings or Settings())
    return compare(before, assess_to_compare(snapshot, proposed))


def compare(before: Assessment, after: Assessment) -> Simulation:
    """The difference between two assessments of one snapshot."""
    old, new = {r.vmid: r for r in before.recommendations}, {r.vmid: r for r in after.recommendations}
    missed_before = {s.vmid: s.score_improvement for s in before.skipped}
    missed_after = {s.vmid: s.score_improvement for s in after.skipped}
    both = sorted(set(old) & set(new))
    was = {node.name: node for node in before.nodes}
    return Simulation(
        current=_counts(before),
        proposed=_counts(after),
        added=tuple(_glance(new[v], missed_before.get(v)) for v in sorted(set(new) - set(old))),
        removed=tuple(_glance(old[v], missed_after.get(v)) for v in sorted(set(old) - set(new))),
        changed=tuple(_changed(old[v], new[v]) for v in both if _differs(old[v], new[v])),
        node_deltas=tuple(
            NodeDelta(
                node=n.name,
                before_score=was[n.name].score,
                after_score=n.score,
                before_light=was[n.name].light,
                after_light=n.light,
            )
            for n in after.nodes
        ),
    )


def _counts(assessment: Assessment) -> SideCounts:
    summary = assessment.summary
    return SideCounts(
        recommendations=summary.recommendation_count,
        skipped=summary.skip_reasons,
        cluster_health=summary.predicted_health,
        strain=summary.predicted_strain,
        steps=len(assessment.plan.steps),
        gigabytes=assessment.plan.curve[-1].gigabytes,
    )


def _glance(r: Recommendation, other_side: float | None) -> MoveGlance:
    return MoveGlance(
        vmid=r.vmid, name=r.name, source=r.source, target=r.target,
        score_improvement=r.score_improvement, before_improvement=other_side,
    )  # fmt: skip


def _differs(a: Recommendation, b: Recommendation) -> bool:
    return a.target != b.target or abs(a.score_improvement - b.score_improvement) >= 0.01


def _changed(a: Recommendation, b: Recommendation) -> ChangedMove:
    return ChangedMove(
        vmid=a.vmid, before_target=a.target, after_target=b.target,
        before_improvement=a.score_improvement, after_improvement=b.score_improvement, name=b.name,
    )  # fmt: skip
