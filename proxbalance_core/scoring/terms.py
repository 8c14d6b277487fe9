"""The penalty terms of nodes, as arrays [N] and as rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.results import Category
from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats
from proxbalance_core.scoring.placed import PEAK, WEEK, Placed
from proxbalance_core.scoring.scale import OVERCOMMIT_RATIO, PointScale
from proxbalance_core.scoring.staircase import Staircase


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TermColumn:
    """One term over all nodes: points and value [N], against its first limit."""

    term: str
    category: Category
    points: Floats
    value: Floats
    limit: float | None
    unit: str = "percent"
    capped: bool = False


MEMORY_TERMS = frozenset({"current_mem", "sustained_mem", "mem_trend", "mem_spikes", "mem_overcommit", "predicted_mem"})


def node_terms(placed: Placed, scale: PointScale, s: Settings) -> list[TermColumn]:
    """Every term of every node as it stands; memory terms are not capped yet."""
    node = placed.arrays.node
    week = (node.history_days >= s.min_history_days) & (s.weight_7d > 0)

    def sustained(values: Floats) -> Floats:
        return np.where(week, values, np.nan)

    iowait_week = placed.iowait[:, WEEK] - placed.exempt
    columns: list[tuple[str, Category, Staircase, Floats, str]] = [
        ("current_cpu", "cpu", scale.current_cpu, placed.cpu_level, "percent"),
        ("sustained_cpu", "cpu", scale.sustained_cpu, sustained(placed.cpu[:, WEEK]), "percent"),
        ("current_mem", "memory", scale.current_mem, placed.mem_level, "percent"),
        ("sustained_mem", "memory", scale.sustained_mem, sustained(placed.mem[:, WEEK]), "percent"),
        ("iowait_current", "iowait", scale.iowait_current, placed.iowait_level, "percent"),
        ("iowait_sustained", "iowait", scale.iowait_sustained, sustained(iowait_week), "percent"),
        ("cpu_trend", "trends", scale.cpu_trend, sustained(node.cpu_trend), "points/day"),
        ("mem_trend", "trends", scale.mem_trend, sustained(node.mem_trend), "points/day"),
        ("cpu_spikes", "spikes", scale.cpu_spikes, sustained(placed.cpu[:, PEAK]), "percent"),
        ("mem_spikes", "spikes", scale.mem_spikes, sustained(placed.mem[:, PEAK]), "percent"),
        ("pressure", "pressure", scale.pressure, node.pressure_pct, "percent"),
    ]
    made = [
        TermColumn(term=term, category=category, points=stairs(x), value=x, limit=stairs.limits[0], unit=unit)
        for term, category, stairs, x, unit in columns
    ]
    broken = placed.soft_broken()
    made.append(
        TermColumn(
            term="mem_overcommit",
            category="memory",
            points=overcommit_points(placed.overcommit, scale),
            value=placed.overcommit,
            limit=OVERCOMMIT_RATIO[0],
            unit="times RAM",
        )
    )
    made.append(
        TermColumn(
            term="soft_affinity",
            category="affinity",
            points=scale.soft_rule * broken,
            value=broken,
            limit=None,
            unit="rules",
        )
    )
    return made


def overcommit_points(ratio: Floats, scale: PointScale) -> Floats:
    """Points of allocated memory over RAM: none under the first ratio, then linear."""
    low, high = OVERCOMMIT_RATIO
    least, most = scale.overcommit
    share = np.clip((ratio - low) / (high - low), 0.0, 1.0)
    return np.where(np.nan_to_num(ratio) >= low, least + (most - least) * np.nan_to_num(share), 0.0)


def memory_factor(memory_points: Floats, cap: float) -> Floats:
    """What the memory terms are scaled by so that together they stay at or under the cap."""
    over = memory_points > cap
    return np.where(over, cap / np.where(over, memory_points, 1.0), 1.0)


def total_terms(columns: list[TermColumn], cap: float) -> Floats:
    """The sum of all terms with memory capped, [N] points."""
    memory = sum((c.points for c in columns if c.term in MEMORY_TERMS), start=np.zeros(1))
    others = sum((c.points for c in columns if c.term not in MEMORY_TERMS), start=np.zeros(1))
    return np.asarray(np.minimum(memory, cap) + others)
