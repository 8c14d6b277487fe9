"""In the shadow: a second profile is asked beside the settings in force, for days, and never followed."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.domain.presets import PRESETS
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present import shadow as present
from proxbalance_core.present import tuning as differences
from proxbalance_core.present import words
from proxbalance_core.services import shadowing, tuning
from proxbalance_core.services.workbench import KeptGeneration
from proxbalance_core.ui import cache, draft, tables, theme
from proxbalance_core.ui.state import now, scope, workbench


def page(generation: KeptGeneration) -> None:
    """What is in the shadow and how it compares, or the choice of what is to be."""
    bench, cid = workbench(), scope().cid
    try:
        shadow = shadowing.current(bench, cid)
    except ProxBalanceError as error:
        st.error("The settings in the shadow can't be read any more.", icon=":material/error:")
        st.text(error.message)
        st.button("End it", key="shadow_end_broken", on_click=shadowing.stop, args=(bench, cid))
        return
    if shadow is None:
        _choice()
        return
    found = cache.shadow_report(generation, shadow)
    with st.container(border=True, key="shadow_head", horizontal=True, vertical_alignment="center"):
        st.badge("In the shadow", icon=":material/contrast:", color="blue")
        with st.container(width="stretch", gap="xxsmall"):
            theme.strong(shadow.name, "shadow-name")
            changes = tuning.difference(bench.settings(cid), shadow.settings)
            theme.quiet(
                differences.in_brief(changes) if changes else "No longer differs from what is in force", "shadow"
            )
        st.caption(f"since {words.clock(shadow.began, scope().zone, now())}")
        st.button("End it", key="shadow_end", on_click=shadowing.stop, args=(bench, cid))
    st.text(found.summary)
    st.caption(f"{present.span(found, shadow.name)} Neither side's advice is known to have been followed.")
    if found.rounds:
        tables.show(present.sides(found), "Both sides", figures=present.FIGURES)
    if found.moves:
        st.subheader("Where they differ", anchor=False)
        tables.show(
            present.moves(found, _guests(generation)), "How often each side advised a move", shares=present.SHARES
        )


def _choice() -> None:
    with st.container(border=True, key="shadow_none"):
        st.text(
            "Put a second profile into the shadow: after every assessment it is asked too, for days, and never "
            "followed. Then compare what it would have advised."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox("Settings", list(_wishes()), key="shadow_choice", width=320)
            st.button(
                "Begin", key="shadow_begin", type="primary", icon=":material/contrast:", on_click=_begin, args=(chosen,)
            )


def _wishes() -> dict[str, Settings]:
    """What can be put into the shadow, by the name that is shown: the draft, presets, kept profiles."""
    bench, cid = workbench(), scope().cid
    force, tried = draft.in_force(), draft.now()
    drafted = {"The draft of Tuning": tried} if tried != force else {}
    made = {words.PROFILES[name]: tuning.named(bench, cid, name) for name in PRESETS}
    kept = {profile.name: profile.settings for profile in tuning.profiles(bench) if profile.settings is not None}
    return {name: settings for name, settings in (drafted | made | kept).items() if settings != force}


def _begin(name: str) -> None:
    shadowing.start(workbench(), scope().cid, name, _wishes()[name])


def _guests(generation: KeptGeneration) -> dict[int, str]:
    told = cache.assessment(generation)
    moving = {move.vmid: move.name for move in told.recommendations}
    staying = {skip.vmid: skip.name for skip in told.skipped}
    return {vmid: words.guest(vmid, name) for vmid, name in (moving | staying).items()}
