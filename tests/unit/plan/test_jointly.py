"""The joint search: proposals gain what recomputing says, keep the constraints, and reach what trying all finds."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from proxbalance_core import ClusterSnapshot, Settings, assess, evaluate
from proxbalance_core.engine.view import View
from proxbalance_core.plan.board import Board
from proxbalance_core.plan.jointly import SHAPES, best_joint, fits_together, joint_changes
from proxbalance_core.plan.neighbourhoods import drawn, recreated
from proxbalance_core.plan.search import members_of
from proxbalance_core.recommend.eligibility import duty_bound
from tests.support.clusters import FREE, cluster, guest, node, random_cluster


def board_of(made: ClusterSnapshot, settings: Settings = FREE, rounds: int = 64) -> Board:
    view = View.of(made, settings)
    members = members_of(view.placed, view.rules)
    rules = replace(view.rules, joint_rounds=rounds)
    return Board(view.state, rules, members, np.ones(len(members), dtype=bool))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_proposal_gains_what_recomputing_says(shape: tuple[int, int]) -> None:
    made = random_cluster(2, 6, 30)
    board = board_of(made, Settings())
    batch = drawn(board, np.random.default_rng(1), 24, *shape)
    found = recreated(board, batch)
    before, checked = evaluate(made, Settings()).objective, 0
    for r in np.flatnonzero(np.isfinite(found.gain)):
        pairs = [(m, n) for m, n in zip(batch.movers[r], found.target[r], strict=True) if m >= 0]
        gone = [(g, n) for m, n in pairs if n != board.at[m] for g in board.members[m]]
        moves = [(made.guests[g].vmid, made.nodes[n].name) for g, n in gone]
        assert found.gain[r] == pytest.approx(before - evaluate(made, Settings(), moves).objective, abs=1e-5)
        checked += bool(moves)
    assert checked > 5


def test_it_goes_on_where_single_moves_and_swaps_end() -> None:
    ended = {seed: strain_after(random_cluster(seed, 4, 20)) for seed in range(4)}
    assert all(joint <= plain + 1e-6 for plain, joint in ended.values())
    assert any(joint < plain - 0.1 for plain, joint in ended.values()), ended


def strain_after(made: ClusterSnapshot) -> tuple[float, float]:
    plain, joint = (assess(made, FREE, mode).summary.predicted_strain for mode in ("sequential", "optimal"))
    return plain, joint


def test_what_is_carried_out_is_what_was_chosen() -> None:
    board = board_of(random_cluster(2, 4, 20))
    before, gained = board.field.total(), 0.0
    for choice in joint_changes(board):
        gained += choice.gain
        assert all(board.at[m] == n for m, n in choice.moves)
    assert gained > 0
    assert board.field.total() == pytest.approx(before - gained, abs=1e-6)


def test_the_same_draws_give_the_same_answer() -> None:
    made = random_cluster(4, 5, 40)
    first, second = (best_joint(board_of(made), np.random.default_rng(3), (3, 6)) for _ in range(2))
    assert first == second is not None


def test_who_may_not_share_a_node_does_not_fit_together() -> None:
    apart = {"tags": ("exclude_db",)}
    made = cluster([node("a", 90, 20), node("b", 10, 20)], [guest(1, "a", 1, 1, **apart), guest(2, "b", 1, 1, **apart)])
    board = board_of(made)
    assert not fits_together(board, ((0, 1),))
    assert fits_together(board, ((0, 1), (1, 0)))


def least(made: ClusterSnapshot) -> float:
    """The least strain over every placement that the constraints allow and that leaves no duty undone, one by one."""
    board, view = board_of(made), View.of(made, FREE)
    best = math.inf if duty_bound(view.placed) else view.field.total()
    for places in itertools.product(range(len(made.nodes)), repeat=len(board.members)):
        moves = tuple((m, n) for m, n in enumerate(places) if n != board.at[m])
        if moves and fits_together(board, moves):
            placed = view.placed.copy()
            for m, n in moves:
                for g in board.members[m]:
                    placed.move(g, n)
            if duty_bound(placed):
                continue
            pairs = [(made.guests[g].vmid, made.nodes[n].name) for m, n in moves for g in board.members[m]]
            best = min(best, evaluate(made, FREE, pairs).strain)
    return best


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "nodes", "guests"), [(1, 3, 5), (3, 3, 5), (4, 4, 6), (13, 4, 6)])
def test_as_good_as_trying_every_placement(seed: int, nodes: int, guests: int) -> None:
    made = random_cluster(seed, nodes, guests)
    assert assess(made, FREE, "optimal").summary.predicted_strain == pytest.approx(least(made), abs=1e-4)


def test_never_worse_than_sequential_and_stops_when_told() -> None:
    made = random_cluster(7, 6, 60)
    plain, joint = strain_after(made)
    assert joint <= plain + 1e-6
    stopped = assess(made, FREE, "optimal", lambda _: False)
    assert any("stopped" in note for note in stopped.notes)
