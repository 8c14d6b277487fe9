"""What the overview page is put together from: trends, node cards with the predicted overlay, charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.present import charts, details, marks, views, words
from proxbalance_core.present.freshness import freshness
from proxbalance_core.present.proxmox_links import node_page
from proxbalance_core.services.workbench import Generation, KeptGeneration
from proxbalance_core.ui import cache, cards, header, tables
from proxbalance_core.ui.state import Scope, now, scope, workbench

if TYPE_CHECKING:
    import pandas as pd

CARDS_PER_PAGE = 12
TABLE_FROM = 12
SPARK_POINTS = 48
_WANTED = "overview_regenerate"


def trends(generation: KeptGeneration, where: Scope) -> dict[str, tuple[float, ...]]:
    """Past values for the tiles' sparklines, oldest first."""
    usage = cache.node_history(generation, where.hours, past=where.as_of is not None)
    scores = cache.score_history(generation, where.hours, past=where.as_of is not None)
    found = {"imbalance": views.thinned(scores, "imbalance", SPARK_POINTS)}
    found["moves"] = views.thinned(scores, "recommendation_count", SPARK_POINTS)
    found["cpu"] = views.thinned(usage, "cpu_pct", SPARK_POINTS)
    found["mem"] = views.thinned(usage, "mem_pct", SPARK_POINTS)
    return found


def data_troubles(cid: str) -> tuple[str, ...]:
    """What is wrong with the data, one sentence each, unless the head of every page says it or the past is shown."""
    if scope().as_of is not None:
        return ()
    found = freshness(workbench().status(cid), now(), scope().zone)
    return () if found.level == "ok" or found.banner else (f"{found.sentence} {found.cause}".strip(),)


def range_words(where: Scope) -> str:
    """``The last 24 hours``, ``The 7 days before``."""
    hours = where.hours
    span = words.count(hours, "hour") if hours <= 24 else words.count(hours // 24, "day")
    return f"The last {span}" if where.as_of is None else f"The {span} before"


def changes(generation: KeptGeneration, where: Scope) -> None:
    """What the assessment says that the one before it did not."""
    if not isinstance(generation, Generation):
        st.caption("What was new then is kept for 48 hours.")
        return
    found = workbench().changes(where.cid, until=where.as_of)
    cards.changes(found, words.ago(found.previous_at, now()))


@st.fragment(key="overview_nodes")
def nodes(generation: KeptGeneration, assessment: Assessment) -> None:
    """Node cards, the predicted overlay and the maintenance switches."""
    if st.session_state.pop(_WANTED, False):
        header.with_progress(scope().cid, "Assessing with the changed maintenance")
        st.rerun(scope="app")
    names = {node.name for node in assessment.nodes}
    many = len(names & set(scope().nodes) if scope().nodes else names) > TABLE_FROM
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Nodes", anchor=False, width="content")
        as_table = many and _as_table()
        if not as_table:
            st.html(marks.legend(views.categories(assessment)), width="content")
        predicted = st.toggle(
            "Show predicted",
            key="overview_predicted",
            bind="query-params",
            help="What the plan would make of each node.",
        )
    snapshot = generation.snapshot if isinstance(generation, Generation) else None
    rows = views.node_rows(assessment, snapshot, scope().nodes, predicted=predicted)
    if not rows:
        st.caption("No node passes the filter. Clear it in the sidebar to see all nodes.")
        return
    if predicted:
        _predicted(rows, assessment)
    if as_table:
        tables.show(
            details.nodes(rows),
            "The nodes, the one that needs most attention first",
            figures=("iowait", "penalty", "penalty_after", "suitability"),
            shares=details.NODE_SHARES,
        )
    else:
        _cards(rows)


def _as_table() -> bool:
    """Whether many nodes are shown as a table: all at a glance there, the maintenance switches on the cards."""
    chosen = st.segmented_control(
        "Nodes as",
        ["Table", "Cards"],
        key="overview_as",
        default="Table",
        required=True,
        label_visibility="collapsed",
        bind="query-params",
        width="content",
    )
    return chosen != "Cards"


def _cards(rows: tuple[views.NodeRow, ...]) -> None:
    pages = -(-len(rows) // CARDS_PER_PAGE)
    shown = st.session_state.get("overview_page", 1)
    first = (min(shown, pages) - 1) * CARDS_PER_PAGE
    switched = _switched if scope().as_of is None else None
    with st.grid(columns=4, min_column_width=270, gap="small"):
        for row in rows[first : first + CARDS_PER_PAGE]:
            cards.node(row, on_maintenance=switched, link=node_page(scope().web, row.name))
    if pages > 1:
        st.pagination(pages, key="overview_page")


def _switched(node: str, key: str) -> None:
    workbench().set_maintenance(scope().cid, node, bool(st.session_state[key]))
    st.session_state[_WANTED] = True


def _predicted(rows: tuple[views.NodeRow, ...], assessment: Assessment) -> None:
    left, right = st.columns(2, gap="medium")
    for place, (title, limit) in zip(
        (left, right),
        (("CPU", assessment.settings["cpu_threshold"]), ("Memory", assessment.settings["mem_threshold"])),
        strict=True,
    ):
        with place:
            st.markdown(f"**{title} of each node: now (circle) and with the plan (arrow head)**")
            chart = charts.before_after(rows, title, limit)
            st.altair_chart(chart)


def history(generation: KeptGeneration, assessment: Assessment, where: Scope) -> None:
    """CPU and memory of the nodes over the time range."""
    frame = cache.node_history(generation, where.hours, past=where.as_of is not None)
    frame = frame[frame["node"].isin(where.nodes or [node.name for node in assessment.nodes])]
    if frame.empty:
        st.caption(
            "A snapshot shows one moment; there is no past in it."
            if where.source == "file"
            else "No samples in this time range yet. They appear here as they are collected."
        )
        return
    _history_charts(frame, assessment)


def _history_charts(frame: pd.DataFrame, assessment: Assessment) -> None:
    limits = {"cpu_pct": assessment.settings["cpu_threshold"], "mem_pct": assessment.settings["mem_threshold"]}
    shown = charts.busiest(frame, limits)
    others = ", the six busiest in colour" if frame["node"].nunique() > len(shown) else ""
    for place, column, title in zip(st.columns(2, gap="medium"), limits, ("CPU", "Memory"), strict=True):
        with place:
            st.markdown(f"**{title} of the nodes{others}**")
            st.altair_chart(charts.usage_history(frame, column, title, limits[column], shown, scope().zone))
