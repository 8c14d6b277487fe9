"""Around every page: the sidebar's controls and search, and a page's own failures."""

from __future__ import annotations

import logging
from typing import Any

import streamlit as st

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.present.attention import Hit, search
from proxbalance_core.services import preferences
from proxbalance_core.services.web import web_address
from proxbalance_core.ui import cache, past, state
from proxbalance_core.ui.registry import page

_log = logging.getLogger(__name__)


def controls() -> None:
    """Cluster, time range, nodes and search; kept as the scope of the page that follows."""
    bench = state.workbench()
    with st.sidebar:
        connection = state.choose_cluster(bench.connections())
        hours = state.choose_range()
        latest = cache.latest(connection.id)
        zone = preferences.zone_of(bench, latest.snapshot.timezone if latest else None)
        at = past.choose(connection.id, zone)
        shown = cache.as_of(connection.id, at)
        names = tuple(node.name for node in cache.assessment(shown).nodes) if shown else ()
        nodes = state.choose_nodes(names)
        if shown:
            _search(shown)
    state.remember(
        state.Scope(
            cid=connection.id, title=connection.title, source=connection.source, hours=hours, nodes=nodes, zone=zone,
            web=web_address(connection), as_of=at,
        )
    )  # fmt: skip


def _search(latest: Any) -> None:
    text = st.text_input(
        "Search", key="search", type="search", placeholder="Guest, VMID or node", icon=":material/search:"
    )
    if not text:
        return
    hits = search(cache.assessment(latest), text)
    if not hits:
        st.caption("No guest or node has that in its name.")
    for place, hit in enumerate(hits):
        _hit(hit, place)


def _hit(hit: Hit, place: int) -> None:
    with st.container(border=True, gap="xxsmall", key=f"search_hit_{place}"):
        st.text(hit.title)
        st.text(f"{hit.node}: {hit.decision}" if hit.kind == "guest" else hit.decision)
        spec = page("compare" if hit.kind == "guest" else "overview")
        asked = {"compare_guest": hit.title} if hit.kind == "guest" else {"nodes": hit.node}
        st.page_link(spec.path, label="Compare nodes" if hit.kind == "guest" else "Show node", query_params=asked)


def run(current: Any) -> None:
    """Run the page; what it fails at is one sentence and a line in the log, never a stack trace."""
    try:
        current.run()
    except ProxBalanceError as error:
        st.error("This page can't be shown.", icon=":material/error:")
        st.text(error.message)
    except Exception:
        _log.exception("A page failed")
        st.error("Something went wrong on this page.", icon=":material/error:")
        st.text("It is a fault of ProxBalance; the details are in its log. Your data are not affected.")
        diagnostics = page("diagnostics")
        st.page_link(diagnostics.path, label="Open diagnostics", icon=diagnostics.icon)
