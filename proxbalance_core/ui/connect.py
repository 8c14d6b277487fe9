"""Connections: the list, and the guided flow from an address to a tested connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present import words
from proxbalance_core.present.connecting import (
    PASSWORD_COMMANDS,
    SIGN_IN,
    STEPS,
    TOKEN_COMMANDS,
    VERIFY,
    Draft,
    SignIn,
)
from proxbalance_core.present.freshness import freshness
from proxbalance_core.services.connecting import ConnectionWish
from proxbalance_core.ui import change_connection, header, theme
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import look_at, now, scope, workbench

if TYPE_CHECKING:
    from proxbalance_core.domain.connections import Connection
    from proxbalance_core.services.connecting import ConnectionCheck

_KINDS = {"proxmox": "Proxmox VE", "synthetic": "Demo", "trace": "Measurements from a file", "file": "Snapshot file"}
_CHECKED, _AGAIN = "connect_checked", "connect_again"


def connections() -> None:
    """What is watched, and a way to add to it."""
    for connection in workbench().connections():
        _connection(connection)
    st.subheader("Connect your cluster", anchor=False)
    _flow()


def _connection(connection: Connection) -> None:
    status = workbench().status(connection.id)
    found = freshness(status, now(), scope().zone)
    with st.container(border=True, key=f"connection_{connection.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(width="content", gap="xxsmall"):
                theme.strong(connection.title, f"connection-{connection.id}")
                st.caption(f"{_KINDS.get(connection.source, connection.source)}, id {words.safe(connection.id)}")
            header.badge(found)
            told = "Collected" if status.live else "Opened"
            if status.last_success:
                st.caption(f"{told} {words.ago(status.last_success, now())}", width="content")
            if st.session_state.get("connection_changed") == connection.id:
                st.badge("Changed", icon=":material/check:", color="green")
            with st.popover("Remove", icon=":material/delete:"):
                st.text("Its figures, settings and history are deleted with it. Nothing changes in Proxmox.")
                if st.button("Remove for good", key=f"connection_remove_{connection.id}", type="primary"):
                    workbench().remove_connection(connection.id)
                    st.rerun()
        if found.level != "ok":
            for line in (found.sentence, found.cause):
                if line:
                    st.text(line)
            if found.todo:
                theme.quiet(f"→ {found.todo}", f"connection-todo-{connection.id}")
        box = st.expander("Change", icon=":material/edit:", key=f"connection_change_{connection.id}", on_change="rerun")
        if box.open:
            with box:
                _change(connection)


@st.fragment
def _change(connection: Connection) -> None:
    change_connection.form(connection)


@st.fragment(key="connect_flow")
def _flow() -> None:
    draft = _form()
    with st.container(horizontal=True, vertical_alignment="center"):
        # Never disabled: a field is sent when it is left, so the click that leaves the last one would go nowhere.
        asked = st.button("Test connection", key="connect_test", icon=":material/network_check:")
        again = st.session_state.pop(_AGAIN, False)
        if (asked or again) and draft.complete:
            with st.spinner("Asking the cluster"):
                st.session_state[_CHECKED] = (
                    draft,
                    workbench().test_connection(_wish(draft)),
                )
        if not draft.complete:
            st.caption(f"Still needed: {', '.join(draft.missing)}", width="content")
    tested = st.session_state.get(_CHECKED)
    if tested and tested[0] == draft:
        _result(draft, tested[1])


def _wish(draft: Draft) -> ConnectionWish:
    return ConnectionWish(title=draft.title, options=draft.options, secret=draft.secret)


def _form() -> Draft:
    with st.container(border=True, key="connect_form"):
        st.markdown("**1. Address**")
        left, right = st.columns(2)
        hosts = left.text_input(
            "Nodes of the cluster",
            key="connect_hosts",
            placeholder="pve1.example.net, pve2.example.net:8006",
            help="One is enough; with more, the next is asked when one does not answer.",
        )
        title = right.text_input("Name in this app", key="connect_title", placeholder="Office cluster")
        st.markdown("**2. Certificate**")
        verify = st.radio(
            "How to check it",
            list(VERIFY),
            key="connect_verify",
            format_func=VERIFY.__getitem__,
            horizontal=True,
            label_visibility="collapsed",
        )
        proof = ""
        if verify == "fingerprint":
            proof = st.text_input("SHA-256 fingerprint", key="connect_fingerprint", placeholder="AB:CD:…")
            st.caption("In Proxmox: node, System, Certificates; or: openssl x509 -noout -fingerprint -sha256")
        elif verify == "ca":
            proof = st.text_input("CA file on this machine", key="connect_ca", placeholder="/etc/ssl/pve-root-ca.pem")
        elif verify == "off":
            st.warning(
                "Anyone in between can read the token. Use this for a first try only.", icon=":material/lock_open:"
            )
        who = _sign_in()
    return Draft.of(hosts or "", title or "", (verify or "system", proof or ""), who)


def _sign_in() -> SignIn:
    st.markdown("**3. Sign-in**")
    kind = st.radio(
        "How to sign in",
        list(SIGN_IN),
        key="connect_sign_in",
        format_func=SIGN_IN.__getitem__,
        horizontal=True,
        label_visibility="collapsed",
    )
    left, right = st.columns(2)
    if kind == "password":
        name = left.text_input("User", key="connect_user", placeholder="proxbalance@pve", autocomplete="off")
        secret = right.text_input("Password", key="connect_password", type="password", autocomplete="off")
        with st.expander("Make a user that can only read"):
            st.text("Run this once on a node of the cluster, as root; it asks for the password:")
            st.code(PASSWORD_COMMANDS, language="bash")
            st.caption("A user with a second factor can't sign in this way: make an API token instead.")
    else:
        name = left.text_input("Token ID", key="connect_token", placeholder="proxbalance@pve!app")
        secret = right.text_input("Secret", key="connect_secret", type="password", autocomplete="off")
        with st.expander("Make a token that can only read"):
            st.text("Run this once on a node of the cluster, as root, and copy the value it prints:")
            st.code(TOKEN_COMMANDS, language="bash")
    return SignIn(kind=kind or "token", name=name or "", secret=secret or "")


def _result(draft: Draft, check: ConnectionCheck) -> None:
    st.markdown("**4. What the cluster said**")
    for place, step in enumerate(check.steps):
        with st.container(gap="xxsmall", key=f"connect_step_{place}"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                icon = ":material/check:" if step.ok else ":material/close:"
                st.badge("Good" if step.ok else "Not yet", icon=icon, color="green" if step.ok else "red")
                theme.strong(words.label(STEPS, step.step), f"connect-step-{place}")
            if step.detail:
                st.text(step.detail)
            if not step.ok and step.what_to_do:
                theme.quiet(step.what_to_do, f"connect-fix-{place}")
            if not step.ok and step.step == "certificate" and check.pins:
                _unknown_certificates(check)
    if check.grants:
        st.text("Missing privileges, each with the command that grants it:")
        st.code("\n".join(dict.fromkeys(check.grants)), language="bash", wrap_lines=True)
    if st.button("Save and start collecting", key="connect_save", type="primary", disabled=not check.ok):
        _save(draft, check)


def _unknown_certificates(check: ConnectionCheck) -> None:
    """The certificate that each host showed, and one click to trust just these."""
    st.text("SHA-256 fingerprints, to be compared in Proxmox: node, System, Certificates, pve-ssl.pem.")
    for host, fingerprint in check.certificates:
        theme.quiet(f"{host} showed:", f"connect-certificate-{host}")
        st.code(fingerprint, language=None, wrap_lines=True)
    one = len(check.certificates) == 1
    st.button(
        f"{'It is' if one else 'They are'} the same: trust {'this certificate' if one else 'these certificates'}",
        key="connect_trust",
        icon=":material/verified_user:",
        on_click=_trust,
        args=(check.pins,),
    )


def _trust(pins: str) -> None:
    st.session_state["connect_verify"] = "fingerprint"
    st.session_state["connect_fingerprint"] = pins
    st.session_state[_AGAIN] = True


def _save(draft: Draft, check: ConnectionCheck) -> None:
    try:
        made = workbench().add_connection(_wish(draft), check)
    except ProxBalanceError as error:
        st.error("The connection was not saved.", icon=":material/error:")
        st.text(error.message)
        return
    st.session_state.pop(_CHECKED, None)
    for key in ("connect_secret", "connect_password"):
        st.session_state.pop(key, None)
    header.with_progress(made.id, "Collecting for the first time")
    look_at(made.id)
    st.switch_page(page("overview").path)
