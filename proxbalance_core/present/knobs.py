"""Settings in words: presets with their behaviour, and the fields of each form with unit and range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proxbalance_core.domain.presets import PRESETS
from proxbalance_core.domain.settings import Settings, specs
from proxbalance_core.present import words

PRESET_WORDS = {
    "conservative": (
        "Moves little. Looks more at the week than at the moment, and asks for a clear gain.",
        "Good for clusters where a migration is costly or has to be agreed on.",
    ),
    "balanced": (
        "Moderately sensitive to load. Recommends a migration when it clearly helps.",
        "Suitable for most production clusters.",
    ),
    "aggressive": (
        "Reacts quickly to the load of the moment and accepts smaller gains.",
        "Good for test clusters and fast shared storage, where moving is cheap.",
    ),
}
FORMS: dict[str, tuple[str, ...]] = {
    "thresholds": ("cpu_threshold", "mem_threshold", "iowait_threshold"),
    "steps": (
        "cpu_threshold_offset_1",
        "cpu_threshold_offset_2",
        "mem_threshold_offset_1",
        "mem_threshold_offset_2",
        "iowait_threshold_offset_1",
        "iowait_threshold_offset_2",
        "soft_edge_pct",
    ),
    "plan": (
        "min_score_improvement",
        "cooldown_hours",
        "hold_recurring_peaks",
        "max_moves",
        "max_parallel_per_node",
        "plan_margin_pct",
        "include_ha",
        "distribution_enabled",
    ),
    "collection": ("interval_s", "generation_interval_s"),
    "retention": ("retention_raw_hours", "retention_hourly_days", "retention_daily_days"),
}
TITLES = {
    "cpu_threshold": "CPU",
    "mem_threshold": "Memory",
    "iowait_threshold": "I/O wait",
    "cpu_threshold_offset_1": "CPU, second step",
    "cpu_threshold_offset_2": "CPU, third step",
    "mem_threshold_offset_1": "Memory, second step",
    "mem_threshold_offset_2": "Memory, third step",
    "iowait_threshold_offset_1": "I/O wait, first step",
    "iowait_threshold_offset_2": "I/O wait, second step",
    "soft_edge_pct": "Soft edge",
    "min_score_improvement": "Least improvement",
    "cooldown_hours": "Rest after a move",
    "hold_recurring_peaks": "Leave small daily peaks alone",
    "max_moves": "Most moves",
    "max_parallel_per_node": "At once on a node",
    "plan_margin_pct": "Margin of plans",
    "include_ha": "Include guests managed by HA",
    "distribution_enabled": "Even out guest counts",
    "interval_s": "Collect every",
    "generation_interval_s": "Assess every",
    "retention_raw_hours": "Keep samples as they came",
    "retention_hourly_days": "Keep hourly figures",
    "retention_daily_days": "Keep daily figures",
    "weight_current": "Weight of now",
    "weight_24h": "Weight of 24 hours",
    "weight_7d": "Weight of 7 days",
    "penalty_multiplier": "All points times",
    "balance_weight": "Price of uneven load",
    "move_cost_points_per_gb": "Price of a GB",
}
_UNITS = {"percent": "%", "s": "seconds"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One field of a form."""

    key: str
    title: str
    unit: str
    about: str
    value: Any
    default: Any
    low: float | None
    high: float | None

    @property
    def switch(self) -> bool:
        return isinstance(self.default, bool)

    @property
    def whole(self) -> bool:
        return isinstance(self.default, int) and not self.switch


def form(name: str, settings: Settings) -> tuple[Knob, ...]:
    """The fields of a form with their present values."""
    defaults, found = Settings(), specs()
    return tuple(
        Knob(
            key=key,
            title=TITLES[key],
            unit=_UNITS.get(found[key].unit, found[key].unit),
            about=found[key].about,
            value=getattr(settings, key),
            default=getattr(defaults, key),
            low=found[key].low,
            high=found[key].high,
        )
        for key in FORMS[name]
    )


def behaviours(name: str) -> tuple[str, ...]:
    """What a preset does, in figures."""
    values = PRESETS[name]
    return (
        f"Asks for {values['min_score_improvement']:g} points of improvement",
        f"Weighs now {words.share(values['weight_current'])}, 24 hours {words.share(values['weight_24h'])},"
        f" 7 days {words.share(values['weight_7d'])}",
        f"Penalties times {values['penalty_multiplier']:g}",
    )
