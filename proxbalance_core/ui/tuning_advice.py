"""What ProxBalance has to say of the settings: suggested thresholds, and which setting drives what."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.domain import presets
from proxbalance_core.domain.plans import Simulation
from proxbalance_core.domain.sensitivities import Sensitivity
from proxbalance_core.domain.suggestions import Suggested
from proxbalance_core.present import drives as present
from proxbalance_core.present import tuning as sides
from proxbalance_core.present import words
from proxbalance_core.services import tuning
from proxbalance_core.services.jobs import JOBS
from proxbalance_core.services.workbench import Generation
from proxbalance_core.ui import background, cache, draft, tables, theme
from proxbalance_core.ui.cards import Colour
from proxbalance_core.ui.state import now, scope, workbench

_SURE: dict[str, Colour] = {"high": "green", "medium": "blue", "low": "gray"}


# --- suggestions ---


def suggestions(generation: Generation) -> None:
    """Thresholds that would fit the cluster better; each can be tried, applied or dismissed."""
    found, gone = cache.suggestions(generation), tuning.dismissed(workbench(), scope().cid)
    shown = [one for one in found.each if gone.get(one.suggestion.key) != one.suggestion.suggested]
    if not found.each:
        with st.container(border=True, key="tuning_fits"):
            st.text("The thresholds fit this cluster: none is 3 points or more off what would be suggested.")
        return
    st.caption("Made from the size of the cluster, how even it is, and its load of the last 7 days.")
    for one in shown:
        _suggestion(one)
    if len(shown) > 1:
        _together(shown, found.together if len(shown) == len(found.each) else None)
    if len(shown) < len(found.each):
        st.caption(f"{len(found.each) - len(shown)} dismissed; one comes back when it suggests another value.")


def _suggestion(one: Suggested) -> None:
    what = one.suggestion
    with st.container(border=True, key=f"tuning_suggestion_{what.key}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            theme.strong(present.suggested(what), f"suggestion-{what.key}")
            st.badge(f"{what.confidence} confidence", color=_SURE.get(what.confidence, "gray"))
        for line in what.reasoning:
            st.text(line)
        theme.quiet(f"→ {sides.headline(one.effect)}", f"suggestion-{what.key}")
        with st.container(horizontal=True):
            st.button(
                "Try", key=f"tuning_try_{what.key}", on_click=draft.change_value, args=(what.key, what.suggested),
                icon=":material/science:", help="Puts it into the draft, beside what it changes.",
            )  # fmt: skip
            if st.button("Apply", key=f"tuning_take_{what.key}", icon=":material/check:"):
                _take({what.key: what.suggested})
            st.button(
                "Dismiss", key=f"tuning_dismiss_{what.key}", type="tertiary", on_click=tuning.dismiss,
                args=(workbench(), scope().cid, what.key, what.suggested),
            )  # fmt: skip


def _together(shown: list[Suggested], effect: Simulation | None) -> None:
    with st.container(border=True, key="tuning_together", horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch", gap="xxsmall"):
            theme.strong("All of them together", "suggestions-together")
            if effect is not None:
                theme.quiet(f"→ {sides.headline(effect)}", "suggestions-together")
        if st.button("Apply all", key="tuning_take_all", icon=":material/done_all:"):
            _take({one.suggestion.key: one.suggestion.suggested for one in shown})


def _take(values: dict[str, float]) -> None:
    draft.apply(presets.changed(draft.in_force(), values), "The suggestion is in force")


# --- what drives what ---


def drives(generation: Generation) -> None:
    """Each setting moved alone over its whole way: what turns, and what each node's points hang on."""
    key = ("sensitivity", f"{workbench().paths.root}:{generation.cid}")
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="tuning_drives_begin"):
        with st.container(width="stretch"):
            st.text(
                "Every threshold and slider is moved over its whole way, alone: at which place a guest's advice "
                "turns, and how far it carries each node's points. It begins at the settings in force."
            )
        st.button(
            "Find out", key="tuning_drives_start", type="primary", icon=":material/insights:", on_click=_find_out,
            args=(key, generation), disabled=background.busy(key),
        )  # fmt: skip
    found = background.result(
        "tuning_drives", key, Sensitivity, "", background.Told(doing="Moving each setting over its way")
    )  # fmt: skip
    if found is not None:
        st.caption(f"Of the figures of {words.clock(found.taken_at, scope().zone, now())}.")
        _driven(found)


def _find_out(key: background.Key, generation: Generation) -> None:
    JOBS.start(key, "sensitivity", lambda report: tuning.sensitivity(generation, report))


def _driven(found: Sensitivity) -> None:
    for line in present.notes(found):
        st.caption(line)
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.markdown("**What would change a guest's advice**")
        guests = present.guests(found)
        vmid = st.selectbox(
            "Guest", [None, *guests], key="tuning_drives_guest",
            format_func=lambda v: "The nearest of all" if v is None else guests[v],
        )  # fmt: skip
        tables.show(present.turns(found, vmid), "At which place of which setting a guest's advice changes")
    with right:
        st.markdown("**What a node's points hang on**")
        nodes = present.nodes(found)
        node = st.selectbox("Node", nodes, key="tuning_drives_node") if nodes else None
        if node is not None:
            tables.show(
                present.sways(found, node), "Each setting's least and most for the node", figures=present.FIGURES
            )
