"""Connections, thresholds, profile, collection, the app itself, what leaves it, and how scoring works."""

import streamlit as st

from proxbalance_core.ui import ai_text, api_tokens, connect, header, notifications, past, scoring_guide, settings

header.head("Settings", "What is watched, from where a node counts as loaded, and how often to look.")
views = {
    "connections": "Connections",
    "profile": "Profile",
    "thresholds": "Thresholds",
    "collection": "Collection",
    "app": "App",
    "notifications": "Notifications",
    "ai": "AI text",
    "tokens": "API tokens",
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
if view == "scoring":
    scoring_guide.walk()
elif past.only_now("Connections and settings belong to the present."):
    pass
elif view == "profile":
    settings.profile()
elif view == "thresholds":
    settings.thresholds()
elif view == "collection":
    settings.collection()
elif view == "app":
    settings.app()
elif view == "notifications":
    notifications.notifications()
elif view == "ai":
    ai_text.settings()
elif view == "tokens":
    api_tokens.tokens()
else:
    connect.connections()
