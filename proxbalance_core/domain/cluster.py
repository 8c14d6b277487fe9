"""One cluster at one moment: the values of ``proxbalance.snapshot/1``.

Plain frozen dataclasses. A float that was not measured is NaN. On construction nodes are sorted by
name, guests by vmid and rules by name, so that nothing depends on the order of rows, and what
contradicts itself is refused (:class:`~proxbalance_core.errors.SnapshotInvalid`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Literal

from proxbalance_core.domain.units import NAN, Count, HourOfDay, NonNegative, Positive

_JSON_NAMES = {"source_node": "from", "target_node": "to"}
VALUE_CONFIG: dict[str, Any] = {
    "extra": "forbid",
    "strict": True,
    "allow_inf_nan": False,
    "alias_generator": lambda name: _JSON_NAMES.get(name, name),
}
Scenarios = tuple[tuple[float, ...], ...]
Confidence = Literal["high", "medium", "low"]


class Value:
    """Common base: how pydantic reads the value from JSON."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, Any]] = VALUE_CONFIG


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMetric(Value):
    """Windows of one node metric [percent of capacity, unclipped]."""

    current_pct: float = NAN
    avg_24h_pct: float = NAN
    avg_7d_pct: float = NAN
    std_7d_pct: NonNegative = NAN
    p95_7d_pct: float = NAN
    max_7d_pct: float = NAN
    trend_pct_per_day: float = NAN
    trend_confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuUse(Value):
    """Windows of the CPU a guest uses [cores]; its peaks are of hourly means."""

    current: float = NAN
    avg_24h: float = NAN
    avg_7d: float = NAN
    std_7d: NonNegative = NAN
    p95_7d: float = NAN
    max_7d: float = NAN
    trend_per_day: float = NAN
    trend_confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemUse(Value):
    """Windows of the memory a guest uses [bytes]."""

    current: NonNegative = NAN
    avg_24h: NonNegative = NAN
    avg_7d: NonNegative = NAN
    std_7d: NonNegative = NAN
    p95_7d: NonNegative = NAN
    max_7d: NonNegative = NAN
    trend_per_day: float = NAN
    trend_confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure(Value):
    """Pressure stall information of a node [percent of time stalled] (Proxmox VE 9)."""

    cpu_some_pct: float = NAN
    mem_full_pct: float = NAN
    io_full_pct: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage(Value):
    """One storage as a node sees it [bytes].

    ``growth_*`` is how fast its use grows [bytes a day] and the bounds of that (80 %), over ``history_days``.
    """

    name: str
    type: str = ""
    shared: bool = False
    active: bool = True
    content: tuple[str, ...] = ()
    total_bytes: NonNegative = NAN
    used_bytes: NonNegative = NAN
    growth_bytes_per_day: float = NAN
    growth_low_bytes_per_day: float = NAN
    growth_high_bytes_per_day: float = NAN
    history_days: NonNegative = NAN

    @property
    def used_pct(self) -> float:
        """Used of total [percent]; NaN where not measured."""
        return 100.0 * self.used_bytes / self.total_bytes if self.total_bytes > 0 else NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAhead(Value):
    """What a node will use beside its guests: 1-5 scenarios of 24 hourly means [cores]."""

    own_cpu_cores: Scenarios = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestAhead(Value):
    """What a guest will use: 1-5 scenarios of 24 hourly means [cores]."""

    cpu_cores: Scenarios = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringPeak(Value):
    """A peak of CPU that comes on nearly every day in the same ``hours`` of the day (of the cluster's zone).

    ``peak_pct`` is the mean of its highest hours over the ``days`` seen, ``rest_pct`` what 95 % of the other hours stay
    under; percent.
    """

    hours: tuple[HourOfDay, ...]
    days: Count
    peak_pct: float
    rest_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Value):
    """One Proxmox host."""

    name: str
    status: Literal["online", "offline", "unknown"]
    maintenance: bool = False
    history_days: NonNegative = NAN
    cpu_cores: NonNegative = NAN
    cpu_speed_factor: Positive = 1.0
    mem_bytes: NonNegative = NAN
    cpu: NodeMetric = NodeMetric()
    mem: NodeMetric = NodeMetric()
    iowait: NodeMetric = NodeMetric()
    pressure: Pressure | None = None
    load_avg_1m: NonNegative = NAN
    cpu_model: str | None = None
    pve_version: str | None = None
    next_24h: NodeAhead | None = None
    recurring_peak: RecurringPeak | None = None
    storages: tuple[Storage, ...] | None = None

    @property
    def online(self) -> bool:
        return self.status == "online"

    @property
    def measured(self) -> bool:
        """Online, with a current CPU and memory figure: the node can be scored."""
        return (
            self.online
            and self.cpu.current_pct == self.cpu.current_pct
            and self.mem.current_pct == self.mem.current_pct
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk(Value):
    """One disk or mount point of a guest."""

    key: str
    storage: str | None = None
    size_bytes: NonNegative = NAN
    shared: bool = False
    passthrough: bool = False
    bind_mount: bool = False
    cdrom: bool = False

    @property
    def local_copy(self) -> bool:
        """Whether a migration has to copy this disk."""
        return not (self.shared or self.passthrough or self.bind_mount or self.cdrom) and self.storage is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class HaState(Value):
    """Whether Proxmox's HA manager looks after the guest."""

    managed: bool = False
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMove(Value):
    """A migration that happened (its nodes may be gone)."""

    at: datetime
    source_node: str
    target_node: str


@lru_cache(maxsize=4096)
def _parted(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(part for tag in tags for part in re.split(r"[;,\s]+", tag.lower()) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest(Value):
    """One VM or container."""

    vmid: Count
    type: Literal["vm", "ct"]
    node: str
    status: Literal["running", "stopped", "paused", "suspended", "unknown"]
    name: str | None = None
    template: bool = False
    history_days: NonNegative = NAN
    cpu_cores: NonNegative = NAN
    cpu_used_cores: CpuUse = CpuUse()
    mem_bytes: NonNegative = NAN
    mem_used_bytes: MemUse = MemUse()
    disk_read_bps: NonNegative = NAN
    disk_write_bps: NonNegative = NAN
    net_in_bps: NonNegative = NAN
    net_out_bps: NonNegative = NAN
    next_24h: GuestAhead | None = None
    tags: tuple[str, ...] = ()
    pool: str | None = None
    lock: str | None = None
    snapshots: Count = 0
    cpu_type: str | None = None
    ha: HaState = HaState()
    pci_passthrough: bool = False
    usb_passthrough: bool = False
    muted_until: datetime | None = None
    disks: tuple[Disk, ...] = ()
    moves: tuple[PastMove, ...] = ()

    @property
    def running(self) -> bool:
        return self.status == "running"

    @property
    def tag_set(self) -> frozenset[str]:
        """Its tags in lower case; what Proxmox joins by ``;``, ``,`` or a space is taken apart."""
        return _parted(self.tags)

    @property
    def sid(self) -> str:
        """The HA id: ``vm:101`` or ``ct:102``."""
        return f"{self.type}:{self.vmid}"

    @property
    def label(self) -> str:
        """What a person calls it: its name, else its HA id."""
        return self.name or self.sid


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Value):
    """A Proxmox HA rule (or a group of Proxmox VE 8): hard if ``strict``, else it costs points."""

    name: str
    kind: Literal["resource-affinity", "node-affinity"]
    affinity: Literal["positive", "negative"] | None = None
    strict: bool = True
    guests: tuple[int, ...] = ()
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOutcome(Value):
    """What an earlier migration was predicted to bring and what it brought [points]."""

    at: datetime
    vmid: Count
    source: str
    target: str
    reason: str
    predicted_points: float
    realised_points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Crs(Value):
    """Proxmox's own scheduler: what it does by itself."""

    ha: Literal["basic", "static", "dynamic"] = "basic"
    auto_rebalance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class ClusterSnapshot(Value):
    """A cluster at one moment, with the windows that scoring needs."""

    cluster: str
    taken_at: datetime
    timezone: str = "UTC"
    quorate: bool | None = None
    crs: Crs | None = None
    migration_bandwidth_bps: Positive = NAN
    nodes: tuple[Node, ...] = ()
    guests: tuple[Guest, ...] = ()
    rules: tuple[Rule, ...] = ()
    outcomes: tuple[PastOutcome, ...] = ()

    def __post_init__(self) -> None:
        from proxbalance_core.domain.refusals import refuse_contradictions

        refuse_contradictions(self)
        for name, key in (("nodes", "name"), ("guests", "vmid"), ("rules", "name")):
            rows = getattr(self, name)
            object.__setattr__(self, name, tuple(sorted(rows, key=lambda row: getattr(row, key))))

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> ClusterSnapshot:
        """Read a ``proxbalance.snapshot/1`` document.

        Raises
        ------
        SnapshotInvalid
            With one sentence that names the key at fault.
        """
        from proxbalance_core.domain.documents import snapshot_from_dict

        return snapshot_from_dict(document)

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.snapshot/1`` document; what was not measured is left out."""
        from proxbalance_core.domain.documents import snapshot_to_dict

        return snapshot_to_dict(self)

    def with_moves(self, moves: Iterable[tuple[int, str]]) -> ClusterSnapshot:
        """The cluster as it would be after ``moves`` of (vmid, target), in order (scoring, section 4)."""
        from proxbalance_core.domain.placement import with_moves

        return with_moves(self, tuple(moves))
