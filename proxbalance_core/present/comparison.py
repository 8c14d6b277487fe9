"""Rows for comparing: one guest on every node, two nodes term by term."""

from __future__ import annotations

import pandas as pd

from proxbalance_core.domain.results import GuestOptions, NodeScore
from proxbalance_core.present import words
from proxbalance_core.present.advice import term_order, value_text
from proxbalance_core.present.details import Table

_STATES = {"is here": 0, "possible": 1, "ruled out": 2}


def suitability_rows(found: GuestOptions) -> pd.DataFrame:
    """Every node for one guest: node, suitability (0..100 or NaN), state, why; best first, ruled out last."""
    rows = [
        (
            option.target,
            _suitability(option.target_score),
            "ruled out" if option.ruled_out else "possible",
            option.ruled_out or f"improvement {words.signed(option.score_improvement)} points",
        )
        for option in found.alternatives
        if option.target != found.node
    ]
    rows.append((found.node, _suitability(found.current_score), "is here", "where it runs now"))
    frame = pd.DataFrame(rows, columns=["node", "suitability", "state", "why"]).astype({"suitability": float})
    order = frame.assign(rank=frame["state"].map(_STATES).clip(lower=1), worse=-frame["suitability"].fillna(-1.0))
    return frame.loc[order.sort_values(["rank", "worse", "node"], kind="stable").index].reset_index(drop=True)


def _suitability(score: float | None) -> float | None:
    return None if score is None else max(0.0, min(100.0, 100.0 - score))


def options_table(found: GuestOptions) -> Table:
    """The same nodes with their figures."""
    rows = [
        (
            option.target,
            option.target_score,
            option.score_improvement,
            option.strain_relief,
            option.ruled_out or "possible",
        )
        for option in found.alternatives
        if option.target != found.node
    ]
    frame = pd.DataFrame(rows, columns=["node", "score", "gain", "relief", "state"])
    return Table(
        rows=frame.astype({"score": float, "gain": float, "relief": float}),
        titles={
            "node": "Node",
            "score": "Penalty there [points]",
            "gain": "Improvement [points]",
            "relief": "Relief of the cluster [points]",
            "state": "Possible, or why not",
        },
    )


def side_by_side(left: NodeScore, right: NodeScore) -> Table:
    """Two nodes' scores, row by row, with the difference and the totals; rows that are nothing on both are left out."""
    by_name = [{term.term: term for term in node.terms} for node in (left, right)]
    rows = []
    for name in term_order(by_name[0], by_name[1]):
        one, two = (terms.get(name) for terms in by_name)
        points = (one.points if one else 0.0, two.points if two else 0.0)
        if any(points):
            rows.append(
                (
                    words.label(words.TERMS, name),
                    points[0],
                    value_text(one),
                    points[1],
                    value_text(two),
                    points[1] - points[0],
                )
            )
    totals = (sum(row[1] for row in rows), sum(row[3] for row in rows))
    rows.append(("Total penalty", totals[0], "", totals[1], "", totals[1] - totals[0]))
    return Table(
        rows=pd.DataFrame(rows, columns=["row", "left", "left_value", "right", "right_value", "more"]),
        titles={
            "row": "Row",
            "left": f"{left.name}: points",
            "left_value": "value",
            "right": f"{right.name}: points",
            "right_value": "value ",
            "more": "Difference",
        },
    )
