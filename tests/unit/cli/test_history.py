"""``history`` and ``events`` on a data folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxbalance_core.cli import app
from proxbalance_core.domain.settings import Settings
from proxbalance_core.services.workbench import Workbench
from tests.support.clusters import random_cluster


@pytest.fixture
def folder(tmp_path: Path) -> str:
    with Workbench.open(tmp_path / "d") as bench:
        cid = bench.import_snapshot("lab.json", json.dumps(random_cluster(3).to_dict()).encode())
        bench.regenerate(cid)
        bench.save_settings(cid, Settings(cpu_threshold=55.0), "[red]tester")
    return str(tmp_path / "d")


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def test_scores_as_json_and_as_a_table(folder: str) -> None:
    found = json.loads(run("history", "--data-dir", folder, "--json", "--marks", "1"))
    (mark,) = found["cluster"]
    assert mark["generations"] == 2 and 0 <= mark["lowest_health"] <= mark["cluster_health"] <= 100
    assert {node["node"] for node in found["nodes"]} == {node.name for node in random_cluster(3).nodes}
    assert f"{mark['cluster_health']:.1f}" in run("history", "--data-dir", folder, "--marks", "1")


def test_events_are_read_on_from_a_bookmark(folder: str) -> None:
    found = json.loads(run("events", "--data-dir", folder, "--json"))
    assert found[-1]["event"] == "settings.changed" and found[-1]["payload"]["changed"] == {"cpu_threshold": 55.0}
    assert [event["id"] for event in found] == sorted(event["id"] for event in found)
    assert json.loads(run("events", "--data-dir", folder, "--json", "--after", str(found[-2]["id"]))) == found[-1:]
    assert json.loads(run("events", "--data-dir", folder, "--json", "--limit", "1")) == found[:1]
    assert "[red]tester" in run("events", "--data-dir", folder, "--after", str(found[-2]["id"]))
    assert "Nothing happened" in run("events", "--data-dir", folder, "--after", str(found[-1]["id"]))
