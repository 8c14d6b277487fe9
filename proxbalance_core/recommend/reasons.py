"""Why a move is recommended: factors first, and a sentence made of nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from proxbalance_core.domain.cluster import Guest, Node
from proxbalance_core.domain.results import Factor, Kind, Reason, Severity
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import known

LABELS = {
    "maintenance_evacuation": "Its node is in maintenance",
    "affinity_repair": "It breaks a placement rule",
    "cpu_imbalance": "High CPU on its node",
    "mem_imbalance": "High memory on its node",
    "iowait_relief": "High iowait on its node",
    "combined": "CPU and memory are high on its node",
    "distribution_balancing": "Uneven number of guests",
    "trend_crossing": "Its node will be over a threshold within a day",
}
BUSY_SHARE_PCT = 20.0
SPIKE_PCT = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The figures of a step, before it: levels [percent]; ``peak_ahead_pct`` is the source's highest hour to come."""

    guest: Guest
    source: Node
    target: Node
    kind: Kind
    group: str | None
    source_cpu_pct: float
    source_mem_pct: float
    source_iowait_pct: float
    target_cpu_pct: float
    target_mem_pct: float
    guest_share_pct: float
    peak_ahead_pct: float
    relief_points: float
    guest_counts: tuple[int, int]
    mended_rules: tuple[str, ...] = ()
    mended_points: float = 0.0


def reason_of(x: Situation, s: Settings) -> Reason:
    """The structured reason of a move."""
    primary = _primary(x, s)
    factors = tuple(_factors(x, s))
    return Reason(
        primary_reason=primary,
        primary_label=LABELS[primary],
        contributing_factors=factors,
        summary=_summary(primary, x),
    )


def _primary(x: Situation, s: Settings) -> str:
    if x.kind in ("maintenance_evacuation", "affinity_repair"):
        return x.kind
    if x.kind == "distribution":
        return "distribution_balancing"
    if x.kind == "forecast":
        return "trend_crossing"
    if x.mended_points > x.relief_points / 2.0:
        return "affinity_repair"
    cpu = x.source_cpu_pct - s.cpu_threshold + s.plan_margin_pct
    mem = x.source_mem_pct - s.mem_threshold
    if x.source_iowait_pct > s.iowait_threshold - s.iowait_threshold_offset_2 and cpu <= 0 and mem <= 0:
        return "iowait_relief"
    if cpu > 0 and mem > 0:
        return "combined"
    return "mem_imbalance" if mem > cpu else "cpu_imbalance"


def _severity(value: float, threshold: float, second: float) -> Severity:
    return "high" if value > threshold + second else "medium" if value > threshold else "low"


def _factors(x: Situation, s: Settings) -> list[Factor]:
    cpu, mem, iowait = x.source_cpu_pct, x.source_mem_pct, x.source_iowait_pct
    name, target = x.source.name, x.target.name
    made = [
        _number("source_cpu", cpu, _severity(cpu, s.cpu_threshold, s.cpu_threshold_offset_1), f"CPU of {name}"),
        _number("source_mem", mem, _severity(mem, s.mem_threshold, s.mem_threshold_offset_1), f"Memory of {name}"),
    ]
    if iowait > s.iowait_threshold - s.iowait_threshold_offset_1:
        made.append(_number("source_iowait", iowait, _severity(iowait, s.iowait_threshold, 0.0), f"iowait of {name}"))
    made.append(_number("target_cpu", x.target_cpu_pct, "low", f"CPU of {target}"))
    made.append(_number("target_mem", x.target_mem_pct, "low", f"Memory of {target}"))
    made.append(_number("target_headroom", 100.0 - x.target_cpu_pct, "medium", f"CPU headroom of {target}"))
    made += _special(x, s)
    if x.guest_share_pct >= BUSY_SHARE_PCT:
        made.append(_number("guest_share", x.guest_share_pct, "medium", f"Its share of the CPU used on {name}"))
    return made


def _special(x: Situation, s: Settings) -> list[Factor]:
    made = []
    trend = x.source.cpu.trend_pct_per_day
    if trend > 0 and x.source.cpu.trend_confidence in ("high", "medium"):
        made.append(
            Factor(
                factor="rising_trend",
                value=True,
                severity="medium",
                label=f"CPU of {x.source.name} is rising",
            )
        )
    if known(x.source.cpu.max_7d_pct) and x.source.cpu.max_7d_pct > SPIKE_PCT:
        made.append(_number("spikes", x.source.cpu.max_7d_pct, "medium", f"Highest hour of {x.source.name} in 7 days"))
    if x.kind == "forecast":
        severity = _severity(x.peak_ahead_pct, s.cpu_threshold, s.cpu_threshold_offset_1)
        made.append(_number("peak_ahead", x.peak_ahead_pct, severity, f"Highest hour ahead of {x.source.name}"))
    made += [
        Factor(factor="soft_rule", value=rule, severity="medium", label=f"Mends the rule {rule}")
        for rule in x.mended_rules
    ]
    if x.kind == "distribution":
        label = f"Guests on {x.source.name}"
        made.append(
            Factor(
                factor="source_guests",
                value=float(x.guest_counts[0]),
                severity="low",
                label=f"{label}: {x.guest_counts[0]}",
            )
        )
        label = f"Guests on {x.target.name}"
        made.append(
            Factor(
                factor="target_guests",
                value=float(x.guest_counts[1]),
                severity="low",
                label=f"{label}: {x.guest_counts[1]}",
            )
        )
    if x.group:
        made.append(Factor(factor="group", value=x.group, severity="low", label=f"Part of {x.group}"))
    return made


def _number(factor: str, value: float, severity: Severity, label: str) -> Factor:
    rounded = round(value, 1) if known(value) else 0.0
    shown = f"{rounded:.1f} %" if known(value) else "not measured"
    return Factor(
        factor=factor,
        value=rounded if known(value) else "not measured",
        severity=severity,
        label=f"{label}: {shown}",
    )


def _pct(value: float) -> str:
    return f"{round(value, 1):.1f} %" if known(value) else "a share that is not measured"


def _rules(x: Situation) -> str:
    return f"the rule {', '.join(x.mended_rules)}" if x.mended_rules else "a tag rule"


def _summary(primary: str, x: Situation) -> str:
    who, source, target = x.guest.label, x.source.name, x.target.name
    goal = f"{target} is at {_pct(x.target_cpu_pct)} CPU and {_pct(x.target_mem_pct)} memory"
    why = {
        "maintenance_evacuation": f"{source} is in maintenance"
        if x.source.maintenance
        else f"it makes room on {source} for an evacuation",
        "affinity_repair": f"its place on {source} breaks {_rules(x)}",
        "cpu_imbalance": f"{source} is at {_pct(x.source_cpu_pct)} CPU",
        "mem_imbalance": f"{source} is at {_pct(x.source_mem_pct)} memory",
        "iowait_relief": f"{source} waits {_pct(x.source_iowait_pct)} of its time for disks",
        "combined": f"{source} is at {_pct(x.source_cpu_pct)} CPU and {_pct(x.source_mem_pct)} memory",
        "distribution_balancing": f"{source} has {x.guest_counts[0]} guests and {target} has {x.guest_counts[1]}",
        "trend_crossing": f"{source} is expected to reach {_pct(x.peak_ahead_pct)} CPU within a day",
    }[primary]
    return f"{who} should move from {source} to {target}: {why}, and {goal}."
