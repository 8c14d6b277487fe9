"""The head of a page: title, one sentence, when data were last collected, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present import words
from proxbalance_core.present.freshness import Freshness, freshness
from proxbalance_core.ui import past, theme
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import now, scope, workbench
from proxbalance_core.ui.working import Job

if TYPE_CHECKING:
    from proxbalance_core.domain.settings import Settings
    from proxbalance_core.services.workbench import Generation

LOOK_AGAIN_S = 30
WHO = "app"
_SHOWN = "head_shown"
_LEVELS: dict[str, tuple[Literal["green", "orange", "red"], str]] = {
    "ok": ("green", ":material/check_circle:"),
    "warning": ("orange", ":material/warning:"),
    "error": ("red", ":material/error:"),
}


def head(title: str, sentence: str, *, regenerate: bool = False, guide: bool = False) -> None:
    """Draw title, sentence, age of the data and, where asked for, "How scoring works" and "Regenerate now"."""
    st.session_state.pop(_SHOWN, None)
    at = scope().as_of
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width="content", gap="xxsmall"):
            st.header(title, anchor=False)
            st.caption(sentence)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if guide:
                explained = {"settings_view": "How scoring works"}
                st.page_link(page("settings").path, label="How scoring works", query_params=explained)
            if at is None:
                _age()
            if regenerate and at is None:
                _regenerate_button()
    _failure()
    past.unreadable()
    if at is None:
        _state()
    else:
        past.banner(at)


def shown(gid: int) -> None:
    """Tell the head which generation this page shows: it says when there is a newer one."""
    st.session_state[_SHOWN] = gid


@st.fragment(run_every=LOOK_AGAIN_S, key="head_age")
def _age() -> None:
    """When data were last collected, also on a page that is left open."""
    where = scope()
    status = workbench().status(where.cid)
    told = "Data collected" if status.live else "Opened"
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.caption(
            f"{told} {words.ago(status.last_success, now())}" if status.last_success else "Nothing collected yet",
            help=f"{told}: {words.exact(status.last_success, where.zone)}",
            width="content",
        )
        on_page, newest = st.session_state.get(_SHOWN), workbench().generations(where.cid, limit=1)
        newer = on_page is not None and newest and newest[0].id > on_page
        if newer and st.button(
            "Show the newer assessment", key="head_newer", type="tertiary", icon=":material/update:"
        ):
            st.rerun(scope="app")


@st.fragment(run_every=LOOK_AGAIN_S, key="head_state")
def _state() -> None:
    """What is wrong with the data: on every page, and on one that is left open as soon as it is."""
    where = scope()
    found = freshness(workbench().status(where.cid), now(), where.zone)
    if not found.banner:
        return
    with st.container(border=True, key="stale_banner", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            badge(found)
            st.text(found.sentence)
        if found.cause:
            st.text(f"The last attempt said: {found.cause}")
        theme.quiet(f"→ {found.todo}", "stale-todo")
        if found.fix:
            with st.container(horizontal=True, vertical_alignment="center"):
                if st.button("Try now", icon=":material/refresh:", key="head_try"):
                    with_progress(where.cid, f"Asking {words.safe(where.title)}")
                    st.rerun(scope="app")
                settings = page("settings")
                st.page_link(settings.path, label="Check the connection", icon=settings.icon)


def badge(found: Freshness) -> None:
    """A cluster's freshness in a word and a colour."""
    colour, icon = _LEVELS[found.level]
    st.badge(found.word, icon=icon, color=colour)


def _failure() -> None:
    """What the user just asked for and did not get."""
    failure = st.session_state.pop("head_failure", None)
    if failure:
        with st.container(key="head_failure_box"):
            st.error("That did not work. What was known before is still shown.", icon=":material/error:")
            st.text(failure)


def _regenerate_button() -> None:
    where = scope()
    if st.button("Regenerate now", icon=":material/refresh:", key="head_regenerate"):
        with_progress(where.cid, f"Assessing {words.safe(where.title)}")
        st.rerun()


def put_in_force(settings: Settings, said: str) -> None:
    """Store settings for the cluster that is looked at, assess anew with them, say so, and draw everything anew."""
    cid = scope().cid
    workbench().save_settings(cid, settings, WHO)
    with_progress(cid, "Assessing with the new settings")
    st.toast(said, icon=":material/check:")
    st.rerun(scope="app")


def with_progress(cid: str, doing: str) -> Generation | None:
    """Run the engine with a progress bar; what goes wrong is told in one sentence and nothing is lost."""
    bench = workbench()
    try:
        return Job(lambda told: bench.regenerate(cid, on_progress=told)).watched(doing)
    except ProxBalanceError as error:
        st.session_state["head_failure"] = error.message
        return None
