"""Long work beside the page: it runs in a thread of its own, the page draws how far it is.

A page that waits for the collector's lock itself would be frozen until then; this one stays alive, and leaving it
does not end the work. Nothing of Streamlit is called from the threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

import streamlit as st

from proxbalance_core.ui import cache
from proxbalance_core.ui.state import workbench

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Generation

Made = TypeVar("Made")
LOOK_S = 0.1
# Longer than a collector's first round of a large cluster; after that the page asks the cluster itself.
PATIENCE_S = 120.0
_TYPICAL_S = 6.0
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="page-work")


def give_back() -> None:
    """Return memory that a back-fill or an engine run used to the system; the C library would keep it."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def settle() -> None:
    """Take what lives on (modules, clusters, assessments) out of the next runs' way.

    Streamlit collects garbage after every run of a script, a fragment's too, before the last elements are sent: with a
    large cluster in memory that took a fifth of the time from a released slider to the page drawn anew. What is kept
    here is looked at again with every whole run.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class Job(Generic[Made]):
    """One piece of work; it is given a callback that takes the fraction done."""

    def __init__(self, work: Callable[[Callable[[float], bool]], Made]) -> None:
        self.fraction = 0.0
        self._made: Future[Made] = _pool.submit(work, self._report)

    def _report(self, fraction: float) -> bool:
        self.fraction = min(1.0, max(0.0, fraction))
        return True

    def watched(self, doing: str) -> Made:
        """Draw a progress bar until it is made.

        Raises
        ------
        ProxBalanceError
            Whatever the work failed at.
        """
        bar = st.progress(0.0, text=doing)
        try:
            while True:
                try:
                    return self._made.result(timeout=LOOK_S)
                except TimeoutError:
                    if self._made.done():
                        raise
                    bar.progress(self.fraction, text=doing)
        finally:
            bar.empty()
            give_back()


def collectors_first(cid: str, doing: str) -> Generation | None:
    """The first assessment of a cluster that this process's collector is reading already; None when it won't come.

    Asking the cluster a second time at once would only wait for the collector's round, and then do it all again.
    """
    bench, began = workbench(), time.monotonic()
    bar = st.progress(0.0, text=doing)
    try:
        while (waited := time.monotonic() - began) < PATIENCE_S:
            found = cache.latest(cid)
            if found is not None:
                give_back()
                return found
            status = bench.status(cid)
            if status.collector != "running here" or status.failed:
                return None
            # How far the collector is, it does not tell: an estimate by the time it takes as a rule.
            bar.progress(0.95 * (1.0 - math.exp(-waited / _TYPICAL_S)), text=doing)
            time.sleep(LOOK_S * 2)
    finally:
        bar.empty()
    return None
