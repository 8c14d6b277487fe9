"""How sure a move is, 0..100: improvement, headroom, complexity, stability (scoring, section 6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.cluster import Guest, Node, PastOutcome
from proxbalance_core.domain.results import ConfidenceFactor
from proxbalance_core.domain.units import GIB, known

WEIGHTS = {"improvement": 0.40, "headroom": 0.25, "complexity": 0.20, "stability": 0.15}
IMPROVEMENT_POINTS = ((0.0, 15.0, 25.0, 40.0, 60.0), (0.0, 30.0, 50.0, 75.0, 100.0))
FULL_HEADROOM_PCT = 66.7
LEAST_OUTCOMES = 5
REALISED_RANGE = (0.5, 1.1)
UNKNOWN_STABILITY = 50.0
RISING_TARGET_COST = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFacts:
    """What confidence and risk are made of; percent of the target after the move."""

    guest: Guest
    source: Node
    target: Node
    improvement_points: float
    target_cpu_pct: float
    target_mem_pct: float
    reason: str
    cluster_health: float
    min_history_days: float


def confidence(facts: MoveFacts, outcomes: tuple[PastOutcome, ...]) -> tuple[float, tuple[ConfidenceFactor, ...]]:
    """Confidence and its four factors; the points of the factors sum up to it."""
    made = (_improvement(facts, outcomes), _headroom(facts), _complexity(facts.guest), _stability(facts))
    factors = tuple(
        ConfidenceFactor(
            factor=name,
            score=round(score, 2),
            weight=WEIGHTS[name],
            points=round(WEIGHTS[name] * score, 2),
            value=value,
            detail=detail,
        )
        for name, score, value, detail in made
    )
    return round(sum(f.points for f in factors), 2), factors


Made = tuple[str, float, float | None, str]


def _improvement(facts: MoveFacts, outcomes: tuple[PastOutcome, ...]) -> Made:
    points = facts.improvement_points
    score = float(np.interp(points, *IMPROVEMENT_POINTS))
    detail = f"improves the score by {points:.1f} points"
    like = [o for o in outcomes if o.reason == facts.reason and o.predicted_points > 0]
    if len(like) >= LEAST_OUTCOMES:
        share = sum(o.realised_points for o in like) / sum(o.predicted_points for o in like)
        factor = min(REALISED_RANGE[1], max(REALISED_RANGE[0], share))
        score = min(100.0, score * factor)
        detail += f"; {len(like)} like moves brought {100 * share:.0f} % of what was predicted"
    return "improvement", score, round(points, 2), detail


def _headroom(facts: MoveFacts) -> Made:
    room = 100.0 - (facts.target_cpu_pct + facts.target_mem_pct) / 2.0
    score = float(np.interp(room, (0.0, FULL_HEADROOM_PCT), (0.0, 100.0)))
    return (
        "headroom",
        score,
        round(room, 2),
        f"{facts.target.name} keeps {room:.1f} % free, CPU and memory on average",
    )


def _complexity(guest: Guest) -> Made:
    gigabytes = guest.mem_bytes / GIB if known(guest.mem_bytes) else 0.0
    cores = guest.cpu_cores if known(guest.cpu_cores) else 0.0
    score = 100.0
    if gigabytes > 32 or cores > 8:
        score = 40.0
    elif gigabytes > 16 or cores > 4:
        score = 60.0
    elif gigabytes > 4:
        score = 80.0
    copies = sum(disk.local_copy for disk in guest.disks)
    score = max(0.0, score - 15.0 * copies - (10.0 if guest.snapshots else 0.0))
    parts = [f"{gigabytes:.1f} GB of memory", f"{cores:g} cores"]
    parts += [f"{copies} local disks to copy"] if copies else []
    parts += [f"{guest.snapshots} snapshots"] if guest.snapshots else []
    return "complexity", score, round(gigabytes, 2), ", ".join(parts)


def _stability(facts: MoveFacts) -> Made:
    guest, nodes = facts.guest, (facts.source, facts.target)
    days = [guest.history_days, *(n.history_days for n in nodes)]
    steady = [_steadiness(guest.cpu_used_cores.std_7d, guest.cpu_used_cores.avg_7d)]
    steady += [_steadiness(n.cpu.std_7d_pct, n.cpu.avg_7d_pct) for n in nodes]
    if any(not known(d) or d < facts.min_history_days for d in days) or not all(known(s) for s in steady):
        score, value, detail = UNKNOWN_STABILITY, None, "too little history to tell"
    else:
        value = round(sum(steady) / len(steady), 4)
        score, detail = 100.0 * value, f"the last 7 days were {100.0 * value:.0f} % steady"
    if facts.target.cpu.trend_pct_per_day > 0 and facts.target.cpu.trend_confidence in ("high", "medium"):
        score, detail = (
            max(0.0, score - RISING_TARGET_COST),
            f"{detail}; CPU of {facts.target.name} is rising",
        )
    return "stability", score, value, detail


def _steadiness(std: float, mean: float) -> float:
    """1 less the coefficient of variation, within 0..1; NaN when not measured."""
    if not known(std) or not known(mean):
        return float("nan")
    return min(1.0, max(0.0, 1.0 - std / mean)) if mean > 0 else 1.0
