"""Outcomes and opinions as rows and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from typing import cast

import altair as alt_
import pandas as pd

from proxbalance_core.domain.feedback import Feedback, FeedbackReport
from proxbalance_core.domain.outcomes import Accuracy, Check, Outcome, PairLoads
from proxbalance_core.domain.units import known
from proxbalance_core.present import words
from proxbalance_core.present.details import Table
from proxbalance_core.present.marks import AMBER, BLUE, GREEN, GREY, RED
from proxbalance_core.present.verdicts import VERDICTS, after, verdict_about

RATINGS = {"helpful": "Helpful", "not_helpful": "Not helpful"}
OBJECTIONS = {
    "not_needed": "Not needed", "wrong_target": "Wrong target", "special_requirements": "Special requirements",
    "other": "Other",
}  # fmt: skip
_BY = {"all": "All migrations", "reason": "Reason", "source": "From", "target": "To"}
_COLOURS = {
    "improved": GREEN,
    "expected": BLUE,
    "worse": RED,
    "confounded": GREY,
    "not_measured": GREY,
    "pending": AMBER,
}
_SHAPES = {"improved": "triangle-up", "expected": "circle", "worse": "triangle-down"}
_MEASURED = (
    ("CPU of {source}", "source_cpu_pct"), ("CPU of {target}", "target_cpu_pct"),
    ("Memory of {source}", "source_mem_pct"), ("Memory of {target}", "target_mem_pct"),
    ("I/O wait of {source}", "source_iowait_pct"), ("I/O wait of {target}", "target_iowait_pct"),
)  # fmt: skip


def headline(found: Sequence[Outcome]) -> str:
    """How many migrations, and how they were judged."""
    counts: Counter[str] = Counter(outcome.verdict for outcome in found)
    parts = [f"{counts[key]} {text[0].lower()}{text[1:]}" for key, text in VERDICTS.items() if counts[key]]
    return f"{words.count(len(found), 'migration')}: {', '.join(parts)}."


def table(found: Sequence[Outcome], zone: tzinfo) -> Table:
    """A row for each migration, the newest first."""
    titles: dict[str, str | None] = {
        "guest": "Guest", "when": "When", "way": "Way", "predicted": "Predicted", "came": "Came", "verdict": "Verdict",
        "by": "Recommended", "about": "About",
    }  # fmt: skip
    rows = [
        (
            words.guest(o.vmid, o.name), words.clock(o.at, zone), f"{o.source} → {o.target}",
            o.predicted_points, o.realised_points, VERDICTS[o.verdict], "Yes" if o.recommendation else "No",
            verdict_about(o),
        )
        for o in found
    ]  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def accuracy_table(rows: Sequence[Accuracy]) -> Table:
    """How predictions did, by reason, source and target."""
    titles: dict[str, str | None] = {
        "by": "By", "key": "Which", "moves": "Migrations", "judged": "Judged", "held": "Within 10 points",
        "realised": "Realised %",
    }  # fmt: skip
    made = [
        (
            _BY[row.by], "" if row.by == "all" else _which(row), row.migrations, row.judged, row.held_pct,
            row.realised_pct,
        )
        for row in rows
    ]  # fmt: skip
    return Table(rows=pd.DataFrame(made, columns=list(titles)), titles=titles)


def _which(row: Accuracy) -> str:
    if row.by != "reason":
        return row.key
    return "Not recommended" if row.key == "own_choice" else words.label(words.REASONS, row.key)


def looks(outcome: Outcome) -> Table:
    """Both nodes' loads before, as predicted, and at each look after; a dash where nothing was measured."""
    titles: dict[str, str | None] = {"what": "", "before": "Before", "predicted": "Predicted"}
    titles |= {f"check_{check.after_s}": after(check.after_s) for check in outcome.checks}
    rows = [
        (
            text.format(source=outcome.source, target=outcome.target), _pct(outcome.before, name),
            _pct(outcome.predicted, name), *(_pct(check.loads, name) for check in outcome.checks),
        )
        for text, name in _MEASURED
    ]  # fmt: skip
    points = (
        "Worth of the move", "", words.signed(outcome.predicted_points) if known(outcome.predicted_points) else "–",
        *(words.signed(check.points) if known(check.points) else "–" for check in outcome.checks),
    )  # fmt: skip
    return Table(rows=pd.DataFrame([*rows, points], columns=list(titles)), titles=titles)


