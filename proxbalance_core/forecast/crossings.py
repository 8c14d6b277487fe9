"""Thresholds that a rise will cross within two days: predictions, not moves (engine, section 10)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from proxbalance_core.domain.cluster import ClusterSnapshot, CpuUse, Guest, MemUse, Node, NodeMetric
from proxbalance_core.domain.results import Forecast
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import known

WITHIN_HOURS = 48.0
HIGH_BELOW_HOURS, MEDIUM_UP_TO_HOURS = 12.0, 36.0
RATE_SHARE = {"high": 0.25, "medium": 0.5}
WINDOW_DAYS = 7.0
EIGHTY_PERCENT = 1.28
LEAST_RATE_SHARE = 0.1
# Points of percent of its node a day: where scoring begins to call a trend rising.
LEAST_GUEST_RISE = 0.5
WORDS = {"cpu": "CPU level", "mem": "memory", "iowait": "iowait level"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rise:
    """A level that rises [percent of the node, points of percent a day]; ``spread_pct`` may be NaN.

    ``unsteady`` is which share of that spread, about the line, the level itself has: 1 for a present value, less for a
    mean of windows.
    """

    entity: str
    who: str
    metric: str
    level_pct: float
    threshold_pct: float
    per_day: float
    spread_pct: float
    history_days: float
    confidence: str
    unsteady: float = 1.0

    @property
    def hours(self) -> float:
        return (self.threshold_pct - self.level_pct) / self.per_day * 24.0

    def soonest_and_latest(self) -> tuple[float, float]:
        """Hours to the crossing within an 80 % interval: of the rate, and of where the level stands now.

        The rate's standard error is that of a line through one independent value a day: hours of a day
        resemble one another too much to count each. The slowest rate is at least a tenth of the measured one, so that
        the interval ends. The level stands off its line by what the week stood off it, daily ups and downs included.

        Source
        ------
        Planted rises with daily cycles and lasting noise: 75 to 100 % of them cross within it, 86 % over all
        (``tests/unit/forecast/test_leaks.py``); by the rate alone at most 36 % did.
        """
        margin, off_hours = RATE_SHARE[self.confidence] * self.per_day, 0.0
        if known(self.spread_pct):
            days = min(self.history_days, WINDOW_DAYS)
            about_the_line = max(self.spread_pct**2 - (self.per_day * days) ** 2 / 12.0, 0.0)
            margin = EIGHTY_PERCENT * math.sqrt(about_the_line * 12.0 / days) / days
            off_hours = EIGHTY_PERCENT * self.unsteady * math.sqrt(about_the_line) / self.per_day * 24.0
        slowest = max(self.per_day - margin, LEAST_RATE_SHARE * self.per_day)
        early = self.hours - self.hours * self.per_day / (self.per_day + margin)
        late = self.hours * self.per_day / slowest - self.hours
        return max(self.hours - math.hypot(early, off_hours), 0.0), self.hours + math.hypot(late, off_hours)


def crossings(snapshot: ClusterSnapshot, settings: Settings) -> tuple[Forecast, ...]:
    """What will cross its threshold within 48 hours if it goes on rising as it did, soonest first.

    A rise counts when it held for ``min_history_days`` and its trend is of high or medium confidence.
    A guest counts when its own growth uses up what its node has left under the threshold, and what
    the guest was given allows for it. Misleads where a guest moved in lately: its node's trend tells
    of the move.
    """
    nodes = {node.name: node for node in snapshot.nodes if node.measured and not node.maintenance}
    rises = [rise for node in nodes.values() for rise in _node_rises(node, settings)]
    rises += [
        rise
        for guest in snapshot.guests
        if guest.running and guest.node in nodes
        for rise in _guest_rises(guest, nodes[guest.node], settings)
    ]
    ahead = [rise for rise in rises if rise.level_pct < rise.threshold_pct and rise.hours <= WITHIN_HOURS]
    ahead.sort(key=lambda rise: (rise.hours, rise.entity, rise.metric))
    return tuple(_forecast(rise, snapshot) for rise in ahead)


def _held(confidence: str | None, per_day: float, history_days: float, settings: Settings) -> bool:
    return confidence in RATE_SHARE and per_day > 0 and history_days >= max(settings.min_history_days, 1.0)


def _level(metric: NodeMetric, settings: Settings) -> float:
    """The weighted mean of the measured windows: what thresholds are compared with."""
    windows = (
        (metric.current_pct, settings.weight_current),
        (metric.avg_24h_pct, settings.weight_24h),
        (metric.avg_7d_pct, settings.weight_7d),
    )
    seen = [(value, weight) for value, weight in windows if known(value)]
    total = sum(weight for _, weight in seen)
    return sum(value * weight for value, weight in seen) / total if total > 0 else metric.current_pct


def _unsteadiness(metric: str, settings: Settings) -> float:
    """How much of a week's spread about its line a level still has.

    A day's mean has a third of the variance of one value (a day's hours resemble one another), a week's mean a seventh
    of that of a day. The windows share the present, so their errors are taken to go together.
    """
    if metric == "mem":
        return 1.0
    weights = settings.weight_current, settings.weight_24h, settings.weight_7d
    shares = (1.0, 1.0 / 3.0, 1.0 / 21.0)
    spread = sum(weight * math.sqrt(share) for weight, share in zip(weights, shares, strict=True))
    return spread / sum(weights)


def _node_level(node: Node, metric: str, settings: Settings) -> float:
    """Memory is a step function: its level is its current value."""
    if metric == "mem":
        return node.mem.current_pct
    return _level(node.cpu if metric == "cpu" else node.iowait, settings)


def _node_rises(node: Node, settings: Settings) -> Iterator[_Rise]:
    for metric, windows, threshold in (
        ("cpu", node.cpu, settings.cpu_threshold),
        ("mem", node.mem, settings.mem_threshold),
        ("iowait", node.iowait, settings.iowait_threshold),
    ):
        if _held(windows.trend_confidence, windows.trend_pct_per_day, node.history_days, settings):
            yield _Rise(
                entity=f"node/{node.name}", who=f"The {WORDS[metric]} of {node.name}", metric=metric,
                level_pct=_node_level(node, metric, settings), threshold_pct=threshold,
                per_day=windows.trend_pct_per_day, spread_pct=windows.std_7d_pct,
                history_days=node.history_days, confidence=str(windows.trend_confidence),
                unsteady=_unsteadiness(metric, settings),
            )  # fmt: skip


def _guest_rises(guest: Guest, node: Node, settings: Settings) -> Iterator[_Rise]:
    uses: tuple[tuple[str, CpuUse | MemUse, float, float, float], ...] = (
        ("cpu", guest.cpu_used_cores, guest.cpu_cores, node.cpu_cores * node.cpu_speed_factor, settings.cpu_threshold),
        ("mem", guest.mem_used_bytes, guest.mem_bytes, node.mem_bytes, settings.mem_threshold),
    )  # fmt: skip
    for metric, use, given, capacity, threshold in uses:
        if not _held(use.trend_confidence, use.trend_per_day, guest.history_days, settings) or capacity <= 0:
            continue
        level = _node_level(node, metric, settings)
        per_day = 100.0 * use.trend_per_day / capacity
        room = (threshold - level) / 100.0 * capacity
        if per_day < LEAST_GUEST_RISE or use.current + room > given:
            continue
        yield _Rise(
            entity=f"guest/{guest.vmid}", metric=metric, level_pct=level, threshold_pct=threshold,
            who=f"{guest.label} ({guest.vmid}) grows on {node.name}, whose {WORDS[metric]}",
            per_day=per_day, spread_pct=100.0 * use.std_7d / capacity,
            history_days=guest.history_days, confidence=str(use.trend_confidence),
            unsteady=_unsteadiness(metric, settings),
        )  # fmt: skip


def _urgency(hours: float) -> str:
    if hours < HIGH_BELOW_HOURS:
        return "high"
    return "medium" if hours <= MEDIUM_UP_TO_HOURS else "low"


def _forecast(rise: _Rise, snapshot: ClusterSnapshot) -> Forecast:
    soonest, latest = rise.soonest_and_latest()
    return Forecast(
        entity=rise.entity,
        metric=rise.metric,
        current_value=round(rise.level_pct, 2),
        threshold=rise.threshold_pct,
        rate_per_day=round(rise.per_day, 2),
        crossing_at=snapshot.taken_at + _minutes(rise.hours),
        crossing_earliest=snapshot.taken_at + _minutes(soonest),
        crossing_latest=snapshot.taken_at + _minutes(latest),
        confidence=rise.confidence,
        urgency=_urgency(rise.hours),
        summary=(
            f"{rise.who} is {rise.level_pct:.1f} %; at {rise.per_day:.1f} points a day it passes "
            f"{rise.threshold_pct:g} % in {rise.hours:.1f} h (between {soonest:.1f} and {latest:.1f} h)."
        ),
    )


def _minutes(hours: float) -> timedelta:
    return timedelta(minutes=round(hours * 60.0))
