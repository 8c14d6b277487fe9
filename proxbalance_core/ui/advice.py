"""The recommendations page's parts: filters, cards with their details, what is not recommended, the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.present import (
    advice,
    csv_files,
    details,
    exports,
    health_checks,
    plan_charts,
    schedule,
    words,
)
from proxbalance_core.present.advice import Filters
from proxbalance_core.services import feedback
from proxbalance_core.services.workbench import Generation, KeptGeneration
from proxbalance_core.ui import cache, chart_file, header, landing, move_card, tables
from proxbalance_core.ui.state import scope, workbench

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Generation

PAGE_LENGTH = 8
VIEWS = {"moves": "Recommended", "stay": "Not recommended", "plan": "Plan", "pick": "Pick some"}


def filters(assessment: Assessment) -> tuple[Filters, advice.Sort]:
    """The filters above the list, each in the URL."""
    moves = assessment.recommendations
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "Guest",
            key="rec_guest",
            type="search",
            placeholder="Name or VMID",
            width=170,
            bind="query-params",
        )
        kinds = _several("Kind", "rec_kind", [m.kind for m in moves], words.KINDS)
        sources = _several("From", "rec_from", [m.source for m in moves])
        targets = _several("To", "rec_to", [m.target for m in moves])
        risks = _several("Risk", "rec_risk", [m.risk_level for m in moves], words.RISKS)
        sort = st.selectbox(
            "Order by",
            list(advice.SORTS),
            key="rec_sort",
            format_func=advice.SORTS.__getitem__,
            width=170,
            bind="query-params",
        )
        least = st.selectbox(
            "Confidence",
            [0, 25, 50, 75],
            key="rec_sure",
            width=120,
            bind="query-params",
            format_func=lambda value: f"{value} and more" if value else "Any",
        )
        urgent = st.toggle("Urgent only", key="rec_urgent", bind="query-params")
    chosen = Filters(
        urgent=urgent,
        kinds=kinds,
        sources=sources,
        targets=targets,
        risks=risks,
        nodes=scope().nodes,
        least_confidence=float(least or 0),
        text=text or "",
    )
    return chosen, cast(advice.Sort, sort or "plan")


def _several(title: str, key: str, found: list[str], table: dict[str, str] | None = None) -> tuple[str, ...]:
    known = sorted(set(found))
    kept = [value for value in st.session_state.get(key, []) if value in known]
    if kept != list(st.session_state.get(key, [])):
        st.session_state[key] = kept
    return tuple(
        st.multiselect(
            title,
            known,
            key=key,
            placeholder="Any",
            width=140,
            bind="query-params",
            format_func=(lambda value: words.label(table, value)) if table else str,
        )
    )


def _marks(generation: KeptGeneration) -> dict[int, str]:
    """What is new since the assessment before: vmid to "new" or "changed"."""
    changes = workbench().changes(generation.cid, until=scope().as_of)
    if changes.previous_at is None:
        return {}
    return {row.vmid: "new" for row in changes.new} | {row.vmid: "changed" for row in changes.changed_targets}


@st.fragment(key="recommendations_list")
def listing(generation: KeptGeneration) -> None:
    """Filters and the cards that pass them, page by page."""
    assessment = cache.assessment(generation)
    cards = advice.cards(assessment, _marks(generation))
    if not cards:
        _nothing(assessment)
        return
    chosen, sort = filters(assessment)
    found = advice.ordered(advice.narrowed(cards, chosen), sort)
    wanted, page = landing.turn_to(found, PAGE_LENGTH)
    landing.gone(cards, wanted)
    pages, first, last = advice.page_of(len(found), page, PAGE_LENGTH)
    st.caption(f"{len(found)} of {words.count(len(cards), 'recommendation')}")
    if not found:
        st.text("None passes these filters. Clear a filter to see more.")
    said = feedback.given(workbench(), scope().cid)
    for card in found[first:last]:
        move_card.draw(card, said.get(card.move.id), linked=card.move.id == wanted)
    if pages > 1:
        st.pagination(pages, key="rec_page", bind="query-params")


def _nothing(assessment: Assessment) -> None:
    with st.container(border=True, key="recommendations_none"):
        st.markdown(":material/check_circle: **No migration is recommended.**")
        st.text(assessment.summary.advice)
        st.caption("Every guest has its reason under “Not recommended”.")


@st.fragment(key="recommendations_stay")
def staying(generation: KeptGeneration) -> None:
    """Every guest that is not recommended, with its reason and what would change it; in brief, how many and why."""
    assessment = cache.assessment(generation)
    counts = assessment.summary.skip_reasons
    if not isinstance(generation, Generation):
        st.caption("Which guest stayed for which reason is kept for 48 hours, how many did for longer.")
        tables.show(health_checks.skip_counts(assessment), "Reasons why guests stayed, counted", shares=("share",))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Guest",
            key="stay_guest",
            type="search",
            placeholder="Name or VMID",
            width=200,
            bind="query-params",
        )
        reasons = st.multiselect(
            "Reason",
            sorted(counts),
            key="stay_reason",
            placeholder="Any",
            width=380,
            bind="query-params",
            format_func=lambda reason: words.label(words.SKIPS, reason),
        )
    found = advice.skips(assessment, reasons, scope().nodes, text or "")
    st.caption(f"{len(found)} of {words.count(len(assessment.skipped), 'guest')} that stay where they are")
    tables.show(
        details.skipped(found, scope().web), "Guests that are not recommended, with the reason", points=("gain",)
    )
    chart_file.table_button(lambda: csv_files.skipped(found), "guests-that-stay", "rec_stay_csv")
    if scope().as_of is None:
        _muted([skip.vmid for skip in assessment.skipped if skip.reason == "muted"])


def _muted(vmids: list[int]) -> None:
    if not vmids:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        vmid = st.selectbox("Muted guest", vmids, key="stay_unmute", width=170)
        if st.button("Unmute", key="stay_unmute_now", icon=":material/notifications_active:") and vmid is not None:
            workbench().mute(scope().cid, vmid, None)
            header.with_progress(scope().cid, "Assessing with the guest again")
            st.rerun(scope="app")


def plan(generation: KeptGeneration) -> None:
    """The plan by waves, what it does to the cluster, and its script."""
    assessment = cache.assessment(generation)
    if not assessment.plan.steps:
        _nothing(assessment)
        return
    impact = details.impact(assessment)
    with st.grid(columns=4, min_column_width=170):
        for figure in impact:
            st.metric(
                figure.title,
                figure.value,
                delta=figure.change,
                delta_color="off",
                delta_arrow="off",
                border=True,
            )
    for dropped in assessment.plan.dropped:
        st.text(f"Left out: {dropped.vmid} to {dropped.target}. {dropped.reason}")
    _drawn(assessment)
    tables.show(details.steps(assessment), "The plan's steps, wave by wave")
    if scope().as_of is None:
        _script(assessment)


def _script(assessment: Assessment) -> None:
    st.markdown("**As a shell script**")
    script = exports.shell_script(assessment, scope().zone)
    st.code(script, language="bash", height=260)
    st.download_button(
        "Download script",
        script,
        file_name="proxbalance-plan.sh",
        mime="text/x-shellscript",
        key="rec_script",
        icon=":material/terminal:",
        on_click="ignore",
    )


def _drawn(assessment: Assessment) -> None:
    """The plan over time, and beside it what the first moves of it bring."""
    when, gain = st.columns([3, 2], gap="medium")
    table = schedule.timetable(assessment.plan, schedule.guest_labels(assessment))
    with when:
        st.markdown(f"**{table.finding}**")
        st.altair_chart(plan_charts.waves(table))
    found = schedule.benefit(assessment.plan.curve)
    with gain:
        st.markdown(f"**{found.finding}**")
        st.altair_chart(plan_charts.benefit(found))


def downloads(generation: KeptGeneration) -> None:
    """The recommendations as CSV, the whole assessment as JSON."""
    assessment = cache.assessment(generation)
    with st.container(horizontal=True, width="content"):
        st.download_button(
            "CSV",
            csv_files.recommendations_csv(assessment.recommendations),
            file_name="recommendations.csv",
            mime="text/csv",
            key="rec_csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "JSON",
            exports.assessment_json(generation.assessment),
            file_name="assessment.json",
            mime="application/json",
            key="rec_json",
            icon=":material/download:",
            on_click="ignore",
        )
