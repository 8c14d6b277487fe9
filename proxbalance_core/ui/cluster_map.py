"""The cluster map: its controls, the drawing in the browser, and what a click on it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.present import map_legend, map_links, words
from proxbalance_core.present.map_values import GROUPS, SIZES, Choice, ClusterMap
from proxbalance_core.ui import cache, landing
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import scope
from proxbalance_core.ui.theme import ASSETS

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Generation

# One script for the browser: each file uses what stands in those before it.
_SCRIPTS = ("map_layout.js", "map_draw.js", "map_input.js", "map.js")
_drawing = st.components.v2.component(
    "proxbalance_cluster_map",
    js="\n".join((ASSETS / name).read_text("utf-8") for name in _SCRIPTS),
    css=(ASSETS / "map.css").read_text("utf-8"),
)


@st.fragment(key="cluster_map")
def show(generation: Generation) -> None:
    """Controls, the map, and its notes."""
    assessment = cache.assessment(generation)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        choice, text = _controls()
        drawn, plain = cache.cluster_map(generation, choice)
        found = map_links.found(generation.snapshot, text)
        if found is not None:
            shown = {bubble.vmid for bubble in drawn.bubbles}
            st.caption(f"{len(found & shown):,} of {words.count(len(shown), 'guest')} found", width="content")
    clicked = _drawing(
        key="cluster_map_drawing",
        data={"map": plain, "found": None if found is None else sorted(found)},
        on_opened_change=lambda: None,
    )
    st.caption(" ".join(map_legend.notes(assessment, drawn, choice, generation.snapshot)))
    _follow(assessment, drawn, clicked.opened)


def _controls() -> tuple[Choice, str]:
    size = st.selectbox(
        "Bubble size",
        list(SIZES),
        key="map_size",
        format_func=SIZES.__getitem__,
        width=170,
        bind="query-params",
    )
    group = st.selectbox(
        "Group by",
        list(GROUPS),
        key="map_group",
        format_func=GROUPS.__getitem__,
        width=120,
        bind="query-params",
    )
    text = st.text_input(
        "Find",
        key="map_find",
        type="search",
        placeholder="Guest, node, pool or tag",
        live=True,
        width=220,
        bind="query-params",
    )
    predicted = st.toggle(
        "Show predicted",
        key="map_predicted",
        bind="query-params",
        disabled=group != "node",
        help="The cluster when the plan is done: guests on their new nodes, each figure with its change.",
    )
    choice = Choice(size=size or "cpu", group=group or "node", nodes=scope().nodes, predicted=predicted)
    return choice, text or ""


def _follow(assessment: Assessment, drawn: ClusterMap, opened: Any) -> None:
    """Go where a click on the map leads."""
    where = map_links.destination(assessment, drawn, opened)
    if where is not None:
        landing.leave()
        st.switch_page(page(where.page).path, query_params=where.query)
