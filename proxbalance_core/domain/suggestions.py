"""Suggested settings with what they would change: the value of ``proxbalance.suggestions/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from proxbalance_core.domain.plans import Simulation
from proxbalance_core.domain.results import ThresholdSuggestion

SUGGESTIONS_FORMAT = "proxbalance.suggestions/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """One suggestion, and what would change if it alone were applied."""

    suggestion: ThresholdSuggestion
    effect: Simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """All suggestions for a cluster; ``together`` is what applying all would change (None: there is none)."""

    cluster: str
    taken_at: datetime
    each: tuple[Suggested, ...]
    together: Simulation | None

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.suggestions/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": SUGGESTIONS_FORMAT, **plain(self)}
