"""The what-if page's parts: the changed cluster beside today's, and every node for a new guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.errors import ChangeInvalid
from proxbalance_core.present import marks, what_if, words
from proxbalance_core.services import trying
from proxbalance_core.ui import cache, cards, tables, theme
from proxbalance_core.ui.state import scope
from proxbalance_core.ui.what_if_changes import Choices, guest_form, pick

if TYPE_CHECKING:
    from proxbalance_core.domain.whatif import Placing, WhatIf
    from proxbalance_core.services.workbench import Generation

VIEWS = {
    "change": "Change the cluster",
    "place": "Best node for a new guest",
    "maintenance": cards.MAINTENANCE_VIEW,
    "n_minus_1": cards.N_MINUS_1_VIEW,
}
CARDS_UP_TO = 12
_SHOWN_AT_ONCE = 8


@st.fragment(key="whatif_change")
def change(generation: Generation) -> None:
    """Pick changes; what becomes of the cluster is shown at once."""
    asked = pick(Choices.of(generation.snapshot))
    if not asked:
        st.text("Nothing is changed yet. Pick what changes above, and the answer appears here.")
        return
    try:
        made = cache.what_if(generation, asked)
    except ChangeInvalid as error:
        refused(error)
        return
    _headline(made.verdict, made.summary)
    _no_longer_fits(made)
    stage = _stage(made)
    cards.tiles(what_if.tiles(made, stage))
    _nodes(made, stage)
    _started(made)
    _moves(made)
    notes(made.notes)


def refused(error: ChangeInvalid) -> None:
    """What can't be, in its sentence."""
    with st.container(border=True, key="whatif_refused", horizontal=True, vertical_alignment="center"):
        st.badge("Can't be", icon=":material/block:", color="orange")
        st.text(error.message)


def _headline(verdict: str, summary: str) -> None:
    colour, word = what_if.VERDICTS[verdict]
    first, rest = what_if.headline(summary)
    icon = ":material/check_circle:" if colour == "green" else ":material/warning:"
    with st.container(border=True, key="whatif_answer", gap="xsmall"):
        st.badge(word, icon=icon, color=colour)
        theme.strong(first, "whatif-first")
        st.text(rest)


def _stage(made: WhatIf) -> what_if.Stage:
    """Which state stands beside today's; for drained nodes, that with the moves that empty them."""
    default = what_if.default_stage(made)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("The cluster then, beside today", anchor=False, width="content")
        if not made.moves:
            return default
        chosen = st.segmented_control(
            "State",
            list(what_if.STAGES),
            key=f"whatif_stage_{default}",
            default=default,
            required=True,
            format_func=what_if.STAGES.__getitem__,
            label_visibility="collapsed",
            width="content",
        )
    return chosen or default


def _no_longer_fits(made: WhatIf) -> None:
    if not (made.unplaced or made.broken):
        return
    st.subheader("What no longer fits", anchor=False)
    for violation in made.broken[:_SHOWN_AT_ONCE]:
        st.text(f"• {violation.detail}")
    if len(made.broken) > _SHOWN_AT_ONCE:
        st.caption(f"{len(made.broken) - _SHOWN_AT_ONCE} more rules don't hold.")
    if made.unplaced:
        tables.show(what_if.unplaced(made), "Guests without a place, and what is missing")


def _nodes(made: WhatIf, stage: what_if.Stage) -> None:
    rows = what_if.nodes(made, stage, scope().nodes)
    if len(rows) > CARDS_UP_TO:
        tables.show(
            what_if.nodes_table(rows),
            "Nodes today and then; those that change first",
            shares=what_if.SHARES,
            figures=what_if.FIGURES,
        )
        return
    with st.grid(columns=4, min_column_width=270, gap="small"):
        for row in rows:
            _node(row)


def _node(row: what_if.NodeThen) -> None:
    """One node's card: today struck through, then in bold."""
    with st.container(border=True, height="stretch", gap="small", key=f"whatif_card_{row.name}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            theme.strong(row.name, f"whatif-node-{row.name}")
            with st.container(horizontal=True, width="content", gap="xsmall"):
                colour, word = what_if.FATES[row.fate]
                if word:
                    st.badge(word, color=colour)
                if not row.gone and row.fate != "drained":
                    light, icon = cards.LIGHT_BADGES[row.light]
                    st.badge(row.word, icon=icon, color=light)
        if row.gone:
            st.text(f"{row.word}. Today: " + what_if.today(row))
            return
        st.html(marks.gauge_rows(((g.title, g.value, g.limit, g.after) for g in row.gauges), later="then"))
        st.html(marks.shifts(row.shifts))


def _started(made: WhatIf) -> None:
    if not made.started:
        return
    title = f"{words.count(len(made.started), 'guest')} start{'s' * (len(made.started) == 1)} on another node"
    with st.expander(title, expanded=len(made.started) <= _SHOWN_AT_ONCE):
        tables.show(what_if.started(made), "Guests that start, and where")


def _moves(made: WhatIf) -> None:
    st.subheader("Moves advised then", anchor=False)
    if not made.moves:
        st.text("None: no move would be worth its cost on the changed cluster.")
        return
    seconds = words.duration(made.plan.estimated_seconds)
    st.caption(
        f"{words.count(len(made.moves), 'move')} in {words.count(len(made.plan.waves), 'wave')}, about {seconds}."
    )
    tables.show(what_if.moves(made), "Moves that would be advised on the changed cluster", points=("relief",))


def notes(said: tuple[str, ...]) -> None:
    """What an answer rests on, small."""
    for place, note in enumerate(said):
        theme.quiet(note, f"whatif-note-{place}")


@st.fragment(key="whatif_place")
def place(generation: Generation) -> None:
    """A new guest's make, and every node for it."""
    with st.container(border=True, key="whatif_wish"):
        wish = guest_form(Choices.of(generation.snapshot), "place", st.columns(3))
    try:
        found = trying.place(generation, wish)
    except ChangeInvalid as error:
        refused(error)
        return
    _best(found)
    tables.show(
        what_if.places(found),
        "Every node for the new guest, best first",
        points=("rise",),
        shares=what_if.PLACE_SHARES,
        figures=what_if.PLACE_FIGURES,
    )
    notes(found.notes)


def _best(found: Placing) -> None:
    first, rest = what_if.headline(found.summary)
    with st.container(border=True, key="whatif_best", gap="xsmall"):
        if found.best:
            st.badge("Best node", icon=":material/check_circle:", color="green")
        else:
            st.badge("No node can take it", icon=":material/block:", color="red")
        theme.strong(first, "whatif-best")
        if rest:
            st.text(rest)
        gauges = what_if.best_gauges(found)
        if gauges:
            rows = ((g.title, g.value, g.limit, g.after) for g in gauges)
            st.html(marks.gauge_rows(rows, later="with the guest"), width=420)
