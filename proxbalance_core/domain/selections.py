"""What any set of moves leads to when they are taken together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proxbalance_core.domain.plans import BatchImpact, Conflict, Plan
from proxbalance_core.domain.results import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Moves that were picked, judged together.

    ``impact.after`` and ``violations`` are of the placement that all of them lead to, as ``evaluate`` has it;
    ``broken`` are the violations that the moves make or make worse. ``plan`` is an order of just these moves; what
    finds no place in one is in ``plan.dropped``. ``cost`` is their price [points], ``gigabytes`` what is sent.
    """

    impact: BatchImpact
    conflicts: tuple[Conflict, ...]
    violations: tuple[Violation, ...]
    broken: tuple[Violation, ...]
    plan: Plan
    cost: float
    gigabytes: float

    def to_dict(self) -> dict[str, Any]:
        """A plain document of the judgement."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self))
