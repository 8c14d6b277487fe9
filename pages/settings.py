"""Connections, thresholds, profile, collection, the app itself, and how scoring works."""

import streamlit as st

from proxbalance_core.ui import connect, header, scoring_guide, settings

header.head("Settings", "What is watched, from where a node counts as loaded, and how often to look.")
views = {
    "connections": "Connections",
    "profile": "Profile",
    "thresholds": "Thresholds",
    "collection": "Collection",
    "app": "App",
    "scoring": "How scoring works",
}
view = st.segmented_control(
    "View",
    list(views),
    key="settings_view",
    default="connections",
    required=True,
    format_func=views.__getitem__,
    label_visibility="collapsed",
    bind="query-params",
)
if view == "profile":
    settings.profile()
elif view == "thresholds":
    settings.thresholds()
elif view == "collection":
    settings.collection()
elif view == "app":
    settings.app()
elif view == "scoring":
    scoring_guide.walk()
else:
    connect.connections()
