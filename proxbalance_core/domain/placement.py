"""The cluster after moves: what the target gains, the source loses (scoring, section 4).

CPU of a guest on a node is its used cores over the node's cores times speed, window by window, with
its 7-day p95 in place of its maximum; memory likewise; iowait what its disk traffic stands for.
Pressure, trends, storage and load average stay as measured. States are kept unclipped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from proxbalance_core.domain.cluster import ClusterSnapshot, CpuUse, Guest, MemUse, Node, NodeMetric
from proxbalance_core.domain.units import MIB, NAN, first_known, known
from proxbalance_core.errors import SnapshotInvalid

IOWAIT_LIMIT_PCT = 20.0
IOWAIT_PCT_PER_100_MB = 5.0
WINDOWS = ("current", "avg_24h", "avg_7d", "p95_7d")
Measured = TypeVar("Measured", NodeMetric, CpuUse, MemUse)


class _Windows(Protocol):
    @property
    def current(self) -> float: ...
    @property
    def avg_24h(self) -> float: ...
    @property
    def avg_7d(self) -> float: ...
    @property
    def p95_7d(self) -> float: ...
    @property
    def max_7d(self) -> float: ...


def filled(use: _Windows) -> tuple[float, float, float, float]:
    """Current, 24 h, 7 d and p95 of a use; a window not measured takes the next known one.

    NaN throughout when nothing was measured.
    """
    day = first_known(use.avg_24h, use.current, use.avg_7d)
    week = first_known(use.avg_7d, day)
    return first_known(use.current, day), day, week, first_known(use.p95_7d, use.max_7d, week)


def each_window(use: Measured, change: Callable[[float], float]) -> Measured:
    """``use`` with every figure changed, its trend too; the words stay."""
    values = {field.name: getattr(use, field.name) for field in dataclasses.fields(use)}
    changed: dict[str, Any] = {key: change(v) for key, v in values.items() if isinstance(v, int | float)}
    return dataclasses.replace(use, **changed)


def carried(guest: Guest) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """CPU [cores] and memory [bytes] windows that move with ``guest``; 0 unless it runs and was measured."""
    if not guest.running:
        return (0.0,) * 4, (0.0,) * 4
    cpu, mem = filled(guest.cpu_used_cores), filled(guest.mem_used_bytes)
    return tuple(v if known(v) else 0.0 for v in cpu), tuple(v if known(v) else 0.0 for v in mem)


def own_iowait_pct(guest: Guest) -> float:
    """The iowait that a guest's disk traffic stands for [points of percent]."""
    if not guest.running:
        return 0.0
    traffic = sum(v for v in (guest.disk_read_bps, guest.disk_write_bps) if known(v))
    return min(IOWAIT_LIMIT_PCT, traffic / MIB / 100.0 * IOWAIT_PCT_PER_100_MB)


def with_moves(snapshot: ClusterSnapshot, moves: tuple[tuple[int, str], ...]) -> ClusterSnapshot:
    """``snapshot`` after ``moves`` of (vmid, target), one after the other; nothing is added to ``moves``."""
    nodes = {node.name: node for node in snapshot.nodes}
    guests = {guest.vmid: guest for guest in snapshot.guests}
    for vmid, target in moves:
        if vmid not in guests:
            raise SnapshotInvalid(f"There is no guest {vmid} in cluster '{snapshot.cluster}'.", path=f"moves.{vmid}")
        if target not in nodes:
            raise SnapshotInvalid(f"There is no node '{target}' in cluster '{snapshot.cluster}'.", path=f"moves.{vmid}")
        guest = guests[vmid]
        if guest.node == target:
            continue
        nodes[guest.node] = shifted(nodes[guest.node], guest, -1.0)
        nodes[target] = shifted(nodes[target], guest, 1.0)
        guests[vmid] = dataclasses.replace(guest, node=target)
    return dataclasses.replace(snapshot, nodes=tuple(nodes.values()), guests=tuple(guests.values()))


def shifted(node: Node, guest: Guest, sign: float) -> Node:
    """``node`` with what ``guest`` carries added (``sign`` 1) or taken off (-1)."""
    cpu, mem = carried(guest)
    iowait = sign * own_iowait_pct(guest)
    cores, memory = (v if v > 0 else NAN for v in (node.cpu_cores * node.cpu_speed_factor, node.mem_bytes))
    return dataclasses.replace(
        node,
        cpu=_added(node.cpu, tuple(sign * 100.0 * v / cores for v in cpu)),
        mem=_added(node.mem, tuple(sign * 100.0 * v / memory for v in mem)),
        iowait=_added(node.iowait, (iowait,) * 4),
    )


def _added(metric: NodeMetric, points: tuple[float, ...]) -> NodeMetric:
    return dataclasses.replace(
        metric,
        current_pct=metric.current_pct + points[0],
        avg_24h_pct=metric.avg_24h_pct + points[1],
        avg_7d_pct=metric.avg_7d_pct + points[2],
        p95_7d_pct=metric.p95_7d_pct + points[3],
        max_7d_pct=metric.max_7d_pct + points[3],
    )
