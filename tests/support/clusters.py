"""Clusters made by hand in a line or two: GB and cores in round figures, everything else by keyword."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from proxbalance_core import ClusterSnapshot, Settings
from proxbalance_core.domain.cluster import CpuUse, Disk, Guest, MemUse, Node, NodeMetric, Rule
from proxbalance_core.engine.view import View
from proxbalance_core.plan.board import Board
from proxbalance_core.plan.search import members_of

GIB = 2.0**30
NOW = datetime(2026, 2, 8, 10, 30, tzinfo=UTC)
FREE = Settings(move_cost_points=0.0, move_cost_points_per_gb=0.0, min_score_improvement=0.0)


def guest(vmid: int, on: str, cores: float, gb: float, **more: Any) -> Guest:
    """A running VM on node ``on`` that uses ``cores`` and ``gb``, and was given twice the cores and GB."""
    given: dict[str, Any] = {
        "type": "vm", "status": "running", "name": f"g{vmid}", "cpu_cores": 2.0 * cores, "mem_bytes": 2.0 * gb * GIB,
        "cpu_used_cores": CpuUse(current=cores), "mem_used_bytes": MemUse(current=gb * GIB),
    }  # fmt: skip
    return Guest(**{"vmid": vmid, "node": on, **given, **more})


def node(name: str, cpu: float, mem: float, **more: Any) -> Node:
    """An online node of 10 cores and 100 GB at ``cpu`` and ``mem`` percent."""
    given: dict[str, Any] = {
        "status": "online", "cpu_cores": 10.0, "mem_bytes": 100.0 * GIB,
        "cpu": NodeMetric(current_pct=cpu), "mem": NodeMetric(current_pct=mem),
    }  # fmt: skip
    return Node(**{"name": name, **given, **more})


def cluster(
    nodes: list[str] | list[Node], guests: list[Guest], rules: tuple[Rule, ...] = (), **more: Any
) -> ClusterSnapshot:
    """Nodes given by name carry just what their running guests use."""
    made = tuple(n if isinstance(n, Node) else _bearing(n, guests) for n in nodes)
    return ClusterSnapshot(cluster="hand", taken_at=NOW, nodes=made, guests=tuple(guests), rules=rules, **more)


def _bearing(name: str, guests: list[Guest]) -> Node:
    here = [g for g in guests if g.node == name and g.running]
    cores = sum(g.cpu_used_cores.current for g in here)
    held = sum(g.mem_used_bytes.current for g in here)
    return node(name, 100.0 * cores / 10.0, 100.0 * held / (100.0 * GIB))


def disk(storage: str = "local", gb: float = 10.0, **more: Any) -> Disk:
    """A disk that a migration has to copy unless told otherwise."""
    return Disk(key="scsi0", storage=storage, size_bytes=gb * GIB, **more)


def view(snapshot: ClusterSnapshot, settings: Settings | None = None) -> View:
    return View.of(snapshot, settings or Settings())


def board(snapshot: ClusterSnapshot, settings: Settings | None = None) -> Board:
    """All guests open to be moved."""
    made = view(snapshot, settings)
    members = members_of(made.placed, made.rules)
    return Board(made.state, made.rules, members, np.ones(len(members), dtype=bool))


def random_cluster(seed: int, nodes: int = 4, guests: int = 14, **more: Any) -> ClusterSnapshot:
    """Guests thrown on nodes, a few tied by tags or with disks to copy."""
    rng = np.random.default_rng(seed)
    names = [f"pve{i}" for i in range(nodes)]
    share = np.arange(nodes, 0, -1) / sum(range(1, nodes + 1))
    tags: list[tuple[str, ...]] = [(), (), (), (), ("exclude_a",), ("affinity_b",), ("pin_pve0", "pin_pve1")]
    made = []
    for i in range(guests):
        tag = tags[int(rng.integers(len(tags)))]
        home = names[0] if tag == ("affinity_b",) else names[int(rng.choice(nodes, p=share))]
        cores = float(rng.lognormal(0.0, 0.9)) * nodes * 5.0 / guests
        made.append(
            guest(
                100 + i, home, cores, float(rng.uniform(1.0, 8.0)), tags=tag, disk_read_bps=float(rng.uniform(0, 4e7))
            )
        )
    return cluster(list(names), made, **more)
