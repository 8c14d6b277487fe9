"""A lock file that dies with its process: one collector for each connection."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

# The app opens its folder twice in one process: for the collector and for the pages.
_HELD: set[Path] = set()


class FileLock:
    """An exclusive lock on a file, never waited for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self) -> bool:
        """Take the lock; False when another process (or another lock object) has it."""
        if self._file is not None:
            return True
        file = self._path.open("a+", encoding="utf-8")
        try:
            _lock(file)
        except OSError:
            file.close()
            return False
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        _HELD.add(self._path.absolute())
        return True

    def release(self) -> None:
        """Give the lock back; the file stays, as removing it would race with the next holder."""
        if self._file is not None:
            self._file.close()
            self._file = None
            _HELD.discard(self._path.absolute())

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_held_here(path: Path) -> bool:
    """Whether this process holds the lock at ``path``."""
    return path.absolute() in _HELD


def is_locked(path: Path) -> bool:
    """Whether someone holds the lock at ``path``."""
    if not path.exists():
        return False
    with FileLock(path) as probe:
        return not probe.acquire()


def _lock(file: IO[str]) -> None:
    # mypy reads one branch: the other platform's module isn't there.
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
