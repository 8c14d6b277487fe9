"""The head of a page: title, one sentence, when data were last collected, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present import words
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import now, scope, workbench
from proxbalance_core.ui.working import Job

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Generation


def head(title: str, sentence: str, *, regenerate: bool = False, guide: bool = False) -> None:
    """Draw title, sentence, age of the data and, where asked for, "How scoring works" and "Regenerate now"."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width="content", gap="xxsmall"):
            st.header(title, anchor=False)
            st.caption(sentence)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if guide:
                explained = {"settings_view": "How scoring works"}
                st.page_link(page("settings").path, label="How scoring works", query_params=explained)
            _collected()
            if regenerate:
                _regenerate_button()
    _stale_banner()


def _collected() -> None:
    status = workbench().status(scope().cid)
    told = "Opened" if status.source in ("file", "trace") else "Data collected"
    st.caption(
        f"{told} {words.ago(status.last_success, now())}" if status.last_success else "Nothing collected yet",
        help=f"{told}: {words.exact(status.last_success, scope().zone)}",
        width="content",
    )


def _regenerate_button() -> None:
    where = scope()
    if st.button("Regenerate now", icon=":material/refresh:", key="head_regenerate"):
        with_progress(where.cid, f"Assessing {words.safe(where.title)}")
        st.rerun()


def with_progress(cid: str, doing: str) -> Generation | None:
    """Run the engine with a progress bar; what goes wrong is told in one sentence and nothing is lost."""
    bench = workbench()
    try:
        return Job(lambda told: bench.regenerate(cid, on_progress=told)).watched(doing)
    except ProxBalanceError as error:
        st.session_state["head_failure"] = error.message
        return None


def _stale_banner() -> None:
    failure = st.session_state.pop("head_failure", None)
    if failure:
        with st.container(key="head_failure_box"):
            st.error("That did not work. What was known before is still shown.", icon=":material/error:")
            st.text(failure)
    status = workbench().status(scope().cid)
    # Before the first success the page itself says that there is nothing yet, and why.
    if not status.stale or status.last_success is None:
        return
    with st.container(border=True, key="stale_banner"):
        st.badge("Old data", icon=":material/warning:", color="orange")
        age = words.ago(status.last_success, now())
        st.text(f"The newest figures were collected {age}. Advice on this page may no longer fit the cluster.")
        if status.last_error:
            st.text(f"The last attempt said: {status.last_error}")
