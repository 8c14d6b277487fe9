"""The collector: one thread for each live connection, guarded by its lock file."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog

from proxbalance_core.domain.connections import LIVE, Connection
from proxbalance_core.errors import AuthenticationFailed, ProxBalanceError
from proxbalance_core.services.locks import FileLock
from proxbalance_core.services.logs import log_to_stderr

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

LONGEST_WAIT_S = 900.0
# Nobody's password becomes right by asking more often, and a lockout would be ours to answer for.
REFUSED_WAIT_S = 600.0
LOOK_AGAIN_S = 10.0
_log = structlog.get_logger(__name__)
T = TypeVar("T")
U = TypeVar("U")


def wait_s(interval_s: float, failures: int, chance: float) -> float:
    """Seconds to the next round: doubled by each failure up to 15 minutes, +-20 % so that none march in step."""
    base = min(LONGEST_WAIT_S, interval_s * 2.0 ** min(failures, 10)) if failures else interval_s
    return max(1.0, base * (1.0 + (0.4 * chance - 0.2 if failures else 0.0)))


class Collector:
    """Keeps every live connection of a workbench collected and assessed until it is stopped.

    A connection whose lock another process holds is left to it, and taken over when that one ends.
    """

    def __init__(self, bench: Workbench, *, only: str | None = None, generate: bool = True) -> None:
        self._bench, self._only, self._generate = bench, only, generate
        self._stop = threading.Event()
        self._loops: dict[str, threading.Thread] = {}
        self._watcher: threading.Thread | None = None
        self._locks: dict[str, FileLock] = {}

    def start(self) -> None:
        """Begin; connections that are added later are found too."""
        log_to_stderr()
        self._watcher = threading.Thread(target=self._watch, name="collector", daemon=True)
        self._watcher.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after the running rounds, and give the locks back."""
        self._stop.set()
        for thread in (self._watcher, *self._loops.values()):
            if thread is not None and thread is not threading.current_thread():
                thread.join(timeout_s)
        for lock in self._locks.values():
            lock.release()

    def wait(self) -> None:
        """Until someone stops it."""
        while not self._stop.wait(0.5):
            pass

    def _watch(self) -> None:
        while True:
            guarded("collecting", self._only or "all", self._look, None)
            guarded("collecting", "backup", self._back_up, None)
            if self._stop.wait(LOOK_AGAIN_S):
                return

    def _look(self) -> None:
        """Start a loop for every live connection that has none and that nobody else collects."""
        for connection in self._bench.connections():
            running = self._loops.get(connection.id)
            wanted = connection.source in LIVE and self._only in (None, connection.id)
            if not wanted or (running is not None and running.is_alive()):
                continue
            lock = self._locks.setdefault(connection.id, FileLock(self._bench.paths.lock(connection.id)))
            if not lock.acquire():
                continue
            thread = threading.Thread(
                target=self._loop, args=(connection.id,), name=f"collect-{connection.id}", daemon=True
            )
            self._loops[connection.id] = thread
            thread.start()

    def _back_up(self) -> None:
        """The day's copy of the database, made by one process alone."""
        with FileLock(self._bench.paths.backup_lock) as lock:
            if lock.acquire():
                self._bench.store.back_up_daily(self._bench.clock())

    def _loop(self, cid: str) -> None:
        chance = random.Random()
        while True:
            seconds = guarded("collecting", cid, partial(self._turn, cid, chance), LOOK_AGAIN_S)
            if seconds is None or self._stop.wait(seconds):
                break
        self._locks[cid].release()

    def _turn(self, cid: str, chance: random.Random) -> float | None:
        """One round; the seconds to the next one, None when the connection is gone."""
        connection = self._bench.store.connections.get(cid)
        if connection is None:
            return None
        fine = guarded("collecting", cid, partial(self._round, connection), False)
        status = self._bench.store.status.get(cid)
        failures = status.consecutive_failures if fine else max(1, status.consecutive_failures)
        seconds = wait_s(self._bench.settings(cid).interval_s, failures, chance.random())
        if status.error_kind == AuthenticationFailed.__name__ and failures:
            return max(seconds, REFUSED_WAIT_S)
        return seconds

    def _round(self, connection: Connection) -> bool:
        bench, cid = self._bench, connection.id
        bench.collect(cid)
        if self._generate and _due(bench, cid, bench.clock()):
            bench.regenerate(cid)
        return True


def guarded(doing: str, what: str, work: Callable[[], T], otherwise: U) -> T | U:
    """What one piece of work gives; nothing that goes wrong in it may end the thread that does it."""
    try:
        return work()
    except ProxBalanceError as error:
        _log.warning(f"{doing} failed", connection=what, error=error.message, kind=type(error).__name__)
    except Exception:
        _log.exception(f"{doing} failed in a way that should not happen", connection=what)
    return otherwise


def _due(bench: Workbench, cid: str, now: datetime) -> bool:
    """Whether the newest generation is older than the settings ask for, or there is none."""
    newest = bench.generations(cid, limit=1)
    return not newest or now - newest[0].at >= timedelta(seconds=bench.settings(cid).generation_interval_s)
