"""Checking a move on a live connection: what is asked anew, and what can't be asked has failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxbalance_core import Validation
from proxbalance_core.cli import app
from proxbalance_core.errors import ConfigError, SnapshotInvalid
from proxbalance_core.services.connecting import ConnectionWish
from proxbalance_core.services.validating import validate_move
from proxbalance_core.services.workbench import Workbench
from tests.support.pve_server import SECRET, FakeCluster, PveServer, Running, running


@pytest.fixture
def pve(tmp_path: Path) -> Iterator[Running]:
    with running(PveServer(FakeCluster()), tmp_path) as server:
        yield server


@pytest.fixture
def bench(tmp_path: Path, pve: Running) -> Iterator[Workbench]:
    """Connected and assessed once."""
    with Workbench.open(tmp_path / "data") as made:
        made.add_connection(ConnectionWish(title="lab", options=tuple(pve.options.items()), secret=SECRET))
        made.regenerate("lab")
        yield made


def failed(told: Validation) -> dict[str, str]:
    return {check.check: check.detail for check in told.checks if not check.passed}


def test_a_move_of_a_live_cluster_passes_every_check(bench: Workbench) -> None:
    told = validate_move(bench, "lab", 100, "pve1")  # guest 100 is on pve2
    assert failed(told) == {} and told.passed
    assert [check.check for check in told.checks][-1] == "migrate_precondition"


def test_what_changed_since_is_seen(bench: Workbench, pve: Running) -> None:
    guest = pve.server.cluster.guests[100]
    guest.config["parent"] = "snap1"  # nothing in the resources tells of a snapshot or a new device
    guest.config["scsi0"], guest.snapshots = "local-lvm:vm-100-disk-0,size=32G", 1
    guest.config["hostpci0"] = "0000:01:00.0"
    assert set(failed(validate_move(bench, "lab", 100, "pve1"))) == {
        "guest_state", "locks_and_snapshots", "migrate_precondition",
    }  # fmt: skip
    pve.server.cluster.move(guest, "pve3", pve.server.clock())
    assert failed(validate_move(bench, "lab", 100, "pve1"))["guest_state"].startswith("It is on pve3 now, not on pve2.")


@pytest.mark.parametrize(("minutes", "fails"), [(20, set()), (40, {"staleness"})])
def test_age_is_counted_from_what_was_decided_on(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, minutes: int, fails: set[str]
) -> None:
    made = bench.latest("lab")
    assert made is not None
    aged = replace(made.snapshot, taken_at=made.snapshot.taken_at - timedelta(minutes=minutes))
    monkeypatch.setattr(Workbench, "latest", lambda *_: replace(made, snapshot=aged))
    told = validate_move(bench, "lab", 100, "pve1")
    assert set(failed(told)) == fails
    assert told.checks[0].detail.startswith(f"The snapshot is {minutes} minutes old")


def test_a_missing_privilege_fails_the_check_and_is_named(bench: Workbench, pve: Running) -> None:
    pve.server.privileges.discard("VM.Migrate")
    found = failed(validate_move(bench, "lab", 100, "pve1"))
    assert set(found) == {"migrate_precondition"} and "VM.Migrate" in found["migrate_precondition"]


def test_a_cluster_that_does_not_answer_fails_every_check(bench: Workbench, pve: Running) -> None:
    pve.server.faults.status = 503
    told = validate_move(bench, "lab", 100, "pve1")
    assert not told.passed and len(failed(told)) == 7 and told.checks[0].passed


def test_a_config_that_can_not_be_read_fails_its_checks(bench: Workbench, pve: Running) -> None:
    pve.server.faults.status, pve.server.faults.only = 500, "100/config"
    found = failed(validate_move(bench, "lab", 100, "pve1"))
    assert len(found) == 6 and all("Its config could not be read" in detail for detail in found.values())
    assert failed(validate_move(bench, "lab", 101, "pve1")).keys() == {"guest_state", "migrate_precondition"}


def test_beside_a_collector_elsewhere_nothing_is_stored(
    bench: Workbench, pve: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workbench, "_collector", lambda *_: "running elsewhere")
    rounds = bench.status("lab").rounds
    pve.server.cluster.guests[100].lock = "backup"
    assert set(failed(validate_move(bench, "lab", 100, "pve1"))) == {"locks_and_snapshots", "migrate_precondition"}
    assert bench.status("lab").rounds == rounds


def test_without_a_target_the_recommended_one(bench: Workbench) -> None:
    with pytest.raises(ConfigError, match="name the target"):
        validate_move(bench, "lab", 108)
    with pytest.raises(SnapshotInvalid, match="no node 'pve9'"):
        validate_move(bench, "lab", 100, "pve9")


def test_the_command(bench: Workbench, tmp_path: Path) -> None:
    def run(*args: str) -> tuple[int, str, str]:
        done = CliRunner(env={"PROXBALANCE_DATA": str(tmp_path / "data")}).invoke(app, list(args))
        return done.exit_code, done.stdout, done.stderr

    code, out, _ = run("validate", "100", "pve1", "--json")
    assert code == 0 and json.loads(out)["passed"] is True
    code, out, _ = run("validate", "100", "pve1", "--connection", "lab")
    assert code == 0 and "may be made" in out
    assert run("validate", "100", "pve1", "--set", "cpu_threshold=50")[0] == 2
    code, _, told = run("validate", "999", "pve1")
    assert code == 1 and told.count("\n") == 1 and "no guest 999" in told
