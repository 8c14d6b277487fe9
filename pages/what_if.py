"""What would become of the cluster if it changed, and where a new guest would be best."""

import streamlit as st

from proxbalance_core.ui import drain, first_run, header, n_minus_one, what_if

header.head("What-if", "What would become of the cluster, and where would a new guest be best?")
generation = first_run.generation()
view = st.segmented_control(
    "View",
    list(what_if.VIEWS),
    key="whatif_view",
    default="change",
    required=True,
    format_func=what_if.VIEWS.__getitem__,
    label_visibility="collapsed",
    bind="query-params",
)
if view == "place":
    what_if.place(generation)
elif view == "maintenance":
    drain.drain(generation)
elif view == "n_minus_1":
    n_minus_one.n_minus_1(generation)
else:
    what_if.change(generation)
