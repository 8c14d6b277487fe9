"""What a cluster's own past would have seen under other settings: the value of ``proxbalance.backtest/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

BACKTEST_FORMAT = "proxbalance.backtest/1"
SideKind = Literal["nothing", "as_it_was", "profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestDay:
    """One day of the cluster's time zone: minutes that nodes spent over 60, 70, 80 % CPU; None where not measured."""

    day: date
    over_60_min: float
    over_70_min: float
    over_80_min: float
    moves: int
    cluster_health: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestMove:
    """One move of a replay, at the hour it was advised (or seen)."""

    at: datetime
    vmid: int
    name: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestSide:
    """One way to run the cluster through its past.

    ``over_*_min_per_day`` are node-minutes a day over that CPU use, from hourly means; ``cpu_spread_pct`` and
    ``mem_spread_pct`` the mean standard deviation over the nodes; ``gigabytes`` what the moves send;
    ``churn_pct`` the share of moves that bring a guest back to a node it left within 24 hours.
    """

    name: str
    kind: SideKind
    over_60_min_per_day: float
    over_70_min_per_day: float
    over_80_min_per_day: float
    cpu_spread_pct: float | None
    mem_spread_pct: float | None
    cluster_health: float | None
    moves: int
    moves_per_day: float
    gigabytes: float
    churn_pct: float
    days: tuple[BacktestDay, ...]
    made: tuple[BacktestMove, ...]
    settings: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The past of a cluster replayed: as it was, with no move at all, and under one or several profiles.

    Scored from ``begins`` to ``ends`` (``hours``); what lies before is the history that the first advice rests on.
    """

    cluster: str
    begins: datetime
    ends: datetime
    hours: int
    history_hours: int
    summary: str
    sides: tuple[BacktestSide, ...]
    notes: tuple[str, ...] = ()

    def side(self, name: str) -> BacktestSide:
        """The side of that name."""
        return next(side for side in self.sides if side.name == name)

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.backtest/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": BACKTEST_FORMAT, **plain(self)}
