"""What goes wrong with a Proxmox API, as the workbench and the commands tell it."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from proxbalance_core.cli import app
from proxbalance_core.errors import AuthenticationFailed, SourceError, SourceUnavailable
from proxbalance_core.services.collector import Collector
from proxbalance_core.services.connecting import ConnectionWish
from proxbalance_core.services.locks import FileLock
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.sources.proxmox import ProxmoxOptions
from proxbalance_core.sources.proxmox.rights import check_rights
from proxbalance_core.sources.proxmox.rules import maintained_nodes
from tests.support.pve_server import SECRET, TOKEN_ID, FakeCluster, PveServer, Running, running


@pytest.fixture
def pve(tmp_path: Path) -> Iterator[Running]:
    with running(PveServer(FakeCluster(version=8)), tmp_path) as server:
        yield server


class Clock:
    late = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.late


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(tmp_path: Path, pve: Running, clock: Clock) -> Iterator[Workbench]:
    """Connected, and collected once while all was well."""
    with Workbench.open(tmp_path / "data", clock=clock) as made:
        made.add_connection(wish(pve))
        made.collect("lab")
        yield made


def wish(pve: Running, secret: str = SECRET, **options: str) -> ConnectionWish:
    given = {**pve.options, "timeout_s": "5", **options}
    return ConnectionWish(title="lab", options=tuple(given.items()), secret=secret)


def command(tmp_path: Path, *args: str, secret: str = SECRET) -> Result:
    env = {"PROXBALANCE_DATA": str(tmp_path / "data"), "PROXBALANCE_SECRET": secret}
    return CliRunner(env=env).invoke(app, list(args))


def one_sentence(done: Result) -> str:
    """What a failed command said: exit code 1, a line on stderr, nothing else."""
    assert done.exit_code == 1, done.output
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert "Traceback" not in line
    return line


def set_html(pve: Running) -> None:
    pve.server.faults.html = True


def set_half(pve: Running) -> None:
    pve.server.faults.half_json = True


def set_broken_off(pve: Running) -> None:
    pve.server.faults.broken_off = True


def set_unavailable(pve: Running) -> None:
    pve.server.faults.status = 503


def set_revoked(pve: Running) -> None:
    pve.server.faults.status = 401


FAULTS: list[tuple[Callable[[Running], None], str]] = [
    (set_html, "is this the Proxmox API on port 8006"),
    (set_half, "broke off in the middle: check the network"),
    (set_broken_off, "broke off in the middle: check the network"),
    (set_unavailable, "look at the log of pveproxy"),
    (set_revoked, "check the id and the secret"),
]


@pytest.mark.parametrize(("break_it", "said"), FAULTS)
def test_a_failed_round_is_one_sentence_and_what_was_known_stays(
    bench: Workbench, clock: Clock, pve: Running, tmp_path: Path, break_it: Callable[[Running], None], said: str
) -> None:
    before = bench.snapshot("lab").to_dict()
    break_it(pve)
    line = one_sentence(command(tmp_path, "collect", "--connection", "lab", "--once", "--generate"))
    assert said in line
    status = bench.status("lab")
    assert status.last_error == line
    assert status.last_success is not None and not status.stale
    clock.late = timedelta(minutes=10)
    assert bench.status("lab").stale
    assert bench.snapshot("lab").to_dict() == before
    found = {finding.check: finding for finding in bench.diagnostics("lab").findings}
    assert found["collection"].level == "error" and said in found["collection"].detail
    assert found["source"].level == "error"


def test_stale_data_are_said_to_be_stale(bench: Workbench, clock: Clock, tmp_path: Path, pve: Running) -> None:
    status = bench.store.status.get("lab")
    old = dataclasses.replace(status, last_success=clock() - timedelta(minutes=20), last_error="It is gone.")
    bench.store.status.put("lab", old)
    done = command(tmp_path, "assess", "--connection", "lab", "--json")
    assert done.exit_code == 0
    assert done.stderr == "Note: the data of 'lab' are 20 minutes old. It is gone.\n"


def test_a_timeout(bench: Workbench, pve: Running) -> None:
    bench.add_connection(ConnectionWish(**_changed(bench, timeout_s="0.4")))
    pve.server.faults.delay_s = 1.5
    with pytest.raises(SourceUnavailable, match=r"did not answer /cluster/resources within 0.4 s: check the network"):
        bench.collect("lab")
    assert bench.status("lab").last_error


def _changed(bench: Workbench, **options: str) -> dict[str, Any]:
    kept = bench.connection("lab")
    return {
        "title": "lab", "options": tuple((dict(kept.options) | options).items()), "secret": SECRET, "replaces": "lab",
    }  # fmt: skip


def test_connection_refused(tmp_path: Path) -> None:
    given = ("--host", "127.0.0.1:1", "--token-id", TOKEN_ID)
    line = one_sentence(command(tmp_path, "connections", "add", *given))
    assert "127.0.0.1:1" in line and "check the address" in line


def test_the_server_goes_away(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(PveServer(FakeCluster(2, 2, version=8)), tmp_path) as server, Workbench.open(data) as bench:
        bench.add_connection(wish(server))
        bench.collect("lab")
    line = one_sentence(command(tmp_path, "collect", "--connection", "lab", "--once"))
    assert "could not be reached: check the address, the firewall and that pveproxy runs there" in line


def test_a_wrong_token_when_connecting_and_later(bench: Workbench, pve: Running, tmp_path: Path) -> None:
    given = ("--host", pve.options["host"], "--token-id", TOKEN_ID, "--ca-file", pve.ca_file)
    line = one_sentence(command(tmp_path, "connections", "add", "--name", "two", *given, secret="wrong"))
    assert "Proxmox refused the credentials of collector@pve!proxbalance: check the id and the secret" in line
    bench.secrets.remove("lab")
    with Workbench.open(tmp_path / "data") as fresh:
        with pytest.raises(AuthenticationFailed, match="There is no secret"):
            fresh.collect("lab")
        assert fresh.status("lab").error_kind == "AuthenticationFailed"


def test_a_self_signed_certificate_is_told_with_its_fingerprint(pve: Running, tmp_path: Path) -> None:
    given = ("--host", pve.options["host"], "--token-id", TOKEN_ID)
    line = one_sentence(command(tmp_path, "connections", "add", *given))
    assert "can't be verified" in line
    (shown,) = set(re.findall(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", line))
    assert command(tmp_path, "connections", "add", *given, "--fingerprint", shown).exit_code == 0
    other = ":".join(["00"] * 32)
    assert "is not the pinned one" in one_sentence(
        command(tmp_path, "connections", "add", *given, "--fingerprint", other)
    )


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_ca_file_that_is_none(pve: Running, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    given = ("--host", pve.options["host"], "--token-id", TOKEN_ID, "--ca-file", str(path))
    assert str(path) in one_sentence(command(tmp_path, "connections", "add", *given))


def test_a_missing_privilege_is_named_with_its_command(bench: Workbench, pve: Running, tmp_path: Path) -> None:
    pve.server.privileges = {"Sys.Audit", "VM.Audit"}
    done = command(tmp_path, "connections", "test", "-c", "lab", "--json")
    assert done.exit_code == 0
    grant = "pveum acl modify /storage --users collector@pve --tokens 'collector@pve!proxbalance' --roles PVEAuditor"
    assert "Missing: Datastore.Audit." in done.stdout and grant in done.stdout
    doctor = bench.diagnostics("lab")
    (found,) = (f for f in doctor.findings if f.check == "privileges")
    assert (found.detail, found.what_to_do) == ("Datastore.Audit is missing.", f"Run on a node: {grant}")
    collected = command(tmp_path, "collect", "--connection", "lab", "--once")
    assert collected.exit_code == 0
    assert "Collected 3 nodes and 12 guests" in collected.stdout and "Datastore.Audit on /storage" in collected.stdout


def test_guests_that_may_not_be_seen_any_more_are_not_deleted(bench: Workbench, pve: Running) -> None:
    pve.server.privileges = {"Sys.Audit"}
    kept = bench.collect("lab")
    assert len(kept.guests) == 12
    assert {guest.status for guest in kept.guests} == {"unknown"}
    assert "VM.Audit on /vms is missing" in (bench.status("lab").last_error or "")


def test_a_node_that_does_not_answer_costs_nobody_else(bench: Workbench, pve: Running, tmp_path: Path) -> None:
    pve.server.faults.unreachable = {"pve2"}
    time.sleep(1.1)  # samples of one second are the same samples
    with Workbench.open(tmp_path / "data") as fresh:
        found = fresh.collect("lab")
    assert [node.status for node in found.nodes] == ["online", "unknown", "online"]
    (note,) = {note for note in found.notes if "pve2" in note}
    assert "can't reach node pve2 (status 595: No route to host): check that the node is up" in note
    assert len(found.guests) == 12
    made = bench.regenerate("lab").assessment
    assert len(made["recommendations"]) + len(made["skipped"]) == 12
    newest = bench.store.samples.last("lab", timedelta(0)).nodes
    assert {sample.node for sample in newest} == {"pve1", "pve3"}


def test_a_dead_node_keeps_its_guests(bench: Workbench, pve: Running) -> None:
    pve.server.cluster.nodes["pve2"].online = False
    found = bench.collect("lab")
    assert [node.status for node in found.nodes] == ["online", "offline", "online"]
    assert {guest.status for guest in found.guests if guest.node == "pve2"} == {"unknown"}
    assert len(found.guests) == 12


@pytest.mark.parametrize("only", ["qemu/100/config", "cluster/ha", "cluster/options", "nodes/pve1/status"])
def test_half_an_answer_to_one_question(bench: Workbench, pve: Running, tmp_path: Path, only: str) -> None:
    pve.server.faults.half_json, pve.server.faults.only = True, only
    with Workbench.open(tmp_path / "data") as fresh:
        found = fresh.collect("lab")
    assert (len(found.nodes), len(found.guests), found.complete) == (3, 12, False)
    assert any("broke off in the middle" in note for note in found.notes)


def test_lost_quorum_is_told_and_the_figures_still_come(fakepve: Any, fakepve_cafile: str, tmp_path: Path) -> None:
    fakepve.apitokens[TOKEN_ID] = SECRET
    fakepve.add_vm(100, "web", status="running", config={"memory": "2048"})
    given = ("--host", f"127.0.0.1:{fakepve.port}", "--token-id", TOKEN_ID, "--ca-file", fakepve_cafile)
    assert command(tmp_path, "connections", "add", "--name", "lab", *given).exit_code == 0
    fakepve.lose_quorum()
    done = command(tmp_path, "collect", "--connection", "lab", "--once", "--generate")
    assert done.exit_code == 0
    assert "Collected 1 nodes and 1 guests" in done.stdout
    assert "The cluster has lost quorum" in done.stdout
    with Workbench.open(tmp_path / "data") as bench:
        made = bench.latest("lab")
        assert made is not None and made.snapshot.quorate is False
        assert any(advisory["type"] == "lost_quorum" for advisory in made.assessment["advisories"])


def test_a_back_fill_that_fails_is_told_and_tried_again(tmp_path: Path, pve: Running) -> None:
    with Workbench.open(tmp_path / "data") as bench:
        bench.add_connection(wish(pve))
        pve.server.faults.half_json, pve.server.faults.only = True, "rrddata"
        found = bench.collect("lab")
        assert any("The past of" in note for note in found.notes)
    with Workbench.open(tmp_path / "two") as other:
        other.add_connection(wish(pve))
        seen: list[float] = []
        pve.server.faults.half_json = False
        pve.server.faults.status, pve.server.faults.only = 401, r"month|qemu/105/rrddata"
        with pytest.raises(SourceError):
            other.collect("lab")
        pve.server.faults.status = 0
        other.collect("lab", lambda fraction: bool(seen.append(fraction) or True))
        assert seen == sorted(seen) and seen[-1] == pytest.approx(1.0)
        assert all(node.history_days > 6 for node in other.snapshot("lab").nodes)


def test_at_most_six_calls_at_once(tmp_path: Path, pve: Running) -> None:
    with Workbench.open(tmp_path / "data") as bench:
        bench.add_connection(wish(pve))
        pve.server.faults.delay_s, pve.server.faults.only = 0.02, "rrddata"
        bench.collect("lab")
    assert 3 <= pve.server.most_at_once <= 6


def test_a_collector_survives_what_should_not_happen(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector(bench)
    monkeypatch.setattr("proxbalance_core.services.collector.LOOK_AGAIN_S", 0.01)
    turns: list[int] = []

    def bad(cid: str) -> None:
        turns.append(1)
        if len(turns) > 2:
            collector._stop.set()
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(bench.store.connections, "get", bad)
    with capture_logs() as logs:
        collector._locks["lab"] = FileLock(bench.paths.lock("lab"))
        collector._loop("lab")
    assert len(turns) == 3
    assert {log["log_level"] for log in logs} == {"error"}


@pytest.mark.parametrize("junk", [None, [], "x", "", 1.5, {"a": 1}, float("nan")])
def test_junk_in_an_answer_is_no_crash(junk: object) -> None:
    assert (
        maintained_nodes(lambda path: {"manager_status": {"node_status": junk}, "lrm_status": {"pve1": junk}}) == set()
    )
    options = ProxmoxOptions.read({"host": "pve1", "token_id": TOKEN_ID})
    assert "VM.Audit" in check_rights({"/vms": {"VM.Audit": junk}, "/": junk}, options).missing or junk in (
        1.5,
        {"a": 1},
    )
