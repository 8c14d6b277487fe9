"""Advisories on capacity: the cluster as a whole is too full, too small or will be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.results import Advisory, Forecast
from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats
from proxbalance_core.recommend.constraints import MEM_LIMIT, Constraints, Ruling
from proxbalance_core.scoring.placed import Placed

SATURATED = {"cpu": (70.0, 85.0), "mem": (80.0, 90.0)}
STUCK_CPU_PCT, STUCK_MEM_PCT = 90.0, 95.0
SMALL_CLUSTER_NODES = 2
EXHAUSTED_PCT = {"cpu": 100.0, "mem": 100.0 * MEM_LIMIT}
SOON_DAYS = 7.0
WORDS = {"cpu": "CPU", "mem": "memory"}


def saturation(placed: Placed, moves: int) -> Iterator[Advisory]:
    """Mean load of all measured nodes, weighted by capacity."""
    node = placed.arrays.node
    for metric, levels, capacity in (
        ("cpu", placed.cpu_level, node.capacity_cores),
        ("mem", placed.mem_level, node.mem_bytes),
    ):
        mean = _mean(levels[node.measured], capacity[node.measured])
        warning, critical = SATURATED[metric]
        if not mean > warning:
            continue
        limit = critical if mean > critical else warning
        severity: Literal["critical", "warning"] = "critical" if mean > critical else "warning"
        more = "Add a node" if metric == "cpu" else "Add memory or a node"
        yield Advisory(
            type="saturation",
            severity=severity,
            node=None,
            message=(
                f"The cluster uses {mean:.1f} % of its {WORDS[metric]}, over {limit:g} %: "
                "moving guests can't make room."
            ),
            metrics={"resource": metric, "mean_pct": round(mean, 2), "limit_pct": limit, "moves": moves},
            suggestions=(
                *_moves_first(moves),
                f"{more}, or stop guests that aren't needed.",
                "Look at the over-provisioned guests: what they don't use can serve others.",
            ),
        )


def _mean(levels: Floats, capacity: Floats) -> float:
    total = float(np.nansum(capacity))
    return float(np.nansum(levels * capacity)) / total if total > 0 else float("nan")


def _moves_first(moves: int) -> tuple[str, ...]:
    if not moves:
        return ()
    return (f"Do the {moves} recommended migration{'s' * (moves != 1)} first; they spread the load better.",)


def limited_headroom(placed: Placed, settings: Settings, moves: int) -> Iterator[Advisory]:
    """All nodes but one, or all, are over a threshold."""
    node = placed.arrays.node
    here = np.flatnonzero(node.measured & ~node.maintenance)
    over = (
        (placed.cpu_level > settings.cpu_threshold)
        | (placed.mem_level > settings.mem_threshold)
        | (placed.iowait_level > settings.iowait_threshold)
    )[here]
    if len(here) < 2 or over.sum() < len(here) - 1:
        return
    free = [node.names[n] for n in here[~over]]
    left = f"only {free[0]} has room for more" if free else "none has room for more"
    yield Advisory(
        type="limited_headroom",
        severity="warning",
        node=free[0] if free else None,
        message=(
            f"{int(over.sum())} of {len(here)} nodes are over a threshold (CPU {settings.cpu_threshold:g} %, "
            f"memory {settings.mem_threshold:g} %, iowait {settings.iowait_threshold:g} %); {left}."
        ),
        metrics={
            "nodes_over": int(over.sum()), "nodes": len(here), "names_over": [node.names[n] for n in here[over]],
            "cpu_threshold_pct": settings.cpu_threshold, "mem_threshold_pct": settings.mem_threshold,
            "iowait_threshold_pct": settings.iowait_threshold, "moves": moves,
        },
        suggestions=(
            *_moves_first(moves),
            "Add a node, or move load off this cluster.",
            "If the nodes cope well at this load, raise the thresholds.",
        ),
    )  # fmt: skip


def bottlenecks(placed: Placed, constraints: Constraints) -> Iterator[Advisory]:
    """Nodes nearly full from which no guest can go anywhere."""
    node, guest = placed.arrays.node, placed.arrays.guest
    cpu, mem = placed.cpu_level, placed.mem_level
    full = node.measured & ((np.nan_to_num(cpu) > STUCK_CPU_PCT) | (np.nan_to_num(mem) > STUCK_MEM_PCT))
    for n in np.flatnonzero(full):
        guests = np.flatnonzero((placed.node_of == n) & guest.running).tolist()
        if any(_can_leave(unit, placed, constraints) for unit in _units(guests, constraints)):
            continue
        name = node.names[n]
        yield Advisory(
            type="bottleneck",
            severity="critical",
            node=name,
            message=(
                f"{name} runs at {cpu[n]:.1f} % CPU and {mem[n]:.1f} % memory, "
                f"and none of its {len(guests)} running guests can move to another node."
            ),
            metrics={
                "cpu_pct": round(float(cpu[n]), 2), "mem_pct": round(float(mem[n]), 2),
                "running_guests": len(guests), "vmids": [int(guest.vmids[g]) for g in guests],
            },
            suggestions=(
                "See the guests' targets for what rules out each node.",
                "Free memory on another node, share the storage that binds these guests, or stop one of them.",
            ),
        )  # fmt: skip


def _units(guests: list[int], constraints: Constraints) -> list[tuple[int, ...]]:
    """What moves as one, the smallest first: it finds a place soonest."""
    units = {constraints.unit_of.get(g, (g,)) for g in guests}
    return sorted(units, key=lambda unit: (sum(constraints.need_bytes[g] for g in unit), unit))


def _can_leave(unit: tuple[int, ...], placed: Placed, constraints: Constraints) -> bool:
    """Whether any node may take ``unit``; a cheap look at the whole row first."""
    if len(unit) == 1:
        room = placed.mem_used_bytes() + constraints.need_bytes[unit[0]] <= MEM_LIMIT * constraints.mem_limits
        if not (room & (constraints.fixed[unit[0]] == Ruling.FREE)).any():
            return False
    return bool(constraints.free_targets([unit], placed).any())


def small_cluster(snapshot: ClusterSnapshot) -> Iterator[Advisory]:
    """One or two nodes: little to choose from, and quorum hangs on each."""
    count = len(snapshot.nodes)
    if not 0 < count <= SMALL_CLUSTER_NODES:
        return
    if count == 1:
        message = "The cluster has 1 node: there is nowhere to move a guest."
        suggestion = "Add a second node to be able to balance, and a third for quorum."
    else:
        message = "The cluster has 2 nodes: a guest has 1 node to go to, and losing either loses quorum."
        suggestion = "Add a third node or a QDevice, which keeps quorum when one node fails."
    yield Advisory(
        type="small_cluster",
        severity="info",
        node=None,
        message=message,
        metrics={"nodes": count, "other_nodes": count - 1},
        suggestions=(suggestion,),
    )


def exhaustion(forecasts: tuple[Forecast, ...]) -> Iterator[Advisory]:
    """How long a node's CPU or memory lasts at the rate of its forecast."""
    for forecast in forecasts:
        kind, _, name = forecast.entity.partition("/")
        full = EXHAUSTED_PCT.get(forecast.metric)
        if kind != "node" or full is None or not forecast.rate_per_day > 0:
            continue
        days = max(full - forecast.current_value, 0.0) / forecast.rate_per_day
        yield Advisory(
            type="days_to_exhaustion",
            severity="warning" if days <= SOON_DAYS else "info",
            node=name,
            message=(
                f"At {forecast.rate_per_day:.1f} points a day, {name} reaches {full:g} % {WORDS[forecast.metric]} "
                f"in {days:.1f} days (now {forecast.current_value:.1f} %)."
            ),
            metrics={
                "resource": forecast.metric, "days": round(days, 2), "current_pct": forecast.current_value,
                "rate_pct_per_day": forecast.rate_per_day, "full_pct": full, "confidence": forecast.confidence,
            },
            suggestions=("Find the guest that grows, or plan for more capacity before then.",),
        )  # fmt: skip
