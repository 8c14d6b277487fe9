"""Whether the cluster is well, and what should be done."""

import streamlit as st

from proxbalance_core.present import attention, views
from proxbalance_core.services.narrating import of_assessment
from proxbalance_core.ui import ai_text, cache, cards, first_run, header, overview
from proxbalance_core.ui.state import scope

where = scope()
header.head("Overview", "Is the cluster well, and what should be done?", regenerate=True, guide=True)
first_run.invitation()
generation = first_run.kept()
assessment = cache.assessment(generation)

cards.health(views.digest(assessment))
ai_text.button(assessment, of_assessment(assessment), "overview")
cards.tiles(views.tiles(assessment, overview.trends(generation, where)))

left, right = st.columns([5, 2], gap="medium")
with left:
    st.subheader("What needs attention", anchor=False)
    cards.attention(attention.attention(assessment, overview.data_troubles(where.cid)))
with right:
    st.subheader("Since the assessment before", anchor=False)
    overview.changes(generation, where)

overview.nodes(generation, assessment)

st.subheader(overview.range_words(where), anchor=False)
overview.history(generation, assessment, where)
