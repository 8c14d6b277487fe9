"""Whether a recommended move may be made now: asked of the cluster when the user wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from proxbalance_core.domain.results import Recommendation
from proxbalance_core.domain.validation import Check, Validation
from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present import words
from proxbalance_core.services.validating import validate_move
from proxbalance_core.ui import theme
from proxbalance_core.ui.state import now, scope, workbench
from proxbalance_core.ui.working import Job

_KEPT = "rec_checks"
_MOST_KEPT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a check found, or the sentence that it failed with, and when it was asked."""

    at: datetime
    told: Validation | None
    failure: str = ""


def draw(move: Recommendation) -> None:
    """The checks of one move: asked at once the first time, then shown until asked again."""
    kept: dict[str, _Answer] = st.session_state.setdefault(_KEPT, {})
    shown = st.container(gap="xsmall")
    again = st.button("Check again", key=f"rec_check_{move.id}", icon=":material/refresh:")
    with shown:
        if again or move.id not in kept:
            kept[move.id] = _asked(move)
            for old in list(kept)[:-_MOST_KEPT]:
                del kept[old]
        _answer(kept[move.id], move)


def _answer(answer: _Answer, move: Recommendation) -> None:
    if answer.told is None:
        st.error("The check did not work.", icon=":material/error:")
        st.text(answer.failure)
        return
    _verdict(answer.told, answer.at, move)
    for check in answer.told.checks:
        _row(check, move.id)
    for place, warning in enumerate(answer.told.warnings):
        with st.container(horizontal=True, gap="xsmall", key=f"check_warning_{move.id}_{place}"):
            st.badge("Warning", color="orange", icon=":material/warning:")
            st.text(warning)


def _asked(move: Recommendation) -> _Answer:
    bench, cid = workbench(), scope().cid
    try:
        told = Job(lambda _: validate_move(bench, cid, move.vmid, move.target)).watched("Asking the cluster")
    except ProxBalanceError as error:
        return _Answer(at=now(), told=None, failure=error.message)
    return _Answer(at=now(), told=told)


def _verdict(told: Validation, at: datetime, move: Recommendation) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if told.passed:
            st.badge("May be made", color="green", icon=":material/check_circle:")
        else:
            st.badge("Not as it is", color="red", icon=":material/error:")
        st.caption(f"Checked {words.ago(at, now())}, nothing was changed")
    if not told.passed and min(move.steps, default=1) > 1:
        theme.quiet(
            f"It is step {min(move.steps)} of the plan: the steps before it may be what is still missing.",
            f"check-{move.id}",
        )


def _row(check: Check, key: str) -> None:
    with st.container(horizontal=True, gap="xsmall", key=f"check_{check.check}_{key}"):
        if check.passed:
            st.badge("Passed", color="green", icon=":material/check:")
        else:
            st.badge("Failed", color="red", icon=":material/close:")
        st.text(f"{words.label(words.CHECKS, check.check)}: {check.detail}")
