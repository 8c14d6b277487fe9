"""What is particular to PostgreSQL: reaching it, its schema, and several programs that write at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.observed import NodeSample, Samples
from proxbalance_core.errors import SchemaVersionMismatch, StoreError
from proxbalance_core.store import Store, open_store, schema
from proxbalance_core.store.engine import make_engine, reading, writing
from proxbalance_core.store.tables import metadata

T0 = datetime(2026, 2, 1, tzinfo=UTC)
E0 = int(T0.timestamp())
LAB = Connection(id="lab", title="Lab", source="synthetic", created_at=T0)


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with open_store(postgres_url) as opened:
        opened.connections.put(LAB)
        yield opened


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    made = make_engine(postgres_url)
    yield made
    made.dispose()


def a_sample(ts: int, cpu_pct: float = 50.0) -> Samples:
    return Samples(nodes=(NodeSample(ts=ts, node="pve1", cpu_pct=cpu_pct),))


def started(work: Callable[..., object], *given: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=given, daemon=True)
    thread.start()
    return thread


def test_the_migrations_make_the_schema_of_the_tables(store: Store, engine: Engine) -> None:
    with reading(engine) as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []
        assert schema.version(db) == schema.newest()
    assert store.path is None and store.back_up() is None
    assert store.size_bytes() > 1_000_000


def test_an_older_schema_is_upgraded(postgres_url: str, engine: Engine) -> None:
    with writing(engine) as db:
        command.upgrade(schema.config(db), "0001")
        db.execute(text("INSERT INTO connections VALUES ('lab', 'Lab', 'synthetic', '[]', :at)"), {"at": E0})
    with pytest.raises(SchemaVersionMismatch, match="open it once for writing"):
        open_store(postgres_url, read_only=True)
    with open_store(postgres_url) as store:
        assert store.connections.list() == (LAB,)
        store.samples.add("lab", a_sample(E0))


def test_a_newer_schema_is_refused_and_left_alone(store: Store, postgres_url: str, engine: Engine) -> None:
    with writing(engine) as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaVersionMismatch):
        open_store(postgres_url)


def test_two_that_open_an_empty_database_at_once_upgrade_it_once(postgres_url: str) -> None:
    failed: list[Exception] = []

    def opening() -> None:
        try:
            open_store(postgres_url).close()
        except Exception as error:
            failed.append(error)

    threads = [started(opening) for _ in range(4)]
    for thread in threads:
        thread.join(30)
    assert failed == [] and not any(thread.is_alive() for thread in threads)


def test_a_writer_waits_for_the_one_before_it(store: Store, engine: Engine) -> None:
    added = threading.Event()

    def adding() -> None:
        store.samples.add("lab", a_sample(E0))
        added.set()

    with writing(engine):
        started(adding)
        assert not added.wait(0.3)
    assert added.wait(10)


def test_a_sample_that_comes_late_is_rolled_up_though_a_rollup_is_under_way(store: Store, engine: Engine) -> None:
    now = T0 + timedelta(hours=2)
    store.samples.add("lab", a_sample(E0, 20.0))
    store.samples.rollup("lab", now)
    with writing(engine):
        late = a_sample(E0 + 60, 40.0)
        both = [started(store.samples.add, "lab", late), started(store.samples.rollup, "lab", now)]
    for thread in both:
        thread.join(10)
    store.samples.rollup("lab", now)
    assert store.samples.frame("lab", "node", T0, now, "hour")["cpu_pct"].tolist() == [30.0]


def test_what_is_read_in_one_go_is_one_state(store: Store, engine: Engine) -> None:
    count = text("SELECT count(*) FROM rounds")
    with reading(engine) as db:
        assert db.scalar(count) == 0
        store.samples.add("lab", a_sample(E0))
        assert db.scalar(count) == 0
    with reading(engine) as db:
        assert db.scalar(count) == 1


def test_reading_only_can_not_write(store: Store, postgres_url: str) -> None:
    store.samples.add("lab", a_sample(E0))
    with open_store(postgres_url, read_only=True) as reader:
        assert len(reader.samples.frame("lab", "node", T0, T0 + timedelta(hours=1))) == 1
        with pytest.raises(StoreError, match="read-only"):
            reader.samples.add("lab", a_sample(E0 + 60))


def test_a_server_that_ends_the_conversation_is_told_in_a_sentence_and_asked_anew(store: Store, engine: Engine) -> None:
    end_all = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()")
    with pytest.raises(StoreError, match=r"can't be used: .*terminat"), reading(engine) as db:
        db.execute(end_all)
    store.samples.add("lab", a_sample(E0))


def test_who_may_not_make_tables_is_told_so(postgres_url: str, engine: Engine) -> None:
    with writing(engine) as db:
        db.execute(text("CREATE ROLE guest LOGIN"))
    try:
        with pytest.raises(StoreError, match="permission denied for schema public"):
            open_store(make_url(postgres_url).set(username="guest").render_as_string(hide_password=False))
    finally:
        with writing(engine) as db:
            db.execute(text("DROP ROLE guest"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://anna:s3cret@127.0.0.1:1/lab", r"postgresql://anna@127\.0\.0\.1:1/lab .*Connection refused"),
        ("postgresql://anna:s3cret@127.0.0.1:1/lab?colour=red", 'invalid connection option "colour"'),
        ("postgresql://anna:s3cret@127.0.0.1:port/lab", "one looks like postgresql://user@host/database"),
        ("postgres://anna:s3cret@127.0.0.1/lab", "SQLite file or in PostgreSQL .*, not in postgres"),
        ("mysql://anna:s3cret@127.0.0.1/lab", "SQLite file or in PostgreSQL .*, not in mysql"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as raised:
        open_store(url)
    assert "s3cret" not in str(raised.value) and "\n" not in str(raised.value)


def test_a_missing_driver_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"requirements-postgres\.txt"):
        open_store("postgresql://127.0.0.1/lab")
