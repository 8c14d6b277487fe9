"""A configured cluster, and how its collector fares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SourceKind = Literal["proxmox", "synthetic", "trace", "file"]
CollectorPlace = Literal["running here", "running elsewhere", "stopped"]
LIVE: tuple[SourceKind, ...] = ("proxmox", "synthetic")
# What an attempt is told to have failed at when it reached the cluster, and could not read all of it.
NOTES = "notes"
STALE_ROUNDS, STALE_MIN_S = 5, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One cluster to look after. ``options`` are what its source needs, never a secret."""

    id: str
    title: str
    source: SourceKind
    created_at: datetime
    options: tuple[tuple[str, str], ...] = ()

    def option(self, key: str, default: str = "") -> str:
        """The value of one option, ``default`` if it was not given."""
        return dict(self.options).get(key, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorStatus:
    """What the collector of a connection did last; ``rounds`` counts the complete ones."""

    last_attempt: datetime | None = None
    last_success: datetime | None = None
    last_error: str | None = None
    error_kind: str | None = None
    consecutive_failures: int = 0
    rounds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """How a connection fares; ``age_s`` are the seconds since the last success (None before it)."""

    cid: str
    title: str
    source: SourceKind
    last_success: datetime | None
    last_attempt: datetime | None
    last_error: str | None
    error_kind: str | None
    stale: bool
    age_s: float | None
    collector: CollectorPlace
    rounds: int

    @property
    def live(self) -> bool:
        """Whether there is something to collect: a file says how things were."""
        return self.source in LIVE

    @property
    def failed(self) -> bool:
        """Whether the last attempt did not reach the cluster; one that could not read all of it did."""
        return self.last_error is not None and self.error_kind not in (None, NOTES)


def stale_after_s(interval_s: float) -> float:
    """How old figures may grow before they are stale [s]: five rounds missed, but never under five minutes."""
    return max(STALE_MIN_S, STALE_ROUNDS * interval_s)
