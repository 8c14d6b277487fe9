"""An assessment as a page of text that a person can review."""

from __future__ import annotations

from collections.abc import Iterator

from proxbalance_core import Assessment


def report(found: Assessment) -> str:
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Assessment) -> Iterator[str]:
    summary = found.summary
    yield f"{found.cluster} at {found.taken_at:%Y-%m-%d %H:%M} UTC, {found.mode}"
    yield summary.advice
    yield f"urgency {summary.urgency}; health {_n(summary.cluster_health)} -> {_n(summary.predicted_health)}; " + (
        f"strain {_n(summary.strain)} -> {_n(summary.predicted_strain)}"
    )
    yield from _nodes(found)
    yield from _moves(found)
    yield from _around(found)


def _nodes(found: Assessment) -> Iterator[str]:
    yield "\nNodes"
    after = found.batch_impact.after.nodes
    for node in found.nodes:
        yield f"  {node.name} {node.status}: score {_n(node.score)} ({node.light}), strain {_n(node.strain)}, " + (
            f"cpu {_n(node.cpu_pct)} -> {_n(after[node.name].cpu_pct)} %, "
            f"mem {_n(node.mem_pct)} -> {_n(after[node.name].mem_pct)} %, "
            f"guests {node.guest_count} -> {after[node.name].guest_count}"
        )
        yield from (f"    {term.term} {term.points:.1f}" for term in node.terms if term.points)


def _moves(found: Assessment) -> Iterator[str]:
    yield "\nRecommended"
    for rec in found.recommendations:
        yield f"  {rec.name} ({rec.vmid}) {rec.source} -> {rec.target}: {rec.kind}, {rec.reason.primary_reason}"
        yield f"    improvement {rec.score_improvement:.1f}, relief {rec.strain_relief:.1f}, " + (
            f"confidence {rec.confidence_score:.0f}, risk {rec.risk_level}" + (", part of a group" if rec.group else "")
        )
        yield f"    {rec.reason.summary}"
    yield "\nSkipped"
    for skip in found.skipped:
        yield f"  {skip.name} ({skip.vmid}) on {skip.node}: {skip.reason}. {skip.detail}"


def _around(found: Assessment) -> Iterator[str]:
    if found.plan.steps:
        yield "\nSteps"
    for step in found.plan.steps:
        yield f"  {step.step}. wave {step.wave}: {step.vmid} {step.source} -> {step.target}" + (
            " (temporary)" if step.temporary else ""
        )
    for dropped in found.plan.dropped:
        yield f"  dropped: {dropped.vmid} to {dropped.target}: {dropped.reason}"
    for conflict in found.conflicts:
        guests = ", ".join(str(guest.vmid) for guest in conflict.incoming_guests)
        yield f"\nConflict on {conflict.target_node}: {guests} at {conflict.combined_cpu_pct:.1f} % CPU"
        yield f"  {conflict.resolution.kind}: {conflict.resolution.detail}"
    for advisory in found.advisories:
        yield f"\n{advisory.severity}: {advisory.type}: {advisory.message}"
    yield from (f"\nnote: {note}" for note in found.notes)


def _n(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
