"""The history page: scores with what happened on them, the timeline, changes, outcomes, and how well the advice did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from proxbalance_core.domain.records import ScoreMark
from proxbalance_core.present import charts, csv_files, events, history, words
from proxbalance_core.services import exporting
from proxbalance_core.services.workbench import KeptGeneration
from proxbalance_core.ui import cache, chart_file, outcomes, success, theme
from proxbalance_core.ui.history_changes import between, window_told
from proxbalance_core.ui.history_timeline import timeline_view
from proxbalance_core.ui.state import now, scope, workbench

LONGER = {"As in the sidebar": 0, "90 days": 90, "1 year": 365}


@st.fragment(key="history_scores")
def _scores(generation: KeptGeneration) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="history_choice"):
        form = st.segmented_control(
            "Shown", list(history.FORMS), key="history_form", default="cluster", required=True,
            format_func=history.FORMS.__getitem__, bind="query-params",
        )  # fmt: skip
        figure = "score"
        if form == "nodes":
            figure = str(
                st.segmented_control(
                    "Figure", list(history.FIGURES), key="history_figure", default="suitability", required=True,
                    format_func=history.FIGURES.__getitem__, bind="query-params",
                )
            )  # fmt: skip
        longer = LONGER[str(st.selectbox("How far back", list(LONGER), key="history_longer", width=190))]
    days = longer or scope().hours / 24.0
    until = generation.at if scope().as_of else now()
    found = cache.scores(generation, days)
    if len(found.cluster) < 2:
        _too_few(len(found.cluster))
        return
    since = until - timedelta(days=days)
    signs = events.signs(cache.happened(generation, days), since, until)
    zone = scope().zone
    step = (until - since) / cache.MARKS_MOST
    holes = history.gaps([mark.at for mark in found.cluster], now(), step)
    if form == "cluster":
        chart = history.cluster(found.cluster, holes, signs, zone)
    else:
        shown = scope().nodes or history.most_changed(found.nodes, figure)
        frame = history.node_frame(_marks(found.nodes), figure, holes, zone)
        chart = (
            history.by_node(frame, figure, shown, signs, zone)
            if form == "nodes"
            else history.stacked(frame, shown, signs, zone)
        )
    st.caption("Drag over the chart to see what changed in a stretch of time.")
    drawn = st.altair_chart(
        chart, key=f"history_chart_{form}_{figure}", on_select="rerun", selection_mode=[history.BRUSH]
    )
    st.caption(charts.alt(chart))
    _missing(holes)
    _files(generation, chart, form, (since, until))
    window = history.window_of(drawn.get("selection"), zone)
    if window is None:
        window = (since, until)
    window_told(generation, *window)


def _files(generation: KeptGeneration, chart: Any, form: str, span: tuple[datetime, datetime]) -> None:
    with st.container(horizontal=True, width="content", key="history_files"):
        chart_file.button(chart, f"history-{form}", "history_png")
        chart_file.table_button(
            lambda: csv_files.scores(exporting.score_rows(workbench(), generation.cid, span)), "scores", "history_csv"
        )


def _marks(marks: tuple[ScoreMark, ...]) -> tuple[ScoreMark, ...]:
    chosen = scope().nodes
    return tuple(mark for mark in marks if not chosen or mark.node in chosen)


def _too_few(count: int) -> None:
    with st.container(border=True, key="history_few"):
        st.badge("Nothing to draw yet", icon=":material/hourglass_empty:", color="gray")
        st.text(
            f"{words.count(count, 'assessment')} in this time. A line needs two; one is made every ten minutes while"
            " the collector runs. A longer time can be chosen in the sidebar."
        )


def _missing(holes: tuple[tuple[datetime, datetime], ...]) -> None:
    for since, until in holes[-3:]:
        zone = scope().zone
        theme.quiet(
            f"Nothing was assessed from {words.clock(since, zone)} to {words.clock(until, zone)}.",
            f"hole-{since.timestamp():.0f}",
        )
    if len(holes) > 3:
        theme.quiet(f"{len(holes) - 3} earlier stretches without an assessment.", "holes-more")


VIEWS: dict[str, tuple[str, Callable[[KeptGeneration], None]]] = {
    "scores": ("Scores", _scores),
    "timeline": ("Timeline", timeline_view),
    "changes": ("What changed", between),
    "outcomes": ("Outcomes", outcomes.view),
    "success": ("How well it does", success.view),
    "report": ("Monthly report", success.report_view),
}


def page(generation: KeptGeneration) -> None:
    """One of the views; which one is in the URL."""
    view = st.segmented_control(
        "View", list(VIEWS), key="history_view", default="scores", required=True,
        format_func=lambda key: VIEWS[key][0], label_visibility="collapsed", bind="query-params",
    )  # fmt: skip
    VIEWS[str(view)][1](generation)
