"""One way to draw a table: titles, figures with two decimals, the first column pinned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from proxbalance_core.present.details import Table


def show(
    table: Table, alt: str, points: Sequence[str] = (), shares: Sequence[str] = (), figures: Sequence[str] = ()
) -> None:
    """Draw ``table``; ``points`` are columns of figures, ``shares`` percentages drawn as bars.

    ``figures`` are those of a summary, with one decimal. Its ``links`` open in a new tab.
    """
    first = str(table.rows.columns[0])
    config: dict[str, Any] = {}
    for name, title in table.titles.items():
        if name in points:
            config[name] = st.column_config.NumberColumn(title, format="%.2f")
        elif name in figures:
            config[name] = st.column_config.NumberColumn(title, format="%.1f")
        elif name in table.links:
            config[name] = st.column_config.LinkColumn(title, display_text="Open")
        elif name in shares:
            config[name] = st.column_config.ProgressColumn(title, format="%.0f %%", min_value=0.0, max_value=100.0)
        else:
            config[name] = st.column_config.Column(title, pinned=name == first)
    st.dataframe(table.rows, hide_index=True, column_config=config, alt=alt, placeholder="–")
