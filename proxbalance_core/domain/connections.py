"""A configured cluster, and how its collector fares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SourceKind = Literal["proxmox", "synthetic", "trace", "file"]


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
