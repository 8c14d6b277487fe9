"""Thresholds that would fit this cluster better than those set, with the reasoning (scoring, section 9)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot, NodeMetric
from proxbalance_core.domain.results import ThresholdSuggestion
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import first_known, known
from proxbalance_core.features.arrays import Floats

SHOWN_FROM_POINTS = 3.0
START = {"cpu_threshold": 60.0, "mem_threshold": 70.0, "iowait_threshold": 30.0}
RANGE = {"cpu_threshold": (40.0, 85.0), "mem_threshold": (50.0, 90.0), "iowait_threshold": (15.0, 40.0)}
SIZES = ((2, -10.0), (4, -5.0), (8, 0.0), (16, 5.0))
LARGER = 8.0
EVEN_BELOW, EVEN, UNEVEN = 0.3, 10.0, -5.0
LOADS = ((70.0, 80.0, 15.0), (50.0, 60.0, 10.0), (30.0, 40.0, 0.0))
IDLE = -5.0
IOWAITS = ((30.0, -15.0), (20.0, -10.0), (10.0, -5.0))
IOWAIT_HALF, CPU_THIRD = 0.5, 1.0 / 3.0
FULL_WEEK_DAYS, FIRM_NODES = 6.95, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Adjustment:
    """Points for one reason, for CPU, memory and iowait, and the reason in words."""

    because: str
    points: tuple[float, float, float]


def threshold_suggestions(snapshot: ClusterSnapshot, settings: Settings) -> tuple[ThresholdSuggestion, ...]:
    """Suggestions that are at least 3 points off the present setting.

    Made from 7-day means, so that a busy hour doesn't move them. A metric that no node measures has
    no suggestion.
    """
    nodes = [node for node in snapshot.nodes if node.measured]
    if not nodes:
        return ()
    cpu, mem, iowait = (
        np.array([_week(metric) for metric in metrics])
        for metrics in ([n.cpu for n in nodes], [n.mem for n in nodes], [n.iowait for n in nodes])
    )
    adjustments = [_size(len(nodes)), _balance(cpu, mem), _load(cpu, mem)]
    if not np.isnan(iowait).all():
        adjustments.append(_iowait(float(np.nanmean(iowait))))
    confidence = _confidence([node.history_days for node in nodes], settings.min_history_days)
    found = [
        _suggestion(key, which, float(getattr(settings, key)), adjustments, confidence)
        for which, key in enumerate(START)
        if key != "iowait_threshold" or not np.isnan(iowait).all()
    ]
    return tuple(s for s in found if abs(s.suggested - s.current) >= SHOWN_FROM_POINTS)


def _week(metric: NodeMetric) -> float:
    return first_known(metric.avg_7d_pct, metric.avg_24h_pct, metric.current_pct)


def _suggestion(
    key: str, which: int, current: float, adjustments: list[_Adjustment], confidence: str
) -> ThresholdSuggestion:
    wanted = START[key] + sum(a.points[which] for a in adjustments)
    low, high = RANGE[key]
    lines = [f"Start at {START[key]:g} %."]
    lines += [f"{a.because}: {a.points[which]:+.3g} points." for a in adjustments if a.points[which]]
    if not low <= wanted <= high:
        lines.append(f"Kept within {low:g} to {high:g} %.")
    return ThresholdSuggestion(
        key=key,
        current=current,
        suggested=round(min(max(wanted, low), high), 1),
        confidence=confidence,
        reasoning=tuple(lines),
    )


def _shared(because: str, points: float) -> _Adjustment:
    return _Adjustment(because=because, points=(points, points, IOWAIT_HALF * points))


def _size(nodes: int) -> _Adjustment:
    points = next((p for most, p in SIZES if nodes <= most), LARGER)
    return _Adjustment(because=f"Cluster of {nodes} node{'s' * (nodes != 1)}", points=(points,) * 3)


def _variation(loads: Floats) -> float:
    mean = float(np.nanmean(loads))
    return float(np.nanstd(loads)) / mean if mean > 0 else 0.0


def _balance(cpu: Floats, mem: Floats) -> _Adjustment:
    spread_cpu, spread_mem = _variation(cpu), _variation(mem)
    even = max(spread_cpu, spread_mem) < EVEN_BELOW
    words = "even" if even else "uneven"
    because = (
        f"Loads are {words} (coefficient of variation: CPU {spread_cpu:.2f}, memory {spread_mem:.2f}; "
        f"even is under {EVEN_BELOW:g})"
    )
    return _shared(because, EVEN if even else UNEVEN)


def _load(cpu: Floats, mem: Floats) -> _Adjustment:
    mean_cpu, mean_mem = float(np.nanmean(cpu)), float(np.nanmean(mem))
    points = next((p for c, m, p in LOADS if mean_cpu > c or mean_mem > m), IDLE)
    return _shared(f"7-day load of CPU {mean_cpu:.1f} %, memory {mean_mem:.1f} %", points)


def _iowait(mean: float) -> _Adjustment:
    points = next((p for over, p in IOWAITS if mean > over), 0.0)
    return _Adjustment(because=f"Mean iowait of {mean:.1f} %", points=(CPU_THIRD * points, 0.0, points))


def _confidence(history_days: list[float], least_days: float) -> str:
    shortest = min((d if known(d) else 0.0) for d in history_days)
    if len(history_days) >= FIRM_NODES and shortest >= FULL_WEEK_DAYS:
        return "high"
    return "medium" if shortest >= least_days else "low"