def _pct(loads: PairLoads, name: str) -> str:
    value = getattr(loads, name)
    return words.percent(value, 1) if known(value) else "–"


def remarks(outcome: Outcome) -> tuple[str, ...]:
    """Why a look says nothing, or what disturbed it."""
    return tuple(text for check in outcome.checks for text in _remark(check))


def _remark(check: Check) -> tuple[str, ...]:
    when = after(check.after_s)
    said = [f"{when[0].upper()}{when[1:]}: {check.fault}"] if check.fault else []
    if check.others:
        said.append(f"{when[0].upper()}{when[1:]}: other guests moved meanwhile ({'; '.join(check.others[:3])}).")
    if check.target_over:
        said.append(f"{when[0].upper()}{when[1:]}: the target was over its threshold ({', '.join(check.target_over)}).")
    return tuple(said)


def scatter(found: Sequence[Outcome]) -> alt_.LayerChart | None:
    """What came against what was predicted [points]; None without a judged one. On the line: exactly as predicted."""
    rows = [
        {"guest": words.guest(o.vmid, o.name), "predicted": o.predicted_points, "came": o.realised_points,
         "verdict": VERDICTS[o.verdict]}
        for o in found
        if o.holds is not None
    ]  # fmt: skip
    if not rows:
        return None
    data = pd.DataFrame(rows)
    low, high = min(0.0, *data["predicted"], *data["came"]), max(*data["predicted"], *data["came"], 10.0)
    scale = alt_.Scale(domain=[low - 5, high + 5], nice=True)
    ends = pd.DataFrame({"predicted": [low - 5, high + 5], "came": [low - 5, high + 5]})
    line = alt_.Chart(ends).mark_line(color=GREY, strokeDash=[4, 4]).encode(x="predicted:Q", y="came:Q")
    kinds = [VERDICTS[key] for key in _SHAPES if VERDICTS[key] in set(data["verdict"])]
    keys = [key for key in _SHAPES if VERDICTS[key] in kinds]
    dots = (
        alt_.Chart(data)
        .mark_point(filled=True, size=90, opacity=0.9)
        .encode(
            x=alt_.X("predicted:Q", title="Predicted [points]", scale=scale),
            y=alt_.Y("came:Q", title="Came [points]", scale=scale),
            color=alt_.Color(
                "verdict:N", title=None, legend=alt_.Legend(orient="top"),
                scale=alt_.Scale(domain=kinds, range=[_COLOURS[key] for key in keys]),
            ),
            shape=alt_.Shape("verdict:N", title=None, scale=alt_.Scale(domain=kinds, range=[_SHAPES[k] for k in keys])),
            tooltip=[
                alt_.Tooltip("guest:N", title="Guest"), alt_.Tooltip("predicted:Q", title="Predicted", format=".1f"),
                alt_.Tooltip("came:Q", title="Came", format=".1f"), alt_.Tooltip("verdict:N", title="Verdict"),
            ],
        )
    )  # fmt: skip
    chart = alt_.layer(line, dots).properties(
        height=300, description=f"What {len(rows)} migrations brought against what was predicted, in points."
    )
    return cast(alt_.LayerChart, chart)


def opinions_headline(found: FeedbackReport) -> str:
    """How many called it what."""
    share = "" if found.positive_pct is None else f" ({found.positive_pct:.0f} % helpful)"
    return f"{found.helpful} helpful, {found.not_helpful} not helpful{share}."


def opinions_table(rows: Sequence[Feedback], zone: tzinfo) -> Table:
    """Every opinion, the newest first."""
    titles: dict[str, str | None] = {
        "guest": "Guest", "when": "When", "way": "Way", "why": "Recommended to", "rating": "Rating",
        "objection": "Because", "note": "Note",
    }  # fmt: skip
    made = [
        (
            words.guest(row.vmid, row.name), words.clock(row.at, zone), f"{row.source} → {row.target}",
            words.label(words.REASONS, row.reason), RATINGS[row.rating],
            OBJECTIONS[row.objection] if row.objection else "", row.note,
        )
        for row in rows
    ]  # fmt: skip
    return Table(rows=pd.DataFrame(made, columns=list(titles)), titles=titles)
