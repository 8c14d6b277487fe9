"""Other nodes: more of them, larger ones, in maintenance, gone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from statistics import median

from proxbalance_core.domain.changes import AddCores, AddMemory, AddNode, Change, DrainNode
from proxbalance_core.domain.cluster import ClusterSnapshot, Node, NodeMetric, Storage
from proxbalance_core.domain.placement import carried, each_window
from proxbalance_core.domain.units import known

NEW_HISTORY_DAYS = 7.0  # an idle week: what comes to the node is judged with all its windows


def with_nodes_changed(snapshot: ClusterSnapshot, changes: Iterable[Change]) -> ClusterSnapshot:
    """The cluster with its new nodes, its larger ones, and those to be drained in maintenance."""
    changes = [change for change in changes if isinstance(change, AddNode | AddMemory | AddCores | DrainNode)]
    nodes = {node.name: node for node in snapshot.nodes}
    for change in changes:
        if isinstance(change, AddNode):
            nodes[change.node] = _new_node(snapshot, change)
    for change in changes:
        if isinstance(change, AddMemory):
            nodes[change.node] = _with_memory(nodes[change.node], change.mem_bytes)
        elif isinstance(change, AddCores):
            nodes[change.node] = _with_cores(nodes[change.node], change.cpu_cores)
        elif isinstance(change, DrainNode):
            nodes[change.node] = dataclasses.replace(nodes[change.node], maintenance=True)
    return dataclasses.replace(snapshot, nodes=tuple(nodes.values())) if changes else snapshot


def in_maintenance(snapshot: ClusterSnapshot, names: Iterable[str]) -> ClusterSnapshot:
    """The cluster with ``names`` to be emptied."""
    wanted = frozenset(names)
    nodes = (dataclasses.replace(n, maintenance=True) if n.name in wanted else n for n in snapshot.nodes)
    return dataclasses.replace(snapshot, nodes=tuple(nodes)) if wanted else snapshot


def _with_memory(node: Node, more: float) -> Node:
    """The same bytes in use are a smaller share of the RAM."""
    size = node.mem_bytes + more
    return dataclasses.replace(node, mem_bytes=size, mem=each_window(node.mem, lambda v: v * node.mem_bytes / size))


def _with_cores(node: Node, more: float) -> Node:
    """The same cores in use are a smaller share; pressure and iowait stay as measured: no figure tells otherwise."""
    cores = node.cpu_cores + more
    return dataclasses.replace(node, cpu_cores=cores, cpu=each_window(node.cpu, lambda v: v * node.cpu_cores / cores))


def _new_node(snapshot: ClusterSnapshot, change: AddNode) -> Node:
    """An idle node: it uses what the one it is like uses beside its guests, else what nodes do as a rule."""
    like = model_of(snapshot, change)
    cores, held = _idle_use(snapshot, [node for node in snapshot.nodes if node.measured] if like is None else [like])
    count = change.cpu_cores or (like.cpu_cores if like else 0.0)
    size = change.mem_bytes or (like.mem_bytes if like else 0.0)
    speed = like.cpu_speed_factor if like else 1.0
    return Node(
        name=change.node, status="online", history_days=NEW_HISTORY_DAYS, cpu_cores=count, mem_bytes=size,
        cpu_speed_factor=speed, cpu_model=like.cpu_model if like else None,
        pve_version=like.pve_version if like else None, cpu=_steady(100.0 * cores / (count * speed)),
        mem=_steady(100.0 * held / size), iowait=_steady(0.0), storages=_storages(snapshot, like),
    )  # fmt: skip


def model_of(snapshot: ClusterSnapshot, change: AddNode) -> Node | None:
    """The node that a new one is like: as named, else one of the commonest size; None when its size is given."""
    if change.like is not None:
        return next(node for node in snapshot.nodes if node.name == change.like)
    if change.cpu_cores is not None and change.mem_bytes is not None:
        return None
    online = [node for node in snapshot.nodes if node.online]
    sizes = Counter((node.cpu_cores, node.mem_bytes) for node in online)
    return max(online, key=lambda node: sizes[node.cpu_cores, node.mem_bytes], default=None)


def _steady(pct: float) -> NodeMetric:
    return NodeMetric(
        current_pct=pct, avg_24h_pct=pct, avg_7d_pct=pct, std_7d_pct=0.0, p95_7d_pct=pct, max_7d_pct=pct,
        trend_pct_per_day=0.0, trend_confidence="low",
    )  # fmt: skip


def _idle_use(snapshot: ClusterSnapshot, nodes: list[Node]) -> tuple[float, float]:
    """What nodes use beside their guests: median cores and bytes, 0 where nothing was measured."""
    own: tuple[list[float], list[float]] = ([], [])
    for node in nodes:
        guests = [carried(guest) for guest in snapshot.guests if guest.node == node.name]
        cores = node.cpu.current_pct / 100.0 * node.cpu_cores * node.cpu_speed_factor
        own[0].append(cores - sum(cpu[0] for cpu, _ in guests))
        own[1].append(node.mem.current_pct / 100.0 * node.mem_bytes - sum(mem[0] for _, mem in guests))
    cores, held = (median(max(v, 0.0) for v in part if known(v)) if any(map(known, part)) else 0.0 for part in own)
    return cores, held


def _storages(snapshot: ClusterSnapshot, like: Node | None) -> tuple[Storage, ...] | None:
    """Shared storages of the cluster, and empty the local ones of the node that it is like; None: not known."""
    if like is not None and like.storages is not None:
        return tuple(s if s.shared else dataclasses.replace(s, used_bytes=0.0) for s in like.storages)
    offered = [s for node in snapshot.nodes if node.online for s in node.storages or ()]
    if like is not None or not any(node.storages is not None for node in snapshot.nodes):
        return None
    shared = {s.name: s for s in reversed(offered) if s.shared and s.active}
    return tuple(shared[name] for name in sorted(shared))
