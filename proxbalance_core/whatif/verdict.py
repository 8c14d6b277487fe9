"""Whether a changed cluster carries its guests, in a word."""

from __future__ import annotations

from collections.abc import Sequence

from proxbalance_core.domain.results import Evaluation, NodeScore
from proxbalance_core.domain.whatif import Unplaced, Verdict

_HOW_BAD = {"green": 0, "amber": 1, "red": 2}


def turned(before: Evaluation, then: Evaluation) -> tuple[NodeScore, ...]:
    """Nodes whose light is worse then than it was; one without figures has none that counts."""
    was = {node.name: _HOW_BAD[node.light] for node in before.nodes}
    return tuple(n for n in then.nodes if n.score is not None and _HOW_BAD[n.light] > was.get(n.name, 0))


def verdict(before: Evaluation, then: Evaluation, left: Sequence[Unplaced], unfulfilled: bool) -> Verdict:
    """The word for the end: ``left`` have no place, ``unfulfilled`` is whether something else can't be had."""
    if left or unfulfilled:
        return "does_not_fit"
    worst = max((_HOW_BAD[node.light] for node in turned(before, then)), default=0)
    return ("fits", "tight", "overloaded")[worst]
