"""Many settings tried on a cluster's own past: the value of ``proxbalance.sweep/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

SWEEP_FORMAT = "proxbalance.sweep/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepWeek:
    """What a trial did in one part of the past: node-minutes a day over 60, 70 and 80 % CPU, moves and GB a day."""

    begins: datetime
    over_60_min_per_day: float
    over_70_min_per_day: float
    over_80_min_per_day: float
    moves_per_day: float
    gigabytes_per_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTrial:
    """One setting: what it ``changes`` of the base, and what came of it over all weeks.

    ``on_front`` where no other trial has fewer overloaded minutes for as few moves.
    """

    number: int
    name: str
    changes: dict[str, Any]
    over_60_min_per_day: float
    over_70_min_per_day: float
    over_80_min_per_day: float
    moves_per_day: float
    gigabytes_per_day: float
    churn_pct: float
    weeks: tuple[SweepWeek, ...]
    on_front: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """One week that the choice did not see: the trial chosen on the others, beside the base, in that week."""

    begins: datetime
    chosen: int
    over_60_min_per_day: float
    moves_per_day: float
    base_over_60_min_per_day: float
    base_moves_per_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Trials over one past, from ``begins`` to ``ends``; trial 0 is the ``base``.

    ``recommended`` is the number of a trial that has fewer overloaded minutes or fewer moves than the base and not more
    of the other, over all weeks and, chosen without it, in the weeks held out (``held_out``); None where none has.
    """

    cluster: str
    begins: datetime
    ends: datetime
    hours: int
    seed: int
    base: dict[str, Any]
    trials: tuple[SweepTrial, ...]
    recommended: int | None
    held_out: tuple[HeldOut, ...]
    summary: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.sweep/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": SWEEP_FORMAT, **plain(self)}
