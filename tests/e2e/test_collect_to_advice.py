"""From a Proxmox API to advice, as the commands do it: connect, collect, assess, doctor."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from proxbalance_core.cli import app
from proxbalance_core.sources.proxmox import certificate_fingerprint
from tests.support.pve_server import SECRET, TOKEN_ID, FakeCluster, PveServer, Running, running

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs a command on a data folder of the test's own."""

    def run(*args: object, secret: str = SECRET) -> Result:
        env = {"PROXBALANCE_SECRET": secret, "PROXBALANCE_DATA": str(tmp_path / "data")}
        done = CliRunner(env=env).invoke(app, [str(arg) for arg in args])
        assert "Traceback" not in done.output
        assert secret not in done.output
        return done

    return run


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    with ExitStack() as stack:

        def start(version: int = 9, nodes: int = 3, guests: int = 14) -> Running:
            folder = tmp_path / f"tls-{version}-{nodes}"
            folder.mkdir()
            server = PveServer(FakeCluster(nodes, guests, version=version))
            return stack.enter_context(running(server, folder))

        yield start


def address(server: Running) -> tuple[str, ...]:
    return ("--host", f"127.0.0.1:{server.port}", "--token-id", TOKEN_ID)


def told(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def assert_whole(document: dict[str, Any], vmids: set[int]) -> None:
    """Every guest has one answer, and every score is the sum of its rows."""
    answered = [row["vmid"] for part in ("recommendations", "skipped") for row in document[part]]
    assert sorted(answered) == sorted(vmids)
    sums = [(node["score"], node["terms"]) for node in document["nodes"] if node["score"] is not None]
    for move in document["recommendations"]:
        sums += [
            (side["total"], side["terms"]) for side in (move["score_details"][key] for key in ("source", "target"))
        ]
    for score, terms in sums:
        assert terms
        assert score == pytest.approx(math.fsum(term["points"] for term in terms), abs=0.005)


@pytest.mark.parametrize(("version", "trust"), [(8, "pin"), (9, "ca")])
def test_from_address_to_advice(command: Command, serve: Any, version: int, trust: str) -> None:
    server = serve(version)
    pin = certificate_fingerprint("127.0.0.1", server.port)
    proof = ("--ca-file", server.ca_file) if trust == "ca" else ("--fingerprint", pin)
    assert told(command("connections", "add", "--name", "Lab", *address(server), *proof, "--json"))["check"]["steps"]
    steps = told(command("connections", "test", "-c", "lab", "--json"))["check"]["steps"]
    assert [(step["step"], step["ok"]) for step in steps] == [
        ("address", True), ("certificate", True), ("credentials", True), ("privileges", True),
    ]  # fmt: skip
    collected = told(command("collect", "--connection", "lab", "--once", "--generate", "--json"))
    assert (collected["nodes"], collected["guests"], collected["complete"]) == (3, 14, True)
    document = told(command("assess", "--connection", "lab", "--json"))
    assert_whole(document, set(server.server.cluster.guests))
    assert all(node["cpu_pct"] > 0 and node["mem_pct"] > 0 for node in document["nodes"])
    # a week is there after the first round, and 8's is marked for what it is
    snapshot = told(command("export", "--what", "snapshot", "-c", "lab"))
    assert all(node["history_days"] > 6.5 and node["cpu"]["avg_7d_pct"] > 0 for node in snapshot["nodes"])
    assert {"high"}.isdisjoint(node["cpu"]["trend_confidence"] for node in snapshot["nodes"] if version == 8)
    report = command("doctor", "-c", "lab")
    assert report.exit_code == 0
    assert ("means of up to" in report.stdout) == (version == 8)
    assert "All privileges for collecting are there." in report.stdout


def test_a_hot_node_gets_advice_that_adds_up(command: Command, serve: Any) -> None:
    server = serve(8)
    cluster = server.server.cluster
    for guest in cluster.guests.values():
        guest.node, guest.cores = "pve1" if guest.kind == "qemu" else guest.node, guest.cores * 2
    command("connections", "add", "--name", "lab", *address(server), "--ca-file", server.ca_file)
    command("collect", "--once", "--generate")
    document = told(command("assess", "--json"))
    assert_whole(document, set(cluster.guests))
    assert document["recommendations"]
    assert all(move["source"] == "pve1" for move in document["recommendations"])


@pytest.fixture
def fake(fakepve: Any, fakepve_cafile: str) -> Any:
    fakepve.apitokens[TOKEN_ID] = SECRET
    fakepve.users["collector@pve"] = SECRET
    fakepve.add_node("pve2")
    disk = {"scsi0": "local-lvm:vm-100-disk-0,size=8G", "memory": "2048", "cores": 2}
    fakepve.add_vm(100, "web", status="running", config=disk)
    fakepve.add_vm(101, "gpu", node="pve2", config={"hostpci0": "0000:01:00.0", "memory": "1024"})
    fakepve.add_vm(102, "<img src=x onerror=alert(1)>", status="running", config={"memory": "4096", "cores": 4})
    fakepve.add_ct(200, "dns", node="pve2", status="running", config={"rootfs": "local-lvm:vm-200-disk-0,size=4G"})
    return fakepve


@pytest.mark.parametrize("who", [("--token-id", TOKEN_ID), ("--user", "collector@pve")])
def test_what_fakepve_does_not_measure_is_not_measured(
    command: Command, fake: Any, fakepve_cafile: str, who: tuple[str, str]
) -> None:
    given = ("--host", f"127.0.0.1:{fake.port}", *who, "--ca-file", fakepve_cafile)
    assert command("connections", "add", "--name", "fake", *given).exit_code == 0
    collected = told(command("collect", "--connection", "fake", "--once", "--generate", "--json"))
    assert (collected["nodes"], collected["guests"]) == (2, 4)
    document = told(command("assess", "--connection", "fake", "--json"))
    assert_whole(document, {100, 101, 102, 200})
    snapshot = told(command("export", "--what", "snapshot", "-c", "fake"))
    for node in snapshot["nodes"]:
        assert not node.get("history_days")
        assert "iowait" not in node or not any(node["iowait"].values())
        assert "pressure" not in node and "next_24h" not in node and "load_avg_1m" not in node
        assert node["cpu"]["current_pct"] > 0
        assert all(node["cpu"].get(key) is None for key in ("avg_24h_pct", "avg_7d_pct", "p95_7d_pct", "max_7d_pct"))
    for guest in snapshot["guests"]:
        assert guest["cpu_used_cores"].get("avg_7d") is None
        assert "next_24h" not in guest and "disk_read_bps" not in guest
    assert all(node["iowait_pct"] is None for node in document["nodes"])
    needs_history = {"cpu_7d", "mem_7d", "iowait_7d", "trend"}
    assert not [t for node in document["nodes"] for t in node["terms"] if needs_history & set(t["term"].split("__"))]
    assert any("no forecast" in note for note in document["notes"])
    report = command("doctor", "-c", "fake")
    assert report.exit_code == 0
    assert "Not measured: the last 7 days of pve1, pve2." in report.stdout
    assert "Not measured: iowait of pve1, pve2." in report.stdout


def test_nodes_without_any_figure_get_no_score(command: Command, serve: Any) -> None:
    server = serve(9)
    command("connections", "add", "--name", "lab", *address(server), "--ca-file", server.ca_file)
    server.server.faults.silent_metrics = True
    collected = told(command("collect", "--once", "--generate", "--json"))
    assert collected["nodes"] == 3
    document = told(command("assess", "--json"))
    assert_whole(document, set(server.server.cluster.guests))
    assert {(node["score"], node["rating"], node["status"]) for node in document["nodes"]} == {
        (None, None, "not_measured")
    }
    assert {skip["reason"] for skip in document["skipped"]} <= {"not_measured", "template"}
    assert document["recommendations"] == []


def test_as_a_program_with_nothing_on_stderr(command: Command, serve: Any, tmp_path: Path) -> None:
    server, data = serve(8), tmp_path / "data"
    assert command("connections", "add", "--name", "lab", *address(server), "--no-verify").exit_code == 0
    whole = [sys.executable, "-m", "proxbalance_core", "collect", "--connection", "lab", "--once", "--generate"]
    env = os.environ | {"PROXBALANCE_DATA": str(data)}
    done = subprocess.run(whole, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Collected 3 nodes and 14 guests of lab.")
    assert "whoever is in between" in command("doctor").stdout
    kept = [path for path in data.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert [path.name for path in kept] == ["secrets.toml"]


def test_the_same_cluster_is_refused_by_any_of_its_hosts(command: Command, serve: Any) -> None:
    server = serve(8)
    assert command("connections", "add", "--name", "lab", *address(server), "--ca-file", server.ca_file).exit_code == 0
    again = command("connections", "add", "--name", "lab2", *address(server), "--ca-file", server.ca_file)
    assert again.exit_code == 1
    assert "This cluster is connected already, as 'lab'." in again.stderr
    assert len(told(command("connections", "list", "--json"))["connections"]) == 1


def test_the_next_host_is_asked(command: Command, serve: Any) -> None:
    server = serve(8)
    hosts = ("--host", f"127.0.0.1:1,127.0.0.1:{server.port}", "--token-id", TOKEN_ID, "--ca-file", server.ca_file)
    made = told(command("connections", "add", "--name", "lab", *hosts, "--json"))
    assert made["check"]["steps"][0]["detail"] == f"127.0.0.1:{server.port} answers. 127.0.0.1:1 does not."
    assert told(command("collect", "--once", "--json"))["guests"] == 14
