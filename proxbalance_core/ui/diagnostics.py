"""The diagnostics page's parts: engine run, skips, collector, scoring in use, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from proxbalance_core.present import health_checks, words
from proxbalance_core.present.freshness import collector_line, freshness
from proxbalance_core.ui import cache, header, tables, theme
from proxbalance_core.ui.state import now, scope, workbench

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import KeptGeneration


_LEVELS: dict[str, tuple[Literal["green", "orange", "red"], str, str]] = {
    "ok": ("green", ":material/check_circle:", "Fine"),
    "warning": ("orange", ":material/warning:", "Look at it"),
    "error": ("red", ":material/error:", "Broken"),
}


def engine_run(generation: KeptGeneration) -> None:
    """The last run in figures."""
    assessment = cache.assessment(generation)
    moves, stay = len(assessment.recommendations), sum(assessment.summary.skip_reasons.values())
    age_s = (now() - generation.at).total_seconds()
    st.subheader("Engine run", anchor=False)
    figures = (
        ("Last run", f"{words.about(age_s)} ago", words.exact(generation.at, scope().zone)),
        ("Took", words.seconds(generation.engine_seconds), "Time of the engine alone, without collecting."),
        ("Guests assessed", f"{moves + stay:,}", "Each is recommended or has a reason to stay."),
        ("Recommended", f"{moves:,}", "Guests with a move in the plan."),
        ("Staying", f"{stay:,}", "Guests that stay where they are, by reason below."),
    )
    with st.grid(columns=len(figures), min_column_width=140):
        for title, value, about in figures:
            st.metric(title, value, help=about, border=True)


def skips(generation: KeptGeneration) -> None:
    """Why guests stay, counted."""
    table = health_checks.skip_counts(cache.assessment(generation))
    st.subheader("Why guests stay", anchor=False)
    if table.rows.empty:
        st.caption("Every guest has a recommendation.")
        return
    tables.show(table, "Reasons why guests stay, counted", shares=("share",))


def collector() -> None:
    """Whether collecting works, and how old everything is."""
    status = workbench().status(scope().cid)
    found = freshness(status, now(), scope().zone)
    st.subheader("Collector", anchor=False)
    with st.container(border=True, key="diagnostics_collector"):
        with st.container(horizontal=True, vertical_alignment="center"):
            header.badge(found)
            st.text(collector_line(status))
        st.text(
            f"Last success {words.ago(status.last_success, now())},"
            f" last attempt {words.ago(status.last_attempt, now())}, {words.count(status.rounds, 'complete round')}."
        )
        if found.cause:
            st.text(f"Last error: {found.cause}")
        if found.todo:
            theme.quiet(f"→ {found.todo}", "collector-todo")


def checks(cid: str) -> None:
    """What was looked at behind the figures, and what to do about it."""
    found = workbench().diagnostics(cid)
    st.subheader("Checks", anchor=False)
    for place, finding in enumerate(found.findings):
        colour, icon, word = _LEVELS[finding.level]
        with st.container(gap="xxsmall", key=f"diagnostics_check_{place}"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.badge(word, icon=icon, color=colour)
                theme.strong(words.label(words.FINDINGS, finding.check), f"check-{place}")
                st.text(finding.detail)
            if finding.what_to_do:
                theme.quiet(f"→ {finding.what_to_do}", f"check-{place}")
    with st.expander("Versions and database"):
        facts = health_checks.facts(found.versions, found.database_bytes, found.generations)
        tables.show(facts, "Versions, size of the database and number of kept assessments")


def scoring(generation: KeptGeneration) -> None:
    """The settings that this run was made with, shortest first."""
    st.subheader("Scoring in use", anchor=False)
    for line in health_checks.scoring_lines(generation.settings):
        st.text(line)
    with st.expander("Every value"):
        tables.show(health_checks.settings_table(generation.settings), "Every setting with its default")


def export(cid: str) -> None:
    """The debug bundle."""
    st.subheader("For a bug report", anchor=False)
    st.text("It holds versions, settings, this run and the collector's state. Names and secrets are taken out.")
    if st.button("Prepare debug log", key="diagnostics_prepare", icon=":material/folder_zip:"):
        bundle = workbench().debug_bundle(cid)
        st.download_button(
            "Export debug log",
            bundle,
            file_name="proxbalance-debug.zip",
            key="diagnostics_export",
            icon=":material/download:",
            on_click="ignore",
        )
