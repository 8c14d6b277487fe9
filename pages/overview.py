"""Whether the cluster is well, and what should be done."""

import streamlit as st

from proxbalance_core.present import attention, views, words
from proxbalance_core.ui import cache, cards, first_run, header, overview
from proxbalance_core.ui.state import now, scope, workbench

where = scope()
header.head("Overview", "Is the cluster well, and what should be done?", regenerate=True, guide=True)
first_run.invitation()
generation = first_run.generation()
assessment = cache.assessment(generation)

cards.health(views.digest(assessment))
cards.tiles(views.tiles(assessment, overview.trends(generation, where.hours)))

left, right = st.columns([5, 2], gap="medium")
with left:
    st.subheader("What needs attention", anchor=False)
    cards.attention(attention.attention(assessment, overview.data_troubles(where.cid)))
with right:
    st.subheader("Since the last assessment", anchor=False)
    found = workbench().changes(where.cid)
    cards.changes(found, words.ago(found.previous_at if found else None, now()))

overview.nodes(generation, assessment)

st.subheader("The last " + overview.range_words(where.hours), anchor=False)
overview.history(generation, assessment, where)
