"""What was worked out once and is asked for again: bounded, shared by threads, each made by one of them."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

GZIP_FROM_BYTES, GZIP_LEVEL = 2048, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """An answer as it is sent, plain and (when that pays) compressed; ``tag`` changes when the content does."""

    body: bytes
    media: str
    tag: str
    gzipped: bytes | None = None
    filename: str | None = None

    @classmethod
    def of(cls, body: bytes, media: str, filename: str | None = None) -> Encoded:
        """Compressed here, in a worker thread, and not by the server on its event loop."""
        gzipped = gzip.compress(body, GZIP_LEVEL, mtime=0) if len(body) >= GZIP_FROM_BYTES else None
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        return cls(body=body, media=media, tag=tag, gzipped=gzipped, filename=filename)

    @property
    def size(self) -> int:
        return len(self.body) + len(self.gzipped or b"")


class Shelf:
    """The last used values by key, up to a total weight. The maker of a value runs once, others wait for it."""

    def __init__(self, most: int, weigh: Callable[[Any], int] = lambda value: 1) -> None:
        self._most, self._weigh = most, weigh
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._weight = 0

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of ``key``, made now when it isn't there; one that fails is made again next time."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            try:
                made = make()
                self._keep(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def peek(self, key: Hashable) -> Any:
        """The value of ``key`` when it is there, else None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Hashable, value: Any) -> None:
        with self._lock:
            self._kept[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._most and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._weight -= self._weigh(gone)
