"""The penalty terms of nodes, as a table [terms, N]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.results import Category
from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats
from proxbalance_core.scoring.placed import PEAK, WEEK, Placed
from proxbalance_core.scoring.scale import OVERCOMMIT_RATIO, STEPPED, PointScale


@dataclass(frozen=True, slots=True, kw_only=True)
class TermKind:
    """What a term is called, what it belongs to and what its value is measured in."""

    term: str
    category: Category
    unit: str = "percent"

    @property
    def capped(self) -> bool:
        """Whether it counts against the cap of the memory terms."""
        return self.term in MEMORY_TERMS


MEMORY_TERMS = frozenset({"current_mem", "sustained_mem", "mem_trend", "mem_spikes", "mem_overcommit", "predicted_mem"})
CATEGORIES: dict[str, Category] = {
    "current_cpu": "cpu", "sustained_cpu": "cpu", "current_mem": "memory", "sustained_mem": "memory",
    "iowait_current": "iowait", "iowait_sustained": "iowait", "cpu_trend": "trends", "mem_trend": "trends",
    "cpu_spikes": "spikes", "mem_spikes": "spikes", "pressure": "pressure",
}  # fmt: skip
KINDS = (
    *(
        TermKind(term=t, category=CATEGORIES[t], unit="points/day" if t.endswith("trend") else "percent")
        for t in STEPPED
    ),
    TermKind(term="mem_overcommit", category="memory", unit="times RAM"),
    TermKind(term="soft_affinity", category="affinity", unit="rules"),
)
CAPPED = np.array([kind.capped for kind in KINDS])
OVERCOMMIT, SOFT = len(KINDS) - 2, len(KINDS) - 1
# What speaks of a week, and so needs some days of history.
WEEKLY = np.array([t.startswith(("cpu_", "mem_")) or "sustained" in t for t in STEPPED])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NodeTerms:
    """Every term of every node as it stands: points and values, [terms, N], in the order of ``KINDS``.

    ``memory`` [N] is the sum of the memory terms, not capped yet, ``others`` [N] that of the rest.
    """

    points: Floats
    values: Floats
    memory: Floats
    others: Floats


def node_terms(placed: Placed, scale: PointScale, s: Settings) -> NodeTerms:
    """Work out every term of every node."""
    node = placed.arrays.node
    values = np.empty((len(KINDS), len(node.names)))
    values[: len(STEPPED)] = (
        placed.cpu_level, placed.cpu[:, WEEK], placed.mem_level, placed.mem[:, WEEK],
        placed.iowait_level, placed.iowait[:, WEEK] - placed.exempt, node.cpu_trend, node.mem_trend,
        placed.cpu[:, PEAK], placed.mem[:, PEAK], node.pressure_pct,
    )  # fmt: skip
    short = ~((node.history_days >= s.min_history_days) & (s.weight_7d > 0))
    values[: len(STEPPED)][WEEKLY[:, None] & short] = np.nan
    values[OVERCOMMIT], values[SOFT] = placed.overcommit, placed.soft_broken()
    points = np.empty(values.shape)
    points[: len(STEPPED)] = scale.stepped(values[: len(STEPPED)])
    points[OVERCOMMIT] = overcommit_points(values[OVERCOMMIT], scale)
    points[SOFT] = scale.soft_rule * values[SOFT]
    return NodeTerms(
        points=points, values=values, memory=points[CAPPED].sum(axis=0), others=points[~CAPPED].sum(axis=0)
    )


def overcommit_points(ratio: Floats, scale: PointScale) -> Floats:
    """Points of allocated memory over RAM: none under the first ratio, then linear."""
    low, high = OVERCOMMIT_RATIO
    least, most = scale.overcommit
    share = np.minimum(np.fmax((ratio - low) / (high - low), 0.0), 1.0)
    return np.where(ratio >= low, least + (most - least) * share, 0.0)


def memory_factor(memory_points: Floats, cap: float) -> Floats:
    """What the memory terms are scaled by so that together they stay at or under the cap."""
    over = memory_points > cap
    return np.where(over, cap / np.where(over, memory_points, 1.0), 1.0)


def total_terms(terms: NodeTerms, cap: float) -> Floats:
    """The sum of all terms with memory capped, [N] points."""
    return np.asarray(np.minimum(terms.memory, cap) + terms.others)
