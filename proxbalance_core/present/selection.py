"""Recommendations that were picked, taken together: figures, nodes, conflicts and what breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from proxbalance_core.domain.plans import Assessment, Conflict
from proxbalance_core.domain.results import Recommendation
from proxbalance_core.domain.selections import Selection
from proxbalance_core.domain.wording import listed
from proxbalance_core.present import words
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.details import Table
from proxbalance_core.present.views import Tile

SHARES, FIGURES = ("cpu_then", "mem_then"), ("cpu", "mem", "penalty", "penalty_then")


def row(move: Recommendation, target: str) -> tuple[str, str]:
    """One recommendation in two lines: the guest; its way (another target is told) and what it gains."""
    instead = f" (instead of {move.target})" if target != move.target else ""
    gain = f"{words.signed(move.score_improvement)} points"
    return guest_label(move.type, move.vmid, move.name), f"{move.source} → {target}{instead} · {gain}"


def tiles(found: Selection) -> tuple[Tile, ...]:
    """What the picked moves change together."""
    before, after = found.impact.before, found.impact.after
    crossed = len(after.thresholds_crossed)
    return (
        _then("Cluster health", before.cluster_health, after.cluster_health, 0, "0 to 100, higher is better."),
        _then("Strain", before.strain, after.strain, 1, "What plans minimise: lower is better.", up=False),
        _then("Imbalance", before.imbalance, after.imbalance, 2, "How unevenly nodes are loaded.", up=False),
        Tile(
            title="Thresholds crossed", value=str(crossed), change=f"from {len(before.thresholds_crossed)}",
            better=crossed <= len(before.thresholds_crossed), about="Nodes over a threshold of CPU, memory or iowait.",
        ),
        Tile(
            title="Sent", value=f"{found.gigabytes:,.1f} GB", change=f"price {words.number(found.cost)} points",
            better=None, about="What the migrations send, and what they cost against the strain that they relieve.",
        ),
        Tile(
            title="Takes about", value=words.duration(found.plan.estimated_seconds),
            change=words.count(len(found.plan.waves), "wave"), better=None,
            about="Waves follow one another; what is in one runs side by side.",
        ),
    )  # fmt: skip


def _then(title: str, now: float | None, then: float | None, digits: int, about: str, *, up: bool = True) -> Tile:
    known = now is not None and then is not None
    better = None if not known or now == then else (then > now) is up  # type: ignore[operator]
    return Tile(
        title=title, value=words.number(then, digits), change=f"from {words.number(now, digits)}", better=better,
        about=about,
    )  # fmt: skip


def nodes(found: Selection) -> Table:
    """Each node before and after, those that change most first."""
    before, after = found.impact.before, found.impact.after
    rows = [
        (
            name, load.cpu_pct, after.nodes[name].cpu_pct, load.mem_pct, after.nodes[name].mem_pct,
            before.node_scores[name], after.node_scores[name],
            f"{load.guest_count} → {after.nodes[name].guest_count}"
            if load.guest_count != after.nodes[name].guest_count
            else str(load.guest_count),
        )
        for name, load in before.nodes.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-abs((row[6] or 0.0) - (row[5] or 0.0)), row[0]))
    titles: dict[str, str | None] = {
        "node": "Node", "cpu": "CPU %", "cpu_then": "CPU then", "mem": "Memory %", "mem_then": "Memory then",
        "penalty": "Penalty", "penalty_then": "Penalty then", "guests": "Guests",
    }  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def conflict(found: Conflict) -> str:
    """What is too much for a node, in a sentence."""
    coming = ", ".join(f"{guest.vmid} {guest.name}".strip() for guest in found.incoming_guests)
    return (
        f"Together {coming} put {found.target_node} to {words.percent(found.combined_cpu_pct, 1)} CPU and "
        f"{words.percent(found.combined_mem_pct, 1)} memory; the limit is {words.percent(found.threshold)}."
    )


def resolution(found: Conflict, out: Sequence[int]) -> str:
    """The button that resolves it; ``out`` are the guests that would be left out."""
    answer = found.resolution
    if answer.kind == "reroute":
        return f"Send {answer.vmid} to {answer.to} instead"
    return f"Leave {listed([str(vmid) for vmid in out])} out"


def steps(found: Selection, labels: Mapping[int, str]) -> Table:
    """The plan of the picked moves, step by step."""
    rows = [
        (
            step.wave, labels.get(step.vmid, str(step.vmid)), f"{step.source} → {step.target}",
            words.duration(step.estimated_seconds), step.reason,
        )
        for step in found.plan.steps
    ]  # fmt: skip
    titles: dict[str, str | None] = {
        "wave": "Wave", "guest": "Guest", "way": "Way", "takes": "Takes about", "why": "Why",
    }  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def gone(picked: Mapping[int, str], assessment: Assessment) -> tuple[int, ...]:
    """Picked guests that are no longer recommended."""
    there = {move.vmid for move in assessment.recommendations}
    return tuple(vmid for vmid in picked if vmid not in there)
