"""A saved connection is changed: its form, filled in; tested before it is saved; what was collected stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present.connecting import SIGN_IN, STEPS, VERIFY, Draft, SignIn
from proxbalance_core.present.words import label
from proxbalance_core.services.editing import changed, difference, shown_options
from proxbalance_core.ui import theme
from proxbalance_core.ui.state import workbench

if TYPE_CHECKING:
    from proxbalance_core.domain.connections import Connection
    from proxbalance_core.services.connecting import ConnectionCheck
    from proxbalance_core.services.editing import ConnectionChange

_PROOFS = {"fingerprint": "fingerprint", "ca": "ca_file"}


def form(connection: Connection) -> None:
    """The fields of a connection; only a Proxmox cluster has more than its title."""
    key = f"change_{connection.id}"
    title = st.text_input("Name in this app", value=connection.title, key=f"{key}_title")
    if connection.source != "proxmox":
        change = difference(connection, (title or "").strip() or connection.title, dict(connection.options), "")
        _save_button(connection, change, None, key)
        return
    before = shown_options(connection)
    hosts = st.text_input("Nodes of the cluster", value=before.get("host", ""), key=f"{key}_hosts")
    draft = Draft.of(hosts or "", title or "", _certificate(before, key), _sign_in(before, key))
    change = difference(connection, draft.title, dict(draft.options), draft.secret)
    # The secret may be left as it is, unless somebody else is to sign in.
    missing = [what for what in draft.missing if what not in ("its secret", "the password") or _new_name(change)]
    if missing:
        st.caption(f"Still needed: {', '.join(missing)}")
        return
    _save_button(connection, change, _tested(connection, change, key), key)


def _new_name(change: ConnectionChange) -> bool:
    return any(name in ("token_id", "user") for name, _ in change.options)


def _certificate(before: dict[str, str], key: str) -> tuple[str, str]:
    now = "off" if before.get("verify") == "off" else next((way for way, o in _PROOFS.items() if o in before), "system")
    verify = st.radio(
        "How to check the certificate", list(VERIFY), index=list(VERIFY).index(now), key=f"{key}_verify",
        format_func=VERIFY.__getitem__, horizontal=True,
    )  # fmt: skip
    if verify not in _PROOFS:
        return verify or "system", ""
    what = "SHA-256 fingerprint, or host=fingerprint of each node" if verify == "fingerprint" else "CA file"
    return verify, st.text_input(what, value=before.get(_PROOFS[verify], ""), key=f"{key}_{verify}") or ""


def _sign_in(before: dict[str, str], key: str) -> SignIn:
    now = "token" if "token_id" in before else "password"
    kind = st.radio(
        "How to sign in", list(SIGN_IN), index=list(SIGN_IN).index(now), key=f"{key}_kind",
        format_func=SIGN_IN.__getitem__, horizontal=True,
    )  # fmt: skip
    left, right = st.columns(2)
    what, option = ("User", "user") if kind == "password" else ("Token ID", "token_id")
    name = left.text_input(what, value=before.get(option, ""), key=f"{key}_{option}", autocomplete="off")
    secret = right.text_input(
        "Password" if kind == "password" else "Secret", key=f"{key}_secret", type="password", autocomplete="off",
        placeholder="unchanged",
    )  # fmt: skip
    return SignIn(kind=kind or "token", name=name or "", secret=secret or "")


def _tested(connection: Connection, change: ConnectionChange, key: str) -> ConnectionCheck | None:
    """What the cluster said of just this change; None before it was asked."""
    if not change.needs_test:
        return None
    kept = f"{key}_checked"
    if st.button("Test the change", key=f"{key}_test", icon=":material/network_check:"):
        with st.spinner("Asking the cluster"):
            wish = changed(workbench(), connection.id, change)
            st.session_state[kept] = (change, workbench().test_connection(wish))
    asked, check = st.session_state.get(kept, (None, None))
    if asked != change or check is None:
        return None
    for place, step in enumerate(check.steps):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"{key}_step_{place}"):
            icon = ":material/check:" if step.ok else ":material/close:"
            st.badge("Good" if step.ok else "Not yet", icon=icon, color="green" if step.ok else "red")
            theme.strong(label(STEPS, step.step), f"{key}-step-{place}")
        for text in (step.detail, None if step.ok else step.what_to_do):
            if text:
                theme.quiet(text, f"{key}-said-{place}-{text == step.detail}")
    found: ConnectionCheck = check
    return found


def _save_button(connection: Connection, change: ConnectionChange, check: ConnectionCheck | None, key: str) -> None:
    nothing = not (change.title or change.needs_test)
    untested = change.needs_test and (check is None or not check.ok)
    if nothing:
        st.caption("Nothing is changed yet. What was collected stays, whatever you change here.")
    if not st.button("Save the change", key=f"{key}_save", type="primary", disabled=nothing or untested):
        return
    try:
        made = workbench().edit_connection(connection.id, change, check)
    except ProxBalanceError as error:
        st.error("Nothing was changed.", icon=":material/error:")
        st.text(error.message)
        return
    for field in ("secret", "checked"):
        st.session_state.pop(f"{key}_{field}", None)
    st.session_state["connection_changed"] = made.id
    st.rerun(scope="app")
