"""A month of a cluster: what was advised, done and said, what it brought, and how well the advice did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from proxbalance_core.domain.outcomes import Accuracy, Outcome
from proxbalance_core.domain.records import ClusterMark
from proxbalance_core.domain.success import Success

REPORT_FORMAT = "proxbalance.report/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMonth:
    """One node over the month: means over its assessments, and how often it came over a threshold."""

    node: str
    suitability: float
    lowest_suitability: float
    cpu_pct: float
    mem_pct: float
    overloaded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsMonth:
    """A change of settings: when, by whom, and which keys."""

    at: datetime
    who: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A cluster's month in its time zone; ``until`` is earlier than the month's end while the month runs.

    ``advice`` counts what became of the recommendations that stood in it: ``done``, ``target changed``, ``withdrawn``
    and ``standing``. ``gaps`` are stretches of six hours and more without an assessment.
    """

    cluster: str
    month: str
    timezone: str
    since: datetime
    until: datetime
    complete: bool
    assessments: int
    success: Success
    health: tuple[ClusterMark, ...]
    nodes: tuple[NodeMonth, ...]
    advice: dict[str, int]
    advice_by_reason: dict[str, int]
    outcomes: tuple[Outcome, ...]
    accuracy: tuple[Accuracy, ...]
    feedback: dict[str, int]
    settings_changes: tuple[SettingsMonth, ...]
    gaps: tuple[tuple[datetime, datetime], ...]

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.report/1`` document; what was not measured is null."""
        from proxbalance_core.domain.documents import plain

        told: dict[str, Any] = dict(plain(self))
        told["success"] = self.success.to_dict()
        told["outcomes"] = [outcome.to_dict() for outcome in self.outcomes]
        return {"format": REPORT_FORMAT} | told
