"""Outcomes: what migrations brought against what was predicted, and what was said of recommendations."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.domain.feedback import FeedbackPattern
from proxbalance_core.domain.outcomes import Outcome
from proxbalance_core.present import charts, csv_files, words
from proxbalance_core.present import outcomes as present
from proxbalance_core.services import feedback, outcomes
from proxbalance_core.services.workbench import KeptGeneration
from proxbalance_core.ui import chart_file, draft, tables, theme
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import scope, workbench

DAYS = (7, 30, 90, 365)


def view(generation: KeptGeneration) -> None:
    """Migrations first, then opinions."""
    days = int(st.selectbox("Days back", DAYS, index=1, key="history_outcome_days", width=120) or 30)
    found = outcomes.report(workbench(), generation.cid, days)
    if not found.outcomes:
        with st.container(border=True, key="history_no_outcomes"):
            st.badge("No migrations yet", icon=":material/hourglass_empty:", color="gray")
            st.text(
                f"No guest was migrated in the last {days} days. Each migration is followed from here on, also one that"
                " is done in Proxmox itself: what it was worth after 5 and 30 minutes, 2 hours and a day."
            )
    else:
        _migrations(found)
    _opinions(generation)


def _migrations(found: outcomes.OutcomeReport) -> None:
    theme.strong(present.headline(found.outcomes), "outcomes-headline")
    st.caption(
        "A migration's worth is worked out again on the figures that came: with the guest back on its source in"
        " thought, all else as it is. So the ups and downs of the day don't count for or against it."
    )
    tables.show(present.table(found.outcomes, scope().zone), "Migrations, newest first", figures=("predicted", "came"))
    chart_file.table_button(lambda: csv_files.migrations(found.outcomes), "migrations", "history_migrations_csv")
    _one(found.outcomes)
    chart = present.scatter(found.outcomes)
    if chart is not None:
        st.subheader("Predicted and come", anchor=False)
        st.altair_chart(chart)
        st.caption(charts.alt(chart))
    st.subheader("How predictions did", anchor=False)
    tables.show(
        present.accuracy_table(found.accuracy), "By reason, source and target", figures=("realised",), shares=("held",)
    )


@st.fragment(key="history_outcome")
def _one(rows: tuple[Outcome, ...]) -> None:
    """One migration, look by look."""
    known, zone = {outcome.migration: outcome for outcome in rows}, scope().zone

    def label(migration: int) -> str:
        chosen = known[migration]
        return f"{words.guest(chosen.vmid, chosen.name)}, {words.clock(chosen.at, zone)}"

    picked = st.selectbox("Look by look", list(known), key="history_outcome_one", format_func=label, width=360)
    if picked is None:
        return
    chosen = known[int(picked)]
    if chosen.checks:
        tables.show(present.looks(chosen), "Both nodes before, as predicted, and at each look")
    for i, remark in enumerate(present.remarks(chosen)):
        theme.quiet(remark, f"outcome-{chosen.migration}-{i}")
    if not chosen.checks:
        st.text(chosen.fault or "It is looked at for the first time five minutes after the migration.")


def _opinions(generation: KeptGeneration) -> None:
    st.subheader("What was said", anchor=False)
    told = feedback.report(workbench(), generation.cid)
    if not told.entries:
        st.text("Nothing yet. Each recommendation can be called helpful or not on its card.")
        return
    st.text(present.opinions_headline(told))
    for i, pattern in enumerate(told.patterns):
        _pattern(pattern, i)
    tables.show(present.opinions_table(told.entries, scope().zone), "Opinions, newest first")


def _pattern(pattern: FeedbackPattern, place: int) -> None:
    with st.container(border=True, key=f"history_pattern_{place}"):
        theme.strong(pattern.message, f"pattern-{place}")
        if pattern.suggestion:
            st.text(f"One could {pattern.suggestion}.")
        offered = bool(pattern.settings) and scope().as_of is None
        if offered and st.button("See what that would change", key=f"history_try_{place}", icon=":material/science:"):
            for key, value in pattern.settings.items():
                draft.change_value(key, value)
            st.switch_page(page("tuning").path)
