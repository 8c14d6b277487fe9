"""Past forecasts against what came: a view of the patterns page."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.present import forecasts as present
from proxbalance_core.present import words
from proxbalance_core.present.patterns import label
from proxbalance_core.services.workbench import Generation
from proxbalance_core.ui import cache, tables, theme
from proxbalance_core.ui.state import scope


def view(generation: Generation, days: int) -> None:
    """How good the forecasts are, beside simple ones, and one node's or guest's in a chart."""
    found = cache.forecasts(generation, days)
    theme.strong(present.headline(found), "forecasts-headline")
    st.caption(
        f"Each of the last {words.count(found.days, 'day')} was forecast from the hours before it alone, for "
        f"{words.count(len(found.series), 'node or guest', 'nodes and guests')}; the interval is made of the errors of "
        "the days before."
    )
    tables.show(present.table(found), "Ways to forecast, and how far each was off")
    every = {one.entity: one for one in found.series}
    chosen = st.selectbox(
        "Node or guest", list(every), key="patterns_forecast_of", format_func=lambda e: label(every[e]),
        bind="query-params", width=320,
    )  # fmt: skip
    if chosen is None:
        return
    st.text(present.of_series(every[chosen]))
    frame = cache.past_forecast(generation, chosen, days)
    chart = present.chart(frame, label(every[chosen]), scope().zone)
    st.altair_chart(chart)
