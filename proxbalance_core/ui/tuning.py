"""The tuning page: settings on the left, what they would change on the right; nothing is in force before "Apply"."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from proxbalance_core.present import tuning as present
from proxbalance_core.present.tuning import MoveGroup
from proxbalance_core.services import tuning
from proxbalance_core.services.workbench import Generation
from proxbalance_core.ui import cache, cards, draft, tables, theme, tuning_advice, tuning_controls, tuning_kept
from proxbalance_core.ui.cards import Colour
from proxbalance_core.ui.state import scope, workbench

VIEWS = {
    "sliders": "Profiles and sliders",
    "simple": "Simple rules",
    "all": "All settings",
    "suggestions": "Suggestions",
    "drives": "What drives what",
    "kept": "History and sharing",
}
_BESIDE: dict[str, Callable[[Generation], None]] = {
    "sliders": tuning_controls.sliders, "simple": tuning_controls.simple, "all": tuning_controls.everything,
}  # fmt: skip
_SHOWN = 6
_BADGES: dict[str, tuple[Colour, str]] = {
    "Appears": ("green", ":material/add_circle:"),
    "Vanishes": ("orange", ":material/remove_circle:"),
    "Goes elsewhere": ("blue", ":material/alt_route:"),
    present.SAME_TARGET: ("gray", ":material/swap_vert:"),
}


@st.fragment(key="tuning_live")
def page(generation: Generation) -> None:
    """The whole page: a fragment, so that a released slider draws nothing else."""
    draft.from_url()
    view = st.segmented_control(
        "View", list(VIEWS), key="tuning_view", default="sliders", required=True, format_func=VIEWS.__getitem__,
        label_visibility="collapsed", bind="query-params",
    )  # fmt: skip
    _bar()
    draft.fault()
    if view in _BESIDE:
        left, right = st.columns([6, 5], gap="large")
        with left:
            _BESIDE[view](generation)
        with right:
            _simulation(generation)
    elif view == "suggestions":
        tuning_advice.suggestions(generation)
    elif view == "drives":
        tuning_advice.drives(generation)
    else:
        tuning_kept.page()
    draft.to_url()


def _bar() -> None:
    """Whether there is a draft, and the ways out of it."""
    settings, force = draft.now(), draft.in_force()
    differs = settings != force
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="tuning_bar"):
        if differs:
            st.badge("Draft", icon=":material/edit:", color="blue")
            said = present.in_brief(tuning.difference(force, settings))
        else:
            st.badge("In force", icon=":material/check:", color="green")
            said = "Change anything: its effect is shown at once, and nothing counts before “Apply”."
        with st.container(width="stretch"):
            theme.quiet(said, "tuning-draft")
        before = None if differs else tuning.before_last(workbench(), scope().cid)
        if before is not None and st.button("Undo the last change", key="tuning_undo", icon=":material/undo:"):
            draft.apply(before, "The settings before are in force again")
        if differs:
            st.button("Cancel", key="tuning_cancel", on_click=draft.drop)
        if st.button("Apply", key="tuning_apply", type="primary", icon=":material/check:", disabled=not differs):
            draft.apply(settings, "The settings are in force")


def _simulation(generation: Generation) -> None:
    """What the draft would change, on the newest data."""
    found = cache.simulate(generation, draft.now())
    theme.strong(present.headline(found), "tuning-headline")
    cards.tiles(present.tiles(found))
    for group in present.groups(found):
        _group(group)
    table = present.nodes(found)
    if present.scores_differ(found):
        st.markdown("**Nodes**")
        tables.show(table, "Penalty and light of each node now and then", figures=present.FIGURES)
    else:
        st.caption("Every node's penalty stays the same.")


def _group(group: MoveGroup) -> None:
    colour, icon = _BADGES[group.title]
    if group.title == present.SAME_TARGET:
        _folded(group, f"{group.title}: {len(group.rows)}", icon)
        return
    with st.container(border=True, key=f"tuning_group_{group.title}", gap="xsmall"):
        st.badge(f"{group.title}: {len(group.rows)}", icon=icon, color=colour)
        # One element for each, its first line in bold: every element counts while a slider is moved.
        for row in group.rows[:_SHOWN]:
            st.text(f"{row.guest}\n{row.way} · {row.points}")
        if len(group.rows) > _SHOWN:
            _folded(group, f"{len(group.rows) - _SHOWN} more", None, first=_SHOWN)


def _folded(group: MoveGroup, title: str, icon: str | None, first: int = 0) -> None:
    """The rows from ``first`` on as a table that is made when it is opened."""
    folded = st.expander(title, icon=icon, key=f"tuning_more_{group.title}", on_change="rerun")
    if folded.open:
        with folded:
            tables.show(present.listed(group, first), group.title)
