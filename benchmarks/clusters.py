"""Clusters of any size from a seed: guests of all sizes with a daily cycle, some nodes hotter than others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from proxbalance_core.domain.cluster import (
    ClusterSnapshot,
    CpuUse,
    Disk,
    Guest,
    GuestAhead,
    HaState,
    MemUse,
    Node,
    NodeAhead,
    NodeMetric,
    Storage,
)
from proxbalance_core.features.course import Course

GIB = 2.0**30
TAKEN_AT = datetime(2026, 2, 8, 10, 30, tzinfo=UTC)
MEAN_CPU, MEAN_MEM = 0.42, 0.55
HOT_SHARE, HOT_FACTOR = 0.15, 1.5
SCENARIOS = 3
DIGITS = 4  # as snapshots from the store have them
Array = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What kind of cluster: its size, and whether guests have forecasts, tags and rules, local disks."""

    nodes: int
    guests: int
    seed: int = 0
    ahead: bool = True
    plain: bool = False
    local_share: float = 0.03


def cluster(shape: Shape) -> ClusterSnapshot:
    """The cluster of ``shape``, the same for the same shape."""
    rng = np.random.default_rng(shape.seed)
    size = rng.choice([1.0, 1.0, 2.0, 4.0], shape.nodes)
    cores = 32.0 * size
    draw = np.where(rng.random(shape.nodes) < HOT_SHARE, HOT_FACTOR, 1.0) * size
    home = rng.choice(shape.nodes, shape.guests, p=draw / draw.sum())
    use = rng.lognormal(0.0, 1.1, shape.guests)
    use *= MEAN_CPU * cores.sum() / use.sum()
    mem = rng.lognormal(0.0, 0.8, shape.guests)
    mem *= MEAN_MEM * 8.0 * cores.sum() / mem.sum()
    hours = _hours(rng, use)
    total = np.zeros((shape.nodes, 24 * SCENARIOS))
    np.add.at(total, home, hours)
    own = 0.02 * cores
    load = np.array([np.bincount(home, use * f, shape.nodes) for f in (1.0, 0.95, 0.9)]).T + own[:, None]
    held = np.bincount(home, mem, shape.nodes) + 4.0
    ram = np.ceil(np.maximum(8.0 * cores, held / 0.9))
    return ClusterSnapshot(
        cluster=f"bench-{shape.nodes}x{shape.guests}",
        taken_at=TAKEN_AT,
        nodes=tuple(
            _node(i, shape, (cores[i], ram[i]), (load[i], held[i], total[i].max() + own[i])) for i in range(shape.nodes)
        ),
        guests=tuple(
            _guest(i, shape, (int(home[i]), float(use[i]), float(mem[i])), (hours[i], float(u)))
            for i, u in enumerate(rng.random(shape.guests))
        ),
    )


def _hours(rng: np.random.Generator, use: Array) -> Array:
    """A daily cycle for a third of the guests, and a scenario above it, [G, 72] cores."""
    hour = np.arange(24)
    depth = np.where(rng.random(len(use)) < 0.33, rng.uniform(0.2, 0.8, len(use)), 0.05)
    peak = rng.integers(8, 20, len(use))
    cycle = 1.0 + depth[:, None] * np.cos((hour - peak[:, None]) * 2.0 * np.pi / 24.0)
    noise = rng.normal(1.0, 0.05, (len(use), 24)).clip(0.7, 1.3)
    hours = np.hstack([use[:, None] * part for part in (cycle * noise, 1.25 * cycle, np.ones_like(cycle))])
    return np.round(hours, DIGITS)


def _ahead(hours: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in hours.reshape(SCENARIOS, 24))


