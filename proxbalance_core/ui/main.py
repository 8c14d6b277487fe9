"""The entry script: one navigation over the registry, the shared controls, then the page."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.ui import first_run, shell, theme, working
from proxbalance_core.ui.registry import PAGES

theme.apply()
groups: dict[str, list[st.Page]] = {}
for spec in PAGES:
    groups.setdefault(spec.group, []).append(
        st.Page(
            spec.path,
            title=spec.title,
            icon=spec.icon,
            url_path=spec.key,
            default=spec.key == PAGES[0].key,
            visibility="visible" if spec.visible else "hidden",
        )
    )
current = st.navigation(groups)
if first_run.opened():
    shell.controls()
    shell.run(current)
    working.settle()
