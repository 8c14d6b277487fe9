"""Looking at a past assessment: chosen in the sidebar, in the URL, marked on every page, and one click back to now."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.domain.documents import iso
from proxbalance_core.present import words
from proxbalance_core.ui import cache
from proxbalance_core.ui.state import AS_OF, now, scope

if TYPE_CHECKING:
    from proxbalance_core.domain.records import GenerationGlance

_CHOICE, _NOW = "as_of_choice", 0
_UNREADABLE = "as_of_unreadable"


def choose(cid: str, zone: tzinfo) -> datetime | None:
    """The picker of all kept assessments, and the time that is looked at: that of one of them; None is now."""
    at = _asked()
    made = {glance.id: glance for glance in cache.moments(cid)}
    shown = next((gid for gid, glance in made.items() if at is not None and glance.at <= at), _NOW)
    st.session_state[_CHOICE] = shown
    st.selectbox(
        "As of",
        [_NOW, *made],
        key=_CHOICE,
        format_func=lambda gid: _label(made[gid], zone) if gid else "Now",
        on_change=_chosen,
        args=(made,),
        help="Any assessment that is kept can be looked at again, with its scores and recommendations.",
    )
    if at is None:
        st.query_params.pop(AS_OF, None)
    else:
        st.query_params[AS_OF] = iso(at)
    return made[shown].at if shown else at


def _label(glance: GenerationGlance, zone: tzinfo) -> str:
    moves = words.count(glance.recommendation_count, "move")
    return f"{words.clock(glance.at, zone, now())} · {moves}" + ("" if glance.in_full else " · in brief")


def _asked() -> datetime | None:
    """What the session chose, on arrival what the URL says."""
    if AS_OF not in st.session_state:
        text = st.query_params.get(AS_OF, "")
        at = _read(text)
        st.session_state[AS_OF] = at
        if text and at is None:
            st.session_state[_UNREADABLE] = text
    at = st.session_state[AS_OF]
    return at if isinstance(at, datetime) else None


def _read(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _chosen(made: dict[int, GenerationGlance]) -> None:
    gid = st.session_state[_CHOICE]
    st.session_state[AS_OF] = made[gid].at if gid else None


def leave() -> None:
    """Back to now, from the next run on."""
    st.session_state[AS_OF] = None


def banner(at: datetime) -> None:
    """What every page says above a past assessment."""
    zone = scope().zone
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="past_banner"):
        st.badge("Past", icon=":material/history:", color="violet")
        st.text(f"This was on {words.clock(at, zone)} ({words.ago(at, now())}). Nothing can be changed from here.")
        st.button("Back to now", key="past_leave", icon=":material/update:", on_click=leave)


def unreadable() -> None:
    """Say so when a link names a time that can't be read."""
    text = st.session_state.pop(_UNREADABLE, None)
    if text is not None:
        st.warning("The link names a time that can't be read. This is now.", icon=":material/history:")


def nothing_by_then() -> None:
    """No assessment of this cluster is that old."""
    with st.container(border=True, key="past_nothing"):
        st.subheader("Not assessed by then", anchor=False)
        st.text("This cluster's first kept assessment is newer. Choose another time in the sidebar, or go back to now.")


def in_brief() -> None:
    """What this page shows is not kept as long as the main figures are."""
    with st.container(border=True, key="past_brief"):
        st.subheader("Kept in brief", anchor=False)
        st.text(
            "After 48 hours the scores and recommendations of an assessment are kept, its guests are not; this page"
            " needs them. Overview, Recommendations and Diagnostics still show this one."
        )


def only_now(about: str) -> bool:
    """Whether the past is looked at; if so say that ``about`` belongs to the present."""
    if scope().as_of is not None:
        st.text(f"{about} Go back to now to see and change them.")
    return scope().as_of is not None
