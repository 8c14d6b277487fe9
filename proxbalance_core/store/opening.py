"""Opening a store: check the file, back it up before an upgrade, upgrade, hand out the repositories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from proxbalance_core.errors import DatabaseDamaged, StoreError
from proxbalance_core.store import safety, schema
from proxbalance_core.store.connections import ConnectionStore, InventoryStore, StatusStore
from proxbalance_core.store.desk import (
    EventStore,
    MigrationStore,
    PreferenceStore,
    SettingsStore,
    WishStore,
)
from proxbalance_core.store.engine import cause_of, make_engine, place, reading, sqlite_path
from proxbalance_core.store.generations import GenerationStore
from proxbalance_core.store.levels import LevelStore
from proxbalance_core.store.notices import NoticeStore
from proxbalance_core.store.outcomes import AdviceStore, FeedbackStore, OutcomeStore
from proxbalance_core.store.samples import SampleStore
from proxbalance_core.store.scores import ScoreStore
from proxbalance_core.store.shadows import ShadowStore
from proxbalance_core.store.tokens import TokenStore

DAY = timedelta(days=1)
OnDamage = Literal["raise", "fresh"]


class Store:
    """All that is kept, by subject. Safe to use from several threads; every write is one transaction.

    ``damage`` is what was found and set aside while opening with ``on_damage="fresh"``.
    """

    def __init__(
        self, engine: Engine, path: Path | None, *, read_only: bool = False, damage: DatabaseDamaged | None = None
    ) -> None:
        self._engine = engine
        self.path, self.read_only, self.damage = path, read_only, damage
        self.connections = ConnectionStore(engine)
        self.status = StatusStore(engine)
        self.inventories = InventoryStore(engine)
        self.samples = SampleStore(engine)
        self.generations = GenerationStore(engine)
        self.scores = ScoreStore(engine)
        self.settings = SettingsStore(engine)
        self.preferences = PreferenceStore(engine)
        self.wishes = WishStore(engine)
        self.migrations = MigrationStore(engine)
        self.outcomes = OutcomeStore(engine)
        self.advice = AdviceStore(engine)
        self.feedback = FeedbackStore(engine)
        self.events = EventStore(engine)
        self.levels = LevelStore(engine)
        self.notices = NoticeStore(engine)
        self.shadows = ShadowStore(engine)
        self.tokens = TokenStore(engine)

    def back_up(self) -> Path | None:
        """Copy the database into ``backups`` beside it, also while others write; None for PostgreSQL."""
        return None if self.path is None else safety.back_up(self.path, "manual")

    def back_up_daily(self, now: datetime) -> Path | None:
        """A copy where the newest one is a day old; None where none is due, and for PostgreSQL.

        Without any copy it is due a day after the first connection was made: there is little to lose before.

        Raises
        ------
        StoreError
            It can't be made: no room, no permission.
        """
        if self.path is None or self.read_only:
            return None
        last = self.last_backup_at()
        first = min((connection.created_at for connection in self.connections.list()), default=now)
        if now - (last or first) < DAY:
            return None
        try:
            return safety.back_up(self.path, "daily", now)
        except OSError as error:
            raise StoreError(f"The database {self.path} can't be backed up: {error.strerror}.") from error

    def last_backup_at(self) -> datetime | None:
        """When the newest copy was made; None without any."""
        last = safety.last_backup(self.path) if self.path is not None else None
        return None if last is None else safety.made_at(last)

    def size_bytes(self) -> int:
        """What the database takes on disk."""
        if self.path is not None:
            files = (self.path.with_name(self.path.name + suffix) for suffix in ("", "-wal"))
            return sum(file.stat().st_size for file in files if file.exists())
        with reading(self._engine) as db:
            return int(db.scalar(select(func.pg_database_size(func.current_database()))) or 0)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(
    url_or_path: str | Path, *, backup: bool = True, on_damage: OnDamage = "raise", read_only: bool = False
) -> Store:
    """Open a SQLite file (made if absent) or a PostgreSQL database by URL, and bring its schema up to date.

    Parameters
    ----------
    backup : bool
        Copy a SQLite file before its schema is upgraded.
    on_damage : {"raise", "fresh"}
        What follows after a damaged file was set aside: the error, or a new empty database.
    read_only : bool
        Never write, neither rows nor schema, and leave a damaged file where it is.

    Raises
    ------
    DatabaseDamaged
        The file is torn; ``kept_as`` says where it lies, ``last_backup`` what there is instead.
    SchemaVersionMismatch
        A newer program wrote it (or, for reading only, an older one).
    StoreError
        It can't be reached.
    """
    path = sqlite_path(url_or_path)
    damage = None
    if path is not None:
        damage = _checked_file(path, on_damage, read_only)
    engine = make_engine(url_or_path, read_only=read_only)
    try:
        if read_only:
            schema.require_newest(engine)
        else:
            schema.upgrade(engine, _backup_step(path if backup else None))
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreError(f"The database {place(engine.url)} can't be opened: {cause_of(error)}.") from error
    except StoreError:
        engine.dispose()
        raise
    return Store(engine, path, read_only=read_only, damage=damage)


def _checked_file(path: Path, on_damage: OnDamage, read_only: bool) -> DatabaseDamaged | None:
    if read_only:
        if not path.exists():
            raise StoreError(f"There is no database {path}.", path=str(path))
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
    finding = safety.damage_of(path)
    if finding is None:
        return None
    if read_only:
        raise safety.damaged(path, finding, path)
    error = safety.set_aside(path, finding)
    if on_damage == "raise":
        raise error
    return error


def _backup_step(path: Path | None) -> Callable[[], object]:
    return (lambda: safety.back_up(path, "upgrade")) if path is not None else (lambda: None)
