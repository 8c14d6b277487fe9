from __future__ import annotations

import io
import json
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import ConfigError, DatabaseDamaged, SnapshotInvalid, SourceUnavailable
from proxbalance_core.services.collector import Collector, wait_s
from proxbalance_core.services.connecting import free_id
from proxbalance_core.services.locks import is_locked
from proxbalance_core.services.secrets import Secrets
from proxbalance_core.services.workbench import Workbench

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 2, 9, 10, 30, 20, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Workbench:
    made = Workbench.open(tmp_path_factory.mktemp("data"), clock=clock)
    made.ensure_demo()
    made.regenerate("demo")
    return made


def test_the_demo_tells_a_sensible_story(bench: Workbench) -> None:
    found = bench.latest("demo")
    assert found is not None
    document = found.assessment
    assert 3 <= len(document["recommendations"]) <= 8
    assert len(document["recommendations"]) + len(document["skipped"]) == 40
    assert any(r["kind"] == "affinity_repair" for r in document["recommendations"])
    assert len(document["summary"]["skip_reasons"]) >= 10
    assert found.snapshot.nodes[0].history_days == pytest.approx(7, abs=0.1)


def test_status_ages_and_goes_stale(bench: Workbench, clock: Clock) -> None:
    assert not bench.status("demo").stale
    clock.now += timedelta(hours=1)
    assert bench.status("demo").stale
    bench.collect("demo")
    fine = bench.status("demo")
    assert (fine.stale, fine.collector, fine.last_error) == (False, "stopped", None)
    # What happened while nobody looked is there too.
    assert len(bench.node_history("demo", 1)) >= 5 * 59


def test_frames_for_charts(bench: Workbench) -> None:
    for hours in (6, 24, 168, 720):
        frame = bench.node_history("demo", hours)
        assert list(frame.columns) == ["ts", "node", "cpu_pct", "mem_pct", "iowait_pct"]
        assert 0 < len(frame) <= 5000
    assert len(bench.score_history("demo", 24)) >= 1


def test_changes_name_their_cause(bench: Workbench) -> None:
    newest = bench.latest("demo")
    assert newest is not None
    vmid = newest.assessment["recommendations"][0]["vmid"]
    bench.mute("demo", vmid, NOW + timedelta(days=30))
    bench.regenerate("demo")
    gone = bench.changes("demo").removed
    bench.mute("demo", vmid, None)
    assert vmid in [row.vmid for row in gone]
    assert all(row.cause for row in gone)


def test_an_observed_move_is_kept(bench: Workbench, clock: Clock) -> None:
    source = bench.source(bench.connection("demo"))
    source.migrate(152, "pve4")  # type: ignore[attr-defined]
    clock.now += timedelta(minutes=10)
    bench.collect("demo")
    assert [(m.vmid, m.source, m.target) for m in bench.store.migrations.list("demo")] == [(152, "pve5", "pve4")]


def test_settings_are_kept_and_told(bench: Workbench) -> None:
    bench.save_settings("demo", Settings(cpu_threshold=55.0), "tester")
    assert bench.settings("demo").cpu_threshold == 55.0
    assert bench.store.events.list("demo")[-1].payload["changed"]["cpu_threshold"] == 55.0
    bench.save_settings("demo", Settings(), "tester")


def test_a_snapshot_becomes_an_offline_cluster(bench: Workbench) -> None:
    newest = bench.latest("demo")
    assert newest is not None
    cid = bench.import_snapshot("lab.json", json.dumps(newest.snapshot.to_dict()).encode())
    again = bench.regenerate(cid)
    assert again.snapshot == newest.snapshot
    assert not bench.status(cid).stale
    bench.remove_connection(cid)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": "other"}', b"\xff\xfe"])
def test_what_is_no_snapshot_leaves_nothing_behind(bench: Workbench, content: bytes) -> None:
    before = bench.connections()
    with pytest.raises(SnapshotInvalid):
        bench.import_snapshot("x.json", content)
    assert bench.connections() == before


