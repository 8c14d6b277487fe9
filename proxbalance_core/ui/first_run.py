"""The first visit, and a data folder that can't be used: states that are designed, not stack traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.errors import DatabaseDamaged, ProxBalanceError
from proxbalance_core.present import words
from proxbalance_core.ui import cache
from proxbalance_core.ui.header import with_progress
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import scope, workbench
from proxbalance_core.ui.working import collectors_first

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Generation


def opened() -> bool:
    """Open the workbench and make sure there is a cluster; say what to do when that fails."""
    try:
        bench = workbench()
        if not bench.connections():
            bench.ensure_demo()
    except DatabaseDamaged as error:
        _damaged(error)
        return False
    except (ProxBalanceError, OSError) as error:
        st.error("The data folder or the database can't be used.", icon=":material/error:")
        st.text(str(error))
        st.caption(
            "Set PROXBALANCE_DATA to a folder that you may write to (and PROXBALANCE_DATABASE, if you set it, to the "
            "URL of a PostgreSQL database that answers), and start the app again."
        )
        return False
    return True


def _damaged(error: DatabaseDamaged) -> None:
    st.error("The database file is damaged. Nothing was overwritten.", icon=":material/error:")
    st.text(error.message)
    st.caption("Start the app again to begin with a fresh database, or put the backup back in its place first.")


def generation() -> Generation:
    """The newest assessment of the chosen cluster, made now if there is none; stops the page when it can't be."""
    where = scope()
    found = cache.latest(where.cid)
    if found is None:
        doing = f"Reading {words.safe(where.title)} for the first time"
        found = collectors_first(where.cid, doing) or with_progress(where.cid, doing)
        if found is not None:
            # The sidebar was drawn without nodes and search.
            st.rerun()
    if found is None:
        _nothing_yet()
        st.stop()
    return found


def _nothing_yet() -> None:
    failure = st.session_state.pop("head_failure", "")
    with st.container(border=True, key="nothing_yet"):
        st.subheader("No figures yet", anchor=False)
        st.text("Health, nodes and recommendations appear here after the first successful collection.")
        if failure:
            st.text(f"The last attempt said: {failure}")
        with st.container(horizontal=True):
            st.button("Try again", icon=":material/refresh:", key="first_again", type="primary")
            settings = page("settings")
            st.page_link(settings.path, label="Check the connection", icon=settings.icon)


def invitation() -> None:
    """On the demo cluster: say so, and how to connect one's own."""
    if scope().source != "synthetic":
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="invitation"):
        st.markdown(
            ":material/science: **Demo cluster.** Everything here is simulated, so look around freely.",
            width="content",
        )
        settings = page("settings")
        st.page_link(settings.path, label="Connect your cluster", icon=":material/add_link:")
