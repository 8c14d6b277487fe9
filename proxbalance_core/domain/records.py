"""What is kept of what happened: generations, migrations, events, changes of settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import NAN

MoveOrigin = Literal["observed", "app", "automation"]
# (younger than, apart at most): of older assessments one in six hours is kept, and one a day.
_APART = ((timedelta(days=7), timedelta(hours=6)), (timedelta(days=30), timedelta(hours=13)))
_OLD_APART = timedelta(hours=49)


def apart_at_most(age: timedelta) -> timedelta:
    """How far apart assessments of an age are with none missing; further is a gap."""
    return next((longest for oldest, longest in _APART if age < oldest), _OLD_APART)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationGlance:
    """One line of the list of generations; ``in_full`` says whether it can still be opened whole."""

    id: int
    cid: str
    at: datetime
    engine_seconds: float = NAN
    cluster_health: float = NAN
    predicted_health: float = NAN
    imbalance: float = NAN
    strain: float = NAN
    recommendation_count: int = 0
    skipped_count: int = 0
    urgency: str | None = None
    advice: str | None = None
    in_full: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGeneration:
    """A generation as its documents. After 48 h only the brief assessment is left (``in_full`` False).

    The brief assessment has all keys of ``proxbalance.assessment/1``; the guests that stay, a move's alternatives and
    commands, the script and suggested thresholds are empty there.
    """

    id: int
    cid: str
    at: datetime
    engine_seconds: float
    assessment: dict[str, Any]
    snapshot: dict[str, Any] | None
    settings: dict[str, Any] | None
    in_full: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRecord:
    """A migration: noticed from samples, or run by us. ``id`` 0 is one that isn't stored yet."""

    at: datetime
    vmid: int
    source: str
    target: str
    origin: MoveOrigin = "observed"
    status: str = "done"
    detail: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the append-only timeline; ``payload`` is JSON. ``id`` grows with time."""

    at: datetime
    event: str
    payload: dict[str, Any]
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """Settings as they were from ``at`` on, and who made them so."""

    id: int
    at: datetime
    who: str
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One node at one generation, for the history of scores."""

    at: datetime
    node: str
    score: float
    suitability: float
    cpu_pct: float
    mem_pct: float
    iowait_pct: float
    guest_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMark:
    """One node over one step of a chart: means of its ``generations`` there, and the worst suitability among them.

    ``at`` is the first of these generations.
    """

    at: datetime
    node: str
    generations: int
    score: float
    suitability: float
    lowest_suitability: float
    cpu_pct: float
    mem_pct: float
    iowait_pct: float
    guest_count: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMark:
    """The cluster over one step of a chart: means of its ``generations`` there, and the lowest health among them."""

    at: datetime
    generations: int
    cluster_health: float
    lowest_health: float
    imbalance: float
    recommendation_count: float
