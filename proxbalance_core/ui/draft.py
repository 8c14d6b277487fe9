"""The draft: settings that are being tried and not in force yet; in the URL, so that they can be shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from proxbalance_core.domain import presets, sharing
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import SettingInvalid
from proxbalance_core.ui import address, header
from proxbalance_core.ui.state import scope, workbench

_DRAFTS, _FAULT, _URL = "tuning_drafts", "tuning_fault", "set"


def in_force() -> Settings:
    """The settings of the cluster that is looked at."""
    return workbench().settings(scope().cid)


def now() -> Settings:
    """The draft; what is in force while nothing was changed."""
    drafts: dict[str, Settings] = st.session_state.setdefault(_DRAFTS, {})
    return drafts.get(scope().cid) or in_force()


def put(settings: Settings) -> None:
    """Make ``settings`` the draft."""
    st.session_state.setdefault(_DRAFTS, {})[scope().cid] = settings
    st.session_state.pop(_FAULT, None)


def change(make: Callable[[Settings], Settings]) -> None:
    """Change the draft; what can't be leaves it as it was, and is told."""
    try:
        put(make(now()))
    except SettingInvalid as error:
        st.session_state[_FAULT] = error.message


def change_value(key: str, value: Any) -> None:
    """Change one setting of the draft."""
    change(lambda settings: presets.changed(settings, {key: value}))


def drop() -> None:
    """Back to what is in force."""
    st.session_state.setdefault(_DRAFTS, {}).pop(scope().cid, None)
    st.session_state.pop(_FAULT, None)


def from_url() -> None:
    """Take the draft that a shared URL carries; one that can't be read is told, and changes nothing."""
    asked = address.arrived(_URL)
    if asked is None:
        return
    try:
        put(sharing.from_line(asked[0]))
    except SettingInvalid as error:
        st.session_state[_FAULT] = f"The settings in this address can't be used. {error.message}"


def to_url() -> None:
    """Have the URL carry the draft."""
    settings = now()
    address.keep(_URL, () if settings == in_force() else (sharing.as_line(settings),))


def apply(settings: Settings, said: str) -> None:
    """Put settings in force; there is no draft any more."""
    drop()
    address.keep(_URL, ())
    header.put_in_force(settings, said)


def fault() -> None:
    """What could not be taken, once."""
    said = st.session_state.pop(_FAULT, None)
    if said:
        with st.container(key="tuning_fault_box"):
            st.error("Nothing was changed.", icon=":material/error:")
            st.text(said)
