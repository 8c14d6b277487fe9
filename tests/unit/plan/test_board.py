"""The board's gains are differences of totals."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.clusters import Shape
from benchmarks.clusters import cluster as hourly_cluster
from proxbalance_core import Settings, evaluate
from proxbalance_core.domain.cluster import Rule
from tests.support.clusters import board, cluster, guest, random_cluster

SOFT = Rule(name="near", kind="resource-affinity", affinity="positive", strict=False, guests=(100, 101, 102))


@pytest.mark.parametrize("seed", range(6))
def test_relief_is_the_fall_of_the_total(seed: int) -> None:
    snapshot = random_cluster(seed, rules=(SOFT,)) if seed % 2 else hourly_cluster(Shape(nodes=5, guests=20, seed=seed))
    base = board(snapshot)
    for m in range(len(base.members)):
        for n in range(len(base.field.mem)):
            if n == base.at[m]:
                continue
            trial = board(snapshot)
            before = trial.field.total()
            relief = base.relief(np.array([m]), np.array([n]))[0]
            trial.move(m, n)
            assert relief == pytest.approx(before - trial.field.total(), abs=1e-8)


def test_the_total_is_what_evaluate_says_after_the_moves() -> None:
    snapshot = hourly_cluster(Shape(nodes=4, guests=16, seed=3))
    b = board(snapshot)
    names, moves = b.placed.arrays.node.names, []
    for m, n in ((0, 1), (5, 2), (0, 3), (9, 0)):
        moves.append((int(b.placed.arrays.guest.vmids[b.lead[m]]), names[n]))
        b.move(m, n)
    assert b.field.total() == pytest.approx(evaluate(snapshot, Settings(), moves).strain, abs=1e-5)


def test_a_second_move_is_free_and_the_way_home_gives_the_cost_back() -> None:
    b = board(cluster(["a", "b", "c"], [guest(1, "a", 1, 4), guest(2, "b", 1, 4)]))
    one = np.array([0])
    price = b.cost(one, np.array([1]))[0]
    assert price == pytest.approx(2.75 + 0.065 * 8)
    b.move(0, 1)
    assert b.cost(one, np.array([2]))[0] == 0
    assert b.cost(one, np.array([0]))[0] == -price
    b.move(0, 0)
    assert np.isnan(b.paid[0]) and b.total_cost() == 0


def test_max_moves_counts_movers_once_and_duties_never() -> None:
    b = board(cluster(["a", "b", "c"], [guest(i, "a", 1, 4) for i in (1, 2, 3)]), Settings(max_moves=1))
    b.move(0, 1, free=True)
    assert b.allowed().all()
    b.move(1, 1)
    assert b.allowed().tolist() == [True, True, False]
