"""How well ProxBalance does its job: figures with a target each, over a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

SUCCESS_FORMAT = "proxbalance.success/1"
State = Literal["met", "missed", "not_enough_data"]
Trend = Literal["better", "worse", "steady"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure of success.

    ``counted`` is how many there are of what it counts; under ``needs`` of them ``value`` is None, and ``state``
    "not_enough_data". ``previous`` is the figure of the stretch before, ``trend`` how it went since.
    ``higher_is_better`` says which side of ``target`` is good.
    """

    key: str
    title: str
    about: str
    unit: str
    target: float
    higher_is_better: bool
    value: float | None
    counted: int
    needs: int
    previous: float | None = None

    @property
    def state(self) -> State:
        if self.value is None:
            return "not_enough_data"
        met = self.value >= self.target if self.higher_is_better else self.value <= self.target
        return "met" if met else "missed"

    @property
    def trend(self) -> Trend | None:
        """Against the stretch before; None where either has too little."""
        if self.value is None or self.previous is None:
            return None
        change = self.value - self.previous
        if abs(change) < 0.05 * max(1.0, abs(self.previous)):
            return "steady"
        return "better" if (change > 0) == self.higher_is_better else "worse"

    def to_dict(self) -> dict[str, Any]:
        """A plain document."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self)) | {"state": self.state, "trend": self.trend}


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """All figures of one stretch of time."""

    cluster: str
    since: datetime
    until: datetime
    metrics: tuple[Metric, ...]

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.success/1`` document."""
        from proxbalance_core.domain.documents import iso

        return {
            "format": SUCCESS_FORMAT, "cluster": self.cluster, "since": iso(self.since), "until": iso(self.until),
            "metrics": [metric.to_dict() for metric in self.metrics],
        }  # fmt: skip
