"""The plan command, on a file."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from proxbalance_core.cli import app
from tests.support.example import snapshot


def test_a_plan_of_few_moves_with_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(snapshot()))
    run = CliRunner().invoke(app, ["plan", str(path), "--mode", "optimal", "--max-moves", "1", "--bound", "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert told["format"] == "proxbalance.plan/1"
    assert told["mode"] == "optimal"
    assert 0 <= len(told["plan"]["steps"]) <= 1
    assert told["plan"]["bound"]["gap_pct"] >= 0
    assert told["plan"]["curve"][0]["moves"] == 0
    shown = CliRunner().invoke(app, ["plan", str(path)])
    assert "What the first moves bring" in shown.output


def test_a_bound_goes_with_a_joint_plan(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(snapshot()))
    run = CliRunner().invoke(app, ["plan", str(path), "--mode", "independent", "--bound"])
    assert run.exit_code == 2
