"""Altair charts as pure functions of rows. Titles name the subject, axes have units, limits are labelled.

Colours are Okabe-Ito; every series has a name in a legend or on its axis, so that colour is never the only sign. Each
chart carries its alternative text as its description (:func:`alt`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, cast

import altair as alt_
import pandas as pd

from proxbalance_core.domain.results import NodeScore
from proxbalance_core.present import words
from proxbalance_core.present.marks import AMBER, BLUE, CATEGORY_COLOURS, GREEN, GREY, RED
from proxbalance_core.present.views import NodeRow, penalty_parts

SERIES = (BLUE, AMBER, GREEN, RED, "#56B4E9", "#CC79A7")
MAX_SERIES = len(SERIES)
LIMIT_COLOUR = RED
_ROW_PX, _NARROW_ROW_PX, _FEW_ROWS = 30, 20, 12
# 24-hour clock; a new day says its date.
TIME_AXIS = alt_.Axis(
    labelOverlap=True,
    tickCount=6,
    labelExpr="utcFormat(datum.value, utchours(datum.value) + utcminutes(datum.value) == 0 ? '%d %b' : '%H:%M')",
)
# Times reach the browser as the clock on the wall of the chosen zone, and are drawn without its own: see on_the_wall.
TIME_SCALE = alt_.Scale(type="utc")
TIME_TIP = alt_.Tooltip("utcyearmonthdatehoursminutes(ts):T", title="Time", format="%Y-%m-%d %H:%M")


def alt(chart: alt_.TopLevelMixin) -> str:
    """The chart's alternative text."""
    return str(chart.to_dict().get("description", ""))


def busiest(frame: pd.DataFrame, limits_pct: dict[str, float]) -> tuple[str, ...]:
    """At most six nodes, those that come nearest to a limit on average; by name.

    Parameters
    ----------
    limits_pct : dict
        The limit [percent] of each column that counts.
    """
    means = frame.groupby("node", observed=True)[list(limits_pct)].mean()
    nearest = (means / pd.Series(limits_pct)).max(axis=1).sort_values(ascending=False, kind="stable")
    return tuple(sorted(str(name) for name in nearest.index[:MAX_SERIES]))


def on_the_wall(times: pd.Series, zone: tzinfo) -> pd.Series:
    """Times as the clock in ``zone`` shows them, called UTC: Vega knows the browser's own zone and UTC alone."""
    wall: pd.Series = times.dt.tz_convert(zone).dt.tz_localize(None).dt.tz_localize("UTC")
    return wall


def usage_history(
    frame: pd.DataFrame, column: str, title: str, limit_pct: float, shown: Sequence[str], zone: tzinfo
) -> alt_.LayerChart:
    """One line for each node over time [percent], with the limit as a labelled rule.

    Parameters
    ----------
    frame : DataFrame
        ``ts`` (UTC time), ``node`` and ``column`` (percent); at most 5,000 rows. NaN breaks the line.
    shown : sequence of str
        The nodes that get a colour and a place in the legend, at most six; all others are grey.
    zone : tzinfo
        Whose clock the axis of time shows.
    """
    nodes = list(shown)[:MAX_SERIES]
    rows = frame[["ts", "node", column]].rename(columns={column: "value"})
    rows["node"], rows["value"] = rows["node"].astype(str), rows["value"].clip(0, 100)
    rows["ts"] = on_the_wall(rows["ts"], zone)
    rows["named"] = rows["node"].isin(nodes)
    top = max(limit_pct, float(rows["value"].max(skipna=True)) if rows["value"].notna().any() else 0.0)
    base = alt_.Chart(rows).encode(
        x=alt_.X("ts:T", title=None, axis=TIME_AXIS, scale=TIME_SCALE),
        y=alt_.Y("value:Q", title=f"{title} [%]", scale=alt_.Scale(domain=[0, min(100.0, top + 10)])),
    )
    tips = [
        alt_.Tooltip("node:N", title="Node"),
        TIME_TIP,
        alt_.Tooltip("value:Q", title=f"{title} [%]", format=".1f"),
    ]
    others = base.transform_filter("!datum.named")
    others = others.mark_line(strokeWidth=1, color=GREY, opacity=0.45).encode(detail="node:N", tooltip=tips)
    lines = base.transform_filter("datum.named").mark_line(strokeWidth=1.8)
    lines = lines.encode(
        color=alt_.Color(
            "node:N",
            title=None,
            scale=alt_.Scale(domain=nodes, range=list(SERIES[: len(nodes)])),
            legend=alt_.Legend(orient="top", columns=MAX_SERIES, labelLimit=140),
        ),
        tooltip=tips,
    )
    count = rows["node"].nunique()
    chart = alt_.layer(others, lines, *_limit(limit_pct)).properties(
        height=220,
        description=f"{title} of {count} nodes over time in percent; the limit is {limit_pct:g} percent.",
    )
    return cast(alt_.LayerChart, chart)


def _limit(limit: float, *, along: str = "y") -> tuple[Any, Any]:
    data = alt_.Chart(pd.DataFrame({"limit": [limit], "label": [f"limit {limit:g} %"]}))
    if along == "y":
        rule = data.mark_rule(color=LIMIT_COLOUR, strokeDash=[5, 4]).encode(y="limit:Q")
        text = data.mark_text(align="left", dx=4, fontSize=11, color=LIMIT_COLOUR)
        return rule, text.encode(x=alt_.value("width"), y="limit:Q", text="label:N")
    rule = data.mark_rule(color=LIMIT_COLOUR, strokeDash=[5, 4]).encode(x="limit:Q")
    text = data.mark_text(align="left", dx=4, fontSize=11, color=LIMIT_COLOUR)
    return rule, text.encode(x="limit:Q", y=alt_.value(-6), text="label:N")


