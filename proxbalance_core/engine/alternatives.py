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
from proxbalance_core.scoring.rows import node_rows, side, target_totals
from proxbalance_core.scoring.targets import Scores


def alternatives(view: View, g: int, state: State, scores: Scores, limit: float = MEM_LIMIT) -> tuple[Alternative, ...]:
    """All nodes but the guest's own, best first; ruled-out ones last, by name.

    ``limit`` is the share of RAM that may be used: a step of a plan is judged by the order's.
    """
    placed = state.placed
    here = int(placed.node_of[g])
    nodes = [n for n in range(len(view.arrays.node.names)) if n != here]
    measured = view.arrays.node.measured
    current = side(node_rows(scores, here)).total if measured[here] else float("nan")
    relief, totals = reliefs(view, g, state), target_totals(scores, g)
    made = [_alternative(view, (g, n), placed, (current, float(totals[n]), float(relief[n])), limit) for n in nodes]
    return tuple(
        sorted(
            made,
            key=lambda a: (
                a.ruled_out is not None,
                a.target_score if a.target_score is not None else 1e9,
                a.target,
            ),
        )
    )


def reliefs(view: View, g: int, state: State) -> Floats:
    """The fall of ``J x nodes`` when guest ``g`` (with its unit) goes to each node, [N] points."""
    placed, unit = state.placed, view.constraints.unit_of.get(g, (g,))
    together = unit if len({int(placed.node_of[u]) for u in unit}) == 1 else (g,)
    board = Board(state, view.rules, [together], np.ones(1, dtype=bool))
    nodes = np.arange(len(view.arrays.node.names))
    away = nodes[nodes != placed.node_of[g]]
    out = np.zeros(len(nodes))
    out[away] = board.relief(np.zeros(len(away), dtype=np.intp), away)
    return out


def _alternative(
    view: View, pair: tuple[int, int], placed: Placed, points: tuple[float, float, float], limit: float
) -> Alternative:
    """``pair`` is guest and node [positions]; ``points`` the current score, the score there, the relief."""
    (g, n), (current, total, relief) = pair, points
    name = view.arrays.node.names[n]
    unit = view.constraints.unit_of.get(g, (g,))
    together = unit if len({int(placed.node_of[u]) for u in unit}) == 1 else (g,)
    ruling = view.constraints.ruling(g, n, placed, unit=together, limit=limit)
    why = None if ruling == Ruling.FREE else f"{name} {ruling_in_words(ruling, g, n, placed, view.constraints)}"
    if not view.arrays.node.measured[n]:
        return Alternative(target=name, target_score=None, score_improvement=None, strain_relief=None, ruled_out=why)
    improvement = None if np.isnan(current) else round(current - total, 2)
    return Alternative(
        target=name,
        target_score=total,
        score_improvement=improvement,
        strain_relief=round(relief, 6),
        ruled_out=why,
    )
