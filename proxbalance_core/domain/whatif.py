"""What becomes of a cluster after changes: the values of ``proxbalance.whatif/1`` and ``proxbalance.place/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from proxbalance_core.domain.changes import Change
from proxbalance_core.domain.plans import Plan
from proxbalance_core.domain.results import Evaluation, Kind, Rating, Violation

WHATIF_FORMAT = "proxbalance.whatif/1"
PLACE_FORMAT = "proxbalance.place/1"
Fate = Literal["kept", "grown", "added", "lost", "drained"]
Verdict = Literal["fits", "tight", "overloaded", "does_not_fit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFate:
    """What the changes do to a node: its cores and RAM [bytes] today and then (None: it isn't there, or not known)."""

    node: str
    fate: Fate
    cpu_cores_before: float | None
    cpu_cores: float | None
    mem_bytes_before: float | None
    mem_bytes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A guest that starts on ``target``: of a lost node (``source``), or a new one (None)."""

    vmid: int
    name: str
    type: str
    source: str | None
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A guest without a place: it can't start anywhere, or can't leave a node that is to be emptied.

    ``reason`` is one of the skip reasons, or ``local_disk``; ``missing_bytes`` is the memory that would hold it on
    ``nearest``, the node that lacks the least (both None where it isn't memory). Summed up they hold all of them.
    """

    vmid: int
    name: str
    type: str
    node: str | None
    reason: str
    detail: str
    missing_bytes: float | None = None
    nearest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedMove:
    """A move that the engine advises after the changes; ``score_improvement`` and ``strain_relief`` in points."""

    vmid: int
    name: str
    type: str
    source: str
    target: str
    kind: Kind
    wave: int
    score_improvement: float
    strain_relief: float
    estimated_seconds: float
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """A cluster before and after changes, and after the moves that the engine would then advise.

    ``before`` is today, ``after`` the state right after the changes: guests of lost nodes have started elsewhere, those
    of drained nodes have yet to leave. ``advised`` is after ``moves``, whose order is ``plan``. ``broken`` are
    hard constraints that hold today and wouldn't even after those moves. ``verdict`` speaks of that end: someone has
    no place or a constraint breaks (does_not_fit), a node turns red (overloaded), amber (tight), or none (fits).
    """

    cluster: str
    taken_at: datetime
    settings: dict[str, Any]
    changes: tuple[Change, ...]
    verdict: Verdict
    summary: str
    before: Evaluation
    after: Evaluation
    advised: Evaluation
    nodes: tuple[NodeFate, ...]
    started: tuple[Started, ...]
    unplaced: tuple[Unplaced, ...]
    missing_bytes: float
    broken: tuple[Violation, ...]
    moves: tuple[AdvisedMove, ...]
    plan: Plan
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.whatif/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": WHATIF_FORMAT, **plain(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedGuest:
    """A new guest as it is reckoned: cores and memory [bytes] that it is given, and that it will use."""

    name: str
    type: str
    cpu_cores: float
    mem_bytes: float
    cpu_used_cores: float
    mem_used_bytes: float
    storage: str | None
    disk_bytes: float | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOption:
    """One node for a new guest: rank 1 is the best; a ruled-out one has none, but says by what and why.

    ``score`` is the target score with the guest on it [points], ``strain_rise`` what the cluster's strain rises by
    (below 0: falls). CPU and memory are levels of the node [percent], without and with the guest.
    """

    node: str
    rank: int | None
    score: float | None
    suitability: float | None
    rating: Rating | None
    strain_rise: float | None
    cpu_pct: float | None
    cpu_after_pct: float | None
    mem_pct: float | None
    mem_after_pct: float | None
    reasons: tuple[str, ...]
    ruled_out_by: str | None
    ruled_out: str | None
    missing_bytes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Every node for a new guest, best first, ruled-out ones last by name; ``best`` is None when none can take it."""

    cluster: str
    taken_at: datetime
    settings: dict[str, Any]
    guest: WantedGuest
    best: str | None
    summary: str
    nodes: tuple[PlaceOption, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.place/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": PLACE_FORMAT, **plain(self)}
