"""How nodes are emptied for maintenance: the value of ``proxbalance.drain/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from proxbalance_core.domain.plans import Plan
from proxbalance_core.domain.results import Alternative, Violation

DRAIN_FORMAT = "proxbalance.drain/1"
SHUT_DOWN = "shut down"  # the choice for a guest that isn't to move; no node can have a name with a space
DrainFate = Literal["moves", "shut_down", "stays", "blocked", "makes_room"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainGuest:
    """What becomes of one guest.

    Those of the emptied nodes move, are shut down by choice, stay without running (templates and such that are
    stopped) or are blocked; guests of other nodes are here only where they make room. ``chosen`` is by hand. ``why``
    says why this target, or why none; ``commands`` are one for each of its ``steps``. ``targets`` are all other nodes,
    the best first, with what rules one out: any that nothing rules out may be chosen, the other choices as they are.
    """

    vmid: int
    name: str
    type: str
    node: str
    status: str
    fate: DrainFate
    target: str | None
    chosen: bool
    why: str
    wave: int | None
    steps: tuple[int, ...]
    estimated_seconds: float | None
    downtime_seconds: float | None
    commands: tuple[str, ...]
    targets: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A guest that runs and can't leave: ``reason`` is one of the skip reasons, ``remedy`` what would let it go.

    ``missing_bytes`` is the memory that would hold it on ``nearest``, the node that lacks the least (both None where it
    isn't memory). Summed up they hold all of them.
    """

    vmid: int
    name: str
    type: str
    node: str
    reason: str
    detail: str
    remedy: str
    missing_bytes: float | None
    nearest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutDown:
    """A guest that is shut down for the time of the maintenance.

    ``before_moves`` when a rule holds it together with guests that move, else it is shut down when they have.
    ``starts_on`` are the nodes that could run it meanwhile if it is moved while it is off, the roomiest first, each
    looked at alone; ``detail`` says so, or what binds it to its node.
    """

    vmid: int
    name: str
    type: str
    node: str
    before_moves: bool
    starts_on: tuple[str, ...]
    detail: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShift:
    """A node that stays, before and after: penalty [points], levels [percent], guests on it."""

    node: str
    score_before: float | None
    score: float | None
    cpu_pct_before: float | None
    cpu_pct: float | None
    mem_pct_before: float | None
    mem_pct: float | None
    guests_before: int
    guests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """How nodes are emptied for maintenance, and what keeps them from it.

    ``possible`` when no guest that runs is left on the ``emptied`` nodes. ``plan`` are the migrations in waves; its
    ``shell`` shuts down what is to be shut down, too. ``nodes`` are those that stay. ``broken`` are hard constraints
    that hold today and wouldn't then.
    """

    cluster: str
    taken_at: datetime
    settings: dict[str, Any]
    emptied: tuple[str, ...]
    possible: bool
    summary: str
    guests: tuple[DrainGuest, ...]
    blockers: tuple[Blocker, ...]
    missing_bytes: float
    shut_down: tuple[ShutDown, ...]
    plan: Plan
    nodes: tuple[NodeShift, ...]
    broken: tuple[Violation, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.drain/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": DRAIN_FORMAT, **plain(self)}
