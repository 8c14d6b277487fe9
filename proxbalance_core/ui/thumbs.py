"""Whether a recommendation helps: thumbs on its card, and why not."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.domain.feedback import NOTE_MOST, Feedback, Opinion
from proxbalance_core.domain.results import Recommendation
from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present.outcomes import OBJECTIONS
from proxbalance_core.services import feedback
from proxbalance_core.ui.state import scope, workbench

_UP, _DOWN = 1, 0
_FAILED = "thumbs_failed"


def draw(move: Recommendation, said: Feedback | None) -> None:
    """Thumbs up or down, as they were left; down asks why."""
    key = f"rec_thumbs_{move.id}"
    was = None if said is None else (_UP if said.rating == "helpful" else _DOWN)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"rec_said_{move.id}"):
        st.caption("Does it help?", width="content")
        now = st.feedback("thumbs", key=key, default=was, on_change=_rated, args=(move, key))
        if now is not None and said is not None:
            st.caption("Thank you, noted." if said.rating == "helpful" else "Noted.", width="content")
    if now == _DOWN:
        _why(move, said)
    failure = st.session_state.pop(f"{_FAILED}_{move.id}", None)
    if failure:
        st.warning("It was not kept.", icon=":material/error:")
        st.text(failure)


def _why(move: Recommendation, said: Feedback | None) -> None:
    keys = f"rec_why_{move.id}", f"rec_note_{move.id}"
    options = list(OBJECTIONS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Why not?", options, key=keys[0], format_func=OBJECTIONS.__getitem__, width=220, placeholder="Choose one",
            index=options.index(said.objection) if said is not None and said.objection in options else None,
        )  # fmt: skip
        st.text_input(
            "In your own words", key=keys[1], max_chars=NOTE_MOST, value=said.note if said is not None else "",
            placeholder="Optional",
        )  # fmt: skip
        st.button("Keep", key=f"rec_keep_{move.id}", on_click=_explained, args=(move, *keys))


def _rated(move: Recommendation, key: str) -> None:
    value = st.session_state.get(key)
    if value is None:
        feedback.withdraw(workbench(), scope().cid, move.id)
        return
    _keep(move, Opinion(rating="helpful" if value == _UP else "not_helpful", recommendation=move.id))


def _explained(move: Recommendation, why: str, note: str) -> None:
    said = Opinion(
        rating="not_helpful", objection=st.session_state.get(why), note=st.session_state.get(note) or "",
        recommendation=move.id,
    )  # fmt: skip
    _keep(move, said)


def _keep(move: Recommendation, opinion: Opinion) -> None:
    try:
        feedback.give(workbench(), scope().cid, move.vmid, opinion)
    except ProxBalanceError as error:
        st.session_state[f"{_FAILED}_{move.id}"] = error.message
