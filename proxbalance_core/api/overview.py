"""Handlers: how the app and its clusters fare."""

from __future__ import annotations

import platform

from proxbalance_core import __version__
from proxbalance_core.api.answers import API_VERSION, About, ClusterState, Health, TokenState
from proxbalance_core.api.endpoint import Call
from proxbalance_core.services.workbench import Workbench


def health(call: Call) -> Health:
    """Needs no token, and tells nothing that would."""
    bench = call.desk.bench_if_open
    if bench is None:
        return Health(status="starting", clusters=0, stale_clusters=0)
    fares = [bench.status(connection.id) for connection in bench.connections()]
    stale = sum(one.stale for one in fares)
    return Health(status="stale" if stale else "ok", clusters=len(fares), stale_clusters=stale)


def about(call: Call) -> About:
    """Versions, clusters, and the token that asks."""
    token = call.token
    assert token is not None
    return About(
        name="ProxBalance",
        version=__version__,
        api_version=API_VERSION,
        python=platform.python_version(),
        token=TokenState(id=token.id, title=token.title, scopes=token.scopes),
        clusters=tuple(cluster_state(call.bench, one.id) for one in call.bench.connections()),
    )


def cluster_state(bench: Workbench, cid: str) -> ClusterState:
    """How one cluster is looked after."""
    fares = bench.status(cid)
    newest = next(iter(bench.generations(cid, limit=1)), None)
    return ClusterState(
        id=cid, title=fares.title, source=fares.source, stale=fares.stale, age_s=fares.age_s,
        last_collection_at=fares.last_success, last_attempt_at=fares.last_attempt, last_error=fares.last_error,
        collector=fares.collector, last_generation=newest.id if newest else None,
        last_generation_at=newest.at if newest else None,
    )  # fmt: skip
