"""Long work beside the pages: it goes on when a page is left or loaded anew, says how far it is, and can be stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proxbalance_core.errors import ProxBalanceError

Report = Callable[[float], bool]
BROKEN = "It failed in a way that should not happen; the log says more. Please report this."


@dataclass(slots=True, kw_only=True)
class Job:
    """One piece of work: its share done (0..1), and in the end its result or what went wrong in a sentence."""

    what: str
    began: float
    share: float = 0.0
    running: bool = True
    stopping: bool = False
    result: Any = None
    error: str | None = None

    def seconds_left(self, now: float) -> float | None:
        """An estimate from what is done; None while that says nothing yet."""
        spent = now - self.began
        return spent * (1.0 - self.share) / self.share if self.share > 0.02 and spent > 1.0 else None


class Jobs:
    """The jobs of this process by key (what it is, and of which connection): one at a time for each."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._jobs: dict[tuple[str, str], Job] = {}

    def start(self, key: tuple[str, str], what: str, work: Callable[[Report], Any]) -> Job:
        """Begin ``work``, which reports its share and stops when that answers False; what is running goes on."""
        with self._lock:
            found = self._jobs.get(key)
            if found is not None and found.running:
                return found
            job = self._jobs[key] = Job(what=what, began=self._clock())
        threading.Thread(target=self._run, args=(job, work), name=f"job-{key[0]}", daemon=True).start()
        return job

    def _run(self, job: Job, work: Callable[[Report], Any]) -> None:
        def report(share: float) -> bool:
            job.share = share
            return not job.stopping

        said: str | None = BROKEN  # what is not one of our errors ends the thread, which says so in the log
        try:
            job.result, said = work(report), None
        except ProxBalanceError as error:
            said = error.message
        finally:
            job.error, job.running = said, False

    def get(self, key: tuple[str, str]) -> Job | None:
        """The last job of a key."""
        return self._jobs.get(key)

    def stop(self, key: tuple[str, str]) -> None:
        """Ask a running job to stop; what it has by then is its result."""
        found = self._jobs.get(key)
        if found is not None:
            found.stopping = True

    def now(self) -> float:
        return self._clock()


JOBS = Jobs()
