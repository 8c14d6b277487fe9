"""Presets, and how settings are read, checked and written."""

from __future__ import annotations

import dataclasses
import math
from functools import cache
from typing import Any

from proxbalance_core.domain.settings import Settings, specs
from proxbalance_core.errors import SettingInvalid, shown

SETTINGS_FORMAT = "proxbalance.settings/1"
PRESETS: dict[str, dict[str, float]] = {
    name: {
        "penalty_multiplier": multiplier,
        "min_score_improvement": minimum,
        "weight_current": current,
        "weight_24h": day,
        "weight_7d": week,
    }
    for name, multiplier, minimum, current, day, week in (
        ("conservative", 0.6, 25.0, 0.3, 0.3, 0.4),
        ("balanced", 1.0, 15.0, 0.5, 0.3, 0.2),
        ("aggressive", 1.5, 10.0, 0.7, 0.2, 0.1),
    )
}
_SENSITIVITIES = ("cpu_sensitivity", "mem_sensitivity", "iowait_sensitivity")
CUSTOM = "custom"


def profile_of(settings: Settings) -> str:
    """The preset whose values ``settings`` has, else "custom"."""
    neutral = all(getattr(settings, key) == 50.0 for key in _SENSITIVITIES)
    for name, values in PRESETS.items():
        if neutral and all(math.isclose(getattr(settings, key), value) for key, value in values.items()):
            return name
    return CUSTOM


def changed(settings: Settings, values: dict[str, Any]) -> Settings:
    """``settings`` with ``values`` in place; raises SettingInvalid with every fault at once."""
    kept = {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings) if f.name != "profile"}
    return Settings(**(kept | values))


def with_preset(settings: Settings, name: str) -> Settings:
    """``settings`` with a preset's values, sliders back to neutral; all else stays."""
    neutral = {"cpu_sensitivity": 50.0, "mem_sensitivity": 50.0, "iowait_sensitivity": 50.0}
    return changed(settings, PRESETS[name] | neutral)


def settings_faults(settings: Settings) -> list[str]:
    """One line for each value that can't be used."""
    faults = [fault for key in specs() for fault in _value_faults(key, getattr(settings, key))]
    if not faults and settings.weight_current + settings.weight_24h + settings.weight_7d <= 0:
        faults.append("weight_current, weight_24h and weight_7d can't all be 0")
    return faults


def _value_faults(key: str, value: Any) -> list[str]:
    spec, default = specs()[key], _defaults()[key]
    if isinstance(default, bool):
        return [] if isinstance(value, bool) else [f"{key}: is true or false, not {shown(value)}"]
    if isinstance(default, tuple):
        good = isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        return [] if good else [f"{key}: is a list of names, not {shown(value)}"]
    if isinstance(default, str):
        known = (*PRESETS, CUSTOM)
        return [] if value in known else [f"{key}: is one of {', '.join(known)}, not {shown(value)}"]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return [f"{key}: is a number, not {shown(value)}"]
    if spec.low is not None and spec.high is not None and not spec.low <= value <= spec.high:
        return [f"{key}: is between {spec.low:g} and {spec.high:g} {spec.unit}, not {_brief(value)}"]
    return [f"{key}: is a whole number, not {shown(value)}"] if isinstance(default, int) and value != int(value) else []


def _brief(value: float) -> str:
    """A number as an error shows it; whole numbers may be larger than any float."""
    try:
        return f"{value:g}"
    except OverflowError:
        return "a number beyond all bounds"


@cache
def _defaults() -> dict[str, Any]:
    return {field.name: field.default for field in dataclasses.fields(Settings)}


def settings_from_dict(document: dict[str, Any]) -> Settings:
    """Settings from a flat document; all faults are collected and raised once."""
    if not isinstance(document, dict):
        raise SettingInvalid("Settings are a flat JSON object of names and values.", faults=())
    values = {key: value for key, value in document.items() if key != "format"}
    found = document.get("format", SETTINGS_FORMAT)
    faults = (
        [] if found == SETTINGS_FORMAT else [f"format: is {shown(found)}, and this version reads '{SETTINGS_FORMAT}'"]
    )
    defaults = _defaults()
    faults += [f"{key}: there is no such setting" for key in values if key not in defaults]
    typed = {key: _typed(defaults[key], value) for key, value in values.items() if key in defaults}
    faults += [fault for key, value in typed.items() for fault in _value_faults(key, value)]
    if faults:
        raise SettingInvalid("; ".join(faults) + ".", faults=tuple(faults))
    return Settings(**{**PRESETS.get(typed.get("profile", ""), {}), **typed})


def _typed(default: Any, value: Any) -> Any:
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    if isinstance(default, bool) or isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    try:
        number = float(value)
    except OverflowError:
        return value  # refused by its range
    if isinstance(default, float):
        return number
    return int(value) if math.isfinite(number) and value == int(value) else value


def settings_to_dict(settings: Settings) -> dict[str, Any]:
    """The flat document of ``settings``, with its format."""
    out: dict[str, Any] = {"format": SETTINGS_FORMAT}
    for key in specs():
        value = getattr(settings, key)
        out[key] = list(value) if isinstance(value, tuple) else value
    return out
