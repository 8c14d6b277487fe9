"""What was measured of a cluster, as matrices in the order of its nodes and guests.

Used cores are counted in cores of speed 1: a core of a node with ``cpu_speed_factor`` 1.2 gives 1.2,
so that a guest's use says the same on every node.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from proxbalance_core.domain.cluster import Guest, Node
from proxbalance_core.domain.frames import HOURLY, RAW, checked
from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.features.hourly import HOUR_S, Hours, Places, positions
from proxbalance_core.features.placed import own_use, rebuilt

CURRENT_S = 900
_NODE_NOW = ("load_avg_1m", "cpu_some_pct", "mem_full_pct", "io_full_pct")
_GUEST_NOW = ("disk_read_bps", "disk_write_bps", "net_in_bps", "net_out_bps")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Frames of one cluster: contracts ``HOURLY`` and ``RAW`` of ``domain.frames``.

    ``node_raw`` and ``guest_raw`` reach back an hour or more; optional columns (pressure, load, traffic)
    are used where they are there.
    """

    node_hours: pd.DataFrame
    guest_hours: pd.DataFrame
    node_raw: pd.DataFrame
    guest_raw: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Hours [H], nodes [N], guests [G]; ``*_now`` are means of the last 15 minutes.

    Node windows hold what the node would have used with its present guests; iowait is its own.
    """

    node_cpu_pct: Floats
    node_cpu_now_pct: Floats
    node_mem_pct: Floats
    node_mem_now_pct: Floats
    node_iowait_pct: Floats
    node_iowait_now_pct: Floats
    node_coarse: Bools
    node_own_cores: Floats
    node_own_last_hour: Floats
    node_now: pd.DataFrame
    guest_cores: Floats
    guest_cores_now: Floats
    guest_cores_last_hour: Floats
    guest_mem_bytes: Floats
    guest_mem_now_bytes: Floats
    guest_coarse: Bools
    guest_runs: Bools
    guest_now: pd.DataFrame
    on_the_hour: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cluster:
    """Sizes and places; guests in samples that are gone come after the present ones."""

    names: tuple[str, ...]
    speed: Floats
    cores: Floats
    mem_bytes: Floats
    vmids: tuple[int, ...]
    present: int
    home: Ints
    runs: Bools


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Use of hosts beside their guests, and of guests, over the same times."""

    own_cores: Floats
    own_mem: Floats
    iowait_pct: Floats
    cores: Floats
    mem: Floats
    node_coarse: Bools
    guest_coarse: Bools


def measure(nodes: Sequence[Node], guests: Sequence[Guest], history: History, now: int) -> Measured:
    """Bring the frames into the order of ``nodes`` and ``guests``, at epoch second ``now``."""
    checked(history.node_hours, HOURLY["node"])
    checked(history.guest_hours, HOURLY["guest"])
    checked(history.node_raw, RAW["node"])
    checked(history.guest_raw, RAW["guest"])
    cluster = _cluster(nodes, guests, history)
    rows = _hourly_rows(cluster, history, now)
    week = rows.cores[-168:, : cluster.present], rows.mem[-168:, : cluster.present]
    current, current_tables = _present(cluster, history, rows, now, CURRENT_S)
    last_hour, _ = _present(cluster, history, rows, now, HOUR_S)
    spare = _spare(week[0], current.cores[0]), _spare(week[1], current.mem[0])
    cpu_pct, mem_pct = _node_pct(cluster, rows, spare)
    cpu_now, mem_now = _node_pct(cluster, current, spare)
    return Measured(
        node_cpu_pct=cpu_pct,
        node_cpu_now_pct=cpu_now[0],
        node_mem_pct=mem_pct,
        node_mem_now_pct=mem_now[0],
        node_iowait_pct=rows.iowait_pct,
        node_iowait_now_pct=current.iowait_pct[0],
        node_coarse=rows.node_coarse,
        node_own_cores=rows.own_cores,
        node_own_last_hour=last_hour.own_cores[0],
        node_now=current_tables[0],
        guest_cores=rows.cores[:, : cluster.present],
        guest_cores_now=current.cores[0, : cluster.present],
        guest_cores_last_hour=last_hour.cores[0, : cluster.present],
        guest_mem_bytes=rows.mem[:, : cluster.present],
        guest_mem_now_bytes=current.mem[0, : cluster.present],
        guest_coarse=rows.guest_coarse[:, : cluster.present],
        guest_runs=cluster.runs,
        guest_now=current_tables[1],
        on_the_hour=now % HOUR_S == 0,
    )


