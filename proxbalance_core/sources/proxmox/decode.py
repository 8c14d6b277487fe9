"""Answers in our units: fractions become cores and percent, a row of nothing becomes a gap."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from proxbalance_core.domain.cluster import Crs, Guest, HaState, Node, Storage
from proxbalance_core.domain.observed import GuestSample, NodeSample
from proxbalance_core.domain.units import NAN, first_known, known
from proxbalance_core.sources.proxmox.answers import ClusterOptions, NodeStatus, Resource, RrdRow, to_flag, to_number
from proxbalance_core.sources.proxmox.configs import GuestConfig, GuestType, split_tags

GUEST_TYPES: Mapping[str, GuestType] = {"qemu": "vm", "lxc": "ct"}
API_TYPES: Mapping[str, str] = {"vm": "qemu", "ct": "lxc"}


def percent(fraction: float) -> float:
    """A fraction as percent, unclipped."""
    return fraction * 100.0


def decode_storages(rows: Iterable[Resource]) -> dict[str, tuple[Storage, ...]]:
    """The storages of each node."""
    found: dict[str, list[Storage]] = {}
    for row in rows:
        if row.type == "storage" and row.node and row.storage:
            found.setdefault(row.node, []).append(decode_storage(row))
    return {node: tuple(sorted(own, key=lambda s: s.name)) for node, own in found.items()}


def decode_storage(row: Resource) -> Storage:
    active = row.status == "available"
    return Storage(
        name=row.storage or "",
        type=row.plugintype or "",
        shared=row.shared,
        active=active,
        content=tuple(sorted(part.strip() for part in (row.content or "").split(",") if part.strip())),
        # an inactive storage says zero bytes: that is not a measurement
        total_bytes=row.maxdisk if active else NAN,
        used_bytes=row.disk if active else NAN,
    )


def decode_node(
    row: Resource, facts: NodeStatus | None, storages: tuple[Storage, ...] | None, maintenance: bool
) -> Node:
    """A node now; online without its figures means that nothing is known of it."""
    status: Literal["online", "offline", "unknown"] = "unknown"
    if row.status == "offline":
        status = "offline"
    elif row.status == "online" and known(row.maxcpu) and known(row.maxmem):
        status = "online"
    return Node(
        name=row.node or "",
        status=status,
        maintenance=maintenance,
        cpu_cores=row.maxcpu,
        mem_bytes=row.maxmem,
        cpu_model=str(facts.cpuinfo["model"]) if facts and facts.cpuinfo.get("model") else None,
        pve_version=_short_version(facts.pveversion) if facts else None,
        storages=storages,
    )


def _short_version(text: str | None) -> str | None:
    parts = (text or "").split("/")
    return (parts[1] if len(parts) > 1 else parts[0]) or None


def guest_status(row: Resource, node_alive: bool) -> Literal["running", "stopped", "paused", "suspended", "unknown"]:
    """What a guest does; on a dead node Proxmox repeats the last word for five minutes, which is no knowledge."""
    if not node_alive or not (known(row.maxcpu) and known(row.maxmem)):
        return "unknown"
    if row.status == "stopped":
        return "suspended" if row.lock == "suspended" else "stopped"
    if row.status in ("running", "paused"):
        return "running" if row.status == "running" else "paused"
    return "unknown"


def decode_guest(row: Resource, config: GuestConfig | None, node_alive: bool, ha: HaState) -> Guest:
    """A guest now; its config may not have been read yet."""
    kind = GUEST_TYPES[row.type]
    config = config or GuestConfig()
    return Guest(
        vmid=row.vmid or 0,
        type=kind,
        node=row.node or "",
        status=guest_status(row, node_alive),
        name=row.name or f"{kind.upper()} {row.vmid}",
        template=row.template,
        cpu_cores=row.maxcpu,
        mem_bytes=row.maxmem,
        tags=split_tags(row.tags),
        pool=row.pool,
        lock=row.lock or config.lock,
        snapshots=config.snapshots,
        cpu_type=config.cpu_type,
        ha=ha,
        pci_passthrough=config.pci_passthrough,
        usb_passthrough=config.usb_passthrough,
        disks=config.disks,
    )


def decode_crs(options: ClusterOptions) -> Crs:
    """Proxmox's own scheduler."""
    mode = str(options.crs.get("ha") or "basic")
    by_itself = to_flag(options.crs.get("ha-auto-rebalance", 0))
    if mode == "dynamic":
        return Crs(ha="dynamic", auto_rebalance=by_itself)
    return Crs(ha="static" if mode == "static" else "basic", auto_rebalance=by_itself)


