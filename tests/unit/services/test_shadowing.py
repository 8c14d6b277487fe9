"""Settings in the shadow of a connection: asked after each assessment, kept, compared, ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxbalance_core import Settings, assess
from proxbalance_core.cli import app
from proxbalance_core.domain.presets import changed
from proxbalance_core.errors import SettingMissing
from proxbalance_core.services import shadowing
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.store import tables
from tests.support.clusters import random_cluster

EAGER = changed(Settings(), {"cpu_threshold": 45.0, "move_cost_points": 0.5})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench.open(tmp_path / "d") as opened:
        yield opened


def lab(bench: Workbench, seed: int = 3) -> str:
    return bench.import_snapshot("lab.json", json.dumps(random_cluster(seed).to_dict()).encode())


def test_it_is_asked_after_every_assessment(bench: Workbench) -> None:
    cid = lab(bench)
    shadowing.start(bench, cid, "eager", EAGER)
    before = len(bench.store.shadows.rounds(cid))
    generation = bench.regenerate(cid)
    rounds = bench.store.shadows.rounds(cid)
    assert len(rounds) == before + 1
    told = assess(generation.snapshot, EAGER)
    assert rounds[-1].theirs.moves == {move.vmid: move.target for move in told.recommendations}
    found = shadowing.report(bench, cid)
    assert (found.rounds, found.theirs.name) == (len(rounds), "eager")
    assert bench.settings(cid) == Settings(), "nothing of it is in force"


def test_another_shadow_begins_anew_and_an_ended_one_is_forgotten(bench: Workbench) -> None:
    cid = lab(bench)
    shadowing.start(bench, cid, "eager", EAGER)
    bench.regenerate(cid)
    shadowing.start(bench, cid, "other", Settings())
    assert bench.store.shadows.rounds(cid) == ()
    shadowing.stop(bench, cid)
    assert shadowing.current(bench, cid) is None
    with pytest.raises(SettingMissing, match="No settings are in the shadow"):
        shadowing.report(bench, cid)


def test_settings_of_another_version_trouble_no_assessment(bench: Workbench) -> None:
    cid = lab(bench)
    shadowing.start(bench, cid, "eager", EAGER)
    with bench.store._engine.begin() as db:
        db.execute(tables.shadows.update().values(settings='{"fan_speed": 3}'))
    assert bench.regenerate(cid).assessment["recommendations"]
    assert bench.store.shadows.rounds(cid) == ()


def test_old_rounds_are_dropped(bench: Workbench) -> None:
    cid = lab(bench)
    shadowing.start(bench, cid, "eager", EAGER)
    at = bench.regenerate(cid).at
    bench.store.shadows.prune(cid, at + timedelta(days=89))
    assert bench.store.shadows.rounds(cid)
    bench.store.shadows.prune(cid, at + timedelta(days=91))
    assert bench.store.shadows.rounds(cid) == ()


def test_the_commands(bench: Workbench, tmp_path: Path) -> None:
    cid = lab(bench)
    name, data = bench.connection(cid).title, ["--data-dir", str(tmp_path / "d")]
    run = CliRunner().invoke

    assert run(app, ["shadow", "start", *data]).exit_code == 2
    assert run(app, ["shadow", "show", "--connection", name, *data]).exit_code == 1
    begun = run(app, ["shadow", "start", "--connection", name, "--profile", "aggressive", *data])
    assert begun.exit_code == 0, begun.output
    bench.regenerate(cid)
    told = run(app, ["shadow", "show", "--connection", name, "--json", *data])
    assert json.loads(told.stdout)["format"] == "proxbalance.shadow/1"
    assert "aggressive" in run(app, ["shadow", "show", "--connection", name, *data]).stdout
    assert run(app, ["shadow", "stop", "--connection", name, *data]).exit_code == 0
    assert shadowing.current(bench, cid) is None
    assert run(app, ["shadow", "start", "--connection", name, "--profile", "nobody", *data]).exit_code == 1


def test_settings_are_shown_set_undone_and_listed(bench: Workbench, tmp_path: Path) -> None:
    cid = lab(bench)
    args = ["--connection", bench.connection(cid).title, "--data-dir", str(tmp_path / "d")]

    def run(*words: str) -> str:
        told = CliRunner().invoke(app, ["settings", *words, *args])
        assert told.exit_code == 0, told.output
        return told.stdout

    assert "cpu_threshold: 60 -> 55" in run("set", "cpu_threshold=55")
    assert json.loads(run("show", "--json"))["cpu_threshold"] == 55.0
    assert "cpu_threshold" in run("show") and "mem_threshold" not in run("show")
    assert "already" in run("set", "cpu_threshold=55")
    assert "cpu_threshold: 55 -> 60" in run("undo")
    assert [one["who"] for one in json.loads(run("history", "--json"))] == ["command line"] * 2
    assert CliRunner().invoke(app, ["settings", "set", *args]).exit_code == 2
    wrong = CliRunner().invoke(app, ["settings", "set", "cpu_threshold=999", *args])
    assert wrong.exit_code == 1 and bench.settings(cid).cpu_threshold == 60.0
