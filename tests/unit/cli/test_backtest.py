"""``backtest`` on an imported trace and where it can't be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from proxbalance_core.cli import app
from tests.support.example import snapshot


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


def trace(folder: Path, hours: int) -> Path:
    """Six guests on one of two nodes, busy enough to overload it."""
    rng = np.random.default_rng(0)
    at = pd.date_range("2026-02-01", periods=hours, freq="h", tz="UTC")
    rows = [
        pd.DataFrame({
            "time": at, "vmid": 100 + g, "node": "pve1" if g < 5 else "pve2", "cpu_cores": 4,
            "node_cpu_cores": 16, "node_mem_gb": 64,
            "cpu_pct": 40.0 + 20.0 * rng.random(hours), "mem_bytes": 8 * 2**30, "mem_used_bytes": 4 * 2**30,
        })
        for g in range(6)
    ]  # fmt: skip
    path = folder / "trace.csv"
    pd.concat(rows).to_csv(path, index=False)
    return path


def test_an_imported_trace(tmp_path: Path) -> None:
    made = run("import", trace(tmp_path, 24 * 5), "--as", "trace", "--data-dir", tmp_path / "d")
    assert made.exit_code == 0, made.output
    told = run(
        "backtest", "--profile", "aggressive", "--set", "cpu_threshold=50", "--data-dir", tmp_path / "d", "--json"
    )
    document = json.loads(told.stdout)
    assert (document["format"], document["history_hours"]) == ("proxbalance.backtest/1", 48)
    assert [side["name"] for side in document["sides"]] == ["as it was", "no moves", "aggressive", "settings as given"]
    assert document["sides"][3]["settings"]["cpu_threshold"] == 50.0 and document["sides"][0]["settings"] is None
    people = run("backtest", "--data-dir", tmp_path / "d")
    assert people.exit_code == 0 and "settings in force" in people.stdout and document["sides"][1]["moves"] == 0


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--profile", "wild"), 2, "There is no profile 'wild'; there are conservative, balanced, aggressive."),
        (("--mode", "independent"), 2, "A backtest replays plans; moves judged alone are none."),
        ((), 1, "A backtest needs 3 days of history; there is 1 day."),
    ],
)
def test_refusals(tmp_path: Path, args: tuple[str, ...], code: int, said: str) -> None:
    run("import", trace(tmp_path, 30), "--as", "trace", "--data-dir", tmp_path / "d")
    done = run("backtest", *args, "--data-dir", tmp_path / "d")
    assert (done.exit_code, said in done.output) == (code, True), done.output


def test_a_snapshot_file_is_one_moment(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(snapshot()))
    run("import", file, "--as", "snapshot", "--data-dir", tmp_path / "d")
    done = run("backtest", "--data-dir", tmp_path / "d")
    assert done.exit_code == 1 and "is a single moment; this needs its history." in done.output
