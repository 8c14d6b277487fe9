"""The launcher: `streamlit run app.py` finds `app` by reading this file. Nothing else belongs here."""

import streamlit as st

from proxbalance_core.api.mounting import guards, routes
from proxbalance_core.services.lifespan import collecting

app = st.App(
    "proxbalance_core/ui/main.py",
    lifespan=collecting,
    routes=routes(base_path=st.get_option("server.baseUrlPath")),
    middleware=guards(hosts=lambda: st.get_option("server.allowedHosts")),
)
