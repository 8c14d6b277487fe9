"""The monthly report in words and rows, the same for the page, the HTML file and the PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import altair as alt_
import pandas as pd

from proxbalance_core.domain.reports import Report
from proxbalance_core.domain.success import Metric, Success
from proxbalance_core.present import words
from proxbalance_core.present.charts import TIME_AXIS, TIME_SCALE, on_the_wall
from proxbalance_core.present.details import Table
from proxbalance_core.present.marks import BLUE, GREY
from proxbalance_core.present.verdicts import VERDICTS

Rows = tuple[tuple[str, ...], ...]
_MOST_ROWS = 50
STATES = {"met": "Met", "missed": "Missed", "not_enough_data": "Not enough data"}
TRENDS = {"better": "better than before", "worse": "worse than before", "steady": "as before", None: ""}
_ENDED = {
    "done": "carried out", "withdrawn": "withdrawn", "target changed": "got another target", "standing": "still stand",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the report: a title, sentences, and a table (its first column is text, the rest are figures)."""

    title: str
    sentences: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: Rows = ()


def table(section: Section) -> Table:
    """A section's rows for the page."""
    names = [f"c{i}" for i in range(len(section.columns))]
    titles: dict[str, str | None] = dict(zip(names, section.columns, strict=True))
    return Table(rows=pd.DataFrame(list(section.rows), columns=names), titles=titles)


def title(report: Report) -> str:
    """What stands over the report."""
    at = datetime.strptime(report.month, "%Y-%m").replace(tzinfo=ZoneInfo(report.timezone))
    return f"{report.cluster}: {at:%B %Y}" + ("" if report.complete else " so far")


def sections(report: Report) -> tuple[Section, ...]:
    """The whole report."""
    zone = ZoneInfo(report.timezone)
    return (
        Section(title="In short", sentences=tuple(_in_short(report))),
        Section(
            title="How well the advice did", columns=("Figure", "Value", "Target", "State", "Trend"),
            rows=tuple(metric_row(metric) for metric in report.success.metrics),
        ),
        Section(
            title="Nodes", columns=("Node", "Suitability", "Lowest", "CPU", "Memory", "Came over a threshold"),
            rows=tuple(
                (
                    node.node, words.number(node.suitability), words.number(node.lowest_suitability),
                    words.percent(node.cpu_pct), words.percent(node.mem_pct), str(node.overloaded),
                )
                for node in report.nodes
            ),
        ),
        _migrations(report, zone),
        Section(
            title="Settings that were changed", columns=("When", "Who", "What"),
            rows=tuple(
                (words.clock(change.at, zone), change.who, ", ".join(change.keys))
                for change in report.settings_changes
            ),
            sentences=() if report.settings_changes else ("None was changed.",),
        ),
        Section(title="What is missing", sentences=tuple(_missing(report, zone))),
    )  # fmt: skip


def metric_row(metric: Metric) -> tuple[str, ...]:
    """A figure of success: its name, value, target, state and trend in words."""
    sign = "at least" if metric.higher_is_better else "at most"
    return (
        metric.title, _value(metric), f"{sign} {metric.target:g} {metric.unit}", STATES[metric.state],
        TRENDS[metric.trend],
    )  # fmt: skip


def success_headline(found: Success) -> str:
    """How many figures met their target, and how many have too little behind them."""
    states = [metric.state for metric in found.metrics]
    short = states.count("not_enough_data")
    if short == len(states):
        return "There is too little behind any figure yet."
    told = f"{states.count('met')} of {len(states) - short} figures met their target"
    return told + (f"; {short} of {len(states)} have too little behind them yet." if short else ".")


def _value(metric: Metric) -> str:
    if metric.value is None:
        return f"{metric.counted} of {metric.needs} needed"
    if metric.unit == "min":
        return words.duration(60.0 * metric.value)
    return f"{words.number(metric.value, 0 if metric.unit == 'times' else 1)} {metric.unit}"


