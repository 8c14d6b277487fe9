"""The history of scores: charts with what happened on them, and a stretch of time in sentences."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, cast

import altair as alt_
import pandas as pd

from proxbalance_core.domain.records import ClusterMark, ScoreMark, apart_at_most
from proxbalance_core.present import words
from proxbalance_core.present.charts import MAX_SERIES, SERIES, TIME_AXIS, TIME_SCALE, TIME_TIP, on_the_wall
from proxbalance_core.present.events import KINDS, Sign
from proxbalance_core.present.marks import BLUE, GREY

FIGURES = {"suitability": "Suitability", "score": "Penalty points", "cpu_pct": "CPU", "mem_pct": "Memory"}
_UNITS = {"suitability": "0-100, higher is better", "score": "points, lower is better", "cpu_pct": "%", "mem_pct": "%"}
FORMS = {"nodes": "By node", "stacked": "Stacked", "cluster": "Cluster"}
BRUSH = "window"


def gaps(times: Sequence[datetime], now: datetime, step: timedelta) -> tuple[tuple[datetime, datetime], ...]:
    """Stretches without an assessment, longer than old ones are kept apart and than two steps of the chart."""
    pairs = itertools.pairwise(times)
    return tuple((a, b) for a, b in pairs if b - a > max(apart_at_most(now - a), 2.2 * step))


def node_frame(
    marks: Sequence[ScoreMark], figure: str, holes: Iterable[tuple[datetime, datetime]], zone: tzinfo
) -> pd.DataFrame:
    """``ts`` (on the wall), ``node``, ``value``; a NaN row in each hole breaks the line."""
    rows = [{"ts": mark.at, "node": mark.node, "value": getattr(mark, figure)} for mark in marks]
    names = dict.fromkeys(mark.node for mark in marks)
    rows += [{"ts": a + (b - a) / 2, "node": name, "value": float("nan")} for a, b in holes for name in names]
    return _walled(pd.DataFrame(rows, columns=["ts", "node", "value"]), zone)


def _walled(frame: pd.DataFrame, zone: tzinfo) -> pd.DataFrame:
    times = pd.to_datetime(frame["ts"], utc=True)
    walled: pd.DataFrame = frame.assign(ts=on_the_wall(times, zone))
    return walled.sort_values("ts", kind="stable", ignore_index=True)


def by_node(
    frame: pd.DataFrame, figure: str, shown: Sequence[str], happened: Sequence[Sign], zone: tzinfo
) -> alt_.LayerChart:
    """A line for each node; at most six have a colour, the others are grey."""
    named = list(shown)[:MAX_SERIES]
    rows = frame.assign(named=frame["node"].isin(named))
    base = alt_.Chart(rows).encode(
        x=_time_axis(), y=alt_.Y("value:Q", title=f"{FIGURES[figure]} [{_UNITS[figure]}]", scale=_scale(figure))
    )
    tips = [
        alt_.Tooltip("node:N", title="Node"),
        TIME_TIP,
        alt_.Tooltip("value:Q", title=FIGURES[figure], format=".1f"),
    ]
    others = base.transform_filter("!datum.named").mark_line(strokeWidth=1, color=GREY, opacity=0.45)
    lines = base.transform_filter("datum.named").mark_line(strokeWidth=1.8, point=len(rows) < 60)
    lines = lines.encode(color=_colours(named), tooltip=tips)
    about = f"{FIGURES[figure]} of {rows['node'].nunique()} nodes over time."
    return _layered([others.encode(detail="node:N", tooltip=tips), lines], happened, zone, about)


def stacked(frame: pd.DataFrame, shown: Sequence[str], happened: Sequence[Sign], zone: tzinfo) -> alt_.LayerChart:
    """Penalty points of all nodes on one another; beyond six the rest is one band."""
    named = list(shown)[:MAX_SERIES]
    rows = frame.assign(node=frame["node"].where(frame["node"].isin(named), "other nodes"))
    summed = rows.groupby(["ts", "node"])["value"].sum(min_count=1)
    rows = summed.reset_index()
    order = [*named, *(["other nodes"] if (rows["node"] == "other nodes").any() else [])]
    area = (
        alt_.Chart(rows)
        .mark_area(opacity=0.85)
        .encode(
            x=_time_axis(), y=alt_.Y("value:Q", stack="zero", title="Penalty points of all nodes [points]"),
            color=_colours(order), order=alt_.Order("node:N"),
            tooltip=[
                alt_.Tooltip("node:N", title="Node"), TIME_TIP, alt_.Tooltip("value:Q", title="Points", format=".1f"),
            ],
        )
    )  # fmt: skip
    return _layered([area], happened, zone, f"Penalty points of {frame['node'].nunique()} nodes, stacked, over time.")


def cluster(
    marks: Sequence[ClusterMark], holes: Iterable[tuple[datetime, datetime]], happened: Sequence[Sign], zone: tzinfo
) -> alt_.LayerChart:
    """Health of the cluster: the mean as a line, down to the lowest as a band [0..100]."""
    rows: list[dict[str, Any]] = [
        {"ts": m.at, "mean": m.cluster_health, "lowest": m.lowest_health, "moves": m.recommendation_count,
         "imbalance": m.imbalance}
        for m in marks
    ]  # fmt: skip
    nothing = dict.fromkeys(("mean", "lowest", "moves", "imbalance"), float("nan"))
    rows += [{"ts": a + (b - a) / 2} | nothing for a, b in holes]
    data = _walled(pd.DataFrame(rows, columns=["ts", "mean", "lowest", "moves", "imbalance"]), zone)
    base = alt_.Chart(data).encode(x=_time_axis())
    scale = alt_.Scale(domain=[0, 100])
    band = base.mark_area(opacity=0.2, color=BLUE).encode(y=alt_.Y("lowest:Q", scale=scale), y2="mean:Q")
    line = base.mark_line(color=BLUE, strokeWidth=2, point=len(data) < 60).encode(
        y=alt_.Y("mean:Q", title="Cluster health [0-100]", scale=scale),
        tooltip=[
            TIME_TIP, alt_.Tooltip("mean:Q", title="Health", format=".1f"),
            alt_.Tooltip("lowest:Q", title="Lowest", format=".1f"),
            alt_.Tooltip("imbalance:Q", title="Imbalance", format=".2f"),
            alt_.Tooltip("moves:Q", title="Recommendations", format=".1f"),
        ],
    )  # fmt: skip
    return _layered([band, line], happened, zone, "Cluster health over time: the mean, and a band down to the lowest.")


def _layered(layers: list[Any], happened: Sequence[Sign], zone: tzinfo, about: str) -> alt_.LayerChart:
    brush = alt_.selection_interval(name=BRUSH, encodings=["x"])
    layers[-1] = layers[-1].add_params(brush)
    chart = alt_.layer(*layers, *_signs(happened, zone)).properties(
        height=320, description=f"{about} {_said(happened)}"
    )
    return cast(alt_.LayerChart, chart)


def _said(happened: Sequence[Sign]) -> str:
    return f"{words.count(len(happened), 'mark')} above tell what happened." if happened else "Nothing else happened."


def _signs(happened: Sequence[Sign], zone: tzinfo) -> Iterator[alt_.Chart]:
    if not happened:
        return
    rows = _walled(pd.DataFrame([{"ts": s.at, "kind": s.kind, "about": s.about} for s in happened]), zone)
    kinds = [name for name, _ in KINDS.values() if name in set(rows["kind"])]
    shapes = [shape for name, shape in KINDS.values() if name in kinds]
    base = alt_.Chart(rows).encode(x=_time_axis())
    tips = [TIME_TIP, alt_.Tooltip("kind:N", title="What"), alt_.Tooltip("about:N", title="About")]
    yield base.mark_rule(color=GREY, opacity=0.35, strokeDash=[2, 3]).encode(tooltip=tips)
    yield base.mark_point(filled=True, size=70, color=GREY, opacity=0.9).encode(
        y=alt_.value(6), tooltip=tips,
        shape=alt_.Shape(
            "kind:N", title=None, scale=alt_.Scale(domain=kinds, range=shapes),
            legend=alt_.Legend(orient="bottom", columns=5, labelLimit=160),
        ),
    )  # fmt: skip


def _time_axis() -> alt_.X:
    return alt_.X("ts:T", title=None, scale=TIME_SCALE, axis=TIME_AXIS)


def _scale(figure: str) -> alt_.Scale:
    return alt_.Scale(zero=True) if figure == "score" else alt_.Scale(domain=[0, 100])


def _colours(names: Sequence[str]) -> alt_.Color:
    colours = [*SERIES, GREY][: len(names)] if len(names) <= MAX_SERIES else [*SERIES[:MAX_SERIES], GREY]
    return alt_.Color(
        "node:N", title=None, scale=alt_.Scale(domain=list(names), range=colours),
        legend=alt_.Legend(orient="top", columns=7, labelLimit=140),
    )  # fmt: skip


def most_changed(marks: Sequence[ScoreMark], figure: str) -> tuple[str, ...]:
    """The six nodes whose figure moved most, by name: they get the colours."""
    values: dict[str, list[float]] = {}
    for mark in marks:
        value = getattr(mark, figure)
        if value == value:
            values.setdefault(mark.node, []).append(value)
    ranked = sorted(values, key=lambda node: (min(values[node]) - max(values[node]), node))
    return tuple(sorted(ranked[:MAX_SERIES]))


def window_of(selection: Mapping[str, Any] | None, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """The stretch that was brushed on a chart, as times; None without one, or where it has no width.

    Vega tells epoch milliseconds of the clock on the wall, called UTC.
    """
    span = dict(selection or {}).get(BRUSH, {}).get("ts")
    if not span or len(span) != 2 or not all(isinstance(edge, int | float) for edge in span):
        return None
    since, until = (_from_wall(float(edge), zone) for edge in sorted(span))
    return (since, until) if until > since else None


def _from_wall(milliseconds: float, zone: tzinfo) -> datetime:
    wall = datetime.fromtimestamp(milliseconds / 1000.0, UTC).replace(tzinfo=zone)
    return wall.astimezone(UTC)
