# ruff: noqa: E501 - the rows of a Markdown table stay on one line
"""The blocks of docs/scoring.md: limits, points and weights as the code has them."""

from __future__ import annotations

import numpy as np

from proxbalance_core import ClusterSnapshot, Settings, assess
from proxbalance_core.domain.presets import PRESETS
from proxbalance_core.scoring import base, confidence, risk
from proxbalance_core.scoring.scale import OVERCOMMIT_RATIO, PointScale, sensitivity_factor
from proxbalance_core.scoring.staircase import Staircase
from tests.support.example import snapshot

# term, what it looks at, where it misleads
TERMS: tuple[tuple[str, str, str], ...] = (
    ("current_cpu", "CPU level", "a node that is 100 % busy on purpose (a build farm) looks ill"),
    ("sustained_cpu", "7-day mean CPU", "a week with a holiday, or a guest that came yesterday with its own history"),
    ("cpu_spikes", "highest hourly mean of 7 days", "one backup hour stays in it for a week; after a move the guest's p95 stands in for its maximum"),
    ("cpu_trend", "rise a day over 7 days, halved at medium confidence, 0 at low", "a straight line through a weekly rhythm rises every Monday"),
    ("predicted_cpu", "the target's CPU with the guest on it (targets only)", "a bursty guest (p95 over twice its mean) is reckoned with its p95, though it rarely runs at it"),
    ("current_mem", "memory in use now", "a VM's cache counts as used unless ballooning or the guest agent tells; ZFS's cache on the host too"),
    ("sustained_mem", "7-day mean memory", "the same"),
    ("mem_spikes", "highest hourly mean of 7 days", "the same"),
    ("mem_trend", "rise a day over 7 days", "mostly tells of guests that were moved here: 0 points unless you set some"),
    ("predicted_mem", "the target's memory with the guest on it (targets only)", "by what the guest uses now, though the hard limit asks for all it was given"),
    ("iowait_current", "iowait level", "idle CPUs waiting: on a node whose CPUs are all busy it falls to 0 while the disks are no faster"),
    ("iowait_sustained", "7-day mean iowait", "a nightly backup alone can carry it"),
    ("pressure", "the worst of CPU some, memory full and IO full", "only Proxmox VE 9 measures it; elsewhere there is no term, so nodes of mixed versions are not judged alike"),
)  # fmt: skip


def _joined(values: tuple[float, ...]) -> str:
    return " / ".join(f"{value:g}" for value in values)


def terms_block() -> str:
    """Every staircase with its limits and points at the defaults."""
    scale = PointScale.of(Settings())
    rows = ["| term | looks at | limits | points | misleads |", "|---|---|---|---|---|"]
    for term, looks_at, misleads in TERMS:
        stairs: Staircase = getattr(scale, term)
        points = "0" if not any(stairs.points) else _joined(stairs.points)
        rows.append(f"| `{term}` | {looks_at} | {_joined(stairs.limits)} | {points} | {misleads} |")
    low, high = OVERCOMMIT_RATIO
    least, most = scale.overcommit
    rows.append(
        f"| `mem_overcommit` | memory given to running guests over RAM | {low:g} to {high:g} times "
        f"| {least:g}, rising to {most:g} | starts with a jump of {least:g} points; harmless where ballooning or "
        "shared pages are planned for |"
    )
    rows.append(
        f"| `soft_affinity` | soft rules broken on the node | each | {scale.soft_rule:g} "
        "| a rule broken over two nodes counts on both |"
    )
    return "\n".join(rows)


def stairs_block() -> str:
    """Points of some CPU levels."""
    stairs = PointScale.of(Settings()).current_cpu
    levels = np.array([59.9, 60.1, 62.5, 65.0, 75.0, 82.0, 85.0, 90.0, 95.0, 120.0])
    cells = [f"{points:g}" for points in np.round(stairs(levels), 2)]
    head = "| CPU level, % | " + " | ".join(f"{level:g}" for level in levels) + " |"
    return "\n".join([head, "|---" * (len(levels) + 1) + "|", "| points | " + " | ".join(cells) + " |"])


def ramp_block() -> str:
    """Points of some levels of memory: as scores see them, and as plans do."""
    scale = PointScale.of(Settings())
    levels = np.array([60.0, 65.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0])
    rows = ["| memory, % | " + " | ".join(f"{level:g}" for level in levels) + " |", "|---" * (len(levels) + 1) + "|"]
    for name, points in (("in plans", scale.plan_mem), ("in scores (`current_mem`)", scale.current_mem)):
        rows.append(f"| {name} | " + " | ".join(f"{value:g}" for value in np.round(points(levels), 2)) + " |")
    return "\n".join(rows)


