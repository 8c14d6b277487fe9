"""What runs beside the pages for as long as the app does: the collector."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from proxbalance_core.errors import ProxBalanceError
from proxbalance_core.services.collector import Collector
from proxbalance_core.services.logs import log_to_stderr
from proxbalance_core.services.workbench import Workbench

_shared: list[Workbench] = []


def shared_workbench() -> Workbench | None:
    """The workbench that collects in this process, if one does: pages work on the same one, with its locks."""
    return _shared[-1] if _shared else None


@asynccontextmanager
async def collecting(app: object = None) -> AsyncIterator[None]:
    """Collect while the app runs; a data folder that can't be used is the pages' to tell."""
    running = await asyncio.to_thread(_started)
    try:
        yield
    finally:
        if running is not None:
            bench, collector = running
            _shared.remove(bench)
            await asyncio.to_thread(collector.stop)
            await asyncio.to_thread(bench.close)


lifespan = collecting


def _started() -> tuple[Workbench, Collector] | None:
    log_to_stderr()
    try:
        bench = Workbench.open()
        bench.ensure_demo()
    except (ProxBalanceError, OSError) as error:
        structlog.get_logger(__name__).warning("the collector did not start", error=str(error))
        return None
    collector = Collector(bench)
    collector.start()
    _shared.append(bench)
    return bench, collector
