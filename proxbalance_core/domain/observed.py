"""What a metric source says: inventory and samples, in our units; and the door that sources implement.

A source never blends or averages: it hands over what it was told, in cores, bytes, percent and
bytes per second, NaN where nothing was measured.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from proxbalance_core.domain.cluster import Crs, Guest, Node, Rule
from proxbalance_core.domain.units import NAN

Timeframe = Literal["hour", "day", "week", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSample:
    """One node at one time: an instant (``step_s`` 0) or the mean of ``step_s`` seconds from ``ts`` on.

    ``ts`` is epoch seconds (UTC); ``cpu_pct``, ``iowait_pct`` and the pressures are percent.
    """

    ts: int
    node: str
    step_s: int = 0
    cpu_pct: float = NAN
    cpu_max_pct: float = NAN
    cpu_cores: float = NAN
    mem_used_bytes: float = NAN
    mem_bytes: float = NAN
    iowait_pct: float = NAN
    load_avg_1m: float = NAN
    cpu_some_pct: float = NAN
    mem_full_pct: float = NAN
    io_full_pct: float = NAN
    net_in_bps: float = NAN
    net_out_bps: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSample:
    """One guest at one time; ``node`` is where it was then."""

    ts: int
    vmid: int
    node: str
    step_s: int = 0
    running: bool = True
    cpu_used_cores: float = NAN
    cpu_max_cores: float = NAN
    cpu_cores: float = NAN
    mem_used_bytes: float = NAN
    mem_bytes: float = NAN
    disk_read_bps: float = NAN
    disk_write_bps: float = NAN
    net_in_bps: float = NAN
    net_out_bps: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What there is now. Nodes and guests carry what is known but no windows (those come from the store).

    ``notes`` say in one sentence each what could not be read and why; ``complete`` is False when
    guests or nodes may be missing from it, so that absence must not be read as deletion; ``unread`` are
    vmids whose config was asked for and not read, so that an older one stands, or none; ``timezone`` is the
    one that the nodes' clocks are set to, where the source tells.
    """

    cluster: str
    at: datetime
    nodes: tuple[Node, ...]
    guests: tuple[Guest, ...]
    rules: tuple[Rule, ...] = ()
    quorate: bool | None = None
    crs: Crs | None = None
    complete: bool = True
    notes: tuple[str, ...] = ()
    unread: tuple[int, ...] = ()
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Samples of one round."""

    nodes: tuple[NodeSample, ...] = ()
    guests: tuple[GuestSample, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLevel:
    """How full a storage was at a time [epoch s]: a node's own, or a shared one (``node`` "")."""

    ts: int
    storage: str
    node: str = ""
    used_bytes: float = NAN
    total_bytes: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDescription:
    """What a source is and what it may do.

    ``grants`` are the commands that grant the ``missing_privileges``, in their order;
    ``node_fingerprints`` are of all nodes' certificates, where the source knows them.
    """

    kind: str
    title: str
    version: str | None = None
    cluster: str | None = None
    fingerprint: str | None = None
    may_act: bool = False
    missing_privileges: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    node_fingerprints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Whose history is asked for: a node by name, or a guest by vmid (and type)."""

    kind: Literal["node", "guest"]
    name: str
    vmid: int | None = None
    type: Literal["vm", "ct"] | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preconditions:
    """What the cluster itself says of moving one guest to one node, before it is asked to do it.

    ``objections`` are reasons why it would refuse, ``notes`` what else it would do; ``known`` is False where
    this version of Proxmox has no such question (containers before 9).
    """

    objections: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    known: bool = True


class MetricSource(Protocol):
    """The one door to metrics. Every method may raise a :class:`~proxbalance_core.errors.SourceError`.

    Only ``history`` is asked from several threads at once.
    """

    def describe(self) -> SourceDescription:
        """What this source is and may do; checks the credentials."""

    def snapshot_inventory(self, anew: Collection[int] = ()) -> Inventory:
        """Nodes, guests, storages, rules and options as they are now.

        What a source reads in turns (guest configs) is read ``anew`` for these vmids.
        """

    def samples(self, since: datetime | None = None) -> Samples:
        """Current figures; sources that keep history give all rows after ``since``."""

    def history(self, entity: Entity, timeframe: Timeframe) -> Samples:
        """Back-fill rows of one entity, oldest first."""

    def storage_history(self) -> tuple[StorageLevel, ...]:
        """How full storages were before the first round, oldest first; empty where the source doesn't know."""

    def preconditions(self, vmid: int, target: str) -> Preconditions:
        """Whether the cluster would move a guest to a node; nothing is changed by asking."""

    def close(self) -> None:
        """Give back connections."""
