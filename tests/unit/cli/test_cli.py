from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from proxbalance_core.cli import app

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = "<img src=x onerror=alert(1)>[red]\x1b[31mbold"


def snapshot() -> dict[str, Any]:
    def node(name: str, cpu: float) -> dict[str, Any]:
        return {
            "name": name, "status": "online", "cpu_cores": 8, "mem_bytes": 2**35, "history_days": 7.0,
            "cpu": {"current_pct": cpu}, "mem": {"current_pct": 30.0},
        }  # fmt: skip

    def guest(vmid: int, node: str, cores: float) -> dict[str, Any]:
        return {
            "vmid": vmid, "name": HOSTILE, "type": "vm", "node": node, "status": "running", "cpu_cores": 4,
            "mem_bytes": 2**32, "cpu_used_cores": {"current": cores}, "mem_used_bytes": {"current": 2**31},
        }  # fmt: skip

    return {
        "format": "proxbalance.snapshot/1", "cluster": "lab", "taken_at": "2026-02-08T10:30:00Z",
        "nodes": [node("a", 88.0), node("b", 12.0)], "guests": [guest(100 + i, "a", 1.7) for i in range(4)],
    }  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(snapshot()))
    return path


def run(*args: object, **env: str) -> Result:
    return CliRunner(env=env).invoke(app, [str(arg) for arg in args])


def test_assess_as_json_and_as_tables(file: Path) -> None:
    told = json.loads(run("assess", file, "--json").stdout)
    assert len(told["recommendations"]) + len(told["skipped"]) == 4
    people = run("assess", file, "--mode", "independent")
    assert people.exit_code == 0
    assert "\x1b" not in people.stdout
    assert "<img" in people.stdout


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql:/lab", "PROXBALANCE_DATABASE takes a URL like postgresql://user@host/database.\n"),
        ("postgresql://anna:s3cret@127.0.0.1:x/lab", "not the URL of a database"),
        ("postgresql://anna:s3cret@127.0.0.1:1/lab", "Connection refused"),
    ],
)
def test_a_database_that_can_not_be_reached_is_one_sentence(tmp_path: Path, url: str, said: str) -> None:
    told = run("connections", "list", "--data-dir", tmp_path, PROXBALANCE_DATABASE=url)
    assert told.exit_code == 1 and said in told.stderr
    assert told.stderr.count("\n") == 1 and "s3cret" not in told.stderr


def test_settings_change_the_advice(file: Path, tmp_path: Path) -> None:
    assert (
        json.loads(run("assess", file, "--set", "cpu_threshold=95", "--json").stdout)["settings"]["cpu_threshold"] == 95
    )
    kept = tmp_path / "settings.json"
    kept.write_text('{"cpu_threshold": 90}')
    assert json.loads(run("assess", file, "--settings", kept, "--json").stdout)["settings"]["cpu_threshold"] == 90
    told = json.loads(run("simulate", file, "--set", "cpu_threshold=99", "--json").stdout)
    assert "current" in told


def test_explain_gives_rows_and_every_node(file: Path) -> None:
    told = json.loads(run("explain", 100, file, "--json").stdout)
    assert (told["recommendation"] is None) != (told["skip"] is None)
    assert told["node"]["terms"]
    assert run("explain", 100, file).exit_code == 0
    assert run("explain", 7, file).exit_code == 1


def test_diff(file: Path, tmp_path: Path) -> None:
    for name, threshold in (("a.json", 60), ("b.json", 99)):
        (tmp_path / name).write_text(run("assess", file, "--set", f"cpu_threshold={threshold}", "--json").stdout)
    told = json.loads(run("diff", tmp_path / "a.json", tmp_path / "b.json", "--json").stdout)
    assert set(told) == {
        "previous_at", "new", "removed", "changed_targets", "unchanged", "skip_reasons", "nodes", "settings",
    }  # fmt: skip
    assert "cpu_threshold" in json.dumps(told["settings"])
    assert run("diff", tmp_path / "a.json", tmp_path / "b.json").exit_code == 0
    assert run("diff", file, file).exit_code == 1


