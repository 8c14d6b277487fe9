"""``simulate``: what other settings would change."""

from __future__ import annotations

from dataclasses import replace

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.outlines import NodeMark, Outline
from proxbalance_core.domain.plans import (
    Assessment,
    ChangedMove,
    MoveGlance,
    NodeDelta,
    SideCounts,
    Simulation,
)
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.outline import outlined


def simulate(
    snapshot: ClusterSnapshot,
    settings: Settings | None,
    proposed: Settings,
    current: Assessment | None = None,
) -> Simulation:
    """Compare what the engine says under ``settings`` and under ``proposed``.

    ``current`` spares the first side when it is known already.
    """
    before = outline_of(current) if current else outlined(snapshot, settings or Settings())
    return compare(before, outlined(snapshot, proposed))


def compare(before: Outline, after: Outline) -> Simulation:
    """The difference between two assessments of one snapshot."""
    old, new = {move.vmid: move for move in before.moves}, {move.vmid: move for move in after.moves}
    both = sorted(set(old) & set(new))
    was = {node.name: node for node in before.nodes}
    return Simulation(
        current=before.counts,
        proposed=after.counts,
        added=tuple(_beside(new[v], before.staying.get(v)) for v in sorted(set(new) - set(old))),
        removed=tuple(_beside(old[v], after.staying.get(v)) for v in sorted(set(old) - set(new))),
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


def outline_of(told: Assessment) -> Outline:
    """A whole assessment in outline."""
    summary = told.summary
    return Outline(
        counts=SideCounts(
            recommendations=summary.recommendation_count, skipped=summary.skip_reasons,
            cluster_health=summary.predicted_health, strain=summary.predicted_strain, steps=len(told.plan.steps),
            gigabytes=told.plan.curve[-1].gigabytes,
        ),
        moves=tuple(
            MoveGlance(
                vmid=r.vmid, name=r.name, source=r.source, target=r.target, score_improvement=r.score_improvement,
                before_improvement=None,
            )
            for r in told.recommendations
        ),
        nodes=tuple(NodeMark(name=node.name, score=node.score, light=node.light) for node in told.nodes),
        staying={skip.vmid: skip.score_improvement for skip in told.skipped}, health=summary.cluster_health,
    )  # fmt: skip


def _beside(move: MoveGlance, other_side: float | None) -> MoveGlance:
    return replace(move, before_improvement=other_side)


def _differs(a: MoveGlance, b: MoveGlance) -> bool:
    return a.target != b.target or abs(a.score_improvement - b.score_improvement) >= 0.01


def _changed(a: MoveGlance, b: MoveGlance) -> ChangedMove:
    return ChangedMove(
        vmid=a.vmid, before_target=a.target, after_target=b.target,
        before_improvement=a.score_improvement, after_improvement=b.score_improvement, name=b.name,
    )  # fmt: skip
