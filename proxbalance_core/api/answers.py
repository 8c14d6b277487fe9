"""What the API gives where that is no document of ``docs/formats.md``: lists by pages, and figures around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from proxbalance_core.domain.connections import CollectorPlace, SourceKind
from proxbalance_core.domain.documents import plain
from proxbalance_core.domain.feedback import Feedback, FeedbackPattern
from proxbalance_core.domain.outcomes import Accuracy, Check, PairLoads, Verdict
from proxbalance_core.domain.plans import PLAN_FORMAT, BatchImpact, NodeLoad, Plan, Summary
from proxbalance_core.domain.records import Event
from proxbalance_core.domain.results import Advisory, Forecast, Mode, NodeScore, Recommendation, Skip
from proxbalance_core.domain.success import State, Trend
from proxbalance_core.domain.tokens import Scope
from proxbalance_core.services.diagnostics import Diagnostics

Item = TypeVar("Item")
API_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the app works: ``starting`` until its database is open, ``stale`` while a cluster's figures are old."""

    status: Literal["ok", "stale", "starting"]
    clusters: int
    stale_clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState:
    """How a cluster is looked after: when it was last read and assessed. ``age_s`` is the age of its figures."""

    id: str
    title: str
    source: SourceKind
    stale: bool
    age_s: float | None
    last_collection_at: datetime | None
    last_attempt_at: datetime | None
    last_error: str | None
    collector: CollectorPlace
    last_generation: int | None
    last_generation_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenState:
    """The token that asks."""

    id: str
    title: str
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Versions, clusters, and what the token may do."""

    name: str
    version: str
    api_version: int
    python: str
    token: TokenState
    clusters: tuple[ClusterState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Item]):
    """Part of a list: ``total_count`` there are, ``filtered_count`` of them pass the filters."""

    total_count: int
    filtered_count: int
    limit: int
    offset: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedPage:
    """Guests that stay; ``reason_counts`` are of all of them."""

    total_count: int
    filtered_count: int
    limit: int
    offset: int
    reason_counts: dict[str, int]
    items: tuple[Skip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """A migration, what was predicted and what came; ``holds`` is whether it came within 10 points."""

    migration: int
    at: datetime
    vmid: int
    name: str
    type: str
    source: str
    target: str
    origin: str
    recommendation: str | None
    kind: str | None
    reason: str
    predicted_points: float | None
    realised_points: float | None
    verdict: Verdict
    holds: bool | None
    about: str
    before: PairLoads
    predicted: PairLoads
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesPage:
    """Migrations by pages, newest first; ``accuracy`` is of all of them."""

    total_count: int
    filtered_count: int
    limit: int
    offset: int
    accuracy: tuple[Accuracy, ...]
    items: tuple[OutcomeRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One figure of success; ``value`` null is "not enough data"."""

    key: str
    title: str
    about: str
    unit: str
    target: float
    higher_is_better: bool
    value: float | None
    state: State
    counted: int
    needs: int
    previous: float | None
    trend: Trend | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessDocument:
    """Every figure of success over a stretch of time."""

    cluster: str
    since: datetime
    until: datetime
    metrics: tuple[MetricRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackDocument:
    """Opinions counted, what they have in common, and each of them."""

    helpful: int
    not_helpful: int
    positive_pct: float | None
    objections: dict[str, int]
    by_reason: dict[str, dict[str, int]]
    patterns: tuple[FeedbackPattern, ...]
    entries: tuple[Feedback, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A wish as it stands now: a muted guest (``until``) or a node in maintenance (``on``)."""

    vmid: int | None = None
    until: datetime | None = None
    node: str | None = None
    on: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A run of the engine in brief."""

    generation: int
    generated_at: datetime
    engine_seconds: float
    summary: Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """One round of collecting; ``notes`` say what could not be read, in which case it isn't ``complete``."""

    at: datetime
    complete: bool
    notes: tuple[str, ...]
    nodes: int
    guests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDetail:
    """A node's score row by row, what the plan makes of it, and what is said about it."""

    node: NodeScore
    predicted: NodeLoad | None
    predicted_score: float | None
    forecasts: tuple[Forecast, ...]
    advisories: tuple[Advisory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The cluster before and after the plan, and what carrying it out takes."""

    generation: int
    generated_at: datetime
    summary: Summary
    batch_impact: BatchImpact
    moves: int
    waves: int
    estimated_seconds: float
    downtime_seconds: float
    transfer_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRow:
    """One run of the engine in a list; null is "not known"."""

    generation: int
    generated_at: datetime
    engine_seconds: float | None
    cluster_health: float | None
    predicted_health: float | None
    imbalance: float | None
    strain: float | None
    recommendation_count: int
    skipped_count: int
    urgency: str | None
    advice: str | None
    in_full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiagnostics:
    """Whether all behind the advice is well, and what the newest run of the engine did."""

    ok: bool
    run: GenerationRow | None
    diagnostics: Diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRun:
    """What one run of the engine recommended."""

    generation: int
    generated_at: datetime
    recommendations: tuple[Recommendation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreAt:
    """One node at one assessment."""

    at: datetime
    node: str
    score: float | None
    suitability: float | None
    cpu_pct: float | None
    mem_pct: float | None
    iowait_pct: float | None
    guest_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedValue:
    """A setting as it was and as it is."""

    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged:
    """The settings in force now, and what changed of them by key."""

    settings: dict[str, Any]
    changed: dict[str, ChangedValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Settings that go together: what they do in words, and their values."""

    name: str
    in_use: bool
    words: tuple[str, ...]
    values: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """The parts of an assessment that make up its plan: ``proxbalance.plan/1``."""

    cluster: str
    taken_at: datetime
    mode: Mode
    summary: Summary
    recommendations: tuple[Recommendation, ...]
    plan: Plan
    batch_impact: BatchImpact
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.plan/1`` document."""
        return {"format": PLAN_FORMAT, **plain(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsPage:
    """Events, oldest first; ask again with ``after`` = ``next_after`` for what came since."""

    limit: int
    next_after: int
    items: tuple[Event, ...]


def cut(rows: Sequence[Item], asked: Any, total: int | None = None) -> Listed[Item]:
    """The part of ``rows`` that a paged query asks for; ``total`` is their number before any filter."""
    return Listed(
        total_count=len(rows) if total is None else total, filtered_count=len(rows), limit=asked.limit,
        offset=asked.offset, items=tuple(rows[asked.offset : asked.offset + asked.limit]),
    )  # fmt: skip
