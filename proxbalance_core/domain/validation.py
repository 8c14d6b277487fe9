"""Whether a move may be made now: what is asked just before it, and the answer check by check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.observed import Preconditions

CheckName = Literal[
    "staleness", "guest_state", "target_state", "storage", "resources", "locks_and_snapshots", "affinity",
    "migrate_precondition",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check; ``detail`` is a sentence with the figures, also when it passed."""

    check: CheckName
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A move, checked: it may be made when every check passed; ``warnings`` are worth a look before."""

    vmid: int
    source: str
    target: str
    passed: bool
    checks: tuple[Check, ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A plain document of the validation."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshFacts:
    """What was found out just before a move.

    ``snapshot`` is the cluster as it is now; None when it couldn't be read, and ``unread`` says why.
    ``preconditions`` is Proxmox's own answer; None with ``unanswered`` when asking failed, None alone when
    there is nobody to ask (a snapshot from a file).
    """

    snapshot: ClusterSnapshot | None
    unread: str = ""
    preconditions: Preconditions | None = None
    unanswered: str = ""
