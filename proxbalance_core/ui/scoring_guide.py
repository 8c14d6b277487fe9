"""How scoring works, walked through with the user's own numbers."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import NodeScore
from proxbalance_core.present import charts, guide, views, words
from proxbalance_core.ui import cache, tables
from proxbalance_core.ui.state import scope


def walk() -> None:
    """Five steps from a node's usage to a recommendation, each with a figure of this cluster."""
    generation = cache.as_of(scope().cid, scope().as_of)
    if generation is None:
        st.text("After the first collection this page explains scoring with your own numbers.")
        return
    assessment = cache.assessment(generation)
    measured = [node for node in assessment.nodes if node.score is not None]
    if not measured:
        st.text("No node is measured yet, so there is no score to explain.")
        return
    names = [row.name for row in views.node_rows(assessment, None) if row.measured]
    chosen = st.selectbox("Explain with node", names, key="settings_guide_node", width=260) or names[0]
    node = next(node for node in measured if node.name == chosen)
    _levels(node, assessment)
    _points(node)
    _suitability(node)
    _move(assessment)


def _levels(node: NodeScore, assessment: Assessment) -> None:
    st.subheader("1. Usage becomes a level", anchor=False)
    for line in guide.levels(node, assessment.settings):
        st.text(line)


def _points(node: NodeScore) -> None:
    st.subheader("2. Levels above a limit cost points", anchor=False)
    st.text("Higher is worse. The edges are soft, so a tenth of a percent never changes a score by much.")
    tables.show(guide.terms(node), "The node's score, row by row", points=("points",))
    st.altair_chart(charts.penalties([node]))


def _suitability(node: NodeScore) -> None:
    st.subheader("3. Points become suitability", anchor=False)
    st.text(
        f"100 − {words.number(node.score, 2)} points, not under 0, is a suitability of"
        f" {words.number(node.suitability, 2)}: {words.rating(node.suitability).lower()}."
    )


def _move(assessment: Assessment) -> None:
    st.subheader("4. A move has to be worth it", anchor=False)
    for line in guide.worth(assessment):
        st.text(line)
    st.subheader("5. How sure, and how risky", anchor=False)
    for line in guide.sureness():
        st.text(line)
