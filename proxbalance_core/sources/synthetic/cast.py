"""Who plays in the demo cluster, read from its seed file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from proxbalance_core.domain.units import GIB, MIB
from proxbalance_core.errors import MalformedResponse

SEED_FORMAT = "proxbalance.demo-seed/1"
_CONFIG = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How load goes over day and week: ``swing`` around the mean, highest at ``peak_hour`` (UTC)."""

    __pydantic_config__ = _CONFIG
    swing: float = 0.0
    peak_hour: float = 14.0
    weekend: float = 1.0
    noise: float = 0.1
    burst_chance: float = 0.0
    burst_height: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoNode:
    """A host of the demo."""

    __pydantic_config__ = _CONFIG
    name: str
    cpu_cores: int
    mem_gb: float
    cpu_model: str
    own_cores: float = 0.4
    own_mem_gb: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoGuest:
    """A guest of the demo: ``load`` and ``mem`` are mean fractions of what it was given."""

    __pydantic_config__ = _CONFIG
    vmid: int
    name: str
    node: str
    type: str = "vm"
    cpu_cores: int = 2
    mem_gb: float = 4.0
    load: float = 0.1
    mem: float = 0.6
    rhythm: str = "flat"
    leak_pct_per_day: float = 0.0
    disk_mbps: float = 0.3
    net_mbps: float = 0.2
    storage: str = "ceph-rbd"
    disk_gb: float = 32.0
    tags: tuple[str, ...] = ()
    pool: str | None = None
    status: str = "running"
    template: bool = False
    ha: bool = False
    pci_passthrough: bool = False
    usb_passthrough: bool = False
    bind_mount: bool = False
    passthrough_disk: bool = False
    snapshots: int = 0
    lock: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStorage:
    """A storage; a local one stands on every node with its own content."""

    __pydantic_config__ = _CONFIG
    name: str
    type: str
    shared: bool
    content: tuple[str, ...]
    total_gb: float
    used_share: float
    grows_on: tuple[str, ...] = ()
    grows_share_per_day: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRule:
    """An HA rule of the demo."""

    __pydantic_config__ = _CONFIG
    name: str
    kind: str
    affinity: str | None = None
    strict: bool = True
    guests: tuple[int, ...]
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """All of the demo cluster at its beginning."""

    __pydantic_config__ = _CONFIG
    cluster: str
    seed: int
    pve_version: str
    bandwidth_mbps: float
    rhythms: dict[str, Rhythm]
    nodes: tuple[DemoNode, ...]
    guests: tuple[DemoGuest, ...]
    storages: tuple[DemoStorage, ...]
    rules: tuple[DemoRule, ...] = ()

    @property
    def bandwidth_bps(self) -> float:
        return self.bandwidth_mbps * MIB


def read_cast(path: Path) -> Cast:
    """The cast in a ``proxbalance.demo-seed/1`` file.

    Raises
    ------
    MalformedResponse
        When the file can't be read as one.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        if document.pop("format", None) != SEED_FORMAT:
            raise MalformedResponse(f"The demo's seed {path} is not a '{SEED_FORMAT}' file.", path=str(path))
        return TypeAdapter(Cast).validate_python(document)
    except (OSError, ValueError, AttributeError) as error:
        what = error.errors()[0]["loc"] if isinstance(error, ValidationError) else error
        raise MalformedResponse(f"The demo's seed {path} can't be read: {what}.", path=str(path)) from None


def gb(value: float) -> float:
    """GB as bytes."""
    return value * GIB