def test_the_debug_bundle_holds_no_names(bench: Workbench) -> None:
    archive = zipfile.ZipFile(io.BytesIO(bench.debug_bundle("demo")))
    text = "".join(archive.read(name).decode() for name in archive.namelist())
    for name in ("gitlab", "pve3", "db-primary", "jellyfin"):
        assert name not in text
    assert "settings.json" in archive.namelist()


def test_a_failure_is_kept_and_what_was_known_stays(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    source, before = bench.source(bench.connection("demo")), bench.store.inventories.get("demo")

    def down(*_: object) -> None:
        raise SourceUnavailable("The cluster did not answer.")

    monkeypatch.setattr(source, "snapshot_inventory", down)
    with pytest.raises(SourceUnavailable):
        bench.collect("demo")
    told = bench.status("demo")
    assert (told.last_error, told.error_kind) == ("The cluster did not answer.", "SourceUnavailable")
    assert bench.store.inventories.get("demo") == before


def test_a_torn_database_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "proxbalance.db").write_bytes(b"torn" * 1000)
    with pytest.raises(DatabaseDamaged):
        Workbench.open(tmp_path)
    assert list(tmp_path.glob("proxbalance.db.damaged-*"))


def test_the_database_may_be_on_a_server(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXBALANCE_DATABASE", postgres_url)
    with Workbench.open(tmp_path) as bench:
        bench.ensure_demo()
        assert bench.paths.database == postgres_url and postgres_url not in repr(bench.paths)
    with Workbench.open(tmp_path) as bench:
        assert [connection.id for connection in bench.connections()] == ["demo"]
        assert bench.diagnostics("demo").database_bytes > 1_000_000
    assert not (tmp_path / "proxbalance.db").exists()


def test_unknown_connections_are_named(bench: Workbench) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        bench.status("nowhere")


def test_one_collector_for_each_connection(tmp_path: Path) -> None:
    with Workbench.open(tmp_path) as bench:
        bench.ensure_demo()
        holds = "import sys; from pathlib import Path; from proxbalance_core.services.locks import FileLock;"
        holds += "lock = FileLock(Path(sys.argv[1])); print(lock.acquire(), flush=True); sys.stdin.read()"
        command = [sys.executable, "-c", holds, str(bench.paths.lock("demo"))]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"True\n"
            assert bench.status("demo").collector == "running elsewhere"
            other.communicate()
        assert not is_locked(bench.paths.lock("demo"))
        collector = Collector(bench)
        collector.start()
        for _ in range(600):
            if bench.latest("demo") is not None:
                break
            collector._stop.wait(0.1)
        assert bench.status("demo").collector == "running here"
        with Workbench.open(tmp_path) as pages:
            assert pages.status("demo").collector == "running here"
        collector.stop(60)
        assert bench.latest("demo") is not None
        assert bench.status("demo").collector == "stopped"


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    assert wait_s(60, 0, 0.9) == 60
    assert wait_s(60, 1, 0.5) == 120
    assert wait_s(60, 9, 0.5) == 900
    assert wait_s(60, 9, 0.0) != wait_s(60, 9, 1.0)


def test_secrets_are_only_the_owners(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "secrets.toml", use_keyring=False)
    odd = 'a"b\\c\nd\u00e9\U0001f600\x7f'
    secrets.put("lab", {"secret": odd})
    secrets.put("other.one", {"secret": "x"})
    assert stat.S_IMODE((tmp_path / "secrets.toml").stat().st_mode) == 0o600
    assert secrets.get("lab") == {"secret": odd}
    secrets.remove("lab")
    assert secrets.get("lab") == {}
    assert secrets.get("other.one") == {"secret": "x"}


def test_ids_are_fit_for_files() -> None:
    assert free_id("../My Lab!", lambda cid: cid == "my-lab") == "my-lab-2"
