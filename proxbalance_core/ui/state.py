"""What all pages share: the workbench, and the cluster, time range and nodes chosen in the URL."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.services.lifespan import shared_workbench
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.ui import address

if TYPE_CHECKING:
    from proxbalance_core.domain.connections import Connection

HOURS = {"6 h": 6, "24 h": 24, "7 d": 168, "30 d": 720}
DEFAULT_RANGE = "24 h"
_SCOPE = "scope"
_NEXT = "cluster_next"
AS_OF = "as_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the user looks at: one connection, a time range [hours], nodes (empty: all), and the zone of all times.

    ``web`` is the address of the cluster's own web interface, where it has one; ``as_of`` the past time that is looked
    at, None for now.
    """

    cid: str
    title: str
    source: str
    hours: int
    nodes: tuple[str, ...]
    zone: tzinfo
    web: str | None
    as_of: datetime | None


def workbench() -> Workbench:
    """The one workbench of this process: the collector's, else one on the data folder that the environment names."""
    return shared_workbench() or _opened(os.environ.get("PROXBALANCE_DATA", ""))


@lru_cache(maxsize=4)
def _opened(folder: str) -> Workbench:
    # Keyed by the folder alone: Workbench.open() reads it from the environment itself.
    return Workbench.open()


def now() -> datetime:
    """The time that ages are counted from."""
    return datetime.now(UTC)


def choose_cluster(connections: tuple[Connection, ...]) -> Connection:
    """The cluster picker, in the URL as ``cluster``: its id; a title is understood too."""
    known = {connection.id: connection for connection in connections}
    by_title = {connection.title: connection.id for connection in reversed(connections)}
    asked = address.arrived("cluster")
    wanted = st.session_state.pop(_NEXT, by_title.get(asked[0], asked[0]) if asked else None)
    if wanted in known:
        st.session_state["cluster"] = wanted
    if st.session_state.get("cluster") not in known:
        st.session_state.pop("cluster", None)
    first = next(iter(known))
    chosen = st.selectbox("Cluster", list(known), key="cluster", format_func=lambda cid: known[cid].title) or first
    address.keep("cluster", () if chosen == first else (chosen,))
    return known[chosen]


def look_at(cid: str) -> None:
    """Choose a cluster, as it is now, from the next run on: the picker of this run is drawn already."""
    st.session_state[_NEXT] = cid
    st.session_state[AS_OF] = None


def choose_range() -> int:
    """The time range of all charts, in the URL as ``range``; in hours."""
    asked = address.arrived("range")
    if asked and asked[0] in HOURS:
        st.session_state["range"] = asked[0]
    st.session_state.setdefault("range", DEFAULT_RANGE)
    chosen = st.segmented_control("Time range", list(HOURS), key="range", required=True) or DEFAULT_RANGE
    address.keep("range", () if chosen == DEFAULT_RANGE else (chosen,))
    return HOURS[chosen]


def choose_nodes(names: tuple[str, ...]) -> tuple[str, ...]:
    """The node filter, in the URL as ``nodes``; a node that has gone falls out of it."""
    asked = address.arrived("nodes")
    before = list(st.session_state.get("nodes", [])) if asked is None else list(asked)
    kept = [name for name in before if name in names]
    if asked is not None or kept != before:
        st.session_state["nodes"] = kept
    chosen = tuple(st.multiselect("Nodes", names, key="nodes", placeholder="All nodes"))
    address.keep("nodes", chosen)
    return chosen


def remember(scope: Scope) -> None:
    """Keep the scope for the page that runs next."""
    st.session_state[_SCOPE] = scope


def scope() -> Scope:
    """The scope that the shell chose."""
    chosen: Scope = st.session_state[_SCOPE]
    return chosen
