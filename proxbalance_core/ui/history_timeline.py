"""The timeline: assessments with what was done of their advice, and all that happened."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.domain.documents import iso
from proxbalance_core.present import events, timeline, words
from proxbalance_core.services.workbench import KeptGeneration
from proxbalance_core.ui import cache, tables, theme
from proxbalance_core.ui.registry import page as page_of
from proxbalance_core.ui.state import AS_OF, scope

_ROWS = 200


def timeline_view(generation: KeptGeneration) -> None:
    """Advice first (what was done and what was not), then every event."""
    days = scope().hours / 24.0
    _advice(generation, days)
    _events(generation, days)
    _open()


def _advice(generation: KeptGeneration, days: float) -> None:
    st.subheader("What became of the advice", anchor=False)
    rows = cache.advice(generation, days)
    if not rows:
        st.text("Nothing was recommended in this time.")
        return
    st.caption(timeline.advice_headline(rows))
    tables.show(timeline.advice_table(rows, scope().zone), "Recommendations of this time", points=("gain",))


def _events(generation: KeptGeneration, days: float) -> None:
    st.subheader("What happened", anchor=False)
    found = cache.happened(generation, days, everything=True)
    kinds = sorted({event.event for event in found}, key=lambda kind: events.EVENT_NAMES.get(kind, kind))
    with st.container(horizontal=True, vertical_alignment="bottom", key="history_filter"):
        chosen = st.multiselect(
            "Kinds", kinds, key="history_kinds", placeholder="All but assessments",
            format_func=lambda kind: events.EVENT_NAMES.get(kind, kind),
        )  # fmt: skip
        sought = st.text_input("Search", key="history_search", placeholder="A guest, a node, a word", width=260)
    rows = timeline.matching(found, tuple(chosen), sought)
    if not rows:
        st.text("Nothing of that kind happened in this time.")
        return
    newest = rows[-_ROWS:][::-1]
    tables.show(timeline.event_table(newest, scope().zone), "Events, newest first")
    if len(rows) > len(newest):
        theme.quiet(f"{len(rows) - len(newest)} earlier ones are not shown: choose a kind or search.", "events-left")


def _open() -> None:
    """Any assessment that is kept, opened with its breakdown."""
    made, zone = {glance.id: glance for glance in cache.moments(scope().cid)}, scope().zone
    if not made:
        return
    st.subheader("Open an assessment", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="history_open"):
        gid = st.selectbox(
            "Made at", list(made), key="history_opened", width=360,
            format_func=lambda one: timeline.glance(made[one], zone),
        )  # fmt: skip
        if gid is not None:
            st.page_link(
                page_of("overview").path, label="Open it as it was", icon=":material/history:",
                query_params={AS_OF: iso(made[int(gid)].at)},
            )  # fmt: skip
    st.caption(f"{words.count(len(made), 'assessment')} are kept.")
