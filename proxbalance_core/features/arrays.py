"""A snapshot as arrays: what scoring and planning need, made once, without regard to settings.

Axes: N nodes (by name), G guests (by vmid), 4 windows (current, 24 h, 7 d, peak), T hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest, Node, NodeMetric
from proxbalance_core.domain.placement import carried, own_iowait_pct
from proxbalance_core.domain.units import known
from proxbalance_core.features.once import once

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
IO_EXEMPT_TAG = "io_exempt"
BURSTY_RATIO = 2.0
TREND_SHARE = {"high": 1.0, "medium": 0.5, "low": 0.0, None: 0.0}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NodeArrays:
    """Nodes, [N] each unless noted; percent, cores and bytes as named."""

    names: tuple[str, ...]
    statuses: tuple[str, ...]
    online: Bools
    measured: Bools
    maintenance: Bools
    cpu_cores: Floats
    capacity_cores: Floats
    mem_bytes: Floats
    cpu_pct: Floats
    mem_pct: Floats
    iowait_pct: Floats
    cpu_trend: Floats
    mem_trend: Floats
    pressure_pct: Floats
    load_per_core_pct: Floats
    storage_pct: Floats
    history_days: Floats
    own_ahead_cores: Floats | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GuestArrays:
    """Guests, [G] each unless noted."""

    vmids: Ints
    home: Ints
    running: Bools
    measured: Bools
    cpu_cores: Floats
    mem_bytes: Floats
    cpu_used_cores: Floats
    mem_used_bytes: Floats
    iowait_pct: Floats
    quiet_iowait_pct: Floats  # what counts against a node: none of an exempt guest's
    exempt: Bools
    bursty: Bools
    ahead_cores: Floats | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterArrays:
    """Both, with the positions of names and vmids; ``hours`` is 0 without any forecast."""

    node: NodeArrays
    guest: GuestArrays
    node_at: dict[str, int]
    guest_at: dict[int, int]
    hours: int

    @staticmethod
    def of(snapshot: ClusterSnapshot) -> ClusterArrays:
        """The arrays of ``snapshot``, kept as long as it lives."""
        return once(snapshot, "arrays", lambda: _made(snapshot))


def _made(snapshot: ClusterSnapshot) -> ClusterArrays:
    node_at = {node.name: i for i, node in enumerate(snapshot.nodes)}
    hours = _hours(snapshot)
    return ClusterArrays(
        node=_nodes(snapshot.nodes, hours),
        guest=_guests(snapshot.guests, node_at, hours),
        node_at=node_at,
        guest_at={guest.vmid: i for i, guest in enumerate(snapshot.guests)},
        hours=hours,
    )


def _hours(snapshot: ClusterSnapshot) -> int:
    for node in snapshot.nodes:
        if node.next_24h is not None:
            return 24 * len(node.next_24h.own_cpu_cores)
    for guest in snapshot.guests:
        if guest.next_24h is not None:
            return 24 * len(guest.next_24h.cpu_cores)
    return 0


def _floats(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def _windows(metrics: list[NodeMetric]) -> Floats:
    rows = [(m.current_pct, m.avg_24h_pct, m.avg_7d_pct, m.max_7d_pct) for m in metrics]
    return np.array(rows, dtype=np.float64).reshape(len(rows), 4)


def _trend(metric: NodeMetric) -> float:
    return metric.trend_pct_per_day * TREND_SHARE[metric.trend_confidence]


def _nodes(nodes: tuple[Node, ...], hours: int) -> NodeArrays:
    # An offline node may report nothing at all as zero.
    cores = _floats([n.cpu_cores if n.cpu_cores > 0 else np.nan for n in nodes])
    own = np.full((len(nodes), hours), np.nan)
    for i, node in enumerate(nodes):
        if node.next_24h is not None:
            own[i] = np.ravel(node.next_24h.own_cpu_cores)
    return NodeArrays(
        names=tuple(n.name for n in nodes),
        statuses=tuple(n.status for n in nodes),
        online=np.array([n.online for n in nodes], dtype=bool),
        measured=np.array([n.measured for n in nodes], dtype=bool),
        maintenance=np.array([n.maintenance for n in nodes], dtype=bool),
        cpu_cores=cores,
        capacity_cores=cores * _floats([n.cpu_speed_factor for n in nodes]),
        mem_bytes=_floats([n.mem_bytes if n.mem_bytes > 0 else np.nan for n in nodes]),
        cpu_pct=_windows([n.cpu for n in nodes]),
        mem_pct=_windows([n.mem for n in nodes]),
        iowait_pct=_windows([n.iowait for n in nodes]),
        cpu_trend=_floats([_trend(n.cpu) for n in nodes]),
        mem_trend=_floats([_trend(n.mem) for n in nodes]),
        pressure_pct=_floats([_pressure(n) for n in nodes]),
        load_per_core_pct=np.minimum(100.0, 100.0 * _floats([n.load_avg_1m for n in nodes]) / cores),
        storage_pct=_floats([_storage_pct(n) for n in nodes]),
        history_days=_floats([n.history_days for n in nodes]),
        own_ahead_cores=own if hours else None,
    )


def _pressure(node: Node) -> float:
    if node.pressure is None:
        return np.nan
    stalls = (node.pressure.cpu_some_pct, node.pressure.mem_full_pct, node.pressure.io_full_pct)
    return max((v for v in stalls if known(v)), default=np.nan)


def _storage_pct(node: Node) -> float:
    used = [100.0 * s.used_bytes / s.total_bytes for s in node.storages or () if s.active and s.total_bytes > 0]
    used = [pct for pct in used if known(pct)]
    return sum(used) / len(used) if used else np.nan


def _guests(guests: tuple[Guest, ...], node_at: dict[str, int], hours: int) -> GuestArrays:
    moved = [carried(g) for g in guests]
    cpu = np.array([c for c, _ in moved], dtype=np.float64).reshape(len(guests), 4)
    mem = np.array([m for _, m in moved], dtype=np.float64).reshape(len(guests), 4)
    iowait = _floats([own_iowait_pct(g) for g in guests])
    exempt = np.array([IO_EXEMPT_TAG in g.tag_set for g in guests], dtype=bool)
    ahead = np.full((len(guests), hours), np.nan)
    for i, guest in enumerate(guests):
        if guest.next_24h is not None:
            ahead[i] = np.ravel(guest.next_24h.cpu_cores) if guest.running else 0.0
    return GuestArrays(
        vmids=np.array([g.vmid for g in guests], dtype=np.intp),
        home=np.array([node_at[g.node] for g in guests], dtype=np.intp),
        running=np.array([g.running for g in guests], dtype=bool),
        measured=np.array([_measured(g) for g in guests], dtype=bool),
        cpu_cores=_floats([g.cpu_cores for g in guests]),
        mem_bytes=_floats([g.mem_bytes for g in guests]),
        cpu_used_cores=cpu,
        mem_used_bytes=mem,
        iowait_pct=iowait,
        quiet_iowait_pct=np.where(exempt, 0.0, iowait),
        exempt=exempt,
        bursty=cpu[:, 3] > BURSTY_RATIO * cpu[:, 2],
        ahead_cores=ahead if hours else None,
    )


def _measured(guest: Guest) -> bool:
    """Whether there are current figures of it (a stopped guest needs none)."""
    if guest.status == "unknown":
        return False
    return not guest.running or (known(guest.cpu_used_cores.current) and known(guest.mem_used_bytes.current))
