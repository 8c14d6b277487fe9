"""The buttons under a chart or table that give it as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from proxbalance_core.present.chart_files import png


def button(chart: Any, name: str, key: str) -> None:
    """Offer ``chart`` as ``name``.png; it is drawn when it is asked for."""
    st.download_button(
        "Save as PNG", lambda: png(chart), file_name=f"{name}.png", mime="image/png", key=key, type="tertiary",
        icon=":material/image:", on_click="ignore",
    )  # fmt: skip


def table_button(pieces: Callable[[], Iterable[str]], name: str, key: str) -> None:
    """Offer a table as ``name``.csv; its ``pieces`` are made when it is asked for."""
    st.download_button(
        "Save as CSV", lambda: "".join(pieces()), file_name=f"{name}.csv", mime="text/csv", key=key, type="tertiary",
        icon=":material/table:", on_click="ignore",
    )  # fmt: skip