def _in_short(report: Report) -> Iterator[str]:
    measured = [mark for mark in report.health if mark.cluster_health == mark.cluster_health]
    if measured:
        total = sum(mark.generations for mark in measured)
        mean = sum(mark.cluster_health * mark.generations for mark in measured) / total
        lowest = min(mark.lowest_health for mark in measured)
        yield f"Cluster health was {mean:.0f} of 100 in the mean, {lowest:.0f} at its lowest."
    count = sum(report.advice.values())
    if count:
        ended = ", ".join(f"{report.advice[key]} {text}" for key, text in _ENDED.items() if report.advice.get(key))
        yield f"{words.count(count, 'recommendation')}: {ended}."
    else:
        yield "Nothing was recommended."
    moved = len(report.outcomes)
    followed = sum(outcome.recommendation is not None for outcome in report.outcomes)
    if moved:
        yield f"{words.count(moved, 'migration')} happened, {followed} of them recommended."
    missed = [metric.title.lower() for metric in report.success.metrics if metric.state == "missed"]
    known = sum(metric.value is not None for metric in report.success.metrics)
    if missed:
        yield f"{len(missed)} of {known} figures with enough data missed their target: {', '.join(missed)}."
    elif known:
        yield f"All {known} figures with enough data met their target."


def _migrations(report: Report, zone: ZoneInfo) -> Section:
    rows = tuple(
        (
            words.guest(outcome.vmid, outcome.name), words.clock(outcome.at, zone),
            f"{outcome.source} to {outcome.target}", words.signed(outcome.predicted_points),
            words.signed(outcome.realised_points), VERDICTS[outcome.verdict],
        )
        for outcome in report.outcomes[:_MOST_ROWS]
    )  # fmt: skip
    left = len(report.outcomes) - len(rows)
    said = () if report.outcomes else ("No guest was migrated.",)
    return Section(
        title="Migrations", columns=("Guest", "When", "Way", "Predicted", "Realised", "Verdict"), rows=rows,
        sentences=(*said, *((f"{left} earlier ones are left out.",) if left else ())),
    )  # fmt: skip


def _missing(report: Report, zone: ZoneInfo) -> Iterator[str]:
    if not report.complete:
        yield f"The month is not over: this goes to {words.clock(report.until, zone)}."
    for since, until in report.gaps[:10]:
        yield f"Nothing was assessed from {words.clock(since, zone)} to {words.clock(until, zone)}."
    if len(report.gaps) > 10:
        yield f"{len(report.gaps) - 10} more such stretches are left out."
    short = [metric.title for metric in report.success.metrics if metric.value is None]
    if short:
        yield f"Too little is known for: {', '.join(short)}."
    unknown = sum(outcome.verdict in ("confounded", "not_measured") for outcome in report.outcomes)
    if unknown:
        yield f"{words.count(unknown, 'migration')} could not be judged."
    if report.complete and not report.gaps and not short and not unknown:
        yield "Nothing: every figure has enough behind it."


def health_chart(report: Report, width_px: int = 880) -> alt_.LayerChart:
    """Cluster health over the month, a mark a day: the mean as a line, the lowest as dots [0..100]."""
    data = pd.DataFrame(
        [
            {"ts": mark.at, "mean": mark.cluster_health, "lowest": mark.lowest_health}
            for mark in report.health
        ],
        columns=["ts", "mean", "lowest"],
    )  # fmt: skip
    data["ts"] = on_the_wall(pd.to_datetime(data["ts"], utc=True), ZoneInfo(report.timezone))
    base = alt_.Chart(data).encode(x=alt_.X("ts:T", title=None, scale=TIME_SCALE, axis=TIME_AXIS))
    axis = alt_.Scale(domain=[0, 100])
    line = base.mark_line(color=BLUE, strokeWidth=2, point=True).encode(
        y=alt_.Y("mean:Q", title="Cluster health [0-100]", scale=axis)
    )
    dots = base.mark_point(color=GREY, filled=True, size=25).encode(y=alt_.Y("lowest:Q", scale=axis))
    chart = alt_.layer(line, dots).properties(
        width=width_px, height=200, description="Cluster health by day: the mean as a line, the lowest as grey dots."
    )
    return cast(alt_.LayerChart, chart)