def _cluster(nodes: Sequence[Node], guests: Sequence[Guest], history: History) -> _Cluster:
    names = tuple(node.name for node in nodes)
    present = [guest.vmid for guest in guests]
    seen = {*history.guest_hours["vmid"].unique().tolist(), *history.guest_raw["vmid"].unique().tolist()}
    at = {name: i for i, name in enumerate(names)}
    return _Cluster(
        names=names,
        speed=np.array([node.cpu_speed_factor for node in nodes], dtype=float),
        cores=np.array([node.cpu_cores for node in nodes], dtype=float),
        mem_bytes=np.array([node.mem_bytes for node in nodes], dtype=float),
        vmids=(*present, *sorted(seen - set(present))),
        present=len(present),
        home=np.array([at[guest.node] for guest in guests], dtype=np.intp),
        runs=np.array([guest.running for guest in guests], dtype=bool),
    )


def _hourly_rows(cluster: _Cluster, history: History, now: int) -> _Rows:
    frames = history.node_hours, history.guest_hours
    first = min((int(frame["ts"].min()) for frame in frames if len(frame)), default=now)
    hours = Hours.before(now, max(1, now // HOUR_S - first // HOUR_S))
    return _rows(cluster, frames[0], frames[1], hours)


def _rows(cluster: _Cluster, nodes: pd.DataFrame, guests: pd.DataFrame, hours: Hours) -> _Rows:
    at = Places.of(nodes, "node", cluster.names, hours)
    of = Places.of(guests, "vmid", cluster.vmids, hours)
    was_on = of.matrix(positions(guests, "node", cluster.names), absent=-1).astype(np.intp)
    cores = of.matrix(guests["cpu_used_cores"].to_numpy()) * _speed_there(cluster, was_on)
    mem = of.matrix(guests["mem_used_bytes"].to_numpy())
    total_cores = at.matrix(nodes["cpu_pct"].to_numpy()) / 100.0 * cluster.cores * cluster.speed
    return _Rows(
        own_cores=own_use(total_cores, cores, was_on),
        own_mem=own_use(at.matrix(nodes["mem_used_bytes"].to_numpy()), mem, was_on),
        iowait_pct=at.matrix(nodes["iowait_pct"].to_numpy()),
        cores=cores,
        mem=mem,
        node_coarse=at.matrix(nodes["step_s"].to_numpy(), absent=0.0) > HOUR_S,
        guest_coarse=of.matrix(guests["step_s"].to_numpy(), absent=0.0) > HOUR_S,
    )


def _speed_there(cluster: _Cluster, was_on: Ints) -> Floats:
    if not len(cluster.speed):
        return np.ones(was_on.shape)
    return np.where(was_on >= 0, cluster.speed[was_on], 1.0)


def _present(
    cluster: _Cluster, history: History, rows: _Rows, now: int, span_s: int
) -> tuple[_Rows, tuple[pd.DataFrame, pd.DataFrame]]:
    """Means of the raw rows of the last ``span_s`` as one "hour"; the last stored hour without any."""
    nodes = _within(history.node_raw, now, span_s)
    guests = _within(history.guest_raw, now, span_s)
    there = positions(guests, "node", cluster.names)
    guests = guests.assign(cpu_used_cores=guests["cpu_used_cores"].to_numpy() * _speed_there(cluster, there))
    node_means = _means(nodes, "node", cluster.names, ("cpu_pct", "mem_used_bytes", "iowait_pct", *_NODE_NOW))
    guest_means = _means(guests, "vmid", cluster.vmids, ("cpu_used_cores", "mem_used_bytes", *_GUEST_NOW))
    tables = node_means, guest_means
    if nodes.empty and guests.empty and _ends_now(history, now):
        return _last_row(rows), tables
    total_cores = node_means["cpu_pct"].to_numpy() / 100.0 * cluster.cores * cluster.speed
    cores_there, mem_there = _shares(cluster, guests, there)
    return (
        _Rows(
            own_cores=np.maximum(total_cores - cores_there, 0.0)[None],
            own_mem=np.maximum(node_means["mem_used_bytes"].to_numpy() - mem_there, 0.0)[None],
            iowait_pct=node_means["iowait_pct"].to_numpy()[None],
            cores=guest_means["cpu_used_cores"].to_numpy()[None],
            mem=guest_means["mem_used_bytes"].to_numpy()[None],
            node_coarse=np.zeros((1, len(cluster.names)), dtype=bool),
            guest_coarse=np.zeros((1, len(cluster.vmids)), dtype=bool),
        ),
        tables,
    )


def _shares(cluster: _Cluster, guests: pd.DataFrame, there: Ints) -> tuple[Floats, Floats]:
    """Cores and bytes of guests on each node, a guest that moved meanwhile by the share of its time there."""
    who = positions(guests, "vmid", cluster.vmids)
    rows_of = np.bincount(who, minlength=len(cluster.vmids))
    on = there >= 0
    sums = []
    for name in ("cpu_used_cores", "mem_used_bytes"):
        weights = np.nan_to_num(guests[name].to_numpy()) / rows_of[who]
        sums.append(np.bincount(there[on], weights[on], len(cluster.names)).astype(np.float64))
    return sums[0], sums[1]


def _within(raw: pd.DataFrame, now: int, span_s: int) -> pd.DataFrame:
    return raw[(raw["ts"] > now - span_s) & (raw["ts"] <= now)]


def _means(raw: pd.DataFrame, key: str, series: Sequence[Hashable], names: Sequence[str]) -> pd.DataFrame:
    there = [name for name in names if name in raw]
    means = raw.groupby(key, observed=True)[there].mean()
    means.index = pd.Index(list(means.index))
    return means.reindex(index=pd.Index(list(series)), columns=list(names)).astype(float)


def _ends_now(history: History, now: int) -> bool:
    """Whether the hourly rows reach up to the present (history that came without samples)."""
    frame = history.node_hours
    return bool(len(frame)) and int(frame["ts"].max()) + HOUR_S > now - CURRENT_S


def _last_row(rows: _Rows) -> _Rows:
    return _Rows(
        own_cores=rows.own_cores[-1:], own_mem=rows.own_mem[-1:], iowait_pct=rows.iowait_pct[-1:],
        cores=rows.cores[-1:], mem=rows.mem[-1:],
        node_coarse=rows.node_coarse[-1:], guest_coarse=rows.guest_coarse[-1:],
    )  # fmt: skip


def _spare(week: Floats, current: Floats) -> Floats:
    """What stands in for a guest's gaps: its mean, else its present level."""
    known = np.isfinite(week)
    count = known.sum(axis=0)
    mean = np.divide(np.where(known, week, 0.0).sum(axis=0), count, out=np.full(week.shape[1], np.nan), where=count > 0)
    return np.where(count > 0, mean, current[: week.shape[1]])


def _node_pct(cluster: _Cluster, rows: _Rows, spare: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """CPU and memory of nodes with the guests that run on them now [percent]."""
    runs = np.flatnonzero(cluster.runs)
    home = cluster.home[runs]
    cores = rebuilt(rows.own_cores, rows.cores[:, runs], home, spare[0][runs])
    mem = rebuilt(rows.own_mem, rows.mem[:, runs], home, spare[1][runs])
    return 100.0 * cores / (cluster.cores * cluster.speed), 100.0 * mem / cluster.mem_bytes
