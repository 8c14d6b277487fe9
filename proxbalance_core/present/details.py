"""Tables behind a click: score rows, alternatives, factors, skips, steps, impact. Each is a frame with titles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import ConfidenceFactor, Recommendation, RiskFactor, Skip
from proxbalance_core.present import words
from proxbalance_core.present.advice import breakdown, guest_label
from proxbalance_core.present.proxmox_links import guest_page
from proxbalance_core.present.views import NodeRow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Rows and the title of each column; a column's own name never holds what a user named.

    ``links`` are columns of addresses of our own making.
    """

    rows: pd.DataFrame
    titles: dict[str, str | None]
    links: tuple[str, ...] = ()


NODE_SHARES = ("cpu", "mem", "cpu_after", "mem_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the plan's impact."""

    title: str
    value: str
    change: str | None = None


def breakdown_frame(move: Recommendation) -> Table:
    """Both sides, row by row, with their totals as the last row: the sums of the rows above."""
    rows = [(r.term, r.source_points, r.source_value, r.target_points, r.target_value) for r in breakdown(move)]
    sides = move.score_details
    rows.append(("Total penalty", sides.source.total, "", sides.target.total, ""))
    return Table(
        rows=pd.DataFrame(rows, columns=["row", "from", "from_value", "to", "to_value"]),
        titles={
            "row": "Row",
            "from": f"{move.source}: points",
            "from_value": "value",
            "to": f"{move.target}: points",
            "to_value": "value ",
        },
    )


def nodes(rows: Sequence[NodeRow]) -> Table:
    """The node cards as one table, in their order; with what the plan makes of them where the cards have it."""
    columns: dict[str, tuple[str, list[Any]]] = {
        "node": ("Node", [row.name for row in rows]),
        "state": ("State", [row.state for row in rows]),
    }
    for key, title in (("cpu", "CPU"), ("mem", "Memory"), ("iowait", "I/O wait")):
        gauges = [next((g for g in row.gauges if g.title == title), None) for row in rows]
        shown = f"{title} [%]" if key == "iowait" else title
        columns[key] = (shown, [g.value if g else None for g in gauges])
        after = [g.after if g else None for g in gauges]
        if any(value is not None for value in after):
            columns[f"{key}_after"] = (f"{title}, predicted", after)
    columns["penalty"] = ("Penalty", [row.score for row in rows])
    predicted = any(row.guests_after is not None for row in rows)
    if predicted:
        columns["penalty_after"] = ("Penalty, predicted", [row.score_after for row in rows])
    columns["suitability"] = ("Suitability", [row.suitability for row in rows])
    columns["guests"] = ("Guests", [row.guest_count for row in rows])
    if predicted:
        columns["guests_after"] = ("Guests, predicted", [row.guests_after for row in rows])
    frame = pd.DataFrame({name: values for name, (_, values) in columns.items()})
    return Table(rows=frame, titles={name: title for name, (title, _) in columns.items()})


def alternatives(move: Recommendation) -> Table:
    """Every other node for the guest, best first, and what rules one out."""
    ranked = sorted(
        move.alternatives,
        key=lambda a: (
            a.ruled_out is not None,
            -(a.strain_relief or 0.0),
            -(a.score_improvement or 0.0),
            a.target,
        ),
    )
    rows = [(a.target, a.target_score, a.score_improvement, a.strain_relief, a.ruled_out or "possible") for a in ranked]
    frame = pd.DataFrame(rows, columns=["target", "score", "gain", "relief", "state"])
    return Table(
        rows=frame.astype({"score": float, "gain": float, "relief": float}),
        titles={
            "target": "Node",
            "score": "Penalty there [points]",
            "gain": "Improvement [points]",
            "relief": "Relief of the cluster [points]",
            "state": "Possible, or why not",
        },
    )


def factors(found: Sequence[ConfidenceFactor] | Sequence[RiskFactor]) -> Table:
    """The parts of a confidence or a risk; points are score times weight and add up to it."""
    rows = [
        (words.label(words.FACTORS, f.factor), f"{f.score:.0f} × {words.share(f.weight)}", f.points, f.detail)
        for f in found
    ]
    rows.append(("Total", "", sum(f.points for f in found), ""))
    return Table(
        rows=pd.DataFrame(rows, columns=["factor", "made_of", "points", "detail"]),
        titles={"factor": "Part", "made_of": "Score × weight", "points": "Points", "detail": "From"},
    )


def skipped(found: Sequence[Skip], web: str | None = None) -> Table:
    """Guests that stay: where, why, and what would change it; with a link to each where ``web`` leads to them."""
    rows = [
        (
            guest_label(s.type, s.vmid, s.name),
            s.node,
            words.label(words.SKIPS, s.reason),
            s.would_change or "",
            s.detail,
            s.best_target or "",
            s.score_improvement,
        )
        for s in found
    ]
    frame = pd.DataFrame(rows, columns=["guest", "node", "reason", "change", "detail", "best", "gain"])
    frame = frame.astype({"gain": float})
    titles: dict[str, str | None] = {
        "guest": "Guest",
        "node": "Node",
        "reason": "Reason",
        "detail": "In words",
        "change": "What would change it",
        "best": "Best other node",
        "gain": "Improvement there",
    }
    if web is None:
        return Table(rows=frame, titles=titles)
    frame["link"] = [guest_page(web, skip.type, skip.vmid) for skip in found]
    return Table(rows=frame, titles={**titles, "link": "In Proxmox"}, links=("link",))


def steps(assessment: Assessment) -> Table:
    """The plan's steps in order."""
    guests = {m.vmid: guest_label(m.type, m.vmid, m.name) for m in assessment.recommendations}
    rows = [
        (
            s.wave,
            s.step,
            guests.get(s.vmid, str(s.vmid)),
            s.source,
            s.target + (" (for the time being)" if s.temporary else ""),
            words.duration(s.estimated_seconds),
            words.duration(s.downtime_seconds) if s.downtime_seconds else "none",
            s.reason,
        )
        for s in assessment.plan.steps
    ]
    return Table(
        rows=pd.DataFrame(rows, columns=["wave", "step", "guest", "source", "target", "takes", "down", "why"]),
        titles={
            "wave": "Wave",
            "step": "Step",
            "guest": "Guest",
            "source": "From",
            "target": "To",
            "takes": "Takes about",
            "down": "Downtime",
            "why": "Why in this order",
        },
    )


def impact(assessment: Assessment) -> tuple[Figure, ...]:
    """What the whole plan changes, recomputed on the placement it leads to."""
    before, after = assessment.batch_impact.before, assessment.batch_impact.after
    crossed = len(after.thresholds_crossed)
    return (
        Figure(
            title="Health",
            value=words.number(after.cluster_health, 0),
            change=f"from {words.number(before.cluster_health, 0)}",
        ),
        Figure(
            title="Imbalance",
            value=words.number(after.imbalance, 2),
            change=f"from {words.number(before.imbalance, 2)}",
        ),
        Figure(
            title="Thresholds still crossed",
            value=str(crossed),
            change=f"from {len(before.thresholds_crossed)}",
        ),
        Figure(
            title="Takes about",
            value=words.duration(assessment.plan.estimated_seconds),
            change=f"{words.count(len(assessment.plan.steps), 'step')} in "
            f"{words.count(len(assessment.plan.waves), 'wave')}",
        ),
    )
