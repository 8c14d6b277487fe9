"""Every default of ProxBalance, once: value, unit, range, meaning and where it comes from.

``Settings`` is flat and frozen; its document is ``proxbalance.settings/1``. A preset is a set of
values here, and a profile name is only read off the values: what fits no preset is "custom".
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Any

DESIGN = "design, scoring"
MEASURED = "measured in replays of real traces"
CHOICE = "our choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a settings page, a schema and a check need to know of one setting."""

    unit: str
    low: float | None
    high: float | None
    about: str
    source: str = DESIGN
    group: str = "points"


def _number(default: float, unit: str, low: float, high: float, about: str, **more: str) -> Any:
    return dataclasses.field(
        default=default, metadata={"spec": Spec(unit=unit, low=low, high=high, about=about, **more)}
    )


def _points(default: float, about: str) -> Any:
    return _number(default, "points", 0, 1000, about)


def _pct(default: float, about: str, group: str = "thresholds") -> Any:
    return _number(default, "percent", 0, 100, about, group=group)


def _other(default: Any, about: str, group: str) -> Any:
    return dataclasses.field(
        default=default, metadata={"spec": Spec(unit="", low=None, high=None, about=about, group=group)}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of the engine and the collector; see each field's ``spec``."""

    cpu_threshold: float = _pct(60.0, "CPU level above which a node costs points")
    mem_threshold: float = _pct(70.0, "memory level above which a node costs points")
    iowait_threshold: float = _pct(30.0, "iowait level at which the highest step begins")
    cpu_threshold_offset_1: float = _pct(20.0, "second CPU step, above the threshold")
    cpu_threshold_offset_2: float = _pct(30.0, "third CPU step, above the threshold")
    mem_threshold_offset_1: float = _pct(10.0, "second memory step, above the threshold")
    mem_threshold_offset_2: float = _pct(20.0, "third memory step, above the threshold")
    iowait_threshold_offset_1: float = _pct(20.0, "first iowait step, below the threshold")
    iowait_threshold_offset_2: float = _pct(10.0, "second iowait step, below the threshold")
    soft_edge_pct: float = _number(
        5.0, "percent", 0, 5, "width of a step's soft edge; 0 is a hard step", source=MEASURED
    )

    weight_current: float = _number(0.5, "share", 0, 1, "weight of the present", group="time")
    weight_24h: float = _number(0.3, "share", 0, 1, "weight of the last 24 hours", group="time")
    weight_7d: float = _number(0.2, "share", 0, 1, "weight of the last 7 days", group="time")
    min_history_days: float = _number(3.0, "days", 0, 7, "history that the 7-day terms need", group="time")

    penalty_multiplier: float = _number(1.0, "times", 0.1, 10, "scales every point value", group="profile")
    cpu_sensitivity: float = _number(50.0, "place 0-100", 0, 100, "CPU points times 4^((s-50)/50)", group="profile")
    mem_sensitivity: float = _number(50.0, "place 0-100", 0, 100, "memory points times 4^((s-50)/50)", group="profile")
    iowait_sensitivity: float = _number(
        50.0, "place 0-100", 0, 100, "iowait points times 4^((s-50)/50)", group="profile"
    )

    cpu_high_penalty: float = _points(20.0, "CPU over its threshold")
    cpu_very_high_penalty: float = _points(50.0, "CPU over its second step")
    cpu_extreme_penalty: float = _points(100.0, "CPU over its third step")
    mem_high_penalty: float = _points(8.0, "memory over its threshold")
    mem_very_high_penalty: float = _points(20.0, "memory over its second step")
    mem_extreme_penalty: float = _points(50.0, "memory over its third step")
    cpu_sustained_high: float = _points(40.0, "7-day mean CPU over 70 %")
    cpu_sustained_very_high: float = _points(80.0, "7-day mean CPU over 80 %")
    cpu_sustained_critical: float = _points(150.0, "7-day mean CPU over 90 %")
    mem_sustained_high: float = _points(10.0, "7-day mean memory over 80 %")
    mem_sustained_very_high: float = _points(25.0, "7-day mean memory over 90 %")
    mem_sustained_critical: float = _points(60.0, "7-day mean memory over 95 %")
    iowait_moderate_penalty: float = _points(20.0, "iowait over its first step")
    iowait_high_penalty: float = _points(40.0, "iowait over its second step")
    iowait_extreme_penalty: float = _points(80.0, "iowait over its threshold")
    iowait_sustained_high: float = _points(15.0, "7-day mean iowait over 10 %")
    iowait_sustained_very_high: float = _points(30.0, "7-day mean iowait over 15 %")
    iowait_sustained_critical: float = _points(60.0, "7-day mean iowait over 20 %")
    cpu_trend_rising_penalty: float = _points(15.0, "CPU rising by 0.5 points a day; twice over 1, three times over 3")
    mem_trend_rising_penalty: float = _points(0.0, "memory rising (mostly tells of migrations)")
    cpu_spikes_moderate: float = _points(5.0, "7-day maximum CPU over 70 %")
    cpu_spikes_high: float = _points(10.0, "7-day maximum CPU over 80 %")
    cpu_spikes_very_high: float = _points(20.0, "7-day maximum CPU over 90 %")
    cpu_spikes_extreme: float = _points(30.0, "7-day maximum CPU over 95 %")
    mem_spikes_moderate: float = _points(2.0, "7-day maximum memory over 85 %")
    mem_spikes_high: float = _points(5.0, "7-day maximum memory over 90 %")
    mem_spikes_very_high: float = _points(10.0, "7-day maximum memory over 95 %")
    mem_spikes_extreme: float = _points(20.0, "7-day maximum memory over 98 %")
    predicted_cpu_high: float = _points(25.0, "CPU over its threshold after the move")
    predicted_cpu_very_high: float = _points(50.0, "CPU over its second step after the move")
    predicted_cpu_extreme: float = _points(100.0, "CPU over its third step after the move")
    predicted_mem_high: float = _points(10.0, "memory over its threshold after the move")
    predicted_mem_very_high: float = _points(25.0, "memory over its second step after the move")
    predicted_mem_extreme: float = _points(50.0, "memory over its third step after the move")
    mem_overcommit_low: float = _points(8.0, "allocated memory at 1.2 times the RAM")
    mem_overcommit_high: float = _points(25.0, "allocated memory at 2 times the RAM and more")
    pressure_high: float = _points(15.0, "pressure stall over 10 %")
    pressure_very_high: float = _points(30.0, "pressure stall over 25 %")
    pressure_critical: float = _points(60.0, "pressure stall over 40 %")
    soft_affinity_penalty: float = _points(20.0, "each soft rule broken on a node")
    memory_penalty_cap: float = _points(60.0, "most that all memory terms of a node cost together")

    plan_margin_pct: float = _number(
        5.0, "percent", 0, 30, "plans keep this far under the CPU steps", source=MEASURED, group="plan"
    )
    balance_weight: float = _number(
        0.25, "points per percent", 0, 10, "price of uneven load in plans", source=MEASURED, group="plan"
    )
    scenario_agreement_pct: float = _number(
        60.0, "percent", 0, 100, "share of the days that may come in which a move must pay; 0: their mean alone",
        source=MEASURED, group="plan",
    )  # fmt: skip
    move_cost_points: float = _number(2.75, "points", 0, 100, "price of a migration", source=MEASURED, group="plan")
    move_cost_points_per_gb: float = _number(
        0.065, "points per GB", 0, 10, "price of a GB moved", source=MEASURED, group="plan"
    )
    min_score_improvement: float = _number(15.0, "points", 0, 500, "least gain of a single move", group="plan")
    hold_recurring_peaks: bool = _other(
        True, "leave a node alone whose daily peak stays under the CPU threshold, within the margin of plans", "plan"
    )
    cooldown_hours: float = _number(24.0, "hours", 0, 720, "no second move of a guest within", group="plan")
    max_moves: int = _number(
        0,
        "moves",
        0,
        10_000,
        "most moves of a plan, duties apart; 0 is no limit",
        group="plan",
        source=CHOICE,
    )
    max_parallel_per_node: int = _number(1, "moves", 1, 16, "migrations at once on a node", group="plan")
    search_iterations: int = _number(
        512,
        "neighbourhoods",
        0,
        1_000_000,
        "what the optimal mode tries in vain before it ends, on up to 8 nodes; more nodes, as many times more",
        group="plan",
        source=MEASURED,
    )
    swap_candidates: int = _number(
        10, "guests", 0, 1000, "guests tried as a swap's first half", source=MEASURED, group="plan"
    )
    include_ha: bool = _other(False, "recommend HA-managed guests too, moved with ha-manager", "plan")
    allowed_sources: tuple[str, ...] = _other((), "only these nodes may give guests; empty: all", "plan")
    allowed_targets: tuple[str, ...] = _other((), "only these nodes may take guests; empty: all", "plan")
    distribution_enabled: bool = _other(False, "even out the number of guests too", "plan")
    guest_count_threshold: int = _number(
        2, "guests", 1, 1000, "difference in guests that distribution acts on", group="plan"
    )
    balanced_spread_pct: float = _number(
        8.0, "percent", 0, 100, "a cluster with less between its nodes is balanced", group="plan"
    )

    generation_interval_s: int = _number(600, "s", 30, 86_400, "time between two engine runs", group="collection")
    interval_s: int = _number(60, "s", 10, 3600, "time between two collections", group="collection")
    retention_raw_hours: int = _number(
        48, "hours", 1, 8760, "how long samples are kept as they came", group="collection"
    )
    retention_hourly_days: int = _number(90, "days", 8, 3650, "how long hourly rollups are kept", group="collection")
    retention_daily_days: int = _number(730, "days", 30, 36_500, "how long daily rollups are kept", group="collection")
    profile: str = _other("balanced", "the preset that the values fit, else custom", "profile")

    def __post_init__(self) -> None:
        from proxbalance_core.domain.presets import profile_of, settings_faults
        from proxbalance_core.errors import SettingInvalid

        faults = settings_faults(self)
        if faults:
            raise SettingInvalid("; ".join(faults) + ".", faults=tuple(faults))
        object.__setattr__(self, "profile", profile_of(self))

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Settings:
        """Read a flat ``proxbalance.settings/1`` document; missing keys keep their default.

        Raises
        ------
        SettingInvalid
            Once, with all faults.
        """
        from proxbalance_core.domain.presets import settings_from_dict

        return settings_from_dict(document)

    def to_dict(self) -> dict[str, Any]:
        """Every effective value, flat."""
        from proxbalance_core.domain.presets import settings_to_dict

        return settings_to_dict(self)


@cache
def specs() -> dict[str, Spec]:
    """The specification of every setting, in order."""
    return {field.name: field.metadata["spec"] for field in dataclasses.fields(Settings)}
