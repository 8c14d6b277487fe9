"""The button under a chart that gives it as a picture."""

from __future__ import annotations

from typing import Any

import streamlit as st

from proxbalance_core.present.chart_files import png


def button(chart: Any, name: str, key: str) -> None:
    """Offer ``chart`` as ``name``.png; it is drawn when it is asked for."""
    st.download_button(
        "Save as PNG", lambda: png(chart), file_name=f"{name}.png", mime="image/png", key=key, type="tertiary",
        icon=":material/image:", on_click="ignore",
    )  # fmt: skip
