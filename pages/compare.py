"""Where a guest would be best, and what sets two nodes apart."""

import streamlit as st

from proxbalance_core.ui import compare, first_run, header

header.head("Compare", "Where would a guest be best, and what sets two nodes apart?", guide=True)
views = {"guest": "A guest on every node", "nodes": "Two nodes"}
view = st.segmented_control(
    "View",
    list(views),
    key="compare_view",
    default="guest",
    required=True,
    format_func=views.__getitem__,
    label_visibility="collapsed",
    bind="query-params",
)
if view == "nodes":
    compare.two_nodes(first_run.kept())
else:
    compare.guest(first_run.generation())
