"""The patterns page: a heatmap of one node or guest, who follows which cycle, and who peaks together."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.domain.patterns import Pattern, Patterns
from proxbalance_core.errors import NotEnoughHistory
from proxbalance_core.present import charts, words
from proxbalance_core.present import patterns as present
from proxbalance_core.present.advice import guest_label
from proxbalance_core.services.workbench import Generation
from proxbalance_core.ui import cache, forecasts, tables, theme
from proxbalance_core.ui.registry import page as page_of

DAYS = (7, 14, 28, 56)
VIEWS = {"heatmap": "Heatmap", "cycles": "Cycles", "together": "Peaking together", "forecasts": "Forecasts"}


def page(generation: Generation) -> None:
    """Four views on the same past."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="patterns_choice"):
        view = st.segmented_control(
            "View", list(VIEWS), key="patterns_view", default="heatmap", required=True, format_func=VIEWS.__getitem__,
            label_visibility="collapsed", bind="query-params", width="content",
        )  # fmt: skip
        days = int(st.selectbox("Days back", DAYS, index=2, key="patterns_days", width=120) or 28)
    try:
        _view(generation, str(view), days)
    except NotEnoughHistory as error:
        with st.container(border=True, key="patterns_none"):
            st.badge("Not enough history", icon=":material/hourglass_empty:", color="gray")
            st.text(error.message)
            st.text("Heatmaps and cycles appear here after three days of measurements, forecasts after five.")


def _view(generation: Generation, view: str, days: int) -> None:
    if view == "forecasts":
        forecasts.view(generation, days)
        return
    found = cache.patterns(generation, days)
    theme.strong(present.headline(found), "patterns-headline")
    st.caption(f"{found.hours} hours up to now, in {words.safe(found.timezone)}.")
    if view == "cycles":
        _cycles(found)
    elif view == "together":
        _together(generation, found)
    else:
        _heatmap(generation, found, days)


def _heatmap(generation: Generation, found: Patterns, days: int) -> None:
    every = {one.entity: one for one in (*found.nodes, *found.guests)}
    with st.container(horizontal=True, vertical_alignment="bottom", key="patterns_what"):
        entity = st.selectbox(
            "Node or guest", list(every), key="patterns_entity", format_func=lambda e: present.label(every[e]),
            bind="query-params", width=320,
        )  # fmt: skip
        node = str(entity).startswith("node/")
        metrics = list(present.METRICS) if node else ["cpu", "mem"]
        metric = st.segmented_control(
            "Metric", metrics, key=f"patterns_metric_{node}", default="cpu", required=True,
            format_func=present.METRICS.__getitem__,
        )  # fmt: skip
        statistic = st.segmented_control(
            "Statistic", list(present.STATISTICS), key="patterns_statistic", default="mean", required=True,
            format_func=present.STATISTICS.__getitem__,
        )  # fmt: skip
    chosen: Pattern = every[str(entity)]
    st.text(f"CPU: {present.sentence(chosen)}")
    values = cache.heatmap(generation, chosen.entity, str(metric), str(statistic), days)
    title = f"{present.METRICS[str(metric)]} of {present.label(chosen)}"
    chart = present.heatmap(values, title, str(statistic), found.timezone)
    st.altair_chart(chart)
    st.caption(charts.alt(chart))


def _cycles(found: Patterns) -> None:
    for title, rows, guests in (("Nodes", found.nodes, False), ("Guests", found.guests, True)):
        st.subheader(title, anchor=False)
        tables.show(
            present.table(rows, guests=guests), f"Patterns of {title.lower()}", shares=present.SHARES,
            figures=present.FIGURES,
        )  # fmt: skip
    st.caption(
        "Explained is the share of the ups and downs that the hour of the day (and the weekend) accounts for, less "
        "what chance would; under 30 % no cycle is claimed."
    )


def _together(generation: Generation, found: Patterns) -> None:
    if not found.common_peaks:
        with st.container(border=True, key="patterns_apart"):
            st.text("No two guests of weight share their busiest hours on one node.")
        return
    guests = {guest.vmid: guest for guest in generation.snapshot.guests}
    names = {vmid: words.guest(vmid, guest.name) for vmid, guest in guests.items()}
    for place, pair in enumerate(found.common_peaks):
        with st.container(border=True, key=f"patterns_pair_{place}", gap="xsmall"):
            st.text(present.common_peak(pair, names))
            second = guests[pair.second]
            st.page_link(
                page_of("compare").path, label=f"Compare nodes for {pair.second}", icon=":material/compare_arrows:",
                query_params={"compare_guest": guest_label(second.type, second.vmid, second.name)},
            )  # fmt: skip
