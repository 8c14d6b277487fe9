"""The courier: one thread that looks every few seconds whether something is to be sent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from proxbalance_core.services.collector import guarded
from proxbalance_core.services.locks import FileLock
from proxbalance_core.services.notifying import turn

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

EVERY_S, AFTER_A_FAULT_S = 5.0, 60.0
PRUNE_EVERY = 720


class Courier:
    """Sends what is due until it is stopped; of several processes on one data folder only one does."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = FileLock(bench.paths.courier_lock)
        self._turns = 0

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 15.0) -> None:
        """End after what is being sent."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._lock.release()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            if not self._lock.acquire():
                continue
            if not guarded("sending events", "all", self._turn, False):
                self._stop.wait(AFTER_A_FAULT_S)

    def _turn(self) -> bool:
        turn(self._bench)
        if self._turns % PRUNE_EVERY == 0:
            self._bench.store.notices.prune(self._bench.clock())
        self._turns += 1
        return True
