"""Pick any recommendations and see at once what they do together: effect, conflicts and ways out, order and waves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.present import csv_files, plan_charts, schedule, selection, words
from proxbalance_core.services import trying
from proxbalance_core.services.workbench import Generation, KeptGeneration
from proxbalance_core.ui import cache, cards, tables, theme
from proxbalance_core.ui.state import scope

if TYPE_CHECKING:
    from proxbalance_core.domain.plans import Assessment
    from proxbalance_core.domain.results import Recommendation
    from proxbalance_core.domain.selections import Selection

_PICKED, _ROWS_AT_ONCE = "rec_picked", 12
Picked = dict[int, str]  # vmid to the node that it is to go to


@st.fragment(key="recommendations_pick")
def pick(generation: KeptGeneration) -> None:
    """Ticks on the left, what they come to on the right."""
    if not isinstance(generation, Generation):
        st.caption(
            "Moves of a past assessment can be picked for 48 hours; after that only what it recommended is kept."
        )
        return
    assessment = cache.assessment(generation)
    if not assessment.recommendations:
        st.text("No migration is recommended, so there is none to pick.")
        return
    _forget_gone(assessment)
    _quickly(assessment)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _ticks(assessment)
    with right:
        _together(generation, assessment)


def _picked() -> Picked:
    kept: dict[str, Picked] = st.session_state.setdefault(_PICKED, {})
    return kept.setdefault(scope().cid, {})


def _key(vmid: int) -> str:
    return f"rec_pick_{scope().cid}_{vmid}"


def _set(assessment: Assessment, vmids: Iterable[int]) -> None:
    """Pick just these; another target that was chosen for one of them stays."""
    before, wanted = dict(_picked()), set(vmids)
    moves = {move.vmid: move.target for move in assessment.recommendations}
    _picked().clear()
    _picked().update({vmid: before.get(vmid, target) for vmid, target in moves.items() if vmid in wanted})
    for vmid in moves:
        st.session_state[_key(vmid)] = vmid in wanted


def _forget_gone(assessment: Assessment) -> None:
    lost = selection.gone(_picked(), assessment)
    for vmid in lost:
        del _picked()[vmid]
    if lost:
        numbers = ", ".join(map(str, lost))
        st.info(f"No longer recommended, and so no longer picked: {numbers}.", icon=":material/info:")


def _quickly(assessment: Assessment) -> None:
    """All, none, or the best first few."""
    count = len(assessment.recommendations)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        few = st.number_input("The first moves of the plan", 1, count, min(2, count), key="rec_pick_count", width=190)
        st.button(
            "Pick these", key="rec_pick_first", on_click=lambda: _set(assessment, trying.first(assessment, int(few)))
        )
        st.button(
            "All", key="rec_pick_all", on_click=lambda: _set(assessment, [m.vmid for m in assessment.recommendations])
        )
        st.button("None", key="rec_pick_none", on_click=lambda: _set(assessment, ()))
    theme.quiet(schedule.benefit(assessment.plan.curve).finding, "pick-benefit")


def _ticks(assessment: Assessment) -> None:
    st.markdown(f"**{len(_picked())} of {words.count(len(assessment.recommendations), 'recommendation')} picked**")
    ranked = sorted(assessment.recommendations, key=lambda move: (move.steps, move.vmid))
    with st.container(height=460 if len(ranked) > _ROWS_AT_ONCE else "content", border=True, key="rec_pick_list"):
        for move in ranked:
            _tick(move)


def _tick(move: Recommendation) -> None:
    key = _key(move.vmid)
    if key not in st.session_state:
        st.session_state[key] = move.vmid in _picked()
    guest, way = selection.row(move, _picked().get(move.vmid, move.target))
    with st.container(gap="xxsmall", key=f"{key}_row"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.checkbox(
                f"Guest {move.vmid}", key=key, label_visibility="collapsed", width="content", on_change=_ticked,
                args=(move.vmid, move.target),
            )  # fmt: skip
            st.text(guest, width="content")
        theme.quiet(way, f"pick-{move.vmid}")


def _ticked(vmid: int, target: str) -> None:
    if st.session_state[_key(vmid)]:
        _picked()[vmid] = target
    else:
        _picked().pop(vmid, None)


def _together(generation: Generation, assessment: Assessment) -> None:
    """The joint effect, live."""
    picked = dict(_picked())
    if not picked:
        with st.container(border=True, key="rec_pick_nothing"):
            st.text("Tick moves on the left. What they do together appears here at once.")
        return
    _belongs(assessment, picked)
    found = cache.select(generation, tuple(sorted(picked.items())))
    cards.tiles(selection.tiles(found))
    _troubles(found, assessment)
    tables.show(
        selection.nodes(found), "Nodes before and after the picked moves", shares=selection.SHARES,
        figures=selection.FIGURES,
    )  # fmt: skip
    if found.plan.steps:
        _order(found, assessment)
    _files(found, assessment, picked)


def _belongs(assessment: Assessment, picked: Picked) -> None:
    """Moves that go together and of which only a part is picked."""
    absent = sorted(set(trying.completed(assessment, picked)) - set(picked))
    if not absent:
        return
    numbers = ", ".join(map(str, absent))
    with st.container(border=True, key="rec_pick_mates", horizontal=True, vertical_alignment="center"):
        st.text(f"Some of these only make sense together with {numbers}: a swap, or guests that a rule keeps together.")
        st.button("Add them", key="rec_pick_add", on_click=lambda: _set(assessment, [*picked, *absent]))


def _troubles(found: Selection, assessment: Assessment) -> None:
    """Conflicts with a way out each, rules that break, moves without an order."""
    for place, conflict in enumerate(found.conflicts):
        with st.container(border=True, key=f"rec_pick_conflict_{place}", gap="xsmall"):
            st.badge(f"Too much for {conflict.target_node}", icon=":material/warning:", color="orange")
            st.text(selection.conflict(conflict))
            st.caption(conflict.resolution.detail)
            answer = conflict.resolution
            mates = trying.completed(assessment, [answer.vmid])
            out = [vmid for vmid in mates if vmid in _picked()] or [answer.vmid]
            st.button(
                selection.resolution(conflict, out), key=f"rec_pick_resolve_{place}", on_click=_resolve,
                args=(assessment, answer.vmid, answer.to, out),
            )  # fmt: skip
    for violation in found.broken:
        st.text(f"Breaks: {violation.detail}")
    for dropped in found.plan.dropped:
        st.text(f"Can't be done: {dropped.vmid} to {dropped.target}. {dropped.reason}")


def _resolve(assessment: Assessment, vmid: int, to: str | None, out: list[int]) -> None:
    """Send the guest elsewhere, or leave it ``out`` with those that only move together with it."""
    if to is None:
        _set(assessment, [other for other in _picked() if other not in out])
    else:
        _picked()[vmid] = to


def _order(found: Selection, assessment: Assessment) -> None:
    table = schedule.timetable(found.plan, schedule.guest_labels(assessment))
    st.markdown(f"**{table.finding}**")
    st.altair_chart(plan_charts.waves(table))
    with st.expander("Step by step"):
        tables.show(selection.steps(found, schedule.guest_labels(assessment)), "The picked moves, wave by wave")


def _files(found: Selection, assessment: Assessment, picked: Picked) -> None:
    """The script and the table of just these."""
    with st.container(horizontal=True):
        chosen = [move for move in assessment.recommendations if picked.get(move.vmid) == move.target]
        st.download_button(
            "CSV of these", csv_files.recommendations_csv(chosen), file_name="picked.csv", mime="text/csv",
            key="rec_pick_csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        if found.plan.shell and scope().as_of is None:
            st.download_button(
                "Script of these", found.plan.shell, file_name="picked.sh", mime="text/x-shellscript",
                key="rec_pick_script", icon=":material/terminal:", on_click="ignore",
            )  # fmt: skip
