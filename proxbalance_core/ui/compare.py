"""The compare page's parts: one guest on every node, two nodes term by term."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.present import charts, comparison, marks, views, words
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.proxmox_links import guest_page, node_page
from proxbalance_core.services.assessing import options_of
from proxbalance_core.ui import cache, tables, theme
from proxbalance_core.ui.state import scope

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Generation, KeptGeneration


@st.fragment(key="compare_one_guest")
def guest(generation: Generation) -> None:
    """Suitability of every node for one guest; ruled-out nodes are grey and say why."""
    wanted = scope().nodes
    guests = {
        str(g.vmid): guest_label(g.type, g.vmid, g.name)
        for g in generation.snapshot.guests
        if not g.template and (not wanted or g.node in wanted)
    }
    if not guests:
        st.text("No guest on these nodes. Clear the node filter in the sidebar to see all guests.")
        return
    if st.session_state.get("compare_guest") not in (None, *guests):
        st.session_state.pop("compare_guest")
    chosen = st.selectbox(
        "Guest", list(guests), key="compare_guest", format_func=guests.__getitem__, bind="query-params", width=420
    )
    if chosen is None:
        return
    found = options_of(generation, int(chosen))
    rows = comparison.suitability_rows(found)
    st.markdown("**How well each node would suit it**")
    chart = charts.suitability_bars(rows, guests[chosen])
    st.altair_chart(chart)
    decision = words.label(words.SKIPS, found.decision) if found.decision in words.SKIPS else "Recommended to move"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Decision: {decision}**", width="content")
        theme.outside(guest_page(scope().web, found.type, found.vmid), "compare-guest")
    if found.detail:
        st.text(found.detail)
    tables.show(comparison.options_table(found), "Every other node for this guest", points=("score", "gain", "relief"))


@st.fragment(key="compare_two_nodes")
def two_nodes(generation: KeptGeneration) -> None:
    """Two nodes' scores, side by side."""
    assessment = cache.assessment(generation)
    nodes = {node.name: node for node in assessment.nodes}
    if len(nodes) < 2:
        st.text("A cluster of one node has nothing to compare with.")
        return
    names = [row.name for row in views.node_rows(assessment, None)]
    left, right = st.columns(2)
    with left:
        one = st.selectbox("Node", names, key="compare_left", bind="query-params") or names[0]
    others = [name for name in reversed(names) if name != one]
    if st.session_state.get("compare_right") not in (None, *others):
        st.session_state.pop("compare_right")
    with right:
        two = st.selectbox("Against", others, key="compare_right", bind="query-params") or others[0]
    for place, node in ((left, nodes[one]), (right, nodes[two])):
        with place:
            _node_line(node.suitability, node.score)
            theme.outside(node_page(scope().web, node.name), f"compare-{node.name}")
    st.markdown("**Where the penalty points come from**")
    st.altair_chart(charts.penalties([nodes[one], nodes[two]]))
    rows = comparison.side_by_side(nodes[one], nodes[two])
    tables.show(rows, "Both nodes' scores, row by row", points=("left", "right", "more"))


def _node_line(suitability: float | None, score: float | None) -> None:
    if suitability is None:
        st.caption("Not measured, so it has no score.")
        return
    says = f"Suitability {words.number(suitability, 0)} of 100, {words.rating(suitability).lower()}"
    st.caption(f"{says}; penalty {words.number(score)} points")
    st.html(marks.meter(suitability, marks.health_colour(suitability), says))
