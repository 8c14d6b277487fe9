"""N-1: each node lost in turn; who would start where, who would have no place, and what would be left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.present import n_minus_one as present
from proxbalance_core.present import what_if, words
from proxbalance_core.ui import cache, cards, tables, theme
from proxbalance_core.ui.state import scope
from proxbalance_core.ui.what_if import notes

if TYPE_CHECKING:
    from proxbalance_core.domain.failover import NMinusOne, NodeLoss
    from proxbalance_core.services.workbench import Generation

CARDS_UP_TO = 8


@st.fragment(key="whatif_n_minus_1")
def n_minus_1(generation: Generation) -> None:
    """The answer on top, then every node, the weakest first."""
    found = cache.n_minus_1(generation)
    if not found.nodes:
        with st.container(border=True, key="nminus1_none"):
            st.text("No node is online, so there is none to lose.")
        return
    _headline(found)
    cards.tiles(present.tiles(found))
    shown = [loss for loss in found.nodes if not scope().nodes or loss.node in scope().nodes]
    st.subheader("Each node lost in turn, the weakest first", anchor=False)
    if len(shown) > CARDS_UP_TO:
        tables.show(present.losses(found), "Every node lost in turn", shares=present.SHARES)
        for loss in [loss for loss in shown if loss.unplaced][:CARDS_UP_TO]:
            _without(loss, expanded=False)
    else:
        for loss in shown:
            _card(loss)
    notes(found.notes)


def _headline(found: NMinusOne) -> None:
    colour, word = present.VERDICTS[found.holds]
    first, rest = what_if.headline(found.summary)
    icon = ":material/check_circle:" if found.holds else ":material/warning:"
    with st.container(border=True, key="nminus1_answer", gap="xsmall"):
        st.badge(f"N-1: {word.lower()}", icon=icon, color=colour)
        theme.strong(first, "nminus1-first")
        if rest:
            st.text(rest)


def _card(loss: NodeLoss) -> None:
    colour, word = present.VERDICTS[loss.holds]
    icon = ":material/check_circle:" if loss.holds else ":material/warning:"
    with st.container(border=True, key=f"nminus1_{loss.node}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            theme.strong(loss.node, f"nminus1-node-{loss.node}")
            st.badge(word, icon=icon, color=colour)
        st.text(loss.summary)
        facts = [
            f"{what} at most {words.percent(level, 0)}, on {node}" for what, node, level in present.levels(loss) if node
        ]
        facts.append(f"largest guest that could still start {words.size(loss.largest_guest_bytes)}")
        st.caption("Then: " + " · ".join(facts))
        if loss.unplaced:
            _without(loss, expanded=True)
        if loss.started:
            with st.expander(f"{words.count(len(loss.started), 'guest')} would start elsewhere"):
                tables.show(present.started(loss), f"Guests of {loss.node} and where they would start")


def _without(loss: NodeLoss, *, expanded: bool) -> None:
    title = f"Without {loss.node}, {words.count(len(loss.unplaced), 'guest')} would have no place"
    with st.expander(title, expanded=expanded):
        tables.show(present.unplaced(loss), f"Guests without a place if {loss.node} fails")
