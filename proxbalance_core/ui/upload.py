"""Dropped files: a snapshot is opened at once, measurements after their columns are mapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present import connecting, words
from proxbalance_core.ui import tables
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import look_at, workbench

if TYPE_CHECKING:
    from proxbalance_core.services.importing import TracePreview

_NOTHING = "nothing that is needed"


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
    st.caption(f"{words.count(preview.row_count, 'row')} in {words.count(len(preview.columns), 'column')}")
    mapping = None if preview.wide else _mapping(preview)
    if preview.wide:
        st.text("Each column says whose it is and what it holds, so there is nothing to map.")
    elif preview.fault:
        st.text(f"As guessed it can't be read yet: {preview.fault}")
    st.markdown("**The first rows**")
    tables.show(connecting.file_rows(preview.columns, preview.rows), "The first rows of the file")
    if st.button("Open these measurements", key="upload_trace", type="primary", icon=":material/folder_open:"):
        _go(workbench().import_trace(name, content, mapping))


def _mapping(preview: TracePreview) -> dict[str, str]:
    """What each column holds, as guessed and then as the user says; field to column."""
    st.markdown("**What does each column hold?**")
    fields = [_NOTHING, *preview.units]
    guessed = {column: field for field, column in preview.mapping.items()}
    chosen: dict[str, str] = {}
    with st.grid(columns=4, min_column_width=200):
        for place, column in enumerate(preview.columns):
            field = st.selectbox(
                words.safe(column),
                fields,
                index=fields.index(guessed.get(column, _NOTHING)),
                key=f"upload_map_{place}",
                format_func=lambda key: f"{key} ({preview.units[key]})" if key in preview.units else key,
            )
            if field and field != _NOTHING:
                chosen[field] = column
    return chosen


def _go(cid: str) -> None:
    """Look at what was opened."""
    look_at(cid)
    st.switch_page(page("overview").path)
