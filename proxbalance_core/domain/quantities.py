"""Every figure that leaves the app for another program, once: API, Prometheus and others read them from here.

A quantity has a stable id: ``cluster/health`` of the cluster as a whole, ``cluster/node/pve1/suitability`` of a node.
Names end in their unit. None is "not measured", and whoever shows it leaves it out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from proxbalance_core.domain.cluster import ClusterSnapshot, Node
from proxbalance_core.domain.connections import ConnectionStatus
from proxbalance_core.domain.plans import Assessment, NodeLoad
from proxbalance_core.domain.results import NodeScore

Category = Literal["score", "load", "advice", "collection"]
LIGHTS = ("green", "amber", "red")
URGENCIES = ("none", "low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What quantities are read from: a cluster's state and, from its first one on, its newest assessment.

    ``snapshot`` is what that assessment was made of, as long as it is kept.
    """

    status: ConnectionStatus
    told: Assessment | None = None
    snapshot: ClusterSnapshot | None = None
    generated_at: datetime | None = None
    engine_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """One node of an assessment, what the plan makes of it, and what it was assessed from (None: not kept)."""

    node: NodeScore
    limits: dict[str, float]
    measured: Node | None
    after: NodeLoad | None
    score_after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterQuantity:
    """A figure of the whole cluster."""

    key: str
    name: str
    unit: str
    category: Category
    value: Callable[[Facts], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeQuantity:
    """A figure of each node."""

    key: str
    name: str
    unit: str
    category: Category
    value: Callable[[NodeFacts], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A quantity with its value; ``node`` is None for one of the whole cluster."""

    id: str
    key: str
    node: str | None
    name: str
    unit: str
    category: Category
    value: float | None


def _told(key: str, name: str, unit: str, category: Category, of: Callable[[Assessment], float | None]) -> (
    ClusterQuantity
):  # fmt: skip
    """A figure of the assessment; there is none before the first."""
    return ClusterQuantity(
        key=key, name=name, unit=unit, category=category, value=lambda f: None if f.told is None else of(f.told)
    )


def _advisories(severity: str) -> Callable[[Assessment], float]:
    return lambda told: float(sum(one.severity == severity for one in told.advisories))


def _over(node: NodeScore, limits: dict[str, float]) -> bool | None:
    """Whether CPU, memory or iowait is at its threshold or over; None where none of them was measured."""
    levels = {"cpu": node.cpu_pct, "mem": node.mem_pct, "iowait": node.iowait_pct}
    measured = {metric: level for metric, level in levels.items() if level is not None}
    return any(level >= limits[metric] for metric, level in measured.items()) if measured else None


def _limits(told: Assessment) -> dict[str, float]:
    return {metric: float(told.settings[f"{metric}_threshold"]) for metric in ("cpu", "mem", "iowait")}


def _imbalanced(facts: Facts) -> float | None:
    """Whether a node is over a threshold, or the nodes that take guests differ by more than balanced ones may."""
    told, snapshot = facts.told, facts.snapshot
    if told is None or snapshot is None:
        return None
    maintained = {node.name for node in snapshot.nodes if node.maintenance}
    nodes = [node for node in told.nodes if node.score is not None and node.name not in maintained]
    if not nodes:
        return None
    spread = max(_spread(node.cpu_pct for node in nodes), _spread(node.mem_pct for node in nodes))
    over = any(_over(node, _limits(told)) for node in nodes)
    return float(over or spread >= float(told.settings["balanced_spread_pct"]))


def _spread(levels: Iterable[float | None]) -> float:
    known = [level for level in levels if level is not None]
    return max(known) - min(known) if known else 0.0


def _broken_rules(told: Assessment) -> float:
    """HA rules that don't hold, and those of tags, which the plan repairs."""
    repaired = {move.group or move.id for move in told.recommendations if move.kind == "affinity_repair"}
    return float(len(repaired) + sum(one.type == "ha_rule_violated" for one in told.advisories))


def _without_reserve(told: Assessment) -> float:
    return float(sum(one.type == "n_minus_1" and one.severity == "warning" for one in told.advisories))


def _flag(value: bool | None) -> float | None:
    return None if value is None else float(value)


def _time(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


CLUSTER: tuple[ClusterQuantity, ...] = (
    _told("health", "Cluster health", "of 100", "score", lambda t: t.summary.cluster_health),
    _told("predicted_health", "Cluster health after the plan", "of 100", "score", lambda t: t.summary.predicted_health),
    _told("imbalance_ratio", "Imbalance", "ratio", "load", lambda t: t.summary.imbalance),
    _told("predicted_imbalance_ratio", "Imbalance after the plan", "ratio", "load",
          lambda t: t.summary.predicted_imbalance),
    _told("strain_points", "Strain", "points", "score", lambda t: t.summary.strain),
    _told("predicted_strain_points", "Strain after the plan", "points", "score", lambda t: t.summary.predicted_strain),
    _told("recommendations", "Recommendations", "moves", "advice", lambda t: float(len(t.recommendations))),
    _told("skipped_guests", "Guests that stay", "guests", "advice", lambda t: float(len(t.skipped))),
    _told("best_gain_points", "Largest gain of a recommendation", "points", "advice",
          lambda t: max((move.score_improvement for move in t.recommendations), default=None)),
    _told("aggregate_gain_points", "Gain of all recommendations", "points", "advice",
          lambda t: t.summary.aggregate_improvement),
    _told("urgency", "Urgency (0 none, 1 low, 2 medium, 3 high)", "level", "advice",
          lambda t: float(URGENCIES.index(t.summary.urgency))),
    _told("conflicts", "Conflicts between recommendations", "conflicts", "advice", lambda t: float(len(t.conflicts))),
    _told("critical_advisories", "Critical advisories", "advisories", "advice", _advisories("critical")),
    _told("warning_advisories", "Warnings", "advisories", "advice", _advisories("warning")),
    ClusterQuantity(key="imbalanced", name="Imbalanced (1) or balanced (0)", unit="yes or no", category="load",
                    value=_imbalanced),
    _told("broken_rules", "Rules that don't hold", "rules", "advice", _broken_rules),
    _told("n_minus_1_failures", "Nodes whose guests the rest couldn't take up", "nodes", "advice", _without_reserve),
    _told("plan_seconds", "Time that the plan takes", "s", "advice", lambda t: t.plan.estimated_seconds),
    ClusterQuantity(key="data_age_seconds", name="Age of the figures", unit="s", category="collection",
                    value=lambda f: f.status.age_s),
    ClusterQuantity(key="data_stale", name="Figures are too old (1) or not (0)", unit="yes or no",
                    category="collection", value=lambda f: float(f.status.stale)),
    ClusterQuantity(key="collection_rounds_total", name="Complete rounds of collecting", unit="rounds",
                    category="collection", value=lambda f: float(f.status.rounds)),
    ClusterQuantity(key="last_generation_timestamp_seconds", name="Time of the newest assessment",
                    unit="s since 1970", category="collection", value=lambda f: _time(f.generated_at)),
    ClusterQuantity(key="engine_seconds", name="Time that the newest assessment took", unit="s",
                    category="collection", value=lambda f: f.engine_seconds),
)  # fmt: skip


def _of(key: str, name: str, unit: str, category: Category, value: Callable[[NodeFacts], float | None]) -> NodeQuantity:
    return NodeQuantity(key=key, name=name, unit=unit, category=category, value=value)


NODE: tuple[NodeQuantity, ...] = (
    _of("online", "Online (1) or not (0)", "yes or no", "load", lambda f: float(f.node.status == "online")),
    _of("overloaded", "Over a threshold (1) or not (0)", "yes or no", "load",
        lambda f: _flag(_over(f.node, f.limits))),
    _of("maintenance", "In maintenance (1) or not (0)", "yes or no", "load",
        lambda f: _flag(f.measured.maintenance if f.measured else None)),
    _of("suitability", "Suitability", "of 100", "score", lambda f: f.node.suitability),
    _of("score_points", "Penalty", "points", "score", lambda f: f.node.score),
    _of("predicted_score_points", "Penalty after the plan", "points", "score", lambda f: f.score_after),
    _of("strain_points", "Strain", "points", "score", lambda f: f.node.strain),
    _of("light", "Light (0 green, 1 amber, 2 red)", "level", "score", lambda f: float(LIGHTS.index(f.node.light))),
    _of("cpu_pct", "CPU", "percent", "load", lambda f: f.node.cpu_pct),
    _of("mem_pct", "Memory", "percent", "load", lambda f: f.node.mem_pct),
    _of("iowait_pct", "I/O wait", "percent", "load", lambda f: f.node.iowait_pct),
    _of("cpu_trend_pct_per_day", "CPU's trend", "percent a day", "load",
        lambda f: f.measured.cpu.trend_pct_per_day if f.measured else None),
    _of("mem_trend_pct_per_day", "Memory's trend", "percent a day", "load",
        lambda f: f.measured.mem.trend_pct_per_day if f.measured else None),
    _of("guests", "Guests", "guests", "load", lambda f: float(f.node.guest_count)),
    _of("predicted_cpu_pct", "CPU after the plan", "percent", "load", lambda f: f.after.cpu_pct if f.after else None),
    _of("predicted_mem_pct", "Memory after the plan", "percent", "load",
        lambda f: f.after.mem_pct if f.after else None),
    _of("predicted_guests", "Guests after the plan", "guests", "load",
        lambda f: float(f.after.guest_count) if f.after else None),
)  # fmt: skip


def readings(facts: Facts) -> Iterator[Reading]:
    """Every quantity of a cluster with its value, those of the whole cluster first."""
    yield from cluster_readings(facts)
    if facts.told is not None:
        yield from node_readings(facts.told, facts.snapshot)


def cluster_readings(facts: Facts) -> Iterator[Reading]:
    """The quantities of the whole cluster."""
    for quantity in CLUSTER:
        yield _reading(quantity, f"cluster/{quantity.key}", None, quantity.value(facts))


def node_readings(told: Assessment, snapshot: ClusterSnapshot | None) -> Iterator[Reading]:
    """The quantities of every node: they are those of an assessment, whatever happens after it."""
    after, limits = told.batch_impact.after, _limits(told)
    measured = {node.name: node for node in snapshot.nodes} if snapshot else {}
    for node in told.nodes:
        of = NodeFacts(
            node=node, limits=limits, measured=measured.get(node.name), after=after.nodes.get(node.name),
            score_after=after.node_scores.get(node.name),
        )  # fmt: skip
        for each in NODE:
            yield _reading(each, f"cluster/node/{node.name}/{each.key}", node.name, each.value(of))


def _reading(of: ClusterQuantity | NodeQuantity, qid: str, node: str | None, value: float | None) -> Reading:
    measured = value if value is not None and math.isfinite(value) else None
    return Reading(
        id=qid, key=of.key, node=node, name=of.name, unit=of.unit, category=of.category, value=measured
    )  # fmt: skip
