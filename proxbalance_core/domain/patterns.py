"""Daily and weekly patterns of nodes and guests: the value of ``proxbalance.patterns/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

PATTERNS_FORMAT = "proxbalance.patterns/1"
Cycle = Literal["daily", "weekly", "bursts", "none"]
Sure = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How one node's or guest's CPU goes by the hour, in the cluster's time zone.

    ``strength`` (0..1) is the share of the hourly variance that the hour of the day explains (``weekly``: the hour and
    whether it is a weekend), less what chance would; ``confidence`` follows from the ``days`` of which half the hours
    or more were seen. ``peak_hours`` are near the highest hourly mean, ``trough_hours`` near the lowest; the means are
    in percent of what it has, None where there is none. ``bursts`` are hours that stand out on most days, without the
    rest of the day following a cycle.
    """

    entity: str
    name: str
    cycle: Cycle
    strength: float
    days: int
    confidence: Sure
    mean_pct: float | None
    peak_hours: tuple[int, ...]
    trough_hours: tuple[int, ...]
    peak_mean_pct: float | None
    trough_mean_pct: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonPeak:
    """Two guests of one node that peak in the same hours.

    ``together_pct`` is the share of either's busiest hours in which both are busy; ``peak_pct`` and ``apart_pct`` are
    the highest hour of their node now, and with the second guest on ``other`` (None: no node that may take it would be
    quieter); ``other_pct`` is the highest hour of that node then.
    """

    node: str
    first: int
    second: int
    together_pct: float
    peak_pct: float
    other: str | None
    apart_pct: float | None
    other_pct: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """The patterns of a cluster over ``hours`` hours from ``begins`` to ``ends``."""

    cluster: str
    timezone: str
    begins: datetime
    ends: datetime
    hours: int
    nodes: tuple[Pattern, ...]
    guests: tuple[Pattern, ...]
    common_peaks: tuple[CommonPeak, ...]

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.patterns/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": PATTERNS_FORMAT, **plain(self)}
