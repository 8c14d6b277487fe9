"""The sentences of "how scoring works", made from an assessment's own numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import NodeScore
from proxbalance_core.present import words
from proxbalance_core.present.advice import guest_label, value_text
from proxbalance_core.present.details import Table


def levels(node: NodeScore, settings: dict[str, Any]) -> tuple[str, ...]:
    """How the windows are weighed into a level."""
    shares = [f"{words.share(settings[key])}" for key in ("weight_current", "weight_24h", "weight_7d")]
    level = next((term.value for term in node.terms if term.term == "current_cpu"), None)
    return (
        f"CPU counts {shares[0]} as it is now, {shares[1]} over 24 hours and {shares[2]} over 7 days.",
        f"{node.name} uses {words.percent(node.cpu_pct, 1)} now; its level is {words.percent(level, 1)}.",
        f"Memory counts as it is now: {words.percent(node.mem_pct, 1)}. It changes in steps when guests move.",
        f"Limits: CPU {settings['cpu_threshold']:g} %, memory {settings['mem_threshold']:g} %,"
        f" I/O wait {settings['iowait_threshold']:g} %.",
    )


def terms(node: NodeScore) -> Table:
    """Every row of a node's score with its total; rows of no points are left out."""
    rows = [
        (words.label(words.TERMS, t.term), words.label(words.CATEGORIES, t.category), value_text(t), t.points)
        for t in node.terms
        if t.points
    ]
    rows.append(("Total penalty", "", "", sum(row[3] for row in rows)))
    return Table(
        rows=pd.DataFrame(rows, columns=["row", "part", "value", "points"]),
        titles={"row": "Row", "part": "Part", "value": "Value", "points": "Points"},
    )


def worth(assessment: Assessment) -> tuple[str, ...]:
    """When a move is recommended, with the first move of the plan as the example."""
    settings = assessment.settings
    rule = (
        f"A move costs {settings['move_cost_points']:g} points and {settings['move_cost_points_per_gb']:g} for each GB."
        " It must relieve the cluster by more than that over the coming day,"
        f" and gain at least {settings['min_score_improvement']:g} points."
    )
    if not assessment.recommendations:
        return (rule, "At the moment no move does.")
    move = min(assessment.recommendations, key=lambda m: (min(m.steps, default=0), m.vmid))
    return (
        rule,
        f"{guest_label(move.type, move.vmid, move.name)}:"
        f" {words.number(move.current_score, 2)} points on {move.source},"
        f" {words.number(move.target_score, 2)} on {move.target}. The improvement is"
        f" {words.number(move.score_improvement, 2)} points, the relief {words.number(move.strain_relief, 2)}.",
    )


def sureness() -> tuple[str, ...]:
    """What confidence and risk are made of."""
    return (
        "Confidence: 40 % improvement, 25 % room left on the target, 20 % ease of the migration, 15 % steady load.",
        "Risk: 30 % the guest's memory, 25 % its disk traffic, 20 % disks and snapshots, 15 % network traffic,"
        " 10 % health of the cluster.",
    )
