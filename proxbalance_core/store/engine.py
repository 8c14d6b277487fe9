"""The one door to the database: an engine whose reads and writes are each one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from proxbalance_core.errors import StoreError

BUSY_TIMEOUT_MS = 5000
_WRITES = "proxbalance_writes"


def sqlite_path(url_or_path: str | Path) -> Path | None:
    """The file of a SQLite database, None for a database server."""
    text = str(url_or_path)
    if isinstance(url_or_path, Path) or "://" not in text:
        return Path(text)
    url = make_url(text)
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise StoreError("A database in memory would be gone with the process; name a file.")
    return Path(url.database)


def make_engine(url_or_path: str | Path, *, read_only: bool = False) -> Engine:
    """An engine for a SQLite file or the URL of a PostgreSQL database."""
    path = sqlite_path(url_or_path)
    if path is None:
        return _server_engine(str(url_or_path), read_only)
    mode = "ro" if read_only else "rwc"
    url = f"sqlite+pysqlite:///file:{_uri_safe(path.absolute())}?mode={mode}&uri=true"
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    _prepare_sqlite(engine, read_only)
    return engine


def _uri_safe(path: Path) -> str:
    return path.as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _server_engine(url: str, read_only: bool) -> Engine:
    if make_url(url).get_backend_name() != "postgresql":
        raise StoreError("ProxBalance keeps its data in a SQLite file or in PostgreSQL.")
    options = {"postgresql_readonly": True} if read_only else {}
    return create_engine(url, pool_pre_ping=True, execution_options=options)


def _prepare_sqlite(engine: Engine, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(dbapi: Any, _: object) -> None:
        # The driver begins transactions late and by guessing; we begin them ourselves, below.
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -32768")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(db: Db) -> None:
        # A transaction that reads first and writes later can't wait for another writer: take the lock at once.
        writes = db.get_execution_options().get(_WRITES, False)
        db.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Db]:
    """A consistent view for some selects."""
    with engine.connect() as db:
        yield db


@contextmanager
def writing(engine: Engine) -> Iterator[Db]:
    """One transaction: all of it or, after any error, nothing of it."""
    with engine.execution_options(**{_WRITES: True}).begin() as db:
        yield db


def upsert(db: Db, table: Table, columns: tuple[str, ...] = (), *, keep_if: str | None = None) -> Any:
    """An insert that replaces the row with the same key.

    Parameters
    ----------
    columns : tuple of str
        The columns to replace; empty: all beside the key.
    keep_if : str
        A column by which the stored row stays when its value is larger than the new row's.
    """
    module = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = module.insert(table)
    keys = [column.name for column in table.primary_key]
    names = columns or tuple(column.name for column in table.columns if column.name not in keys)
    if not names:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in names},
        where=None if keep_if is None else statement.excluded[keep_if] >= table.c[keep_if],
    )


def insert_new(db: Db, table: Table) -> Any:
    """An insert that leaves rows that are there already as they are."""
    module = postgresql if db.dialect.name == "postgresql" else sqlite
    return module.insert(table).on_conflict_do_nothing()
