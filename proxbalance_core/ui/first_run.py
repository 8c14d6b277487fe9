"""The first visit, and a data folder that can't be used: states that are designed, not stack traces."""

from __future__ import annotations

import streamlit as st

from proxbalance_core.errors import DatabaseDamaged, ProxBalanceError
from proxbalance_core.present import words
from proxbalance_core.services.workbench import Generation, KeptGeneration
from proxbalance_core.ui import cache, header, past
from proxbalance_core.ui.registry import page
from proxbalance_core.ui.state import Scope, scope, workbench
from proxbalance_core.ui.working import collectors_first

LOOK_S = 10


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
    """The assessment that is looked at, whole; stops the page when there is none, or it is only kept in brief."""
    found = kept()
    if not isinstance(found, Generation):
        past.in_brief()
        st.stop()
    return found


def kept() -> KeptGeneration:
    """The assessment that is looked at, as much of it as is kept; stops the page when there is none."""
    where = scope()
    if where.as_of is None:
        return _newest(where)
    found = cache.as_of(where.cid, where.as_of)
    if found is None:
        past.nothing_by_then()
        st.stop()
    return found


def _newest(where: Scope) -> Generation:
    """The newest assessment, made now if there is none."""
    found = cache.latest(where.cid)
    if found is None:
        _first_one(where)
        _nothing_yet(where.cid, st.session_state.pop("head_failure", ""))
        st.stop()
    header.shown(found.id)
    return found


def _first_one(where: Scope) -> None:
    """Make the first assessment; not when the cluster did not answer: each look would wait for it again."""
    if workbench().status(where.cid).failed:
        return
    doing = f"Reading {words.safe(where.title)} for the first time"
    made = collectors_first(where.cid, doing) or header.with_progress(where.cid, doing)
    failed = workbench().status(where.cid).failed
    if failed:
        st.session_state.pop("head_failure", None)
    # The sidebar was drawn without nodes and search, the head without what went wrong.
    if made is not None or failed:
        st.rerun()


@st.fragment(run_every=LOOK_S, key="nothing_yet")
def _nothing_yet(cid: str, failure: str) -> None:
    """What will be here; gone as soon as the collector has read the cluster."""
    if cache.latest(cid) is not None:
        st.rerun(scope="app")
    with st.container(border=True, key="nothing_yet_box"):
        st.subheader("No figures yet", anchor=False)
        st.text("Health, nodes and recommendations appear here after the first successful collection.")
        if failure:
            st.text(f"The last attempt said: {failure}")
            if st.button("Try again", icon=":material/refresh:", key="first_again", type="primary"):
                st.rerun(scope="app")


def invitation() -> None:
    """On the demo cluster: say so, and how to connect one's own."""
    if scope().source != "synthetic" or scope().as_of is not None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="invitation"):
        st.markdown(
            ":material/science: **Demo cluster.** Everything here is simulated, so look around freely.",
            width="content",
        )
        settings = page("settings")
        st.page_link(settings.path, label="Connect your cluster", icon=":material/add_link:")
