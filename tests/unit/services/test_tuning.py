"""Settings tried, taken, taken back, and kept by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxbalance_core import Settings
from proxbalance_core.domain.presets import changed
from proxbalance_core.errors import ConfigError, ProxBalanceError
from proxbalance_core.services import tuning
from proxbalance_core.services.workbench import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench.open(tmp_path / "d") as opened:
        opened.ensure_demo()
        yield opened


def test_history_tells_what_each_change_changed(bench: Workbench) -> None:
    assert tuning.history(bench, "demo") == () and tuning.before_last(bench, "demo") is None
    first = changed(Settings(), {"cpu_threshold": 55.0})
    second = changed(first, {"cpu_threshold": 50.0, "include_ha": True})
    for settings, who in ((first, "app"), (second, "cli")):
        bench.save_settings("demo", settings, who)
    newest, oldest = tuning.history(bench, "demo")
    assert (newest.who, newest.changes) == ("cli", {"cpu_threshold": (55.0, 50.0), "include_ha": (False, True)})
    assert (oldest.who, oldest.changes) == ("app", {"cpu_threshold": (60.0, 55.0)})
    assert tuning.before_last(bench, "demo") == first
    assert [one.changes for one in tuning.history(bench, "demo", limit=1)] == [newest.changes]


def test_undoing_the_only_change_brings_the_defaults_back(bench: Workbench) -> None:
    bench.save_settings("demo", changed(Settings(), {"cpu_threshold": 55.0}), "app")
    assert tuning.before_last(bench, "demo") == Settings()


def test_profiles_are_kept_by_name(bench: Workbench) -> None:
    mine = changed(Settings(), {"mem_threshold": 80.0})
    tuning.keep_profile(bench, "  night ", mine)
    tuning.keep_profile(bench, "<b>day</b>", Settings())
    assert [(one.name, one.settings) for one in tuning.profiles(bench)] == [("<b>day</b>", Settings()), ("night", mine)]
    assert tuning.named(bench, "demo", "night") == mine
    tuning.drop_profile(bench, "night")
    with pytest.raises(ProxBalanceError, match="There is no profile 'night'"):
        tuning.named(bench, "demo", "night")


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "Balanced", "custom"])
def test_names_that_would_confuse_are_refused(bench: Workbench, name: str) -> None:
    with pytest.raises(ConfigError):
        tuning.keep_profile(bench, name, Settings())
    assert tuning.profiles(bench) == ()


def test_an_unreadable_profile_is_named_and_hides_no_other(bench: Workbench) -> None:
    tuning.keep_profile(bench, "good", Settings())
    kept = json.loads(bench.store.preferences.get("profiles") or "{}")
    bench.store.preferences.put("profiles", json.dumps(kept | {"old": {"fan_speed": 3}}))
    good, old = tuning.profiles(bench)
    assert good.settings == Settings() and good.fault is None
    assert old.settings is None and "fan_speed: there is no such setting" in (old.fault or "")


def test_no_more_profiles_than_a_list_holds(bench: Workbench) -> None:
    for i in range(tuning.MOST_PROFILES):
        tuning.keep_profile(bench, f"p{i}", Settings())
    with pytest.raises(ConfigError, match="50 profiles already"):
        tuning.keep_profile(bench, "one more", Settings())
    tuning.keep_profile(bench, "p1", changed(Settings(), {"max_moves": 3}))


def test_a_dismissed_suggestion_is_remembered_for_its_cluster(bench: Workbench) -> None:
    tuning.dismiss(bench, "demo", "cpu_threshold", 65.0)
    tuning.dismiss(bench, "demo", "mem_threshold", 75.0)
    assert tuning.dismissed(bench, "demo") == {"cpu_threshold": 65.0, "mem_threshold": 75.0}
    assert tuning.dismissed(bench, "other") == {}
