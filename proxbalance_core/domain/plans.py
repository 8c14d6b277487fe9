"""What the engine says of the cluster as a whole: plan, impact, conflicts, digest, assessment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from proxbalance_core.domain.results import (
    Advisory,
    Forecast,
    Mode,
    NodeScore,
    Recommendation,
    Skip,
    ThresholdSuggestion,
)  # fmt: skip

ASSESSMENT_FORMAT = "proxbalance.assessment/1"
PLAN_FORMAT = "proxbalance.plan/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration of the plan."""

    step: int
    vmid: int
    source: str
    target: str
    wave: int
    temporary: bool
    reason: str
    estimated_seconds: float
    downtime_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A move that had no executable order."""

    vmid: int
    target: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """What the first ``moves`` moves lead to."""

    moves: int
    strain: float
    gigabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """How much better than this plan any plan could be, proven.

    ``objective`` is strain and the price of moves after the plan, ``least_objective`` what no plan can fall below
    [points]; ``gap_pct`` is the one less the other, in percent of the first.
    """

    gap_pct: float
    objective: float
    least_objective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The moves in an order that can be carried out."""

    steps: tuple[Step, ...] = ()
    waves: tuple[tuple[int, ...], ...] = ()
    dropped: tuple[Dropped, ...] = ()
    estimated_seconds: float = 0.0
    downtime_seconds: float = 0.0
    bound: Bound | None = None
    curve: tuple[CurvePoint, ...] = ()
    shell: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLoad:
    """A node's load in a picture of the whole cluster."""

    cpu_pct: float | None
    mem_pct: float | None
    guest_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPicture:
    """The whole cluster at one placement."""

    cluster_health: float | None
    strain: float
    imbalance: float
    node_scores: dict[str, float | None]
    nodes: dict[str, NodeLoad]
    score_variance: float
    worst_node: str | None
    thresholds_crossed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """What the plan changes, recomputed on the placed state."""

    health_delta: float | None
    strain_delta: float
    variance_reduction_pct: float | None
    all_nodes_below_threshold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchImpact:
    """The cluster before and after the plan."""

    before: ClusterPicture
    after: ClusterPicture
    improvement: Improvement


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A guest that comes to a node, and what it adds [points of percent]."""

    vmid: int
    name: str
    cpu_points: float
    mem_points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What to do about a conflict."""

    kind: Literal["reroute", "defer"]
    vmid: int
    to: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Moves that together put a node over a threshold."""

    target_node: str
    incoming_guests: tuple[Incoming, ...]
    combined_cpu_pct: float
    combined_mem_pct: float
    threshold: float
    resolution: Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The digest: what an admin reads first."""

    cluster_health: float | None
    predicted_health: float | None
    imbalance: float
    predicted_imbalance: float
    strain: float
    predicted_strain: float
    urgency: Literal["high", "medium", "low", "none"]
    urgency_label: str
    recommendation_count: int
    aggregate_improvement: float
    reasons_breakdown: dict[str, int]
    skip_reasons: dict[str, int]
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Everything the engine says of one snapshot; holds no clock reading."""

    cluster: str
    taken_at: datetime
    mode: Mode
    settings: dict[str, Any]
    summary: Summary
    nodes: tuple[NodeScore, ...]
    recommendations: tuple[Recommendation, ...]
    skipped: tuple[Skip, ...]
    plan: Plan
    batch_impact: BatchImpact
    conflicts: tuple[Conflict, ...] = ()
    advisories: tuple[Advisory, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    threshold_suggestions: tuple[ThresholdSuggestion, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.assessment/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": ASSESSMENT_FORMAT, **plain(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedMove:
    """A recommendation that two sides share, with its gain on each."""

    vmid: int
    before_target: str
    after_target: str
    before_improvement: float
    after_improvement: float
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveGlance:
    """A recommendation at a glance; ``before_improvement`` is what the other side had for it."""

    vmid: int
    name: str
    source: str
    target: str
    score_improvement: float
    before_improvement: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDelta:
    """A node's score and light under two settings."""

    node: str
    before_score: float | None
    after_score: float | None
    before_light: str | None = None
    after_light: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCounts:
    """How many recommendations and skips one side has, health and strain after its plan, and what that takes.

    ``steps`` are the plan's migrations, ``gigabytes`` what they send over the network.
    """

    recommendations: int
    skipped: dict[str, int] = field(default_factory=dict)
    cluster_health: float | None = None
    strain: float = 0.0
    steps: int = 0
    gigabytes: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What other settings would change."""

    current: SideCounts
    proposed: SideCounts
    added: tuple[MoveGlance, ...]
    removed: tuple[MoveGlance, ...]
    changed: tuple[ChangedMove, ...]
    node_deltas: tuple[NodeDelta, ...]

    def to_dict(self) -> dict[str, Any]:
        """A plain document of the comparison."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self))
