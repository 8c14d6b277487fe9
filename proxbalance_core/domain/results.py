"""What the engine says: the values of ``proxbalance.assessment/1`` that speak of nodes and guests.

All points are penalties (higher is worse); ``suitability`` is 0..100, higher is better.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Category = Literal[
    "cpu", "memory", "iowait", "pressure", "trends", "spikes", "post_migration", "storage", "affinity", "base"
]  # fmt: skip
Rating = Literal["poor", "fair", "good", "excellent"]
Light = Literal["green", "amber", "red"]
Severity = Literal["high", "medium", "low"]
Kind = Literal["balance", "forecast", "maintenance_evacuation", "affinity_repair", "distribution"]
MODES = ("sequential", "independent", "optimal")
Mode = Literal["sequential", "independent", "optimal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One row of a score: ``points`` for ``value`` against ``limit`` (the first limit), in ``unit``."""

    term: str
    category: Category
    points: float
    value: float | None = None
    limit: float | None = None
    unit: str = "percent"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeScore:
    """A node's score, row by row; ``score`` is the sum of ``terms``."""

    name: str
    status: str
    score: float | None
    suitability: float | None
    rating: Rating | None
    light: Light
    strain: float | None
    terms: tuple[Term, ...] = ()
    penalty_categories: dict[str, float] = field(default_factory=dict)
    cpu_pct: float | None = None
    mem_pct: float | None = None
    iowait_pct: float | None = None
    guest_count: int = 0
    workload_pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSide:
    """One side of a breakdown: the rows, their total and its suitability."""

    terms: tuple[Term, ...]
    total: float
    suitability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """Both nodes after the step [percent]."""

    source_cpu_pct: float | None
    target_cpu_pct: float | None
    source_mem_pct: float | None
    target_mem_pct: float | None
    source_iowait_pct: float | None
    target_iowait_pct: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDetails:
    """The two sides of a move, what it leads to and the least gain asked for."""

    source: ScoreSide
    target: ScoreSide
    predicted: Predicted
    minimum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A fact that speaks for a move."""

    factor: str
    value: float | str | bool
    severity: Severity
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a move is recommended; every number in ``summary`` is one of the facts."""

    primary_reason: str
    primary_label: str
    contributing_factors: tuple[Factor, ...]
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceFactor:
    """One part of the confidence: ``points`` is score (0..100) times weight."""

    factor: str
    score: float
    weight: float
    points: float
    value: float | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFactor:
    """One part of the risk: ``points`` is score (0..100) times weight."""

    factor: str
    score: float
    weight: float
    points: float
    value: float | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another node for the same guest; ``ruled_out`` says why it can't be."""

    target: str
    target_score: float | None
    score_improvement: float | None
    strain_relief: float | None
    ruled_out: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One guest to one node, chosen and explained."""

    id: str
    vmid: int
    name: str
    type: str
    source: str
    target: str
    kind: Kind
    group: str | None
    score_improvement: float
    current_score: float
    target_score: float
    strain_relief: float
    strain_relief_now: float
    reason: Reason
    confidence_score: float
    confidence_factors: tuple[ConfidenceFactor, ...]
    risk_score: float
    risk_level: Literal["low", "moderate", "high", "very_high"]
    risk_factors: tuple[RiskFactor, ...]
    do_by_hand: bool
    score_details: ScoreDetails
    alternatives: tuple[Alternative, ...]
    transfer_bytes: float
    estimated_seconds: float
    downtime_seconds: float
    best_window: str | None
    has_conflict: bool
    steps: tuple[int, ...]
    wave: int
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A guest that is not recommended, and why; ``would_change`` says what would turn it."""

    vmid: int
    name: str
    type: str
    node: str
    reason: str
    detail: str
    current_score: float | None = None
    best_target: str | None = None
    best_target_score: float | None = None
    score_improvement: float | None = None
    strain_relief: float | None = None
    would_change: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestOptions:
    """Every node for one guest: what ``options`` answers."""

    vmid: int
    name: str
    type: str
    node: str
    current_score: float | None
    decision: str
    detail: str
    alternatives: tuple[Alternative, ...]

    def to_dict(self) -> dict[str, Any]:
        """A plain document of the options."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A hard constraint that does not hold (``amount``: how far, in its own unit)."""

    constraint: str
    node: str | None
    vmids: tuple[int, ...]
    amount: float
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A placement, judged: ``objective`` is strain plus the cost of the given moves [points]."""

    nodes: tuple[NodeScore, ...]
    strain: float
    objective: float
    cluster_health: float | None
    imbalance: float
    violations: tuple[Violation, ...]

    def to_dict(self) -> dict[str, Any]:
        """A plain document of the judgement."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """Something to know that no move mends."""

    type: str
    severity: Literal["critical", "warning", "info"]
    node: str | None
    message: str
    metrics: dict[str, Any] = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A threshold that a rise will cross; a prediction, not a move."""

    entity: str
    metric: str
    current_value: float
    threshold: float
    rate_per_day: float
    crossing_at: datetime
    crossing_earliest: datetime
    crossing_latest: datetime
    confidence: str
    urgency: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdSuggestion:
    """A threshold that would fit this cluster better, with its reasoning."""

    key: str
    current: float
    suggested: float
    confidence: str
    reasoning: tuple[str, ...]