def _node(i: int, shape: Shape, given: tuple[float, float], used: tuple[Array, float, float]) -> Node:
    (cores, ram), (load, held, peak) = given, used
    now, day, week = (float(100.0 * part / cores) for part in load)
    mem = float(100.0 * held / ram)
    rising = 1.5 if i % 11 == 0 else 0.0
    own = 0.02 * cores
    return Node(
        name=f"pve{i:04d}", status="online", history_days=7.0, cpu_cores=float(cores), mem_bytes=float(ram) * GIB,
        cpu=NodeMetric(
            current_pct=now, avg_24h_pct=day, avg_7d_pct=week, std_7d_pct=week / 8.0, p95_7d_pct=now,
            max_7d_pct=float(100.0 * peak / cores), trend_pct_per_day=rising, trend_confidence="high",
        ),
        mem=NodeMetric(
            current_pct=mem, avg_24h_pct=mem, avg_7d_pct=mem, max_7d_pct=mem + 1.0,
            trend_pct_per_day=0.0, trend_confidence="low",
        ),
        iowait=NodeMetric(
            current_pct=2.0 + 12.0 * (i % 9 == 0), avg_24h_pct=2.0, avg_7d_pct=2.0, max_7d_pct=9.0,
            trend_pct_per_day=0.0, trend_confidence="low",
        ),
        load_avg_1m=float(load[0]), cpu_model="EPYC", pve_version="8.4.1",
        next_24h=NodeAhead(own_cpu_cores=((float(own),) * 24,) * SCENARIOS) if shape.ahead else None,
        storages=(
            Storage(name="ceph", type="rbd", shared=True, content=("images", "rootdir"), total_bytes=1e15,
                    used_bytes=4e14),
            Storage(name="local-lvm", type="lvmthin", content=("images", "rootdir"), total_bytes=8e12,
                    used_bytes=3e12 + 1e9 * i),
        ),
    )  # fmt: skip


def _guest(
    i: int, shape: Shape, placed: tuple[int, float, float], more: tuple[Array, float], gib: float = GIB
) -> Guest:
    (home, use, mem), (hours, chance) = placed, more
    local = chance < shape.local_share
    kind = "ct" if i % 4 == 0 else "vm"
    now = mem * gib
    return Guest(
        vmid=100 + i, name=f"guest-{i}", type=kind, node=f"pve{home:04d}", status="running",
        history_days=7.0, cpu_cores=float(np.ceil(use * 1.6) + 1.0), mem_bytes=float(np.ceil(1.4 * mem)) * gib,
        cpu_used_cores=CpuUse(
            current=use, avg_24h=0.95 * use, avg_7d=0.9 * use, std_7d=0.1 * use,
            p95_7d=(2.2 if i % 29 == 0 else 1.3) * use, max_7d=2.3 * use, trend_per_day=0.0, trend_confidence="low",
        ),
        mem_used_bytes=MemUse(current=now, avg_24h=now, avg_7d=now, p95_7d=1.02 * now, max_7d=1.03 * now),
        disk_read_bps=2e6 * (i % 7), disk_write_bps=1e6 * (i % 5), net_in_bps=1e6 * (i % 11), net_out_bps=1e6,
        next_24h=GuestAhead(cpu_cores=_ahead(hours)) if shape.ahead else None,
        tags=() if shape.plain else _tags(i, home), ha=HaState(managed=not shape.plain and i % 50 == 7),
        disks=(Disk(key="scsi0", storage="local-lvm" if local else "ceph", size_bytes=32.0 * gib, shared=not local),),
    )  # fmt: skip


def _tags(i: int, home: int) -> tuple[str, ...]:
    """Some guests keep apart, a few are pinned or left out."""
    if i % 100 < 3:
        return (f"exclude_set{i // 100}",)
    if i % 100 == 50:
        return (f"pin_pve{home:04d}", f"pin_pve{max(home - 1, 0):04d}")
    return ("ignore",) if i % 100 == 77 else ("web",)


def course(nodes: int, guests: int, hours: int, seed: int = 0) -> Course:
    """The past of a cluster: every guest with a daily cycle and noise of its own, on one node all the time."""
    snapshot = cluster(Shape(nodes=nodes, guests=guests, seed=seed))
    rng, hour = np.random.default_rng(seed), np.arange(hours)[:, None]
    level = np.array([guest.cpu_used_cores.avg_7d for guest in snapshot.guests])
    cycle = 1.0 + 0.6 * np.cos((hour - rng.integers(0, 24, guests)) * 2.0 * np.pi / 24.0)
    home = {node.name: i for i, node in enumerate(snapshot.nodes)}
    place = np.array([home[guest.node] for guest in snapshot.guests], dtype=np.intp)
    mem = np.array([guest.mem_used_bytes.avg_7d for guest in snapshot.guests])
    own = np.array([0.02 * node.cpu_cores for node in snapshot.nodes])
    return Course(
        snapshot=snapshot, start=int(TAKEN_AT.timestamp()) // 3600 * 3600 - 3600 * hours,
        own_cores=np.tile(own, (hours, 1)), own_mem=np.full((hours, nodes), 4.0 * GIB),
        iowait_pct=np.full((hours, nodes), 2.0), cores=level * cycle * rng.lognormal(-0.02, 0.2, (hours, guests)),
        mem=np.tile(mem, (hours, 1)), was_on=np.tile(place, (hours, 1)),
    )  # fmt: skip
