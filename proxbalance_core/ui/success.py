"""How well the advice does, figure by figure, and the monthly report."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from proxbalance_core.domain.reports import Report
from proxbalance_core.domain.success import Metric
from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present import report as told
from proxbalance_core.present import report_files
from proxbalance_core.services import reporting
from proxbalance_core.services.success import success
from proxbalance_core.services.workbench import KeptGeneration
from proxbalance_core.ui import tables, theme
from proxbalance_core.ui.cards import Colour
from proxbalance_core.ui.state import now, scope, workbench

DAYS = (7, 30, 90)
_COLOURS: dict[str, Colour] = {"met": "green", "missed": "orange", "not_enough_data": "gray"}
_ICONS = {
    "met": ":material/check:", "missed": ":material/priority_high:", "not_enough_data": ":material/hourglass_empty:",
}  # fmt: skip
_IN_A_ROW = 3


def view(generation: KeptGeneration) -> None:
    """Each figure as a card: value, target, what it counts, and how it went since the stretch before."""
    days = int(st.selectbox("Over the last days", DAYS, index=1, key="history_success_days", width=160) or 30)
    until = generation.at if scope().as_of is not None else now()
    found = success(workbench(), generation.cid, until - timedelta(days=days), until)
    theme.strong(
        told.success_headline(found),
        "success-headline",
    )  # fmt: skip
    st.caption("Each figure counts what is stored; nothing is estimated. The trend is against the same time before.")
    for start in range(0, len(found.metrics), _IN_A_ROW):
        columns = st.columns(_IN_A_ROW)
        for column, metric in zip(columns, found.metrics[start : start + _IN_A_ROW], strict=False):
            with column:
                _card(metric)


def _card(metric: Metric) -> None:
    _, value, target, state, trend = told.metric_row(metric)
    with st.container(border=True, key=f"history_metric_{metric.key}", gap="xsmall", height="stretch"):
        theme.strong(metric.title, f"metric-{metric.key}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {value}" if metric.value is not None else value)
            st.badge(state, color=_COLOURS[metric.state], icon=_ICONS[metric.state])
        theme.quiet(f"Target: {target}" + (f", {trend}" if trend else ""), f"target-{metric.key}")
        theme.quiet(metric.about, f"about-{metric.key}")


def _send(found: Report) -> None:
    """To one of the targets of notifications."""
    targets = {target.id: target.title for target in workbench().store.notices.targets()}
    if not targets or scope().as_of is not None:
        return
    with st.popover("Send", icon=":material/send:"):
        chosen = st.selectbox("To", list(targets), key="history_send_to", format_func=targets.__getitem__)
        if st.button("Send the report", key="history_send", type="primary") and chosen is not None:
            came = reporting.send(workbench(), found, str(chosen))
            st.text("It was taken." if came.fault is None else f"It was not taken. {came.fault}")


def report_view(generation: KeptGeneration) -> None:
    """A month as it reads in the file, and the file itself."""
    bench, cid = workbench(), generation.cid
    known = reporting.months(bench, cid, scope().zone)
    if not known:
        st.text("The first report appears here with the first assessment.")
        return
    month = st.selectbox("Month", known, key="history_month", width=160)
    try:
        found = reporting.report(bench, cid, str(month))
    except ProxBalanceError as error:
        st.text(error.message)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="history_report_head"):
        theme.strong(told.title(found), "report-title")
        name = f"proxbalance-{cid}-{found.month}"
        st.download_button(
            "Save as PDF", lambda: report_files.pdf(found), file_name=f"{name}.pdf", mime="application/pdf",
            key="history_pdf", icon=":material/picture_as_pdf:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Save as HTML", lambda: report_files.html(found).encode(), file_name=f"{name}.html", mime="text/html",
            key="history_html", icon=":material/html:", on_click="ignore",
        )  # fmt: skip
        _send(found)
    for i, section in enumerate(told.sections(found)):
        st.subheader(section.title, anchor=False)
        for sentence in section.sentences:
            st.text(sentence)
        if i == 0:
            st.altair_chart(told.health_chart(found))
        if section.rows:
            tables.show(told.table(section), section.title)
