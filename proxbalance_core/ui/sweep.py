"""Find settings: many are tried on the cluster's own past, beside the page, and what holds up is recommended."""

from __future__ import annotations

import json

import streamlit as st

from proxbalance_core.domain import sharing
from proxbalance_core.domain.sweeps import Sweep
from proxbalance_core.present import sweep as present
from proxbalance_core.services import sweeping
from proxbalance_core.services.jobs import JOBS
from proxbalance_core.ui import background, tables, theme
from proxbalance_core.ui.registry import page as page_of
from proxbalance_core.ui.state import scope, workbench

COUNTS, DAYS = (10, 20, 50, 100), (7, 14, 30, 60, 90)


def page() -> None:
    """The form, and below it what runs or what came of it."""
    bench, cid = workbench(), scope().cid
    if bench.connection(cid).source == "file":
        with st.container(border=True, key="sweep_moment"):
            st.text("This cluster was opened from a snapshot file: a single moment. Settings are tried on a history.")
        return
    key = ("sweep", f"{bench.paths.root}:{cid}")
    _form(key)
    found = background.result(
        "sweep", key, Sweep,
        "Thresholds, sensitivities and prices are varied; each variant lives through the past of this cluster. "
        "One is recommended only if it also does better in weeks that it was not chosen on.",
        background.Told(
            doing="Living through the past with each", stopping="Stopping after those that are under way",
            beside="What is done is kept: the same search goes on from there. You may leave this page.",
        ),
    )  # fmt: skip
    if found is not None:
        _result(found)


def _form(key: background.Key) -> None:
    with st.container(border=True, key="sweep_form", horizontal=True, vertical_alignment="bottom"):
        count = st.selectbox("Settings to try", COUNTS, index=1, key="sweep_count", width=150)
        days = st.selectbox("Days back", DAYS, index=1, key="sweep_days", width=120)
        st.button(
            "Search", key="sweep_start", type="primary", icon=":material/travel_explore:", on_click=_start,
            args=(key, int(count or 20), int(days or 14)), disabled=background.busy(key),
        )  # fmt: skip


def _start(key: background.Key, count: int, days: int) -> None:
    bench, cid = workbench(), scope().cid
    wish = sweeping.SweepWish(count=count, days=days)
    JOBS.start(key, "sweep", lambda report: sweeping.run(bench, cid, wish, report))


def _result(found: Sweep) -> None:
    taken = present.recommended(found)
    with st.container(border=True, key="sweep_answer", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if taken is None:
                st.badge("None recommended", icon=":material/info:", color="gray")
            else:
                st.badge("Recommended for this cluster", icon=":material/recommend:", color="green")
        st.text(found.summary)
        if taken is not None:
            theme.quiet(present.changes(taken), "sweep-changes")
            line = sharing.as_line(present.settings_of(found, taken))
            st.page_link(
                page_of("tuning").path, label="Try it in Tuning", icon=":material/tune:", query_params={"set": line}
            )
    chart = present.chart(found)
    st.subheader("Overload against moves", anchor=False)
    st.altair_chart(chart)
    tables.show(present.front(found), "Settings that no other beats", figures=present.FIGURES)
    with st.expander("Does it hold up? Each week chosen without, and lived through", expanded=taken is not None):
        tables.show(present.evidence(found), "The weeks held out", figures=present.EVIDENCE_FIGURES)
    for place, note in enumerate(found.notes):
        theme.quiet(note, f"sweep-note-{place}")
    st.download_button(
        "JSON", json.dumps(found.to_dict(), indent=2), file_name="sweep.json", mime="application/json",
        key="sweep_json", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
