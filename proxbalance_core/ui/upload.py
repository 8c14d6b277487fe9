"""Dropped files: a snapshot is opened at once, measurements after their columns are mapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import workbench

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import TracePreview

_NONE = "–"


def drop() -> None:
    """The drop area, and what comes of the file."""
    file = st.file_uploader(
        "Snapshot (JSON), CSV or Parquet, up to 5 MB",
        type=["json", "csv", "parquet"],
        key="upload_file",
        max_upload_size=5,
    )
    if file is None:
        st.caption(
            "A snapshot is what “export --what snapshot” writes. CSV and Parquet hold one row for each guest and time,"
            " with at least a time, a guest and its CPU use. The file stays on this machine."
        )
        return
    name, content = file.name, file.getvalue()
    try:
        if name.lower().endswith(".json"):
            _snapshot(name, content)
        else:
            _trace(name, content)
    except ProxBalanceError as error:
        st.error("This file can't be used as it is.", icon=":material/error:")
        st.text(error.message)


def _snapshot(name: str, content: bytes) -> None:
    if st.button("Open this snapshot", key="upload_snapshot", type="primary", icon=":material/folder_open:"):
        _go(workbench().import_snapshot(name, content))


def _trace(name: str, content: bytes) -> None:
    preview = workbench().preview_trace(name, content)
    st.markdown("**Which column is which?**")
    mapping = _mapping(preview)
    st.markdown("**The first rows**")
    st.dataframe(preview.rows, hide_index=True, alt="The first rows of the file")
    if st.button("Open these measurements", key="upload_trace", type="primary", icon=":material/folder_open:"):
        _go(workbench().import_trace(name, content, mapping))


def _mapping(preview: TracePreview) -> dict[str, str]:
    guessed: dict[str, Any] = dict(preview.mapping)
    columns = [_NONE, *preview.columns]
    chosen: dict[str, str] = {}
    with st.grid(columns=4, min_column_width=200):
        for field in preview.fields:
            guess = guessed.get(field)
            column = st.selectbox(
                field, columns, index=columns.index(guess) if guess in columns else 0, key=f"upload_map_{field}"
            )
            if column and column != _NONE:
                chosen[field] = column
    return chosen


def _go(cid: str) -> None:
    """Look at what was opened."""
    st.session_state["cluster"] = cid
    st.switch_page(page("overview").path)