def broken(**change: Any) -> dict[str, Any]:
    return snapshot() | change


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (json.dumps(broken(colour=1)), "colour"),
        (json.dumps(broken(guests=snapshot()["guests"] * 2)), "guests.4.vmid"),
        (json.dumps(broken(guests=[snapshot()["guests"][0] | {"node": "zz"}])), "guests.0.node"),
        (json.dumps(broken(nodes=[snapshot()["nodes"][0] | {"mem_bytes": float("nan")}])), "mem_bytes"),
        ("{torn", "s.json"),
        ("[]", "snapshot"),
    ],
)
def test_bad_snapshots_are_refused_with_their_path(tmp_path: Path, document: str, path: str) -> None:
    bad = tmp_path / "s.json"
    bad.write_text(document)
    done = run("assess", bad)
    assert done.exit_code == 1
    assert path in done.stderr
    assert "Traceback" not in done.output
    assert len(done.stderr.strip().splitlines()) == 1


def test_bad_usage_is_two(file: Path, tmp_path: Path) -> None:
    assert run("assess", file, "--mode", "magic").exit_code == 2
    assert run("assess", file, "--set", "nonsense").exit_code == 2
    assert run("nonsense").exit_code == 2
    assert run("simulate", file).exit_code == 2
    assert run("assess", file, "--set", "no_such=1").exit_code == 1
    assert run("assess", tmp_path / "absent.json").exit_code == 1
    assert run("assess", "--connection", "absent", "--data-dir", tmp_path / "d").exit_code == 2


def test_a_torn_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "proxbalance.db").write_bytes(b"torn" * 999)
    done = run("doctor", PROXBALANCE_DATA=str(tmp_path))
    assert done.exit_code == 1
    assert "damaged" in done.stderr
    assert "Traceback" not in done.output


def test_the_demo_from_beginning_to_end(tmp_path: Path, file: Path) -> None:
    data = ("--data-dir", tmp_path / "data")
    assert run("demo", *data).exit_code == 0
    collected = json.loads(run("collect", "--once", "--generate", "--json", *data).stdout)
    assert (collected["nodes"], collected["guests"]) == (5, 40)
    assert len(json.loads(run("assess", "--json", *data).stdout)["nodes"]) == 5
    assert run("explain", 110, *data).exit_code == 0
    assert run("doctor", *data).exit_code == 0
    lines = run("export", "--format", "csv", *data).stdout.splitlines()
    assert lines[0].startswith("VMID,Name,Type,Source,Target")
    stays = run("export", "--what", "skipped", "--format", "csv", *data).stdout.splitlines()
    assert stays[0].startswith("VMID,Name,Type,Node,Reason") and len(stays) > 20
    assert len(json.loads(run("export", "--what", "skipped", *data).stdout)) == len(stays) - 1
    history = run("export", "--what", "history", "--format", "csv", *data).stdout.splitlines()
    assert history[0].startswith("Time,Node,Penalty") and (len(history) - 1) % 5 == 0 < len(history) - 1
    assert json.loads(run("export", "--what", "history", "--to", "2020-01-01T00:00:00Z", *data).stdout) == []
    assert json.loads(run("export", "--what", "migrations", *data).stdout) == []
    over = run("export", "--format", "csv", "--from", "2020-01-01T00:00:00Z", *data).stdout.splitlines()
    assert over[0] == f"Generated,{lines[0]}" and len(over) >= len(lines)
    refused = run("export", "--from", "yesterday", *data)
    assert refused.exit_code == 2 and "--from takes a time such as" in refused.stderr
    assert run("export", "--what", "skipped", "--from", "2020-01-01T00:00:00Z", *data).exit_code == 2
    exported = run("export", "--what", "snapshot", *data).stdout
    assert json.loads(exported)["cluster"] == "demo"
    assert run("import", file, "--as", "snapshot", *data).exit_code == 0
    several = run("assess", *data)
    assert several.exit_code == 2
    assert "demo" in several.stderr
    listed = json.loads(run("connections", "list", "--json", *data).stdout)["connections"]
    assert listed[0]["cid"] == "demo"
    assert run("connections", "remove", listed[1]["cid"], "--yes", *data).exit_code == 0


