"""Defaults, ranges, faults, presets."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from proxbalance_core import Settings
from proxbalance_core.domain.presets import PRESETS
from proxbalance_core.domain.settings import specs
from proxbalance_core.errors import ConfigError, SettingInvalid

NUMBERS = [key for key, spec in specs().items() if spec.low is not None]


def test_every_default_is_within_its_range() -> None:
    for key, spec in specs().items():
        if spec.low is not None and spec.high is not None:
            assert spec.low <= getattr(Settings(), key) <= spec.high, key


def test_every_setting_says_what_it_is_for_and_where_it_comes_from() -> None:
    for key, spec in specs().items():
        assert spec.about, key
        assert spec.source, key
        assert spec.unit or not isinstance(getattr(Settings(), key), float), key


def test_round_trip() -> None:
    settings = Settings(cpu_threshold=55.0, allowed_targets=("pve1", "pve2"), include_ha=True, max_moves=4)
    assert Settings.from_dict(settings.to_dict()) == settings
    assert list(settings.to_dict()) == ["format", *specs()]


def test_a_missing_key_keeps_its_default() -> None:
    assert Settings.from_dict({"cpu_threshold": 50}) == Settings(cpu_threshold=50.0)
    assert Settings.from_dict({}) == Settings()


def test_all_faults_are_told_at_once() -> None:
    document = {
        "format": "proxbalance.settings/9",
        "cpu_treshold": 60,
        "mem_threshold": 170,
        "max_moves": 2.5,
        "include_ha": "yes",
        "allowed_sources": "pve1",
        "profile": "reckless",
        "weight_7d": math.nan,
    }
    with pytest.raises(SettingInvalid) as caught:
        Settings.from_dict(document)
    faults = caught.value.facts["faults"]
    assert isinstance(caught.value, ConfigError)
    assert [fault.split(":")[0] for fault in faults] == [
        "format", "cpu_treshold", "mem_threshold", "max_moves", "include_ha", "allowed_sources", "profile", "weight_7d",
    ]  # fmt: skip
    assert "between 0 and 100 percent, not 170" in str(caught.value)


@pytest.mark.parametrize("key", NUMBERS)
def test_both_ends_of_a_range_are_kept(key: str) -> None:
    spec, whole = specs()[key], isinstance(getattr(Settings(), key), int)
    low, high = float(spec.low or 0.0), float(spec.high or 0.0)
    others = {"weight_current": 0.5} if key.startswith("weight_") and key != "weight_current" else {}
    for good in (low, high):
        assert getattr(Settings.from_dict({key: good, **others}), key) == good
    for bad in (low - 1, high + 1):
        with pytest.raises(SettingInvalid, match=key):
            Settings.from_dict({key: bad})
    if whole:
        with pytest.raises(SettingInvalid, match="whole number"):
            Settings.from_dict({key: low + 0.5})


@pytest.mark.parametrize("bad", [True, "60", None, math.inf, [60]])
def test_a_number_is_a_number(bad: Any) -> None:
    with pytest.raises(SettingInvalid, match="cpu_threshold"):
        Settings.from_dict({"cpu_threshold": bad})


def test_python_is_held_to_the_same_ranges() -> None:
    with pytest.raises(SettingInvalid, match="iowait_threshold"):
        Settings(iowait_threshold=130.0)


def test_the_weights_cannot_all_be_zero() -> None:
    with pytest.raises(SettingInvalid, match="can't all be 0"):
        Settings(weight_current=0.0, weight_24h=0.0, weight_7d=0.0)


def test_something_else_than_an_object_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="flat JSON object"):
        Settings.from_dict([])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "multiplier", "minimum", "weights"),
    [
        ("conservative", 0.6, 25.0, (0.3, 0.3, 0.4)),
        ("balanced", 1.0, 15.0, (0.5, 0.3, 0.2)),
        ("aggressive", 1.5, 10.0, (0.7, 0.2, 0.1)),
    ],
)
def test_presets(name: str, multiplier: float, minimum: float, weights: tuple[float, ...]) -> None:
    settings = Settings.from_dict({"profile": name})
    assert (settings.penalty_multiplier, settings.min_score_improvement) == (multiplier, minimum)
    assert (settings.weight_current, settings.weight_24h, settings.weight_7d) == weights
    assert settings.profile == name
    assert Settings(**PRESETS[name]).profile == name


def test_what_fits_no_preset_is_custom() -> None:
    assert Settings().profile == "balanced"
    assert Settings(min_score_improvement=16.0).profile == "custom"
    assert Settings(mem_sensitivity=60.0).profile == "custom"
    assert Settings.from_dict({"profile": "conservative", "weight_7d": 0.1}).profile == "custom"


def test_thresholds_are_no_part_of_a_profile() -> None:
    assert Settings(cpu_threshold=50.0).profile == "balanced"


def test_a_profile_says_what_the_values_are_and_not_what_was_claimed() -> None:
    assert (
        dataclasses.replace(Settings.from_dict({"profile": "aggressive"}), penalty_multiplier=1.0).profile == "custom"
    )


def test_what_cannot_even_be_shown_is_refused_by_its_name() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for value in (10**400, -(10**400), 10**5000, deep, "x" * 10_000):
        for key in ("cpu_threshold", "max_moves", "include_ha", "profile", "allowed_sources", "format"):
            with pytest.raises(SettingInvalid) as refused:
                Settings.from_dict({key: value})
            assert refused.value.faults[0].startswith(key)
            assert len(str(refused.value)) < 300
