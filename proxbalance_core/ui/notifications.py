"""The settings page's notifications: where events are sent, a test, and what became of each."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from proxbalance_core.domain.notices import EVENTS, USUAL, Target
from proxbalance_core.errors import ConfigError
from proxbalance_core.present import events as event_words
from proxbalance_core.present import notices, words
from proxbalance_core.present.details import Table
from proxbalance_core.services import notifying
from proxbalance_core.ui import tables, theme
from proxbalance_core.ui.state import scope, workbench

_KEY = "settings_notice_key"
_CAME = "settings_notice_came"
_KINDS = {"chat": "Chat, mail or push", "webhook": "Webhook"}
_ABOUT = {
    "chat": "An address of Apprise, such as ntfy://…, tgram://… or mailto://…; more than a hundred services.",
    "webhook": "An https address that is sent JSON, signed with a key.",
}
_LOG_ROWS = 100


def notifications() -> None:
    """Targets, a form for another, and the log of deliveries."""
    _key()
    found = workbench().store.notices.targets()
    if not found:
        st.caption("Nothing is sent anywhere yet. Add a target to be told of urgent advice, overloads and old data.")
    for target in found:
        _target(target)
    _form()
    _log({target.id: target.title for target in found})


def _target(target: Target) -> None:
    with st.container(border=True, key=f"settings_notice_{target.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            theme.strong(target.title, f"notice-{target.id}")
            st.badge("On" if target.on else "Off", color="green" if target.on else "gray")
        quiet = (
            f", quiet from {target.quiet_from:%H:%M} to {target.quiet_to:%H:%M}"
            if target.quiet_from and target.quiet_to
            else ""
        )
        told = ", ".join(event_words.EVENT_NAMES.get(event, event).lower() for event in target.events)
        theme.quiet(f"{_KINDS[target.kind]}{quiet}: {told}", f"notice-about-{target.id}")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Send a test", key=f"settings_notice_test_{target.id}", icon=":material/send:"):
                came = notifying.test(workbench(), target.id)
                st.session_state[_CAME] = (target.id, came.fault)
            st.button(
                "Switch off" if target.on else "Switch on", key=f"settings_notice_switch_{target.id}", type="tertiary",
                on_click=notifying.switch, args=(workbench(), target.id, not target.on),
            )  # fmt: skip
            with st.popover("Remove", icon=":material/delete:"):
                st.text("Its address and what was on its way there are forgotten.")
                if st.button("Remove for good", key=f"settings_notice_remove_{target.id}", type="primary"):
                    notifying.remove(workbench(), target.id)
                    st.rerun()
        came_of, fault = st.session_state.get(_CAME, ("", None))
        if came_of == target.id:
            st.text("The test was taken." if fault is None else f"The test was not taken. {fault}")


def _form() -> None:
    with st.form("settings_notice", border=True):
        st.markdown("**New target**")
        left, right = st.columns(2)
        title = left.text_input(
            "What to call it", key="settings_notice_title", max_chars=notifying.LONGEST_TITLE, placeholder="Admins"
        )
        kind = right.radio(
            "Kind", list(_KINDS), key="settings_notice_kind", format_func=_KINDS.__getitem__,
            captions=list(_ABOUT.values()),
        )  # fmt: skip
        url = st.text_input(
            "Address", key="settings_notice_url", type="password",
            help="It may hold a secret: it is kept with the secrets, and shown nowhere.",
        )  # fmt: skip
        chosen = st.multiselect(
            "Events", EVENTS, default=USUAL, key="settings_notice_events",
            format_func=lambda event: event_words.EVENT_NAMES.get(event, event),
        )  # fmt: skip
        quiet = st.text_input("Quiet hours", key="settings_notice_quiet", placeholder="22:00-07:00", width=200)
        here = st.checkbox(f"Only of {words.safe(scope().title)}", key="settings_notice_here")
        if not st.form_submit_button("Add", type="primary", icon=":material/add:"):
            return
    wish = notifying.TargetWish(
        title=title, kind=str(kind), url=url, events=tuple(chosen), quiet=quiet,
        cluster=scope().cid if here else None,
    )  # fmt: skip
    try:
        target, key = notifying.add(workbench(), wish)
    except ConfigError as error:
        st.error("It was not added.", icon=":material/error:")
        st.text(error.message)
        return
    if key is not None:
        st.session_state[_KEY] = (target.title, key)
    for name in ("title", "url", "quiet"):
        del st.session_state[f"settings_notice_{name}"]
    st.rerun()


def _key() -> None:
    """The one time that a signing key is told."""
    if _KEY not in st.session_state:
        return
    title, key = st.session_state[_KEY]
    with st.container(border=True, key="settings_notice_made"):
        st.markdown("**Copy the signing key now.** It is shown this once; the receiver checks with it.")
        theme.quiet(f"For {title}:", "notice-key-for")
        st.code(key, language=None, wrap_lines=True)
        if st.button("I have kept it", key="settings_notice_kept", icon=":material/check:"):
            del st.session_state[_KEY]
            st.rerun()


def _log(titles: dict[str, str]) -> None:
    rows = workbench().store.notices.log(_LOG_ROWS)
    if not rows:
        return
    st.markdown("**Deliveries**")
    names: dict[str, str | None] = {
        "to": "To", "when": "When", "what": "Event", "state": "State", "tries": "Tries", "fault": "Last fault",
    }  # fmt: skip
    made = [
        (
            titles.get(one.target, one.target), words.clock(one.at, scope().zone),
            event_words.EVENT_NAMES.get(one.event, one.event), notices.STATES[one.state], one.attempts, one.last_error,
        )
        for one in rows
    ]  # fmt: skip
    table = Table(rows=pd.DataFrame(made, columns=list(names)), titles=names)
    tables.show(table, "Deliveries, newest first")