def test_as_a_program_without_heavy_imports_and_with_a_reader_that_leaves(file: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-X", "importtime", "-m", "proxbalance_core", "assess", str(file), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["cluster"] == "lab"
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert loaded.isdisjoint({"pandas", "sqlalchemy", "streamlit", "pyarrow"})
    piped = f"'{sys.executable}' -m proxbalance_core assess '{file}' --json | head -c 1"
    cut = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {piped}"], cwd=ROOT, env=env, capture_output=True, check=False
    )
    assert b"Traceback" not in cut.stderr
    assert b"BrokenPipe" not in cut.stderr


def test_validate_reads_a_file_as_it_is(file: Path) -> None:
    told = json.loads(run("validate", 100, "b", file, "--at", "2026-02-08T10:31:00Z", "--json").stdout)
    assert set(told) == {"vmid", "source", "target", "passed", "checks", "warnings"}
    assert {check["check"]: check["passed"] for check in told["checks"]}["staleness"]
    assert "migrate_precondition" not in {check["check"] for check in told["checks"]}
    assert not json.loads(run("validate", 100, "b", file, "--json").stdout)["passed"], "a file of long ago is too old"
    assert run("validate", 100, "b", file).exit_code == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [(("9", "b"), 1), (("100", "zz"), 1), (("100", "b", "--at", "now"), 2), (("100", "b", "-c", "x"), 2)],
)
def test_validate_says_what_is_wrong(file: Path, more: tuple[str, ...], code: int) -> None:
    done = run("validate", *more[:2], file, *more[2:])
    assert done.exit_code == code and len(done.stderr.strip().splitlines()) == 1


def test_n_minus_1_loses_each_node(file: Path) -> None:
    told = json.loads(run("n-1", file, "--json").stdout)
    assert (told["format"], told["holds"]) == ("proxbalance.n-1/1", True)
    assert {loss["node"]: loss["running"] for loss in told["nodes"]} == {"a": 4, "b": 0}
    people = run("n-1", file)
    assert people.exit_code == 0 and "Each node lost in turn" in people.stdout
    assert "does not hold" in run("n-1", ROOT / "tests/scenarios/057-n-1-does-not-hold/snapshot.json").stdout


def test_drain_plans_a_nodes_maintenance(file: Path) -> None:
    told = json.loads(run("drain", "a", file, "--to", "100=b", "--shut-down", 101, "--json").stdout)
    assert (told["format"], told["possible"], told["emptied"]) == ("proxbalance.drain/1", True, ["a"])
    fates = {row["vmid"]: (row["fate"], row["chosen"]) for row in told["guests"]}
    assert fates == {100: ("moves", True), 101: ("shut_down", True), 102: ("moves", False), 103: ("moves", False)}
    people = run("drain", "a", file)
    assert people.exit_code == 0 and "a can be emptied in" in people.stdout and "\x1b" not in people.stdout


def test_drain_prints_the_script_in_wave_order(file: Path) -> None:
    script = run("drain", "a", file, "--shut-down", 101, "--shell").stdout
    code = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert code[0] == "set -eu" and code[-1] == "ssh root@a 'qm shutdown 101'"
    assert len(code) == 5 and all(line.startswith("ssh root@a 'qm ") for line in code[1:])
    assert subprocess.run(["sh", "-n"], input=script, text=True).returncode == 0


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("zz",), 1, "There is no node 'zz'"),
        (("a", "b", "--to", "100=b"), 1, "Guest 100 can't go to b, which is to be emptied."),
        (("a", "--to", "100"), 2, "--to takes VMID=NODE"),
        (("a", "--to", "100=b", "--shut-down", "100"), 2, "Guest 100 is chosen for twice."),
        (("a", "--json", "--shell"), 2, "Print JSON or a shell script, not both."),
        (("a", "other.json"), 2, "Give one snapshot file, not several."),
    ],
)
def test_drain_says_what_is_wrong(file: Path, more: tuple[str, ...], code: int, said: str) -> None:
    done = run("drain", *more, file)
    assert done.exit_code == code and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
