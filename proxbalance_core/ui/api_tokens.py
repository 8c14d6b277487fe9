"""The settings page's API tokens: made, shown once, listed, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.errors import ConfigError
from proxbalance_core.present import words
from proxbalance_core.present.tokens import GRANTS, allowance, standing
from proxbalance_core.services import access
from proxbalance_core.ui import theme
from proxbalance_core.ui.state import now, scope, workbench

if TYPE_CHECKING:
    from proxbalance_core.domain.tokens import ApiToken

# Kept in the browser's session alone, and only until it is put away.
_SHOWN = "settings_token_shown"


def tokens() -> None:
    """Who may ask the HTTP API, and a way to let another in."""
    _made()
    _form()
    known = access.tokens(workbench())
    live = [token for token in known if token.revoked_at is None]
    gone = [token for token in known if token.revoked_at is not None]
    if not live:
        st.caption("There is no token: nobody can ask the API for anything but whether the app works.")
    for token in live:
        _token(token)
    if gone:
        with st.expander(f"Revoked ({len(gone)})"):
            for token in gone:
                st.text(f"{token.title} ({token.id}), {standing(token, now(), scope().zone)}")


def _form() -> None:
    with st.form("settings_token", border=True):
        st.markdown(
            "**New token** – for a script, Prometheus or Home Assistant: they ask at `/api/v1` of this address."
        )
        left, right = st.columns(2)
        title = left.text_input(
            "Who will use it", key="settings_token_title", placeholder="Home Assistant", max_chars=access.LONGEST_TITLE
        )
        grant = right.radio(
            "What it may do",
            list(GRANTS),
            key="settings_token_grant",
            format_func=lambda name: GRANTS[name].title,
            captions=[grant.about for grant in GRANTS.values()],
        )
        if not st.form_submit_button("Make token", type="primary", icon=":material/key:"):
            return
    try:
        token, secret = access.add_token(workbench(), title, GRANTS[grant].scopes)
    except ConfigError as error:
        st.error("No token was made.", icon=":material/error:")
        st.text(error.message)
        return
    st.session_state[_SHOWN] = (token.title, secret)
    st.rerun()


def _made() -> None:
    """The one time that a token is told."""
    if _SHOWN not in st.session_state:
        return
    title, secret = st.session_state[_SHOWN]
    with st.container(border=True, key="settings_token_made"):
        st.markdown("**Copy the token now.** It is shown this once; only a digest of it is kept.")
        theme.quiet(f"For {title}. Its holder sends it as 'Authorization: Bearer' with this text:", "token-for")
        st.code(secret, language=None, wrap_lines=True)
        if st.button("I have kept it", key="settings_token_kept", icon=":material/check:"):
            del st.session_state[_SHOWN]
            st.rerun()


def _token(token: ApiToken) -> None:
    with (
        st.container(border=True, key=f"settings_token_{token.id}"),
        st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"),
    ):
        with st.container(width="content", gap="xxsmall"):
            theme.strong(token.title, f"token-{token.id}")
            st.caption(f"{words.safe(allowance(token))}, id {words.safe(token.id)}")
        st.caption(standing(token, now(), scope().zone), width="content")
        with st.popover("Revoke", icon=":material/block:"):
            st.text("Whoever uses it is refused from then on. It can't be brought back.")
            if st.button("Revoke for good", key=f"settings_token_revoke_{token.id}", type="primary"):
                access.revoke_token(workbench(), token.id)
                st.toast("Revoked", icon=":material/check:")
                st.rerun()
