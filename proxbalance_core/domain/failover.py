"""Whether the rest of a cluster would carry each node's guests: the value of ``proxbalance.n-1/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from proxbalance_core.domain.whatif import Started, Unplaced

N_MINUS_1_FORMAT = "proxbalance.n-1/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLoss:
    """What the loss of one node would mean.

    ``running`` of its guests would have to start elsewhere: ``started`` do, ``unplaced`` can't (``holds`` when
    there are none), and ``missing_bytes`` of memory would hold those that lack it. Afterwards ``headroom_bytes``
    of memory are left on the other nodes under their limit, and ``largest_guest_bytes`` is the largest guest that
    any of them would still start. ``busiest_node`` and ``fullest_node`` are at ``cpu_pct`` and ``mem_pct`` then.
    """

    node: str
    holds: bool
    running: int
    started: tuple[Started, ...]
    unplaced: tuple[Unplaced, ...]
    missing_bytes: float
    headroom_bytes: float
    largest_guest_bytes: float
    busiest_node: str | None
    cpu_pct: float | None
    fullest_node: str | None
    mem_pct: float | None
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NMinusOne:
    """Every online node lost in turn, the ``weakest`` first: the one whose loss leaves most guests without a place.

    Where the loss of none does, the weakest is the one whose loss leaves least memory. ``holds`` when every single
    node may be lost.
    """

    cluster: str
    taken_at: datetime
    settings: dict[str, Any]
    holds: bool
    weakest: str | None
    summary: str
    nodes: tuple[NodeLoss, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.n-1/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": N_MINUS_1_FORMAT, **plain(self)}
