"""What keeps a SQLite file from harm: the check at start, setting aside, backups.

The check only reads. A damaged file is renamed with its side files, byte for byte, so that whoever
knows how can still look into it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from proxbalance_core.errors import DatabaseDamaged, StoreError

MAGIC = b"SQLite format 3\x00"
SIDE_FILES = ("-wal", "-shm", "-journal")
BACKUPS_KEPT = 3


def damage_of(path: Path) -> str | None:
    """What is wrong with the file, in the words of SQLite; None if it is sound, empty or absent."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(MAGIC):
        return "it does not begin like a database"
    try:
        with closing(_read_only(path)) as db:
            found = [str(row[0]) for row in db.execute("PRAGMA quick_check(1)")]
    except sqlite3.OperationalError as error:
        # Locked, unreadable, no space: says nothing about the content, and renaming would only make it worse.
        raise StoreError(f"The database {path} can't be read: {error}.", path=str(path)) from error
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == ["ok"] else "; ".join(found)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)


def set_aside(path: Path, finding: str) -> DatabaseDamaged:
    """Rename the damaged file and its side files; the error that says so, with the last backup.

    Returns
    -------
    DatabaseDamaged
        With ``kept_as`` and ``last_backup`` (None without one); to be raised or shown.
    """
    kept = _free_name(path)
    for suffix in ("", *SIDE_FILES):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(kept.with_name(kept.name + suffix))
    return damaged(path, finding, kept)


def damaged(path: Path, finding: str, kept: Path) -> DatabaseDamaged:
    """The error for a damaged database that lies at ``kept``."""
    last = last_backup(path)
    offer = f"The last backup is {last}: copy it to {path} to go on from there." if last else "There is no backup."
    return DatabaseDamaged(
        f"The database {path} is damaged ({finding}); it was kept as {kept}. {offer}",
        path=str(path), kept_as=str(kept), last_backup=str(last) if last else None, finding=finding,
    )  # fmt: skip


def _free_name(path: Path) -> Path:
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for count in range(1000):
        kept = path.with_name(f"{path.name}.damaged-{stamp}" + (f"-{count}" if count else ""))
        if not kept.exists():
            return kept
    raise StoreError(f"There are too many damaged databases beside {path}.", path=str(path))


def backup_dir(path: Path) -> Path:
    return path.parent / "backups"


def backups(path: Path) -> list[Path]:
    """The backups of the database at ``path``, oldest first."""
    return sorted(backup_dir(path).glob(f"{path.stem}-*.db"))


def last_backup(path: Path) -> Path | None:
    return next(reversed(backups(path)), None)


def made_at(backup: Path) -> datetime:
    """When a backup was made, as its name says."""
    return datetime.strptime(backup.stem.split("-")[-2], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)


def label_of(backup: Path) -> str:
    """What a backup was made for: ``daily``, ``upgrade``, ``manual``."""
    return backup.stem.split("-")[-1]


def back_up(path: Path, label: str, at: datetime | None = None) -> Path:
    """Copy the database, consistent also while others write; of each label the newest few copies are kept."""
    folder = backup_dir(path)
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{path.stem}-{at or datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{label}.db"
    unfinished = made.with_suffix(".partial")
    try:
        with closing(_read_only(path)) as db, closing(sqlite3.connect(unfinished)) as copy:
            db.backup(copy)
    except sqlite3.Error as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(f"The database {path} can't be backed up: {error}.", path=str(path)) from error
    unfinished.rename(made)
    for old in [copy for copy in backups(path) if label_of(copy) == label][:-BACKUPS_KEPT]:
        old.unlink()
    return made
