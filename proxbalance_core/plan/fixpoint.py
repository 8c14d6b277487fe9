"""To the fixpoint: the best single move; if none gains, the best swap; until neither does (engine, section 6)."""

from __future__ import annotations

from collections.abc import Iterator

from proxbalance_core.plan.board import LEAST_GAIN, Board
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.singles import Choice, best_single
from proxbalance_core.plan.swaps import best_swap

MOST_ROUNDS = 10_000


def improving(board: Board, gate: Gate) -> Iterator[Choice]:
    """Carry out what gains most, step by step, until nothing gains; whoever stops asking stops it."""
    for _ in range(MOST_ROUNDS):
        choice = best_single(board, gate) or best_swap(board, gate.gains)
        if choice is None or choice.gain <= LEAST_GAIN:
            return
        for m, target in choice.moves:
            board.move(m, target)
        yield choice
