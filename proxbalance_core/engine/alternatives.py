"""Every node for one guest, in one state: its score there, or what rules it out."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.results import Alternative
from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import Floats
from proxbalance_core.plan.board import Board, State
from proxbalance_core.recommend.constraints import MEM_LIMIT, Ruling
from proxbalance_core.recommend.rulings import ruling_in_words
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.rows import node_totals, target_totals
from proxbalance_core.scoring.targets import Scores


def alternatives(view: View, g: int, state: State, scores: Scores, limit: float = MEM_LIMIT) -> tuple[Alternative, ...]:
    """All nodes but the guest's own, best first; ruled-out ones last, by name.

    ``limit`` is the share of RAM that may be used: a step of a plan is judged by the order's.
    """
    node, placed = view.arrays.node, state.placed
    here, unit = int(placed.node_of[g]), _together(view, g, placed)
    free = view.constraints.free_targets([unit], placed, limit)[0]
    current, relief, totals = node_totals(scores)[here], reliefs(view, g, state), target_totals(scores, g)

    def told(n: int) -> Alternative:
        ruling = Ruling.FREE if free[n] else view.constraints.ruling(g, n, placed, unit=unit, limit=limit)
        words = None if ruling == Ruling.FREE else ruling_in_words(ruling, g, n, placed, view.constraints)
        points = (float(current), float(totals[n]), float(relief[n])) if node.measured[n] else None
        return _alternative(node.names[n], words, points)

    return tuple(sorted(map(told, np.flatnonzero(np.arange(len(node.names)) != here).tolist()), key=_place))


def _place(a: Alternative) -> tuple[bool, float, str]:
    return a.ruled_out is not None, a.target_score if a.target_score is not None else 1e9, a.target


def _together(view: View, g: int, placed: Placed) -> tuple[int, ...]:
    """Who goes with guest ``g``: its unit, if that is together."""
    unit = view.constraints.unit_of.get(g, (g,))
    return unit if len({int(placed.node_of[u]) for u in unit}) == 1 else (g,)


def reliefs(view: View, g: int, state: State) -> Floats:
    """The fall of ``J x nodes`` when guest ``g`` (with its unit) goes to each node, [N] points."""
    placed = state.placed
    board = Board(state, view.rules, [_together(view, g, placed)], np.ones(1, dtype=bool))
    nodes = np.arange(len(view.arrays.node.names))
    away = nodes[nodes != placed.node_of[g]]
    out = np.zeros(len(nodes))
    out[away] = board.relief(np.zeros(1, dtype=np.intp), away)
    return out


def _alternative(name: str, words: str | None, points: tuple[float, float, float] | None) -> Alternative:
    """``points`` are the current score (NaN: not measured), the score there and the relief; None when not measured."""
    why = None if words is None else f"{name} {words}"
    if points is None:
        return Alternative(target=name, target_score=None, score_improvement=None, strain_relief=None, ruled_out=why)
    current, total, relief = points
    improvement = None if current != current else round(current - total, 2)
    return Alternative(
        target=name, target_score=total, score_improvement=improvement, strain_relief=round(relief, 6), ruled_out=why
    )
