"""Which guests should move, why, and what stays for which reason."""

import streamlit as st

from proxbalance_core.ui import advice, first_run, header, picking

header.head(
    "Recommendations", "Which guests should move, and why every other one should not.", regenerate=True, guide=True
)
generation = first_run.kept()

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    view = st.segmented_control(
        "View",
        list(advice.VIEWS),
        key="rec_view",
        default="moves",
        required=True,
        format_func=advice.VIEWS.__getitem__,
        label_visibility="collapsed",
        bind="query-params",
    )
    advice.downloads(generation)

if view == "stay":
    advice.staying(generation)
elif view == "plan":
    advice.plan(generation)
elif view == "pick":
    picking.pick(generation)
else:
    advice.listing(generation)