def before_after(rows: Sequence[NodeRow], gauge: str, limit_pct: float) -> alt_.LayerChart:
    """Each node's usage now (circle) and when the plan is done (arrow head), joined by a line [percent]."""
    data = pd.DataFrame(
        [
            {"node": row.name, "now": g.value, "after": g.after}
            for row in rows
            for g in row.gauges
            if g.title == gauge and g.value is not None and g.after is not None
        ],
        columns=["node", "now", "after"],
    ).astype({"now": float, "after": float})
    data["way"] = ["right" if after >= now else "left" for now, after in zip(data["now"], data["after"], strict=True)]
    nodes = alt_.Y("node:N", title=None, sort=None, axis=alt_.Axis(labelLimit=120))
    base = alt_.Chart(data).encode(y=nodes)
    tips = [
        alt_.Tooltip("node:N", title="Node"),
        alt_.Tooltip("now:Q", title="Now [%]", format=".1f"),
        alt_.Tooltip("after:Q", title="With the plan [%]", format=".1f"),
    ]
    scale = alt_.Scale(domain=[0, 100])
    line = base.mark_rule(strokeWidth=2, color=GREY).encode(
        x=alt_.X("now:Q", title=f"{gauge} [%]", scale=scale), x2="after:Q"
    )
    now = base.mark_point(filled=False, size=70, color=GREY, opacity=1).encode(x="now:Q", tooltip=tips)
    heads = base.mark_point(filled=True, size=110, color=BLUE, opacity=1).encode(
        x="after:Q",
        tooltip=tips,
        shape=alt_.Shape(
            "way:N",
            scale=alt_.Scale(domain=["left", "right"], range=["triangle-left", "triangle-right"]),
            legend=None,
        ),
    )
    chart = alt_.layer(line, now, heads, *_limit(limit_pct, along="x")).properties(
        height=alt_.Step(_ROW_PX if len(data) <= _FEW_ROWS else _NARROW_ROW_PX),
        description=f"{gauge} of each node now (circle) and with the plan carried out (arrow head), in percent.",
    )
    return cast(alt_.LayerChart, chart)


def suitability_bars(frame: pd.DataFrame, guest: str) -> alt_.LayerChart:
    """How well each node would suit a guest (0..100); ruled-out nodes are grey and say why.

    Parameters
    ----------
    frame : DataFrame
        ``node``, ``suitability`` (0..100 or NaN), ``state`` ("is here", "possible", "ruled out"), ``why``.
    """
    rows = frame.assign(drawn=frame["suitability"].fillna(0.0), label=[_bar_label(row) for row in frame.itertuples()])
    order = [str(node) for node in rows["node"]]
    base = alt_.Chart(rows).encode(
        y=alt_.Y("node:N", title=None, sort=order, axis=alt_.Axis(labelLimit=120)),
        x=alt_.X("drawn:Q", title="Suitability [0-100, higher is better]", scale=alt_.Scale(domain=[0, 100])),
        tooltip=[
            alt_.Tooltip("node:N", title="Node"),
            alt_.Tooltip("suitability:Q", title="Suitability", format=".1f"),
            alt_.Tooltip("state:N", title="State"),
            alt_.Tooltip("why:N", title="Why"),
        ],
    )
    bars = base.mark_bar(height=16, cornerRadiusEnd=2).encode(
        color=alt_.Color(
            "state:N",
            title=None,
            legend=alt_.Legend(orient="top"),
            scale=alt_.Scale(domain=["is here", "possible", "ruled out"], range=[AMBER, BLUE, GREY]),
        )
    )
    text = base.mark_text(align="left", dx=5, fontSize=12, color=GREY).encode(text="label:N")
    chart = alt_.layer(bars, text).properties(
        height=alt_.Step(_ROW_PX if len(rows) <= _FEW_ROWS else _NARROW_ROW_PX),
        description=f"Suitability of {len(rows)} nodes for {guest}, 0 to 100.",
    )
    return cast(alt_.LayerChart, chart)


def _bar_label(row: Any) -> str:
    if row.state == "ruled out":
        return "ruled out"
    return words.number(row.suitability, 1) + (", is here" if row.state == "is here" else "")


def penalties(nodes: Sequence[NodeScore]) -> alt_.Chart:
    """Where the points of some nodes come from: stacked bars by category [points]."""
    rows = [
        {"node": node.name, "category": words.label(words.CATEGORIES, category), "points": points}
        for node in nodes
        for category, points in penalty_parts(node)
    ]
    data = pd.DataFrame(rows, columns=["node", "category", "points"])
    keys = list(dict.fromkeys(category for node in nodes for category, _ in penalty_parts(node)))
    present = [words.label(words.CATEGORIES, key) for key in keys]
    colours = [CATEGORY_COLOURS.get(key, GREY) for key in keys]
    chart = (
        alt_.Chart(data)
        .mark_bar(height=18)
        .encode(
            y=alt_.Y("node:N", title=None, sort=None, axis=alt_.Axis(labelLimit=120)),
            x=alt_.X("points:Q", title="Penalty [points, lower is better]", stack="zero"),
            color=alt_.Color(
                "category:N",
                title=None,
                sort=present,
                legend=alt_.Legend(orient="top", columns=4),
                scale=alt_.Scale(domain=present, range=colours),
            ),
            tooltip=[
                alt_.Tooltip("node:N", title="Node"),
                alt_.Tooltip("category:N", title="Part"),
                alt_.Tooltip("points:Q", title="Points", format=".1f"),
            ],
        )
        .properties(
            height=alt_.Step(_ROW_PX),
            description=f"Penalty points of {len(nodes)} nodes by category.",
        )
    )
    return cast(alt_.Chart, chart)