def base_block() -> str:
    """The four base rows and their weights."""
    names = {
        "base_health": (("CPU", "memory", "iowait", "load average per core", "storage"), base.HEALTH),
        "base_predicted": (("CPU after", "memory after", "iowait after", "CPU now", "memory now"), base.PREDICTED),
        "base_headroom": (("CPU after", "memory after"), base.HEADROOM),
        "base_storage": (("mean usage of active storages",), (1.0,)),
    }
    rows = ["| row | weight | made of |", "|---|---|---|"]
    for name, (parts, weights) in names.items():
        made = ", ".join(f"{weight:.0%} {part}" for part, weight in zip(parts, weights, strict=True))
        rows.append(f"| `{name}` | {base.ROW_WEIGHTS[name]:g} | {made} |")
    return "\n".join(rows)


def worked_block() -> str:
    """The rows of the example's busy node, and what its recommendation is made of."""
    found = assess(ClusterSnapshot.from_dict(snapshot()))
    node, move = found.nodes[0], found.recommendations[0]
    rows = [f"| row of {node.name} | value | from | points |", "|---|---|---|---|"]
    for term in node.terms:
        limit = "" if term.limit is None else f"{term.limit:g}"
        value = "" if term.value is None else f"{term.value:g}"
        rows.append(f"| `{term.term}` | {value} | {limit} | {term.points:.2f} |")
    rows.append(f"| **score** | | | **{node.score:.2f}** |")
    told = (
        f"Guest {move.vmid} is recommended to {move.target}: {node.name} scores {move.current_score:.2f}, "
        f"{move.target} would score {move.target_score:.2f} with it, an improvement of {move.score_improvement:.2f}. "
        f"The strain of the cluster falls from {found.summary.strain:.2f} to {found.summary.predicted_strain:.2f} "
        f"points, by {move.strain_relief:.2f}."
    )
    return "\n".join([*rows, "", told])


def confidence_block() -> str:
    """The four factors of confidence and their weights."""
    maps = {
        "improvement": ", ".join(f"{x:g} points: {y:g}" for x, y in zip(*confidence.IMPROVEMENT_POINTS, strict=True)),
        "headroom": f"what the target keeps free, CPU and memory on average: {confidence.FULL_HEADROOM_PCT:g} % and more is 100",
        "complexity": "100; 80 over 4 GB; 60 over 16 GB or 4 cores; 40 over 32 GB or 8 cores; less 15 for each local disk, 10 for snapshots",
        "stability": f"how steady guest and nodes were for 7 days; {confidence.UNKNOWN_STABILITY:g} when unknown; less {confidence.RISING_TARGET_COST:g} when the target's CPU rises",
    }  # fmt: skip
    rows = ["| factor | weight | 0 to 100 by |", "|---|---|---|"]
    return "\n".join(rows + [f"| {name} | {confidence.WEIGHTS[name]:g} | {text} |" for name, text in maps.items()])


def risk_block() -> str:
    """The five factors of risk and their weights."""

    def bands(table: tuple[tuple[float, float], ...], unit: str) -> str:
        named = [f"from {least:g} {unit}: {points:g}" for least, points in table[:-1]]
        return ", ".join([*named, f"else {table[-1][1]:g}"])

    maps = {
        "guest_memory": bands(risk.MEMORY_GB, "GB given"),
        "disk_io": bands(risk.DISK_MB_S, "MB/s"),
        "storage": bands(risk.DISKS, "disks") + "; +20 snapshots, +15 a bind mount, +30 local disks to copy",
        "network": bands(risk.NETWORK_MB_S, "MB/s"),
        "cluster_health": bands(risk.HEALTH, "health"),
    }
    rows = ["| factor | weight | 0 to 100 by |", "|---|---|---|"]
    return "\n".join(rows + [f"| {name} | {risk.WEIGHTS[name]:g} | {text} |" for name, text in maps.items()])


def profiles_block() -> str:
    """The presets, and what a slider multiplies by."""
    keys = list(next(iter(PRESETS.values())))
    rows = ["| preset | " + " | ".join(f"`{key}`" for key in keys) + " |", "|---" * (len(keys) + 1) + "|"]
    rows += [f"| {name} | " + " | ".join(f"{values[key]:g}" for key in keys) + " |" for name, values in PRESETS.items()]
    places = (0.0, 25.0, 50.0, 75.0, 100.0)
    rows += [
        "",
        "| slider at | " + " | ".join(f"{place:g}" for place in places) + " |",
        "|---" * (len(places) + 1) + "|",
    ]
    rows.append("| points times | " + " | ".join(f"{sensitivity_factor(place):g}" for place in places) + " |")
    return "\n".join(rows)


BLOCKS = {
    "terms": terms_block,
    "stairs": stairs_block,
    "ramp": ramp_block,
    "base": base_block,
    "worked": worked_block,
    "confidence": confidence_block,
    "risk": risk_block,
    "profiles": profiles_block,
}
