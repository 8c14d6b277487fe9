"""Choices that belong to every page, in its URL: a change of page drops its parameters, so they are written again."""

from __future__ import annotations

import streamlit as st

_WRITTEN = "address_written"


def arrived(key: str) -> tuple[str, ...] | None:
    """What the URL asks for, when somebody else wrote it: a link, or the browser's way back; else None."""
    values = tuple(st.query_params.get_all(key))
    return values if values and values != _written().get(key, ()) else None


def keep(key: str, values: tuple[str, ...]) -> None:
    """Have the URL say ``values``; nothing is the default."""
    _written()[key] = values
    if tuple(st.query_params.get_all(key)) == values:
        return
    if values:
        st.query_params[key] = list(values)
    else:
        st.query_params.pop(key, None)


def _written() -> dict[str, tuple[str, ...]]:
    written: dict[str, tuple[str, ...]] = st.session_state.setdefault(_WRITTEN, {})
    return written
