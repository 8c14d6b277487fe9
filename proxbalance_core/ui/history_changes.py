"""What changed between two assessments, in sentences with their causes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import streamlit as st

from proxbalance_core.domain.records import GenerationGlance
from proxbalance_core.errors import SnapshotNotFound
from proxbalance_core.present import events, words
from proxbalance_core.services.changes import Changes
from proxbalance_core.services.workbench import KeptGeneration
from proxbalance_core.ui import cache, theme
from proxbalance_core.ui.state import now, scope, workbench

_MOST = 12
_HAPPENED = ("migration.observed", "settings.changed", "node.overloaded", "data.stale", "data.back", "capacity.warning")


def window_told(generation: KeptGeneration, since: datetime, until: datetime) -> None:
    """The change log of a stretch of time, and what happened in it."""
    zone = scope().zone
    found = cache.window(generation, since, until)
    st.subheader("What changed in this window", anchor=False)
    st.caption(f"{words.clock(since, zone)} to {words.clock(until, zone)}")
    if found.before is None or found.after is None:
        st.text("No assessment was made up to then.")
    elif found.before.id == found.after.id:
        st.text("One assessment alone was made: there is nothing to compare.")
    elif found.changes is None:
        st.text("Too little is left of these assessments to compare them.")
    else:
        told(found.changes)
    rows = [event for event in found.events if event.event in _HAPPENED]
    if rows:
        st.markdown("**What happened**")
        lines(f"{words.clock(event.at, zone)}: {events.sentence(event)}" for event in rows)


def between(generation: KeptGeneration) -> None:
    """Any two assessments that are kept, the newest two at first."""
    made = {glance.id: glance for glance in cache.moments(scope().cid)}
    newest = [gid for gid in made if made[gid].at <= generation.at]
    if len(newest) < 2:
        st.text("There is one assessment only. What changed appears here after the next one.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="history_pair"):
        before = _pick("From", newest, made, 1, "history_before")
        after = _pick("To", newest, made, 0, "history_after")
    if made[before].at > made[after].at:
        before, after = after, before
    if before == after:
        st.text("These are the same assessment. Choose two different ones.")
        return
    try:
        told(workbench().changes_between(before, after))
    except SnapshotNotFound as error:
        st.text(error.message)


def _pick(title: str, options: list[int], made: dict[int, GenerationGlance], index: int, key: str) -> int:
    zone = scope().zone

    def label(gid: int) -> str:
        moves = words.count(made[gid].recommendation_count, "move")
        return f"{words.clock(made[gid].at, zone, now())} · {moves}"

    return int(st.selectbox(title, options, index=index, key=key, format_func=label, width=300) or options[index])


def told(changes: Changes) -> None:
    """Recommendations that came, went, or changed, each with its cause; levels and settings."""
    groups = {
        "New": changes.new, "Gone": changes.removed, "To another node": changes.changed_targets,
    }  # fmt: skip
    if not any(groups.values()):
        kept = words.count(len(changes.unchanged), "recommendation")
        st.text(f"No recommendation came or went; {kept} stayed.")
    for title, rows in groups.items():
        if rows:
            st.markdown(f"**{title}**")
            lines([str(row) for row in rows])
    if any(groups.values()) and changes.unchanged:
        theme.quiet(f"{words.count(len(changes.unchanged), 'recommendation')} stayed as it was.", "changes-stayed")
    if changes.nodes:
        st.markdown("**Levels**")
        lines([f"{row}." for row in changes.nodes])
    if changes.settings:
        st.markdown("**Settings**")
        lines([f"{row}." for row in changes.settings])


def lines(rows: Iterable[str]) -> None:
    """Sentences under one another, as text; those beyond a dozen on demand."""
    every = list(rows)
    with st.container(gap="xxsmall"):
        for row in every[:_MOST]:
            st.text(row)
    if len(every) > _MOST:
        with st.expander(f"{len(every) - _MOST} more"), st.container(gap="xxsmall"):
            for row in every[_MOST:]:
                st.text(row)
