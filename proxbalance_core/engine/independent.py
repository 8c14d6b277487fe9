"""Each guest judged alone, as older tools do: for comparison, and for the conflict view."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.results import Kind
from proxbalance_core.engine.view import View
from proxbalance_core.plan.board import Board
from proxbalance_core.plan.duties import least_bad
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.search import Found, members_of, scattered
from proxbalance_core.plan.singles import best_of_each
from proxbalance_core.recommend.eligibility import Eligibility, cluster_is_balanced


def judge_alone(view: View, eligible: Eligibility) -> Found:
    """The best move of every guest (or unit) by itself, in the state as it stands."""
    placed, rules = view.placed, view.rules
    members = members_of(placed, rules)
    lonely = scattered(placed, rules)
    board = Board(view.state, rules, members, np.ones(len(members), dtype=bool))
    balanced = cluster_is_balanced(board.field, placed, rules.settings)
    kinds = [_duty_kind(view, unit, eligible) for unit in members]
    board.open = np.array([not any(g in eligible.plain or g in lonely for g in unit) for unit in members], dtype=bool)
    best = {} if balanced else best_of_each(board, Gate(board))
    target_of: dict[int, int] = {}
    gain_of: dict[int, float] = {}
    kind_of: dict[int, Kind] = {}
    total = board.field.total()
    for m, (unit, kind) in enumerate(zip(members, kinds, strict=True)):
        target = least_bad(board, m) if kind else best.get(m)
        if target is not None:
            target_of.update({g: target for g in unit if placed.node_of[g] != target})
            kind_of.update({g: kind or "balance" for g in unit})
            pair = np.array([m]), np.array([target])
            gain_of.update({g: float(board.relief(*pair)[0] - board.cost(*pair)[0]) for g in unit})
    groups = {
        g: "+".join(str(view.snapshot.guests[u].vmid) for u in unit) for unit in members if len(unit) > 1 for g in unit
    }
    return Found(
        target_of=target_of, kind_of=kind_of, group_of={g: f"unit:{groups[g]}" for g in target_of if g in groups},
        passed=frozenset(), balanced=balanced, scattered=lonely, duties_total=total, total=total,
        cost=float(sum(rules.move_cost[g] for g in target_of)), gain_of=gain_of,
    )  # fmt: skip


def _duty_kind(view: View, unit: tuple[int, ...], eligible: Eligibility) -> Kind | None:
    if not all(g in eligible.dutiful and g not in eligible.on_duty for g in unit):
        return None
    leaving = view.arrays.node.maintenance[view.placed.node_of[unit[0]]]
    return "maintenance_evacuation" if leaving else "affinity_repair"
