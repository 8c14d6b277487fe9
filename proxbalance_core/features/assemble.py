"""Inventory and history to a snapshot: the one place where windows of nodes and guests are made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from proxbalance_core.domain.cluster import (
    ClusterSnapshot,
    Guest,
    GuestAhead,
    Node,
    NodeAhead,
    PastMove,
    PastOutcome,
    Pressure,
    Scenarios,
)
from proxbalance_core.domain.observed import Inventory, StorageLevel
from proxbalance_core.domain.records import MoveRecord
from proxbalance_core.domain.units import NAN, first_known, known
from proxbalance_core.features.arrays import Floats
from proxbalance_core.features.hourly import HOUR_S
from proxbalance_core.features.measured import History, Measured, measure
from proxbalance_core.features.peaks import recurring_peaks
from proxbalance_core.features.storages import growing, growths
from proxbalance_core.features.windows import Windows, windows

MIN_FORECAST_HOURS = 24
_DIGITS = 4
Ahead = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is known beside inventory and samples.

    ``mutes`` are vmids and until when; ``maintained`` nodes are planned as if in maintenance.
    """

    moves: tuple[MoveRecord, ...] = ()
    mutes: Mapping[int, datetime] = field(default_factory=lambda: MappingProxyType({}))
    maintained: frozenset[str] = frozenset()
    outcomes: tuple[PastOutcome, ...] = ()
    timezone: str = "UTC"
    migration_bandwidth_bps: float = NAN
    storage_levels: tuple[StorageLevel, ...] = ()


def assemble(
    inventory: Inventory,
    history: History,
    now: datetime,
    remembered: Remembered | None = None,
    ahead: Ahead | None = None,
) -> ClusterSnapshot:
    """The cluster as scoring needs it, at ``now``.

    Parameters
    ----------
    history : History
        Hourly rows of 7 days or more and raw rows of the last hour.
    ahead : callable, optional
        Hourly values (hours, series) to scenarios (scenarios, 24, series): ``forecast.forecast_scenarios``.
        Its first hour is the one that begins at or after ``now``.
    """
    remembered = remembered or Remembered()
    nodes, guests = _known_nodes(inventory), tuple(_described(guest) for guest in inventory.guests)
    measured = measure(nodes, guests, history, int(now.timestamp()))
    coming = _scenarios(measured, ahead)
    return ClusterSnapshot(
        cluster=inventory.cluster,
        taken_at=now,
        timezone=remembered.timezone,
        quorate=inventory.quorate,
        crs=inventory.crs,
        migration_bandwidth_bps=remembered.migration_bandwidth_bps,
        nodes=_nodes(nodes, measured, coming, remembered, now),
        guests=_guests(guests, measured, coming, remembered, now),
        rules=inventory.rules,
        outcomes=remembered.outcomes,
    )


def _known_nodes(inventory: Inventory) -> tuple[Node, ...]:
    """Nodes with what an online one must have, and those that only guests speak of."""
    nodes = [
        dataclasses.replace(node, status="unknown")
        if node.online and not (node.cpu_cores > 0 and node.mem_bytes > 0)
        else node
        for node in inventory.nodes
    ]
    unseen = sorted({guest.node for guest in inventory.guests} - {node.name for node in nodes})
    return (*nodes, *(Node(name=name, status="unknown") for name in unseen))


def _described(guest: Guest) -> Guest:
    """A guest of unknown size can't be placed: its status is unknown; a name may be empty."""
    if guest.status == "unknown":
        return guest
    if not (known(guest.cpu_cores) and known(guest.mem_bytes)):
        return dataclasses.replace(guest, status="unknown")
    return guest if guest.name is not None else dataclasses.replace(guest, name="")


def _nodes(
    nodes: tuple[Node, ...], measured: Measured, coming: _Coming, remembered: Remembered, now: datetime
) -> tuple[Node, ...]:
    cpu = windows(measured.node_cpu_pct, measured.node_cpu_now_pct, measured.node_coarse)
    mem = windows(measured.node_mem_pct, measured.node_mem_now_pct, measured.node_coarse)
    iowait = windows(measured.node_iowait_pct, measured.node_iowait_now_pct, measured.node_coarse)
    grown = growths(remembered.storage_levels)
    full = int(now.timestamp()) // HOUR_S * HOUR_S
    peaks = recurring_peaks(measured.node_cpu_pct, full, ZoneInfo(remembered.timezone))
    return tuple(
        dataclasses.replace(
            node,
            maintenance=node.maintenance or node.name in remembered.maintained,
            history_days=_days(cpu, i),
            cpu=cpu.node_metric(i),
            mem=mem.node_metric(i),
            iowait=iowait.node_metric(i),
            pressure=_pressure(measured.node_now, i) or node.pressure,
            storages=growing(node, grown),
            load_avg_1m=first_known(node.load_avg_1m, round(float(measured.node_now["load_avg_1m"].iloc[i]), _DIGITS)),
            recurring_peak=peaks[i],
            next_24h=None if coming.nodes[i] is None else NodeAhead(own_cpu_cores=coming.nodes[i] or ()),
        )
        if node.online
        else node
        for i, node in enumerate(nodes)
    )


