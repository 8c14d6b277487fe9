"""The lazy search against plain searches of the whole gain matrix."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.clusters import Shape
from benchmarks.clusters import cluster as hourly_cluster
from proxbalance_core import ClusterSnapshot, Settings
from proxbalance_core.plan.board import LEAST_GAIN, Board, State
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.singles import best_of_each, best_single, passing
from proxbalance_core.plan.swaps import LEAST_CPU_RELIEF, best_swap
from proxbalance_core.recommend.constraints import Ruling
from tests.support.clusters import FREE, board, random_cluster

LOW = Settings(min_score_improvement=3.0, move_cost_points=1.0)
SETTINGS = [Settings(), LOW, FREE, Settings(min_score_improvement=40.0), dataclasses.replace(FREE, balance_weight=3.0)]


def clusters() -> list[ClusterSnapshot]:
    drawn = [random_cluster(seed, nodes=3 + seed % 3, guests=10 + seed) for seed in range(8)]
    hourly = [hourly_cluster(Shape(nodes=4, guests=24, seed=seed, local_share=0.3)) for seed in range(4)]
    return drawn + hourly


def gain_of(b: Board, gate: Gate, m: int, n: int) -> float:
    """The gain of one pair worked out by itself; -inf where it may not go or does not pass."""
    one, there = np.array([m]), np.array([n])
    unit = b.members[m]
    if not b.open[m] or b.rules.constraints.ruling(unit[0], n, b.placed, unit=unit) != Ruling.FREE:
        return -np.inf
    relief = b.relief(one, there)
    return float((relief - b.cost(one, there))[0]) if gate.passes(one, there, relief)[0] else -np.inf


def matrix(b: Board) -> np.ndarray:
    gate = Gate(b)
    return np.array([[gain_of(b, gate, m, n) for n in range(len(b.field.mem))] for m in range(len(b.members))])


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_best_single_is_the_best_of_all_pairs(settings: Settings) -> None:
    """Also after moves, when gains are kept from the rounds before."""
    for snapshot in clusters():
        b = board(snapshot, settings)
        gate = Gate(b)
        for _ in range(4):
            gains, found = matrix(b), best_single(b, gate)
            if gains.max() <= LEAST_GAIN:
                assert found is None
                break
            assert found is not None
            assert found.gain == pytest.approx(gains.max(), abs=1e-8)
            assert gains[found.moves[0]] == pytest.approx(gains.max(), abs=1e-8)
            b.move(*found.moves[0])


@pytest.mark.parametrize("settings", [LOW, dataclasses.replace(FREE, balance_weight=3.0)])
def test_no_pair_relieves_by_more_than_its_bound(settings: Settings) -> None:
    """The tangent less its bend; the bend says more than nothing, and what is left is close."""
    slack: list[float] = []
    present = [hourly_cluster(Shape(nodes=4, guests=24, seed=seed, ahead=False)) for seed in range(2)]
    for snapshot in [*clusters(), *present]:
        b = board(snapshot, settings)
        gains, nodes = Gate(b).gains, np.arange(len(b.field.mem))
        for _ in range(3):
            m = np.flatnonzero(~b.unbounded)
            bend, rise = gains.bend(m, nodes), np.array([b.rise(m, np.full(len(m), n)) for n in nodes]).T
            ceiling = gains.bounds(m) + np.nan_to_num(gains.rise[m]) - rise - bend
            relief = np.array([b.relief(m, np.full(len(m), n)) for n in nodes]).T
            away = b.at[m][:, None] != nodes
            assert (bend >= 0.0).all()
            assert (ceiling - relief)[away].min() >= -1e-9
            slack += (bend / np.maximum(ceiling + bend - relief, 1e-12))[away & (bend > 0.1)].tolist()
            b.move(int(m[0]), int(nodes[b.at[m[0]] != nodes][0]))
            gains.refresh()
    assert np.median(slack) > 0.3


@pytest.mark.parametrize("settings", SETTINGS)
def test_who_passes_and_each_ones_best(settings: Settings) -> None:
    for snapshot in clusters():
        b = board(snapshot, settings)
        gains = matrix(b)
        assert passing(b, Gate(b)).tolist() == np.isfinite(gains).any(axis=1).tolist()
        each = best_of_each(b, Gate(b))
        assert set(each) == set(np.flatnonzero(np.isfinite(gains).any(axis=1)))
        for m, n in each.items():
            assert gains[m, n] == pytest.approx(gains[m].max(), abs=1e-8)


def swap_gain(b: Board, x: int, y: int) -> float:
    """What changing places gains, from the totals before and after; -inf where it may not be."""
    trial = board_like(b)
    here, there = int(b.at[x]), int(b.at[y])
    cost = b.cost(np.array([x, y]), np.array([there, here])).sum()
    before = b.field.total()
    trial.move(x, there)
    trial.move(y, here)
    members = (*b.members[x], *b.members[y])
    constraints, placed = b.rules.constraints, trial.placed
    used, limit = placed.mem_used_bytes(), 0.95 * constraints.mem_limits
    for m, n in ((x, there), (y, here)):
        given = sum(constraints.need_bytes[g] for g in b.members[m])
        holds = used[n] - b.carried.mem_bytes[m] + given <= limit[n]
        if not holds or any(constraints.fixed[g, n] != Ruling.FREE for g in b.members[m]):
            return -np.inf
    if not constraints.holds_for(members, placed):
        return -np.inf
    return float(before - trial.field.total() - cost)


def board_like(b: Board) -> Board:
    return Board(State(placed=b.placed, field=b.field), b.rules, b.members, b.open)


@pytest.mark.parametrize("settings", SETTINGS[:3])
def test_the_best_swap_is_the_best_of_all_allowed(settings: Settings) -> None:
    swaps = 0
    for snapshot in clusters():
        b = board(snapshot, settings)
        gate = Gate(b)
        while (single := best_single(b, gate)) is not None:
            b.move(*single.moves[0])
        relieved = b.cpu_drop(np.arange(len(b.members)))
        leaders = [m for m in np.lexsort((b.lead, -relieved))[:10] if relieved[m] > LEAST_CPU_RELIEF]
        pairs = [(x, y) for x in leaders for y in range(len(b.members)) if b.at[x] != b.at[y]]
        best = max((swap_gain(b, int(x), y) for x, y in pairs), default=-np.inf)
        found = best_swap(b, gate.gains)
        if best <= LEAST_GAIN:
            assert found is None
        else:
            swaps += 1
            assert found is not None
            assert found.gain == pytest.approx(best, abs=1e-7)
    assert swaps > 0
