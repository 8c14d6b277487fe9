"""The settings page's forms: profile, thresholds, collection, and what holds for the whole app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from proxbalance_core.domain import presets
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.zones import timezone_names
from proxbalance_core.errors import SettingInvalid
from proxbalance_core.present import knobs, words
from proxbalance_core.present.knobs import Knob
from proxbalance_core.services import preferences
from proxbalance_core.ui import header
from proxbalance_core.ui.state import now, scope, workbench

_CLUSTERS_OWN = "The cluster's own, or UTC"


def profile() -> None:
    """The three presets, each with what it does."""
    settings = workbench().settings(scope().cid)
    st.text("How eagerly should migrations be recommended?")
    if settings.profile == "custom":
        st.caption("Your values fit no preset: the profile is custom. Choosing a preset replaces them.")
    with st.grid(columns=3, min_column_width=260):
        for name in knobs.PRESET_WORDS:
            _preset(name, settings)


def _preset(name: str, settings: Settings) -> None:
    used = settings.profile == name
    with st.container(border=True, height="stretch", key=f"settings_preset_{name}_card"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(words.PROFILES[name], anchor=False, width="content")
            if used:
                st.badge("In use", icon=":material/check:", color="green")
        for line in knobs.PRESET_WORDS[name]:
            st.text(line)
        for line in knobs.behaviours(name):
            st.caption(line)
        if st.button("Use this profile", key=f"settings_preset_{name}", disabled=used):
            header.put_in_force(
                presets.with_preset(settings, name), f"The profile is {words.PROFILES[name].lower()} now"
            )


def thresholds() -> None:
    """From where a node counts as loaded, and when a move is worth it."""
    settings = workbench().settings(scope().cid)
    with st.form("settings_thresholds", border=True):
        st.markdown("**Thresholds** – a node above one costs points and turns amber.")
        values = _fields(knobs.form("thresholds", settings))
        st.markdown("**Recommendations**")
        values |= _fields(knobs.form("plan", settings))
        with st.expander("Steps above and below the thresholds"):
            values |= _fields(knobs.form("steps", settings))
        _submit(settings, values)


def collection() -> None:
    """How often to look, and how long to remember."""
    settings = workbench().settings(scope().cid)
    with st.form("settings_collection", border=True):
        st.markdown("**How often**")
        values = _fields(knobs.form("collection", settings))
        st.markdown("**How long to remember**")
        values |= _fields(knobs.form("retention", settings))
        _submit(settings, values)


def _submit(settings: Settings, values: dict[str, Any]) -> None:
    if not st.form_submit_button("Save", type="primary", icon=":material/save:"):
        return
    try:
        new = presets.changed(settings, values)
    except SettingInvalid as error:
        st.error("Nothing was saved.", icon=":material/error:")
        st.text(error.message)
        return
    header.put_in_force(new, "Saved")


def _fields(found: Sequence[Knob]) -> dict[str, Any]:
    with st.grid(columns=3, min_column_width=220):
        return {knob.key: _field(knob) for knob in found}


def _field(knob: Knob) -> Any:
    key = f"settings_{knob.key}"
    if knob.switch:
        return st.toggle(knob.title, value=knob.value, key=key, help=knob.about)
    about = f"{knob.about}. Default {knob.default:g}; from {knob.low:g} to {knob.high:g} {knob.unit}."
    title = f"{knob.title} [{knob.unit}]"
    if knob.whole:
        return st.number_input(
            title,
            min_value=int(knob.low or 0),
            max_value=int(knob.high or 0),
            value=int(knob.value),
            key=key,
            help=about,
        )
    return st.number_input(
        title,
        min_value=float(knob.low or 0),
        max_value=float(knob.high or 0),
        value=float(knob.value),
        step=1.0,
        key=key,
        help=about,
        format="%g",
    )


def app() -> None:
    """What holds for the whole app, whichever cluster is looked at."""
    zones = [_CLUSTERS_OWN, *timezone_names()]
    chosen = preferences.chosen_timezone(workbench().store)
    with st.form("settings_app", border=True):
        picked = st.selectbox(
            "Time zone",
            zones,
            index=zones.index(chosen) if chosen in zones else 0,
            key="settings_timezone",
            help="All times in this app, and the hours of daily patterns, are of this zone.",
            width=380,
        )
        st.caption(f"Now it is {words.clock(now(), scope().zone)} there ({words.safe(str(scope().zone))}).")
        if st.form_submit_button("Save", type="primary", icon=":material/save:"):
            preferences.choose_timezone(workbench(), None if picked == _CLUSTERS_OWN else picked)
            header.with_progress(scope().cid, "Assessing with the changed time zone")
            st.toast("Saved", icon=":material/check:")
            st.rerun()
