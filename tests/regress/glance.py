"""An assessment at a glance: what a reviewer of a scoring change wants to see differ, and nothing else."""

from __future__ import annotations

from typing import Any

from proxbalance_core import Assessment


def glance(found: Assessment) -> dict[str, Any]:
    """Counts, vmids, targets, improvements and skip reasons."""
    moves = {
        str(rec.vmid): f"{rec.source} -> {rec.target} {rec.kind} {rec.score_improvement:.1f}"
        for rec in found.recommendations
    }
    summary = found.summary
    return {
        "cluster_health": round(summary.cluster_health, 1) if summary.cluster_health is not None else None,
        "strain": round(summary.strain, 1),
        "predicted_strain": round(summary.predicted_strain, 1),
        "urgency": summary.urgency,
        "steps": len(found.plan.steps),
        "dropped": len(found.plan.dropped),
        "recommended": moves,
        "skip_reasons": dict(sorted(summary.skip_reasons.items())),
        "skipped": {str(skip.vmid): skip.reason for skip in found.skipped},
        "advisories": sorted(
            f"{advisory.severity} {advisory.type} {advisory.node or ''}".strip() for advisory in found.advisories
        ),
        "scores": {node.name: round(node.score, 1) for node in found.nodes if node.score is not None},
    }


def differences(before: dict[str, Any], after: dict[str, Any], path: str = "") -> list[str]:
    """One line for each value that is not what it was."""
    out: list[str] = []
    for key in sorted({*before, *after}):
        old, new, here = before.get(key), after.get(key), f"{path}{key}"
        if isinstance(old, dict) and isinstance(new, dict):
            out += differences(old, new, f"{here}.")
        elif old != new:
            out.append(f"{here}: {old} -> {new}")
    return out
