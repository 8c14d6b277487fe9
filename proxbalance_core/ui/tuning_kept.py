"""What was in force before, profiles kept by name, and settings as a link or a file."""

from __future__ import annotations

import json
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from proxbalance_core.domain import sharing
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import ConfigError, MalformedResponse, ProxBalanceError
from proxbalance_core.present import tuning as present
from proxbalance_core.present import words
from proxbalance_core.services import tuning
from proxbalance_core.services.tuning import Profile, Revision
from proxbalance_core.ui import draft, theme
from proxbalance_core.ui.state import now, scope, workbench

_NOT_KEPT, _NOT_TAKEN, _SHOWN = "tuning_not_kept", "tuning_not_taken", 10


def page() -> None:
    """Three columns of what is kept."""
    left, right = st.columns([6, 5], gap="large")
    with left:
        _history()
    with right:
        _profiles()
        _share()


def _history() -> None:
    st.markdown("**What was in force**")
    found = tuning.history(workbench(), scope().cid)
    if not found:
        st.caption("The defaults hold; each change will be listed here, with a way back.")
        return
    for place, revision in enumerate(found[:_SHOWN]):
        _revision(revision, place)
    if len(found) > _SHOWN:
        with st.expander(f"{len(found) - _SHOWN} older"):
            for place, revision in enumerate(found[_SHOWN:], start=_SHOWN):
                _revision(revision, place)


def _revision(revision: Revision, place: int) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"tuning_revision_{place}"):
        with st.container(width="stretch", gap="xxsmall"):
            st.caption(
                f"{words.clock(revision.at, scope().zone, now())}, by {words.safe(revision.who)}"
                + (" · in force" if place == 0 else "")
            )
            st.text(present.differences(revision.changes))
        if place:
            st.button(
                "Restore", key=f"tuning_restore_{place}", icon=":material/history:", on_click=draft.put,
                args=(revision.settings,), help="Makes these settings the draft; “Apply” puts them in force.",
            )  # fmt: skip


def _profiles() -> None:
    st.markdown("**Profiles by name**")
    found = tuning.profiles(workbench())
    if not found:
        st.caption("Keep the settings that are shown under a name, to come back to them or try them in a backtest.")
    for place, profile in enumerate(found):
        _profile(profile, place)
    with st.form("tuning_keep", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", key="tuning_name", max_chars=tuning.LONGEST_NAME, width="stretch")
        st.form_submit_button("Keep", icon=":material/bookmark_add:", on_click=_keep)
    _told(_NOT_KEPT, "It was not kept.")


def _keep() -> None:
    try:
        tuning.keep_profile(workbench(), str(st.session_state["tuning_name"]), draft.now())
    except ConfigError as error:
        st.session_state[_NOT_KEPT] = error.message


def _told(key: str, what: str) -> None:
    """What the last click did not do, once."""
    said = st.session_state.pop(key, None)
    if said:
        st.error(what, icon=":material/error:")
        st.text(said)


def _profile(profile: Profile, place: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"tuning_profile_{place}"):
        with st.container(width="stretch", gap="xxsmall"):
            theme.strong(profile.name, f"tuning-profile-{place}")
            if profile.settings is None:
                theme.quiet(f"It can't be read: {profile.fault}", f"tuning-profile-{place}")
            else:
                changes = tuning.difference(Settings(), profile.settings)
                theme.quiet(present.in_brief(changes) if changes else "The defaults", f"tuning-profile-{place}")
        if profile.settings is not None:
            st.button("Try", key=f"tuning_use_{place}", on_click=draft.put, args=(profile.settings,))
        st.button(
            "Delete", key=f"tuning_drop_{place}", icon=":material/delete:", type="tertiary",
            on_click=lambda name=profile.name: tuning.drop_profile(workbench(), name),
        )  # fmt: skip


def _share() -> None:
    st.markdown("**Share**")
    settings = draft.now()
    st.caption("Whoever opens this address sees these settings as a draft; nothing changes before they apply it.")
    st.code(_link(settings), language=None, wrap_lines=True)
    st.download_button(
        "Settings as a file", json.dumps(settings.to_dict(), indent=2), file_name="settings.json",
        mime="application/json", key="tuning_download", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    st.file_uploader(
        "Open a settings file", type=["json"], key="tuning_file", max_upload_size=1, on_change=_open_file
    )  # fmt: skip
    _told(_NOT_TAKEN, "The file was not taken; nothing was changed.")


def _link(settings: Settings) -> str:
    split = urlsplit(st.context.url or "")
    query = urlencode({"set": sharing.as_line(settings)}, safe=":,")
    return urlunsplit((split.scheme, split.netloc, "/tuning", query, ""))


def _open_file() -> None:
    file = st.session_state["tuning_file"]
    if file is None:
        return
    try:
        draft.put(Settings.from_dict(_document(file.getvalue())))
    except ProxBalanceError as error:
        st.session_state[_NOT_TAKEN] = error.message


def _document(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise MalformedResponse("That file is no JSON.") from None
    return found  # type: ignore[no-any-return]
