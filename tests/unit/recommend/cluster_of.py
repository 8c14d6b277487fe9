"""Small clusters for the tests of this room: nodes and guests with only what a test speaks of."""

from __future__ import annotations

from typing import Any

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.results import Advisory, Forecast
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import ClusterArrays
from proxbalance_core.features.groups import Groups
from proxbalance_core.plan.failover import failures
from proxbalance_core.recommend.advisories import Findings, capacity_advisories
from proxbalance_core.recommend.clashes import rule_clashes
from proxbalance_core.recommend.constraints import Constraints
from proxbalance_core.scoring.placed import Placed

GB = 2**30


def node(name: str, cpu: float = 30.0, mem: float = 40.0, **more: Any) -> dict[str, Any]:
    """An online node of 16 cores and 100 GB."""
    return {
        "name": name, "status": "online", "cpu_cores": 16, "mem_bytes": 100 * GB, "history_days": 7.0,
        "cpu": {"current_pct": cpu}, "mem": {"current_pct": mem}, "iowait": {"current_pct": 1.0}, **more,
    }  # fmt: skip


def guest(vmid: int, where: str, gb: float = 8.0, **more: Any) -> dict[str, Any]:
    """A running VM of 4 cores and ``gb`` GB, half used."""
    return {
        "vmid": vmid, "name": f"g{vmid}", "type": "vm", "node": where, "status": "running", "cpu_cores": 4,
        "mem_bytes": int(gb * GB), "history_days": 7.0, "cpu_used_cores": {"current": 2.0},
        "mem_used_bytes": {"current": gb * GB / 2}, **more,
    }  # fmt: skip


def cluster(nodes: list[dict[str, Any]], guests: list[dict[str, Any]], **more: Any) -> ClusterSnapshot:
    return ClusterSnapshot.from_dict(
        {
            "format": "proxbalance.snapshot/1", "cluster": "lab", "taken_at": "2026-02-08T10:30:00Z",
            "nodes": nodes, "guests": guests, **more,
        }
    )  # fmt: skip


def placement(snapshot: ClusterSnapshot, settings: Settings | None = None) -> tuple[Placed, Constraints]:
    settings = settings or Settings()
    arrays = ClusterArrays.of(snapshot)
    groups = Groups.of(snapshot, arrays)
    return Placed(arrays, groups, settings), Constraints(snapshot, arrays, groups, settings)


def advice(snapshot: ClusterSnapshot, forecasts: tuple[Forecast, ...] = (), moves: int = 0) -> tuple[Advisory, ...]:
    view = View.of(snapshot, Settings())
    told = Findings(
        forecasts=forecasts, moves=moves, failures=failures(view.state, view.rules), clashes=rule_clashes(view.placed)
    )
    return capacity_advisories(view.placed, view.constraints, Settings(), told)


def of_type(kind: str, found: tuple[Advisory, ...]) -> list[Advisory]:
    return [advisory for advisory in found if advisory.type == kind]
