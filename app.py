"""The launcher: `streamlit run app.py` finds `app` by reading this file. Nothing else belongs here."""

import streamlit as st

from proxbalance_core.api.mounting import guards, routes
from proxbalance_core.services.lifespan import collecting
from proxbalance_core.ui.registry import PAGES

app = st.App(
    "proxbalance_core/ui/main.py",
    lifespan=collecting,
    routes=routes(base_path=st.get_option("server.baseUrlPath"), front_page=PAGES[0].key),
    middleware=guards(hosts=lambda: st.get_option("server.allowedHosts")),
)
