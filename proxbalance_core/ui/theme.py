"""Page config, style sheet, and the few pieces of type that names are set in."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).parent / "assets"
ICON = ASSETS / "icon.png"
_STYLE = ASSETS / "theme.css"


def apply() -> None:
    """Set title and icon (a local file: a named one would be fetched from the internet) and the style sheet."""
    st.set_page_config(page_title="ProxBalance", page_icon=str(ICON), layout="wide")
    st.html(_STYLE)


def strong(text: str, key: str) -> None:
    """A name in bold, as plain text: nothing in it is markup."""
    with st.container(key=f"strong-{key}", width="content"):
        st.text(text)


def outside(url: str | None, key: str, label: str = "Open in Proxmox") -> None:
    """A link that leaves the app, into a new tab; nothing where there is nowhere to go."""
    if url is not None:
        st.link_button(label, url, key=f"outside-{key}", icon=":material/open_in_new:", type="tertiary")


def quiet(text: str, key: str) -> None:
    """A smaller line of plain text."""
    with st.container(key=f"quiet-{key}"):
        st.text(text)
