"""Every point value as the settings make it: staircases, scaled once per settings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from proxbalance_core.domain.settings import Settings
from proxbalance_core.scoring.staircase import Ramp, Staircase, Staircases

CPU_SUSTAINED_PCT = (70.0, 80.0, 90.0)
MEM_SUSTAINED_PCT = (80.0, 90.0, 95.0)
IOWAIT_SUSTAINED_PCT = (10.0, 15.0, 20.0)
TREND_PCT_PER_DAY = (0.5, 1.0, 3.0)
CPU_SPIKES_PCT = (70.0, 80.0, 90.0, 95.0)
MEM_SPIKES_PCT = (85.0, 90.0, 95.0, 98.0)
PRESSURE_PCT = (10.0, 25.0, 40.0)
OVERCOMMIT_RATIO = (1.2, 2.0)
# Plans see memory on a ramp (docs/adr/0027) that begins this far under the threshold [points of percent]. Shares of the
# first step's points: halfway up to the threshold, at it, halfway up to the second limit, and at that.
PLAN_MEM_BEFORE_PCT = 10.0
PLAN_MEM_SHARES = (0.05, 0.15, 0.375, 0.75)
# The terms of a node that are staircases, in the order in which they are shown.
STEPPED = (
    "current_cpu", "sustained_cpu", "current_mem", "sustained_mem", "iowait_current", "iowait_sustained",
    "cpu_trend", "mem_trend", "cpu_spikes", "mem_spikes", "pressure",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PointScale:
    """The staircases of every term [points], multipliers applied; ``stepped`` are those of a node's own terms."""

    current_cpu: Staircase
    current_mem: Staircase
    sustained_cpu: Staircase
    sustained_mem: Staircase
    iowait_current: Staircase
    iowait_sustained: Staircase
    cpu_trend: Staircase
    mem_trend: Staircase
    cpu_spikes: Staircase
    mem_spikes: Staircase
    predicted_cpu: Staircase
    predicted_mem: Staircase
    pressure: Staircase
    overcommit: tuple[float, float]
    soft_rule: float
    memory_cap: float
    plan_cpu: Staircase
    plan_mem: Ramp
    stepped: Staircases = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stepped", Staircases.of([getattr(self, term) for term in STEPPED]))

    @property
    def first_limits(self) -> dict[str, float]:
        """Where each term of a node begins to cost points, in its own unit."""
        return {term: getattr(self, term).limits[0] for term in STEPPED} | {"mem_overcommit": OVERCOMMIT_RATIO[0]}

    @property
    def rising(self) -> bool:
        """Whether more load never costs a node fewer points in its strain: what the search's bounds rest on."""
        return self.plan_cpu.rising and self.plan_mem.rising and self.iowait_current.rising

    @property
    def arriving(self) -> bool:
        """Whether what a guest brings never makes a target's score better."""
        return self.predicted_cpu.rising and self.predicted_mem.rising

    @staticmethod
    def of(s: Settings) -> PointScale:
        """The scale that ``s`` asks for."""
        return _scale(s)


