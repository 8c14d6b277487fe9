"""Where every guest runs, and which way the plan goes."""

import streamlit as st

from proxbalance_core.present import map_legend
from proxbalance_core.ui import cache, cluster_map, first_run, header

header.head("Cluster map", "Where every guest runs, and which way the plan goes.", regenerate=True, guide=True)
generation = first_run.generation()
st.text(map_legend.finding(cache.assessment(generation)))
cluster_map.show(generation)
