"""The schema's version: read it, and bring an older database up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as Db
from sqlalchemy import Engine, inspect

from proxbalance_core.errors import SchemaVersionMismatch
from proxbalance_core.store.engine import reading, writing

MIGRATIONS = Path(__file__).parent / "migrations"


def config(db: Db | None = None) -> Config:
    """Where Alembic finds our migrations, and the connection it is to use."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    if db is not None:
        config.attributes["connection"] = db
    return config


def newest() -> str:
    """The version this program writes."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    assert head is not None
    return head


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def version(db: Db) -> str | None:
    """The version of the database, None for an empty one."""
    return MigrationContext.configure(db).get_current_revision()


def pending(engine: Engine) -> bool:
    """Whether the database holds data of an older version.

    Raises
    ------
    SchemaVersionMismatch
        When a newer program wrote it.
    """
    with reading(engine) as db:
        found = version(db)
        if found is not None and found not in _known():
            raise SchemaVersionMismatch(
                f"The database was written by a newer ProxBalance (schema {found}, this one knows {newest()}): "
                "update ProxBalance, or point it to another database.",
                found=found, known=newest(),
            )  # fmt: skip
        return found != newest() and bool(inspect(db).get_table_names())


def require_newest(engine: Engine) -> None:
    """Refuse a database of another version (for reading only, when it can't be brought up to date)."""
    pending(engine)
    with reading(engine) as db:
        found = version(db)
    if found != newest():
        raise SchemaVersionMismatch(
            f"The database has schema {found}, this program needs {newest()}: open it once for writing.",
            found=found, known=newest(),
        )  # fmt: skip


def upgrade(engine: Engine, before: Callable[[], object]) -> None:
    """Bring the database to the newest version, in one transaction; ``before`` makes the backup."""
    if pending(engine):
        before()
    with writing(engine) as db:
        # Someone else may have upgraded while we waited for the lock.
        if version(db) != newest():
            command.upgrade(config(db), "head")
