"""What settings drive: the value of ``proxbalance.sensitivity/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from proxbalance_core.domain.settings import specs
from proxbalance_core.domain.sliders import SLIDERS, Slider

SENSITIVITY_FORMAT = "proxbalance.sensitivity/1"
# What is moved, and how far: the thresholds and the sliders, each on its own.
LEVERS = (
    Slider(key="cpu_threshold", low=30.0, high=95.0, step=1.0, unit=specs()["cpu_threshold"].unit),
    Slider(key="mem_threshold", low=40.0, high=95.0, step=1.0, unit=specs()["mem_threshold"].unit),
    Slider(key="iowait_threshold", low=10.0, high=60.0, step=1.0, unit=specs()["iowait_threshold"].unit),
    *SLIDERS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The nearest place of a lever at which a guest's outcome is another than now.

    ``outcome`` is "appears" (recommended there, not now), "vanishes" or "goes elsewhere"; ``target`` where it would go
    then (None: nowhere). The last place with the outcome of now is at most ``within`` before ``at``.
    """

    key: str
    now: float
    at: float
    within: float
    vmid: int
    name: str
    source: str
    outcome: str
    target: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sway:
    """How far one lever alone carries a node's penalty points: at its ends, and the least and most in between."""

    key: str
    node: str
    now: float
    at_low: float
    at_high: float
    least: float
    most: float

    @property
    def swing(self) -> float:
        """Between the least and the most [points]."""
        return self.most - self.least


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Every lever moved alone over its whole way.

    ``off`` are levers whose present value is off their way, and which were not looked at; ``stopped`` says that not all
    were looked at.
    """

    cluster: str
    taken_at: datetime
    turns: tuple[Turn, ...]
    sways: tuple[Sway, ...]
    off: tuple[str, ...]
    stopped: bool

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.sensitivity/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": SENSITIVITY_FORMAT, **plain(self)}