def _days(made: Windows, i: int) -> float:
    return round(float(made.history_days[i]), 2)


def _pressure(now: pd.DataFrame, i: int) -> Pressure | None:
    some, mem, io = (
        round(float(now[name].iloc[i]), _DIGITS) for name in ("cpu_some_pct", "mem_full_pct", "io_full_pct")
    )
    if not any(known(value) for value in (some, mem, io)):
        return None
    return Pressure(cpu_some_pct=some, mem_full_pct=mem, io_full_pct=io)


def _guests(
    guests: tuple[Guest, ...], measured: Measured, coming: _Coming, remembered: Remembered, now: datetime
) -> tuple[Guest, ...]:
    cpu = windows(measured.guest_cores, measured.guest_cores_now, measured.guest_coarse)
    mem = windows(measured.guest_mem_bytes, measured.guest_mem_now_bytes, measured.guest_coarse)
    moves = _past_moves(remembered.moves)
    made = []
    for i, guest in enumerate(guests):
        until = remembered.mutes.get(guest.vmid)
        made.append(
            dataclasses.replace(
                _with_traffic(guest, measured.guest_now, i),
                history_days=_days(cpu, i),
                cpu_used_cores=cpu.cpu_use(i),
                mem_used_bytes=mem.mem_use(i),
                next_24h=None if coming.guests[i] is None else GuestAhead(cpu_cores=coming.guests[i] or ()),
                muted_until=until if until is not None and until > now else guest.muted_until,
                moves=tuple(sorted({*guest.moves, *moves.get(guest.vmid, ())}, key=lambda move: move.at)),
            )
        )
    return tuple(made)


def _with_traffic(guest: Guest, now: pd.DataFrame, i: int) -> Guest:
    """With disk and network traffic [bytes/s] of the samples, where there are any."""

    def measured(name: str) -> float:
        return first_known(float(np.rint(now[name].iloc[i])), getattr(guest, name))

    return dataclasses.replace(
        guest,
        disk_read_bps=measured("disk_read_bps"),
        disk_write_bps=measured("disk_write_bps"),
        net_in_bps=measured("net_in_bps"),
        net_out_bps=measured("net_out_bps"),
    )


def _past_moves(moves: tuple[MoveRecord, ...]) -> dict[int, list[PastMove]]:
    by_guest: dict[int, list[PastMove]] = {}
    for move in moves:
        past = PastMove(at=move.at, source_node=move.source, target_node=move.target)
        by_guest.setdefault(move.vmid, []).append(past)
    return by_guest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coming:
    """Scenarios of each node's own use and of each guest [cores]; None without enough history."""

    nodes: tuple[Scenarios | None, ...]
    guests: tuple[Scenarios | None, ...]


def _scenarios(measured: Measured, ahead: Ahead | None) -> _Coming:
    """Forecasts from all hours and, in place of the running one, the last 60 minutes.

    That row stands for the hour that ends at the next full one, so that the forecast begins there.
    """
    n, g = measured.node_own_cores.shape[1], measured.guest_cores.shape[1]
    if ahead is None:
        return _Coming(nodes=(None,) * n, guests=(None,) * g)
    hours = np.concatenate((measured.node_own_cores, measured.guest_cores), axis=1)
    if not measured.on_the_hour:
        running = np.concatenate((measured.node_own_last_hour, measured.guest_cores_last_hour))
        hours = np.concatenate((hours, running[None]))
    enough = np.isfinite(hours).sum(axis=0) >= MIN_FORECAST_HOURS
    enough[n:] &= measured.guest_runs
    made: list[Scenarios | None] = [None] * (n + g)
    places = np.flatnonzero(enough)
    if len(places):
        coming = np.round(np.maximum(ahead(hours[:, places]), 0.0), _DIGITS)
        whole = np.atleast_1d(np.isfinite(coming).all(axis=(0, 1)))
        for j, place in enumerate(places.tolist()):
            if whole[j]:
                made[place] = tuple(map(tuple, coming[:, :, j].tolist()))
    return _Coming(nodes=tuple(made[:n]), guests=tuple(made[n:]))
