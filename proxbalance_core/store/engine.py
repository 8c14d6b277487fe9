"""The one door to the database: an engine whose reads and writes are each one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)

from proxbalance_core.errors import StoreError

BUSY_TIMEOUT_MS = 5000
CONNECT_TIMEOUT_S = 10
_WRITES = "proxbalance_writes"
# Any number that no other program would hit on in a database of ours.
_WRITERS_LOCK = 0x50726F78
_SHAPE = "postgresql://user@host/database"


def sqlite_path(url_or_path: str | Path) -> Path | None:
    """The file of a SQLite database, None for a database server."""
    text = str(url_or_path)
    if isinstance(url_or_path, Path) or "://" not in text:
        return Path(text)
    url = _url(text)
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


def _url(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # The text itself may hold a password.
        raise StoreError(f"That is not the URL of a database; one looks like {_SHAPE}.") from None


def _server_engine(text: str, read_only: bool) -> Engine:
    url = _url(text)
    if url.get_backend_name() != "postgresql":
        raise StoreError(
            f"ProxBalance keeps its data in a SQLite file or in PostgreSQL ({_SHAPE}), not in {url.drivername}."
        )
    options = {"postgresql_readonly": True} if read_only else {}
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S},
            pool_pre_ping=True,
            execution_options=options,
            # Several selects of one transaction see one state, as in SQLite.
            isolation_level="REPEATABLE READ",
        )
    except ImportError:
        raise StoreError(
            "PostgreSQL needs its driver, which is not installed: run "
            "'.venv/bin/pip install -r requirements-postgres.txt -c constraints.txt'."
        ) from None
    _prepare_postgres(engine)
    return engine


def _prepare_postgres(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begin(db: Db) -> None:
        # One writer after the other, as in SQLite: rollups read marks that a writer of samples sets back.
        if db.get_execution_options().get(_WRITES, False):
            db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")


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
    """A consistent view for some selects.

    Raises
    ------
    StoreError
        The database does not answer, is locked or has no room; the same from `writing`.
    """
    with _told(engine), engine.connect() as db:
        yield db


@contextmanager
def writing(engine: Engine) -> Iterator[Db]:
    """One transaction: all of it or, after any error, nothing of it."""
    options: dict[str, Any] = {_WRITES: True}
    if engine.dialect.name == "postgresql":
        # What the writer before us did has to be seen; in a repeatable view it would not.
        options["isolation_level"] = "READ COMMITTED"
    with _told(engine), engine.execution_options(**options).begin() as db:
        yield db


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """What befalls the database itself, in one sentence."""
    try:
        yield
    except (IntegrityError, DataError, ProgrammingError):
        raise  # of what was asked, not of the database
    except DBAPIError as error:
        raise StoreError(f"The database {place(engine.url)} can't be used: {cause_of(error)}.") from error


def cause_of(error: SQLAlchemyError) -> str:
    """What the driver said: its first line, without hints and the statement."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0].rstrip(".")


def place(url: URL) -> str:
    """Where a database is, for people: its file, or its URL without password and options."""
    if url.get_backend_name() == "sqlite":
        return str(url.database).removeprefix("file:")
    return URL.create(
        "postgresql", url.username, host=url.host, port=url.port, database=url.database
    ).render_as_string()


def upsert(db: Db, table: Table) -> Any:
    """An insert that replaces the row with the same key."""
    module = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = module.insert(table)
    keys = [column.name for column in table.primary_key]
    names = [column.name for column in table.columns if column.name not in keys]
    if not names:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_={name: statement.excluded[name] for name in names})


def insert_new(db: Db, table: Table) -> Any:
    """An insert that leaves rows that are there already as they are."""
    module = postgresql if db.dialect.name == "postgresql" else sqlite
    return module.insert(table).on_conflict_do_nothing()
