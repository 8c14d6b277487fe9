"""What runs beside the pages for as long as the app does: the collector, and the courier that sends events out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.services.collector import Collector
from proxbalance_core.services.courier import Courier
from proxbalance_core.services.logs import log_to_stderr
from proxbalance_core.services.workbench import Workbench

FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 60.0
# How long the app waits for the collector before it serves pages; a database that doesn't answer must not keep it.
FIRST_TRY_S = 30.0
_shared: list[Workbench] = []


def shared_workbench() -> Workbench | None:
    """The workbench that collects in this process, if one does: pages work on the same one, with its locks."""
    return _shared[-1] if _shared else None


@asynccontextmanager
async def collecting(app: object = None) -> AsyncIterator[None]:
    """Collect while the app runs; a data folder or database that can't be used is tried again until it can.

    Meanwhile the pages say what is wrong: they open it themselves.
    """
    running: list[tuple[Workbench, tuple[Collector, Courier]]] = []
    starting = asyncio.create_task(_start(running))
    try:
        await asyncio.wait({starting}, timeout=FIRST_TRY_S)
        yield
    finally:
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
        for bench, workers in running:
            _shared.remove(bench)
            for worker in workers:
                await asyncio.to_thread(worker.stop)
            await asyncio.to_thread(bench.close)


lifespan = collecting


async def _start(running: list[tuple[Workbench, tuple[Collector, Courier]]]) -> None:
    """Start the collector and the courier, waiting ever longer between tries, up to a minute."""
    wait_s = FIRST_WAIT_S
    while True:
        opened = await asyncio.to_thread(_opened)
        if opened is not None:
            workers = (Collector(opened), Courier(opened))
            for worker in workers:
                worker.start()
            _shared.append(opened)
            running.append((opened, workers))
            return
        await asyncio.sleep(wait_s)
        wait_s = min(2.0 * wait_s, LONGEST_WAIT_S)


def _opened() -> Workbench | None:
    log_to_stderr()
    bench = None
    try:
        bench = Workbench.open()
        bench.ensure_demo()
    except (ProxBalanceError, OSError) as error:
        structlog.get_logger(__name__).warning("the collector did not start; it tries again", error=str(error))
        if bench is not None:
            bench.close()
        return None
    return bench
