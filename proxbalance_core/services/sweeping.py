"""A sweep over a connection's past: trials in several processes or on a Dask cluster, kept as they end, resumed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.sweeps import Sweep, SweepTrial
from proxbalance_core.domain.wording import counted
from proxbalance_core.errors import ConfigError, NotEnoughHistory
from proxbalance_core.services import backtesting

if TYPE_CHECKING:
    from proxbalance_core.features.course import Course
    from proxbalance_core.services.workbench import Workbench
    from proxbalance_core.whatif.trials import Trial

MOST_TRIALS, MOST_AT_ONCE = 1000, 5
KEEPS = timedelta(days=2)  # how long an unfinished sweep is gone on with
DASK_TIMEOUT_S = 10
OnProgress = Callable[[float], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepWish:
    """What to sweep: how many trials, from which seed, over how many days, on how many processes or which Dask."""

    count: int = 50
    seed: int = 0
    days: int = 30
    jobs: int = 0
    dask: str | None = None


def run(bench: Workbench, cid: str, wish: SweepWish, on_progress: OnProgress | None = None) -> Sweep:
    """Try settings on the last ``wish.days`` of a connection, going on where an earlier one was stopped.

    ``on_progress`` is called with the share of the trials done (0..1); False stops, and what is done is the answer.

    Raises
    ------
    NotEnoughHistory
        Under three days are stored, or it was stopped before the settings in force were tried.
    ConfigError
        No Dask scheduler answers at the address.
    """
    from proxbalance_core.whatif.sweep import judged
    from proxbalance_core.whatif.trials import trials

    base = bench.settings(cid)
    kept = _Kept.of(bench, cid, base, wish)
    course = backtesting.course(bench, cid, wish.days, kept.until)
    wanted = trials(base, wish.count, wish.seed)
    done = {trial.number: trial for trial in kept.trials() if trial.number < len(wanted)}
    told = on_progress or (lambda _: True)
    left = [trial for trial in wanted if trial.number not in done]
    stopped = told(len(done) / len(wanted)) is False
    if left and not stopped:
        with _finished(course, left, wish) as batches:
            for batch in batches:
                kept.add(batch)
                done |= {trial.number: trial for trial in batch}
                if told(len(done) / len(wanted)) is False:
                    stopped = True
                    break
    if 0 not in done:
        raise NotEnoughHistory("The sweep was stopped before the settings in force were tried; there is no answer yet.")
    found = judged(course, base, wish.seed, list(done.values()))
    if len(done) == len(wanted):
        kept.close()
        return found
    note = f"Stopped after {counted(len(done), 'trial')} of {len(wanted)}; the same sweep goes on from there."
    return replace(found, notes=(*found.notes, note))


@contextmanager
def _finished(course: Course, left: Sequence[Trial], wish: SweepWish) -> Iterator[Iterator[tuple[SweepTrial, ...]]]:
    """Batches of trials as they end, on the processes of this machine or the workers of a Dask cluster."""
    from joblib import Parallel, delayed, parallel_config

    from proxbalance_core.whatif.sweep import tried

    with _workers(wish) as (backend, jobs):
        size = max(1, min(MOST_AT_ONCE, -(-len(left) // (2 * jobs))))
        batches = [left[i : i + size] for i in range(0, len(left), size)]
        with parallel_config(backend=backend, n_jobs=jobs):
            results: Any = Parallel(return_as="generator_unordered")(delayed(tried)(course, batch) for batch in batches)
            try:
                yield iter(results)
            finally:
                results.close()


@contextmanager
def _workers(wish: SweepWish) -> Iterator[tuple[str, int]]:
    """The joblib backend and how many work at once.

    Raises
    ------
    ConfigError
        The extra packages for Dask are missing, or nobody answers.
    """
    if wish.dask is None:
        yield "loky", wish.jobs or os.cpu_count() or 1
        return
    with _client(wish.dask) as client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ConfigError(f"The Dask scheduler at {wish.dask} has no workers.", dask=wish.dask)
        yield "dask", threads


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError("For --dask install the extra packages: pip install -r requirements-dask.txt.") from None
    made: Any = Client
    try:
        return made(address, timeout=DASK_TIMEOUT_S)
    except (OSError, ValueError) as error:
        raise ConfigError(f"No Dask scheduler answers at {address} ({type(error).__name__}).", dask=address) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The file of a sweep that is under way: a line that says what it is of, then one for each trial."""

    path: Path
    until: datetime

    @classmethod
    def of(cls, bench: Workbench, cid: str, base: Settings, wish: SweepWish) -> _Kept:
        """The sweep of these settings that was stopped lately, else a new one."""
        now = bench.clock()
        asked = json.dumps([base.to_dict(), wish.seed, wish.days], sort_keys=True)
        path = bench.paths.sweeps / f"{cid}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.jsonl"
        began = _began(path)
        if began is None or now - began > KEEPS:
            path.parent.mkdir(parents=True, exist_ok=True)
            began = now
            path.write_text(json.dumps({"until": now.timestamp()}) + "\n", "utf-8")
        return cls(path=path, until=began)

    def trials(self) -> list[SweepTrial]:
        """What was done; a line that was being written when the power failed counts as not done."""
        from pydantic import TypeAdapter, ValidationError

        reader = TypeAdapter(SweepTrial)
        found = []
        for line in self.path.read_text("utf-8").splitlines()[1:]:
            try:
                found.append(reader.validate_json(line))
            except ValidationError:
                continue
        return found

    def add(self, trials: Sequence[SweepTrial]) -> None:
        from proxbalance_core.domain.documents import plain

        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(plain(trial)) + "\n" for trial in trials)

    def close(self) -> None:
        """It is done: the next one begins anew, with the hours that have come since."""
        self.path.unlink(missing_ok=True)


def _began(path: Path) -> datetime | None:
    try:
        first = path.read_text("utf-8").partition("\n")[0]
        return datetime.fromtimestamp(float(json.loads(first)["until"]), tz=UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None
