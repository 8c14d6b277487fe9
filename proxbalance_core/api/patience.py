"""Whoever shows wrong tokens waits: longer each time, and nobody else does."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

FIRST_S, LONGEST_S = 0.25, 4.0
FORGOTTEN_S = 300.0
MOST_CLIENTS = 1000


class Patience:
    """How long each client waits for its next refusal: doubled by each one, forgotten after five quiet minutes."""

    def __init__(self, first_s: float = FIRST_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._first_s, self._clock = first_s, clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """Count a refusal of ``client``; how long it waits for it."""
        now = self._clock()
        count, last = self._failures.pop(client, (0, now))
        count = 1 if now - last > FORGOTTEN_S else count + 1
        self._failures[client] = (count, now)
        if len(self._failures) > MOST_CLIENTS:
            self._failures.popitem(last=False)
        return min(self._first_s * 2.0 ** min(count - 1, 30), LONGEST_S)
