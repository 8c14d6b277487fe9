"""Where the demo's guests are: the seed's placement and every move since, kept in a small file."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from proxbalance_core.errors import MalformedResponse
from proxbalance_core.sources.synthetic.cast import Cast

STATE_FORMAT = "proxbalance.demo-state/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMove:
    """A migration in the demo [epoch seconds]: the guest is on the target from ``done`` on."""

    vmid: int
    source: str
    target: str
    started: int
    done: int


class Placement:
    """The moves of one demo cluster; without a path they are kept in memory alone."""

    def __init__(self, cast: Cast, path: Path | None, now: int) -> None:
        self._cast, self._path, self._lock = cast, path, threading.Lock()
        self.began, self._moves = self._read(now)
        if path is not None and not path.exists():
            self._write()

    def _read(self, now: int) -> tuple[int, list[DemoMove]]:
        if self._path is None or not self._path.exists():
            return now, []
        try:
            document = json.loads(self._path.read_text("utf-8"))
            return int(document["began"]), [DemoMove(**move) for move in document["moves"]]
        except (OSError, ValueError, KeyError, TypeError):
            sentence = f"The demo's state {self._path} can't be read; remove it to begin the demo anew."
            raise MalformedResponse(sentence, path=str(self._path)) from None

    def _write(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        document = {"format": STATE_FORMAT, "began": self.began, "moves": [asdict(move) for move in self._moves]}
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(document), "utf-8")
        fresh.replace(self._path)

    @property
    def moves(self) -> tuple[DemoMove, ...]:
        return tuple(self._moves)

    def add(self, move: DemoMove) -> None:
        """Record a move that begins now."""
        with self._lock:
            self._moves.append(move)
            self._write()

    def node_of(self, vmid: int, time: int) -> str:
        """The node of a guest at a time."""
        home = next(guest.node for guest in self._cast.guests if guest.vmid == vmid)
        done = [move for move in self._moves if move.vmid == vmid and move.done <= time]
        return max(done, key=lambda move: move.done).target if done else home

    def nodes_over(self, vmid: int, home: int, times: NDArray[np.int64], index: dict[str, int]) -> NDArray[np.int64]:
        """The position of a guest's node at each of ``times``; ``home`` is where it began."""
        at = np.full(len(times), home, dtype=np.int64)
        for move in sorted((m for m in self._moves if m.vmid == vmid), key=lambda move: move.done):
            at[times >= move.done] = index[move.target]
        return at
