"""How much of the possible improvement the plan captures, gates and move costs off (evaluation, section 3).

Captured = (J start - J plan) / (J start - J best known). Best known: the best of the plan and of random-restart
local searches over single moves and swaps; on tiny clusters every placement is tried.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.clusters import Shape, cluster
from benchmarks.targets import Line, record
from proxbalance_core import ClusterSnapshot, Settings
from proxbalance_core.engine.view import View
from proxbalance_core.plan.board import Board, State
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.search import members_of, search
from proxbalance_core.plan.singles import best_single
from proxbalance_core.plan.swaps import best_swap
from proxbalance_core.recommend.eligibility import duty_bound, eligibility
from proxbalance_core.scoring.strain import StrainField
from tests.support.clusters import random_cluster

FREE = Settings(move_cost_points=0.0, move_cost_points_per_gb=0.0, min_score_improvement=0.0, balanced_spread_pct=0.0)
WIDE = Settings(
    move_cost_points=0.0, move_cost_points_per_gb=0.0, min_score_improvement=0.0, balanced_spread_pct=0.0,
    swap_candidates=1000,
)  # fmt: skip
LEAST_FALL = 1.0


def planned(view: View, rounds: int = 0) -> float:
    """``J x nodes`` after the sequential plan, or after the joint search with ``rounds``."""
    able = eligibility(view.snapshot, view.placed, view.constraints, FREE)
    rules = replace(view.rules, joint_rounds=rounds)
    return search(view.state, rules, able, frozenset(), lambda _: True).total


def climbed(view: View, rng: np.random.Generator, kicks: int) -> float:
    """The best of a walk: random feasible moves, then single moves and swaps of anyone to a fixpoint."""
    members = members_of(view.placed, view.rules)
    able = eligibility(view.snapshot, view.placed, view.constraints, FREE)
    open_ = np.array([not any(g in able.plain for g in unit) for unit in members], dtype=bool)
    board = Board(State(placed=view.placed, field=view.field), view.rules, members, open_)
    for m in rng.choice(np.flatnonzero(open_), min(kicks, int(open_.sum())), replace=False):
        there = [n for n in np.flatnonzero(board.likely(np.array([m]))[0]) if board.takes(int(m), int(n))]
        if there:
            board.move(int(m), int(rng.choice(there)))
    gate = Gate(board)
    while (choice := best_single(board, gate) or best_swap(board, gate.gains)) is not None:
        for m, n in choice.moves:
            board.move(m, n)
    return board.field.total()


def best_known(view: View, restarts: int) -> float:
    rng = np.random.default_rng(0)
    guests = len(view.placed.node_of)
    return min(climbed(view, rng, int(kicks)) for kicks in np.linspace(0, guests // 2, restarts))


def tried_all(view: View) -> float:
    """The least ``J x nodes`` over every placement that memory and rules allow and in which no duty is left to do."""
    start = view.placed
    best = np.inf if duty_bound(start) else view.field.total()
    nodes, guests = len(view.arrays.node.names), len(start.node_of)
    limit = 0.95 * view.arrays.node.mem_bytes
    for places in itertools.product(range(nodes), repeat=guests):
        moved = [g for g in range(guests) if places[g] != start.node_of[g]]
        if any(view.constraints.fixed[g, places[g]] for g in moved):
            continue
        placed = start.copy()
        for g in moved:
            placed.move(g, places[g])
        arrived = {places[g] for g in moved}
        if any(placed.mem_used_bytes()[n] > limit[n] for n in arrived):
            continue
        if duty_bound(placed):
            continue
        best = min(best, StrainField(placed, view.rules.scale, FREE).total())
    return best


def captured(snapshot: ClusterSnapshot, restarts: int) -> tuple[float, float] | None:
    """The shares of the sequential and of the joint search, None where there is nothing to gain."""
    view, wide = View.of(snapshot, FREE), View.of(snapshot, WIDE)
    start, plan, joint = view.field.total(), planned(view), planned(view, FREE.search_iterations)
    best = min(plan, joint, tried_all(view) if restarts == 0 else best_known(wide, restarts))
    return ((start - plan) / (start - best), (start - joint) / (start - best)) if start - best > LEAST_FALL else None


SETS = [
    ("4 nodes x 6 guests, every placement", [random_cluster(s, 4, 6) for s in range(8)], 0),
    ("4 x 40, hourly", [cluster(Shape(nodes=4, guests=40, seed=s, plain=True)) for s in range(10)], 10),
    ("8 x 160, hourly", [cluster(Shape(nodes=8, guests=160, seed=s, plain=True)) for s in range(6)], 6),
    ("6 x 60, present only", [cluster(Shape(nodes=6, guests=60, seed=s, ahead=False)) for s in range(10)], 10),
]


@pytest.mark.parametrize(("what", "snapshots", "restarts"), SETS, ids=[s[0] for s in SETS])
def test_captured(benchmark: BenchmarkFixture, what: str, snapshots: list[ClusterSnapshot], restarts: int) -> None:
    shares = benchmark.pedantic(
        lambda: [share for one in snapshots if (share := captured(one, restarts)) is not None], rounds=1, iterations=1
    )
    assert shares
    for k, (mode, mean, least) in enumerate((("sequential", 0.95, 0.85), ("optimal", 0.99, 0.97))):
        own = [share[k] for share in shares]
        record(
            benchmark,
            Line(f"{mode} captured, mean of {len(own)}: {what}", mean, sum(own) / len(own), "", at_least=True),
        )
        record(benchmark, Line("... the least", least, min(own), "", at_least=True))
