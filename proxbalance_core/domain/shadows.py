"""A second profile in the shadow: what it would have advised beside what was advised, round by round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from proxbalance_core.domain.settings import Settings

SHADOW_FORMAT = "proxbalance.shadow/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """Settings that are asked too, after every assessment, and never in force."""

    name: str
    settings: Settings
    began: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """What one side advised at one time: guest to target, and what its plan takes and brings."""

    moves: dict[int, str]
    gigabytes: float
    health: float | None
    predicted_health: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowRound:
    """Both sides on the same snapshot."""

    at: datetime
    ours: Advised
    theirs: Advised


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowSide:
    """One side over all rounds.

    ``advised`` are different moves (guest and target), ``per_round`` how many stood in a round in the mean,
    ``appeared_per_day`` how often one came up that was not there the round before, ``gigabytes_per_round`` what its
    plans send.
    """

    name: str
    advised: int
    per_round: float
    appeared_per_day: float
    gigabytes_per_round: float
    predicted_health: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowMove:
    """One move, and in how many rounds each side advised it."""

    vmid: int
    target: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowReport:
    """Two sides compared; ``agreement_pct`` is the mean share of a round's moves that both advise (None: no moves)."""

    cluster: str
    begins: datetime | None
    ends: datetime | None
    rounds: int
    ours: ShadowSide
    theirs: ShadowSide
    agreement_pct: float | None
    moves: tuple[ShadowMove, ...]
    summary: str

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.shadow/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": SHADOW_FORMAT, **plain(self)}
