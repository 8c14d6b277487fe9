"""To the fixpoint: the best single move; if none gains, the best swap; until neither does (engine, section 6).

With ``joint_rounds`` (mode ``optimal``) changes of several movers at once come after that, and it begins again.
"""

from __future__ import annotations

from collections.abc import Iterator

from proxbalance_core.plan.board import LEAST_GAIN, Board
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.jointly import joint_changes
from proxbalance_core.plan.singles import Choice, best_single
from proxbalance_core.plan.swaps import best_swap

MOST_ROUNDS = 10_000


def improving(board: Board, gate: Gate) -> Iterator[Choice]:
    """Carry out what gains most, step by step, until nothing gains; whoever stops asking stops it.

    A choice without moves is a breath between two batches of the joint search: nothing changed.
    """
    changed = True
    while changed:
        yield from _stepwise(board, gate)
        changed = False
        for choice in joint_changes(board):
            changed = changed or bool(choice.moves)
            yield choice


def _stepwise(board: Board, gate: Gate) -> Iterator[Choice]:
    for _ in range(MOST_ROUNDS):
        choice = best_single(board, gate) or best_swap(board, gate.gains)
        if choice is None or choice.gain <= LEAST_GAIN:
            return
        for m, target in choice.moves:
            board.move(m, target)
        yield choice