def decode_node_sample(row: Resource, ts: int, status: NodeStatus | None, recent: RrdRow | None) -> NodeSample:
    """A node's figures now: from the resources, with what only its own status or its RRD says."""
    status, recent = status or NodeStatus(), recent or RrdRow()
    load = status.loadavg[0] if status.loadavg else NAN
    return NodeSample(
        ts=ts,
        node=row.node or "",
        cpu_pct=percent(first_known(row.cpu, status.cpu)),
        cpu_cores=row.maxcpu,
        mem_used_bytes=first_known(row.mem, to_number(status.memory.get("used"))),
        mem_bytes=first_known(row.maxmem, to_number(status.memory.get("total"))),
        iowait_pct=percent(first_known(status.wait, recent.iowait)),
        load_avg_1m=first_known(load, recent.loadavg),
        cpu_some_pct=recent.pressurecpusome,
        mem_full_pct=recent.pressurememoryfull,
        io_full_pct=recent.pressureiofull,
        net_in_bps=recent.netin,
        net_out_bps=recent.netout,
    )


def decode_guest_sample(row: Resource, ts: int, rates: Mapping[str, float]) -> GuestSample:
    """A guest's figures now; one that doesn't run has none."""
    running = row.status == "running"
    return GuestSample(
        ts=ts,
        vmid=row.vmid or 0,
        node=row.node or "",
        running=running,
        cpu_used_cores=row.cpu * row.maxcpu if running else NAN,
        cpu_cores=row.maxcpu,
        mem_used_bytes=row.mem if running else NAN,
        mem_bytes=row.maxmem,
        disk_read_bps=rates.get("diskread", NAN),
        disk_write_bps=rates.get("diskwrite", NAN),
        net_in_bps=rates.get("netin", NAN),
        net_out_bps=rates.get("netout", NAN),
    )


def steps(times: Sequence[float]) -> tuple[int, ...]:
    """How long each row lasts [s]: until the next one, for the last as the one before.

    The step may change inside an answer, after an upgrade of Proxmox.
    """
    gaps = [round(later - earlier) for earlier, later in itertools.pairwise(times)]
    return tuple([*gaps, gaps[-1]] if gaps else [0] * len(times))


def _ordered(rows: Iterable[RrdRow]) -> list[RrdRow]:
    by_time = {row.time: row for row in rows if known(row.time)}
    return [by_time[time] for time in sorted(by_time)]


def decode_node_history(node: str, mean: Iterable[RrdRow], peak: Iterable[RrdRow]) -> tuple[NodeSample, ...]:
    """RRD rows of a node; a row that holds its time alone is a gap and left out."""
    ordered, peaks = _ordered(mean), {row.time: row for row in peak}
    return tuple(
        NodeSample(
            ts=int(row.time),
            node=node,
            step_s=step,
            cpu_pct=percent(row.cpu),
            cpu_max_pct=percent(peaks.get(row.time, RrdRow()).cpu),
            cpu_cores=row.maxcpu,
            mem_used_bytes=row.memused,
            mem_bytes=row.memtotal,
            iowait_pct=percent(row.iowait),
            load_avg_1m=row.loadavg,
            cpu_some_pct=row.pressurecpusome,
            mem_full_pct=row.pressurememoryfull,
            io_full_pct=row.pressureiofull,
            net_in_bps=row.netin,
            net_out_bps=row.netout,
        )
        for row, step in zip(ordered, steps([row.time for row in ordered]), strict=True)
        if known(row.cpu) or known(row.memused)
    )


def decode_guest_history(
    vmid: int, node: str, mean: Iterable[RrdRow], peak: Iterable[RrdRow]
) -> tuple[GuestSample, ...]:
    """RRD rows of a guest; a stopped one has rows with its sizes alone."""
    ordered, peaks = _ordered(mean), {row.time: row for row in peak}
    return tuple(
        GuestSample(
            ts=int(row.time),
            vmid=vmid,
            node=node,
            step_s=step,
            running=known(row.cpu) or known(row.mem),
            cpu_used_cores=row.cpu * row.maxcpu,
            cpu_max_cores=peaks.get(row.time, RrdRow()).cpu * row.maxcpu,
            cpu_cores=row.maxcpu,
            mem_used_bytes=row.mem,
            mem_bytes=row.maxmem,
            disk_read_bps=row.diskread,
            disk_write_bps=row.diskwrite,
            net_in_bps=row.netin,
            net_out_bps=row.netout,
        )
        for row, step in zip(ordered, steps([row.time for row in ordered]), strict=True)
        if known(row.cpu) or known(row.mem) or known(row.maxmem)
    )
