"""Each guest judged alone, as older tools do: for comparison, and for the conflict view."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.results import Kind
from proxbalance_core.engine.view import View
from proxbalance_core.plan.board import Board
from proxbalance_core.plan.duties import least_bad
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.search import Found, members_of, scattered
from proxbalance_core.recommend.eligibility import Eligibility, cluster_is_balanced


def judge_alone(view: View, eligible: Eligibility) -> Found:
    """The best move of every guest (or unit) by itself, in the state as it stands."""
    placed, rules = view.placed, view.rules
    members = members_of(placed, rules)
    lonely = scattered(placed, rules)
    board = Board(view.state, rules, members, np.ones(len(members), dtype=bool))
    balanced = cluster_is_balanced(board.field, placed, rules.settings)
    gate, target_of, kind_of = Gate(board), {}, {}
    total = board.field.total()
    for m, unit in enumerate(members):
        kind = _duty_kind(view, unit, eligible)
        able = kind is not None or not (balanced or any(g in eligible.plain or g in lonely for g in unit))
        target = (least_bad(board, m) if kind else _best(board, gate, m)) if able else None
        if target is not None:
            target_of.update({g: target for g in unit if placed.node_of[g] != target})
            kind_of.update({g: kind or "balance" for g in unit})
    groups = {
        g: "+".join(str(view.snapshot.guests[u].vmid) for u in unit) for unit in members if len(unit) > 1 for g in unit
    }
    return Found(
        target_of=target_of, kind_of=kind_of, group_of={g: f"unit:{groups[g]}" for g in target_of if g in groups},
        passed=frozenset(), balanced=balanced, scattered=lonely, duties_total=total, total=total,
        cost=float(sum(rules.move_cost[g] for g in target_of)),
    )  # fmt: skip


def _duty_kind(view: View, unit: tuple[int, ...], eligible: Eligibility) -> Kind | None:
    if not all(g in eligible.dutiful and g not in eligible.on_duty for g in unit):
        return None
    leaving = view.arrays.node.maintenance[view.placed.node_of[unit[0]]]
    return "maintenance_evacuation" if leaving else "affinity_repair"


def _best(board: Board, gate: Gate, m: int) -> int | None:
    free = np.flatnonzero(board.rules.constraints.free_targets([board.members[m]], board.placed)[0])
    if not len(free):
        return None
    movers = np.full(len(free), m)
    relief = board.relief(movers, free)
    gain = np.where(gate.passes(movers, free, relief), relief - board.cost(movers, free), -np.inf)
    return int(free[gain.argmax()]) if np.isfinite(gain.max()) else None
