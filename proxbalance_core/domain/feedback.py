"""What users say of recommendations, and how long each recommendation stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

Rating = Literal["helpful", "not_helpful"]
Objection = Literal["not_needed", "wrong_target", "special_requirements", "other"]
RATINGS: tuple[str, ...] = get_args(Rating)
OBJECTIONS: tuple[str, ...] = get_args(Objection)
NOTE_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a user says, not yet checked; ``recommendation`` None means the one that stands for the guest."""

    rating: str
    objection: str | None = None
    note: str = ""
    recommendation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One opinion of one recommendation; a later one of the same recommendation takes its place.

    ``reason`` is the recommendation's primary reason, ``objection`` why it is not helpful; ``note`` is hostile text.
    """

    at: datetime
    recommendation: str
    vmid: int
    name: str
    source: str
    target: str
    kind: str
    reason: str
    rating: Rating
    objection: Objection | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPattern:
    """What opinions have in common, in words, and settings that would answer it (empty: none would)."""

    key: str
    message: str
    count: int
    of: int
    settings: dict[str, Any] = field(default_factory=dict)
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackReport:
    """Opinions counted, newest first, and what they have in common."""

    helpful: int
    not_helpful: int
    objections: dict[str, int]
    by_reason: dict[str, dict[str, int]]
    patterns: tuple[FeedbackPattern, ...]
    entries: tuple[Feedback, ...]

    @property
    def positive_pct(self) -> float | None:
        """Helpful ones in percent of all; None without any."""
        total = self.helpful + self.not_helpful
        return 100.0 * self.helpful / total if total else None

    def to_dict(self) -> dict[str, Any]:
        """A plain document."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self)) | {"positive_pct": self.positive_pct}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """How long one recommendation stood without a break: from the first assessment that had it to the last.

    ``ended`` is None while it stands; ``how`` is then empty, else "done" (the guest is on its target), "target changed"
    or "withdrawn".
    """

    recommendation: str
    vmid: int
    name: str
    source: str
    target: str
    kind: str
    reason: str
    first_at: datetime
    last_at: datetime
    score_improvement: float
    assessments: int = 1
    urgent: bool = False
    ended_at: datetime | None = None
    how: str = ""
