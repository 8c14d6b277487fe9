"""Suggested thresholds with what they would change."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from proxbalance_core import ClusterSnapshot, Settings, simulate, suggestions
from proxbalance_core.cli import app
from proxbalance_core.domain.documents import plain
from proxbalance_core.domain.presets import changed
from tests.support.example import snapshot as example

SNAPSHOT = ClusterSnapshot.from_dict(example())
FAR_OFF = Settings(cpu_threshold=85.0, mem_threshold=90.0)


def test_each_effect_is_a_simulation_of_its_own() -> None:
    found = suggestions(SNAPSHOT, FAR_OFF)
    assert {one.suggestion.key for one in found.each} >= {"cpu_threshold", "mem_threshold"}
    for one in found.each:
        alone = changed(FAR_OFF, {one.suggestion.key: one.suggestion.suggested})
        assert plain(one.effect) == plain(simulate(SNAPSHOT, FAR_OFF, alone))
    whole = changed(FAR_OFF, {one.suggestion.key: one.suggestion.suggested for one in found.each})
    assert plain(found.together) == plain(simulate(SNAPSHOT, FAR_OFF, whole))


def test_what_fits_is_left_alone() -> None:
    first = suggestions(SNAPSHOT, FAR_OFF)
    fitting = changed(FAR_OFF, {one.suggestion.key: one.suggestion.suggested for one in first.each})
    again = suggestions(SNAPSHOT, fitting)
    assert (again.each, again.together) == ((), None)


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text(json.dumps(example()))
    args = ["suggest", str(file), "--set", "cpu_threshold=85"]
    told = json.loads(CliRunner().invoke(app, [*args, "--json"]).stdout)
    assert (
        told["format"] == "proxbalance.suggestions/1" and told["each"][0]["effect"]["proposed"]["recommendations"] >= 0
    )
    people = CliRunner().invoke(app, args)
    assert people.exit_code == 0 and "cpu_threshold: 85 -> " in people.stdout and "Applied alone: " in people.stdout
