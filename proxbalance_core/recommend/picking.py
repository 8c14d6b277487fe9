"""Recommendations that were picked: what belongs to them and is missing, and the best first few of a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from proxbalance_core.domain.results import Recommendation


def mates(moves: Sequence[Recommendation]) -> dict[str, tuple[int, ...]]:
    """The vmids of each group (an affinity unit, a swap, a guest that makes room) of more than one move."""
    found: dict[str, list[int]] = defaultdict(list)
    for move in moves:
        if move.group:
            found[move.group].append(move.vmid)
    return {group: tuple(sorted(vmids)) for group, vmids in found.items() if len(vmids) > 1}


def missing(moves: Sequence[Recommendation], picked: Collection[int]) -> tuple[int, ...]:
    """Who belongs to a group of which only a part is ``picked``."""
    parts = [vmids for vmids in mates(moves).values() if not set(vmids).isdisjoint(picked)]
    return tuple(sorted({vmid for vmids in parts for vmid in vmids} - set(picked)))


def completed(moves: Sequence[Recommendation], picked: Iterable[int]) -> tuple[int, ...]:
    """``picked`` with all who belong to them."""
    chosen = {vmid for vmid in picked if any(move.vmid == vmid for move in moves)}
    return tuple(sorted(chosen | set(missing(moves, chosen))))


def first(moves: Sequence[Recommendation], count: int) -> tuple[int, ...]:
    """The first ``count`` moves of the plan, with all who belong to them: what the benefit curve speaks of."""
    ranked = sorted(moves, key=lambda move: (min(move.steps, default=len(moves) + 1), move.vmid))
    return completed(moves, [move.vmid for move in ranked[:count]])
