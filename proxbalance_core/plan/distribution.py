"""Evening out the number of guests, if the user wants it: small guests only, never at the price of load."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.units import GIB
from proxbalance_core.plan.board import LEAST_GAIN, Board

MOST_CORES, MOST_BYTES = 2.0, 4.0 * GIB


def spread_guests(board: Board, lonely: frozenset[int]) -> list[int]:
    """Move small guests from the node with most guests to the one with fewest; returns who moved.

    Ends when they differ by less than ``guest_count_threshold``, or nobody small may go.
    """
    moved: list[int] = []
    nodes = np.flatnonzero(board.field.scope)
    for _ in range(len(board.members)):
        counts = board.placed.counts[nodes]
        if len(nodes) < 2 or counts.max() - counts.min() < max(board.rules.settings.guest_count_threshold, 2):
            break
        source, target = int(nodes[counts.argmax()]), int(nodes[counts.argmin()])
        chosen = _smallest(board, source, target, lonely)
        if chosen is None:
            break
        board.move(chosen, target, free=True)
        if board.moves_left is not None:
            board.moves_left -= 1
        moved += board.members[chosen]
    return moved


def _smallest(board: Board, source: int, target: int, lonely: frozenset[int]) -> int | None:
    guest = board.placed.arrays.guest
    free = board.likely(np.arange(len(board.members)))[:, target]
    able = board.allowed() & board.single & free & (board.at == source) & np.isnan(board.paid)
    small = able & (guest.cpu_cores[board.lead] <= MOST_CORES) & (guest.mem_bytes[board.lead] <= MOST_BYTES)
    movers = [int(m) for m in np.flatnonzero(small) if int(board.lead[m]) not in lonely]
    for m in sorted(movers, key=lambda m: (guest.mem_bytes[board.lead[m]], guest.cpu_cores[board.lead[m]], m)):
        if board.takes(m, target) and board.relief(np.array([m]), np.array([target]))[0] >= -LEAST_GAIN:
            return m
    return None