@lru_cache(maxsize=64)
def _scale(s: Settings) -> PointScale:
    cpu, mem, iowait = (
        s.penalty_multiplier * sensitivity_factor(place)
        for place in (s.cpu_sensitivity, s.mem_sensitivity, s.iowait_sensitivity)
    )
    cpu_steps = _steps(s.cpu_threshold, s.cpu_threshold_offset_1, s.cpu_threshold_offset_2)
    mem_steps = _steps(s.mem_threshold, s.mem_threshold_offset_1, s.mem_threshold_offset_2)
    top = s.iowait_threshold
    iowait_steps = (top - s.iowait_threshold_offset_1, top - s.iowait_threshold_offset_2, top)
    edge = s.soft_edge_pct
    mem_points = _values(s, "mem_{}_penalty", _THREE, mem)
    current_cpu = Staircase(cpu_steps, _values(s, "cpu_{}_penalty", _THREE, cpu), edge)
    rising = s.cpu_trend_rising_penalty * cpu
    mem_rising = s.mem_trend_rising_penalty * mem
    return PointScale(
        current_cpu=current_cpu,
        plan_cpu=current_cpu.lowered(s.plan_margin_pct),
        plan_mem=_plan_memory(mem_steps, mem_points),
        current_mem=Staircase(mem_steps, mem_points, edge),
        sustained_cpu=Staircase(CPU_SUSTAINED_PCT, _values(s, "cpu_sustained_{}", _LONG, cpu), edge),
        sustained_mem=Staircase(MEM_SUSTAINED_PCT, _values(s, "mem_sustained_{}", _LONG, mem), edge),
        iowait_current=Staircase(
            iowait_steps, _values(s, "iowait_{}_penalty", ("moderate", "high", "extreme"), iowait), edge
        ),
        iowait_sustained=Staircase(IOWAIT_SUSTAINED_PCT, _values(s, "iowait_sustained_{}", _LONG, iowait), edge),
        cpu_trend=Staircase(TREND_PCT_PER_DAY, (rising, 2 * rising, 3 * rising)),
        mem_trend=Staircase(TREND_PCT_PER_DAY, (mem_rising, 2 * mem_rising, 3 * mem_rising)),
        cpu_spikes=Staircase(CPU_SPIKES_PCT, _values(s, "cpu_spikes_{}", _FOUR, cpu), edge),
        mem_spikes=Staircase(MEM_SPIKES_PCT, _values(s, "mem_spikes_{}", _FOUR, mem), edge),
        predicted_cpu=Staircase(cpu_steps, _values(s, "predicted_cpu_{}", _THREE, cpu), edge),
        predicted_mem=Staircase(mem_steps, _values(s, "predicted_mem_{}", _THREE, mem), edge),
        pressure=Staircase(PRESSURE_PCT, _values(s, "pressure_{}", _LONG, s.penalty_multiplier), edge),
        overcommit=(s.mem_overcommit_low * mem, s.mem_overcommit_high * mem),
        soft_rule=s.soft_affinity_penalty * s.penalty_multiplier,
        memory_cap=s.memory_penalty_cap * s.penalty_multiplier,
    )


_THREE = ("high", "very_high", "extreme")
_LONG = ("high", "very_high", "critical")
_FOUR = ("moderate", "high", "very_high", "extreme")


def _plan_memory(steps: tuple[float, ...], points: tuple[float, ...]) -> Ramp:
    """Memory as plans see it: gentle around the threshold, steep where it runs out; the last points one step later.

    Half full or two thirds full is the same to a node; full is not.
    """
    first, second, third = steps
    foot, end = first - PLAN_MEM_BEFORE_PCT, third + (third - second)
    bends = (foot, (foot + first) / 2, first, (first + second) / 2, second, third, end)
    ordered = np.maximum.accumulate(bends)  # offsets may be set in any order
    return Ramp(tuple(ordered.tolist()), (0.0, *(share * points[0] for share in PLAN_MEM_SHARES), *points[1:]))


def _steps(threshold: float, *offsets: float) -> tuple[float, ...]:
    return (threshold, *(threshold + offset for offset in offsets))


def _values(s: Settings, pattern: str, names: tuple[str, ...], factor: float) -> tuple[float, ...]:
    return tuple(getattr(s, pattern.format(name)) * factor for name in names)


def sensitivity_factor(place: float) -> float:
    """What a slider at ``place`` (0..100, 50 is neutral) multiplies its points by: 0.25..4."""
    return float(4.0 ** ((place - 50.0) / 50.0))


@lru_cache(maxsize=64)
def balanced(s: Settings) -> Settings:
    """``s`` with the balanced profile's points and weights, its thresholds kept.

    Cluster health is scored by these, so that a profile doesn't make a cluster healthier.
    """
    kept = {
        f.name: getattr(s, f.name) for f in dataclasses.fields(Settings) if f.metadata["spec"].group == "thresholds"
    }
    return Settings(**kept, soft_edge_pct=s.soft_edge_pct)
