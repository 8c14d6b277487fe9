"""The database survives what happens to databases: torn files, killed processes, other versions."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.observed import NodeSample, Samples
from proxbalance_core.errors import DatabaseDamaged, SchemaVersionMismatch, StoreError
from proxbalance_core.store import open_store, safety, schema
from proxbalance_core.store.engine import make_engine, writing
from proxbalance_core.store.tables import metadata

T0 = datetime(2026, 2, 1, tzinfo=UTC)
E0 = int(T0.timestamp())
LAB = Connection(id="lab", title="Lab", source="synthetic", created_at=T0)


def made(path: Path, rows: int = 2000) -> Path:
    with open_store(path) as store:
        store.connections.put(LAB)
        start = int(T0.timestamp())
        nodes = tuple(NodeSample(ts=start + i, node="pve1", cpu_pct=1.0) for i in range(rows))
        store.samples.add("lab", Samples(nodes=nodes))
    return path


def test_the_migrations_make_the_schema_of_the_tables(tmp_path: Path) -> None:
    made(tmp_path / "a.db", 1)
    with make_engine(tmp_path / "a.db", read_only=True).connect() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []
        assert schema.version(db) == schema.newest()


def test_the_journal_is_wal(tmp_path: Path) -> None:
    made(tmp_path / "a.db", 1)
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_torn_database_is_set_aside_byte_for_byte(tmp_path: Path) -> None:
    path = made(tmp_path / "proxbalance.db")
    with open_store(path) as store:
        kept_copy = store.back_up()
    torn = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(torn)
    with pytest.raises(DatabaseDamaged) as raised:
        open_store(path)
    assert Path(raised.value.facts["kept_as"]).read_bytes() == torn  # type: ignore[arg-type]
    assert raised.value.facts["last_backup"] == str(kept_copy)
    assert str(kept_copy) in str(raised.value)
    assert not path.exists()


@pytest.mark.parametrize("content", [b"SQLite format 3\x00", b"not a database at all" * 100])
def test_what_is_no_database_is_kept_and_a_fresh_one_made(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "proxbalance.db"
    path.write_bytes(content)
    with open_store(path, on_damage="fresh") as store:
        assert store.connections.list() == ()
        assert store.damage is not None
        assert Path(str(store.damage.facts["kept_as"])).read_bytes() == content
        assert store.damage.facts["last_backup"] is None


def test_scrambled_pages_are_noticed(tmp_path: Path) -> None:
    path = made(tmp_path / "proxbalance.db")
    content = bytearray(path.read_bytes())
    content[-8192:-4096] = b"\xa5" * 4096
    path.write_bytes(bytes(content))
    with pytest.raises(DatabaseDamaged):
        open_store(path)


def test_reading_only_leaves_a_damaged_file_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "proxbalance.db"
    path.write_bytes(b"x" * 5000)
    with pytest.raises(DatabaseDamaged):
        open_store(path, read_only=True)
    assert path.read_bytes() == b"x" * 5000


def test_reading_only_reads_and_refuses_to_write(tmp_path: Path) -> None:
    path = made(tmp_path / "proxbalance.db", 1)
    with open_store(path, read_only=True) as store:
        assert store.connections.list() == (LAB,)
        with pytest.raises(Exception, match="readonly"):
            store.connections.put(LAB)
    with pytest.raises(StoreError, match="no database"):
        open_store(tmp_path / "absent.db", read_only=True)


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "proxbalance.db", 1)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaVersionMismatch) as raised:
        open_store(path)
    assert raised.value.facts["found"] == "9999"
    assert path.exists() and safety.backups(path) == []


def test_an_older_schema_is_backed_up_and_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "proxbalance.db"
    engine = make_engine(path)
    with writing(engine) as older:
        command.upgrade(schema.config(older), "0001")
        older.execute(text("INSERT INTO connections VALUES ('lab', 'Lab', 'synthetic', '[]', :at)"), {"at": E0})
    engine.dispose()
    with pytest.raises(SchemaVersionMismatch, match="open it once for writing"):
        open_store(path, read_only=True)
    with open_store(path) as store:
        assert store.connections.list() == (LAB,)
        store.samples.add("lab", Samples(nodes=(NodeSample(ts=1, node="pve1"),)))
    (kept,) = safety.backups(path)
    assert safety.damage_of(kept) is None


def test_only_the_newest_backups_are_kept(tmp_path: Path) -> None:
    path = made(tmp_path / "proxbalance.db", 1)
    with open_store(path) as store:
        copies = [store.back_up() for _ in range(safety.BACKUPS_KEPT + 2)]
    assert safety.backups(path) == copies[2:]


def test_memory_and_foreign_servers_are_refused() -> None:
    for url in ("sqlite://", "mysql://localhost/x"):
        with pytest.raises(StoreError):
            open_store(url)


WRITER = """
import sys
from datetime import UTC, datetime
from proxbalance_core.domain.observed import NodeSample, Samples
from proxbalance_core.store import open_store
store = open_store(sys.argv[1])
start = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
for minute in range(100_000):
    nodes = tuple(NodeSample(ts=start + minute, node=f"pve{i}", cpu_pct=1.0) for i in range(200))
    store.samples.add("lab", Samples(nodes=nodes))
    print(minute, flush=True)
"""


def test_a_killed_writer_loses_at_most_what_it_was_writing(tmp_path: Path) -> None:
    path = made(tmp_path / "proxbalance.db", 0)
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE, text=True, cwd=root, env=os.environ | {"PYTHONPATH": str(root)},
    ) as writer:  # fmt: skip
        assert writer.stdout is not None
        written = [int(writer.stdout.readline()) for _ in range(20)]
        time.sleep(0.005)
        writer.send_signal(signal.SIGKILL)
        written += [int(line) for line in writer.stdout.read().split()]
    with open_store(path) as store:
        rows = store.samples.frame("lab", "node", T0, T0 + timedelta(days=2))
    rounds = rows.groupby("ts").size()
    assert (rounds == 200).all(), "a round is there whole or not at all"
    assert len(written) <= len(rounds) <= len(written) + 1


def test_a_backup_a_day(tmp_path: Path) -> None:
    path = made(tmp_path / "proxbalance.db", 1)
    day, began = timedelta(days=1), LAB.created_at
    with open_store(path) as store:
        assert store.back_up_daily(began + day / 2) is None and store.last_backup_at() is None
        first = store.back_up_daily(began + day)
        assert first is not None and store.last_backup_at() == began + day
        assert store.back_up_daily(began + 1.9 * day) is None
        by_hand = store.back_up()
        later = [store.back_up_daily(datetime.now(UTC) + n * day) for n in range(2, 7)]
    assert None not in later
    kept = safety.backups(path)
    # Of each kind the newest three: a day's copy doesn't push out the one that was made by hand.
    assert kept == [by_hand, *later[2:]] and [safety.label_of(copy) for copy in kept] == ["manual", *["daily"] * 3]
    with open_store(kept[-1], read_only=True) as copy:
        assert copy.connections.list() == (LAB,) and copy.back_up_daily(datetime.now(UTC) + 99 * day) is None


def test_a_backup_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    path = made(tmp_path / "proxbalance.db", 1)
    safety.backup_dir(path).write_text("in the way")
    with open_store(path) as store, pytest.raises(StoreError, match="can't be backed up"):
        store.back_up_daily(LAB.created_at + timedelta(days=2))
