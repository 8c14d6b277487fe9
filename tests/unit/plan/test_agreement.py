"""The days that may come have to agree on a move: by hand, and against the engine's own figures of single days."""

from __future__ import annotations

import dataclasses
from math import ceil

import numpy as np
import pytest
from hypothesis import given

from proxbalance_core import ClusterSnapshot, Settings, assess, evaluate
from proxbalance_core.domain.cluster import Guest, GuestAhead, NodeAhead
from proxbalance_core.engine.view import View
from proxbalance_core.plan.agreement import SINGLE_TIMES, days_needed, joint_agreed, swaps_agreed, troubled
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.swaps import swap_relief
from tests.properties import laws
from tests.strategies import clusters
from tests.support.clusters import board, cluster, guest

IDLE, BUSY = (1.0,) * 24, (4.4,) * 24
# A guest of 4.4 cores beside one of 3: 74 % of a node of 10, where 60 % is the threshold and 75 % trouble.
# How evenly nodes are loaded counts alike in all days, and is left out.
STRAIN = Settings(balance_weight=0.0)


def days(*used: tuple[float, ...]) -> GuestAhead:
    return GuestAhead(cpu_cores=used)


def there(vmid: int, on: str, cores: float, *used: tuple[float, ...]) -> Guest:
    return guest(vmid, on, cores, 2.0, next_24h=days(*used))


def two(*hot: tuple[float, ...]) -> ClusterSnapshot:
    """Guest 1 has ``hot`` days ahead, guest 2 three cores in all of them; both on a, nobody on b."""
    return cluster(["a", "b"], [there(1, "a", 2.0, *hot), there(2, "a", 3.0, *([(3.0,) * 24] * len(hot)))])


def moved(snapshot: ClusterSnapshot, settings: Settings) -> set[int]:
    return {move.vmid for move in assess(snapshot, settings).recommendations}


@pytest.mark.parametrize(
    ("hot", "moves"), [((IDLE, IDLE, BUSY), False), ((IDLE, BUSY, BUSY), True), ((BUSY, BUSY, BUSY), True)]
)
def test_two_of_three_days_have_to_agree(hot: tuple[tuple[float, ...], ...], moves: bool) -> None:
    assert bool(moved(two(*hot), STRAIN)) == moves


def test_without_agreement_the_mean_decides() -> None:
    snapshot = two(IDLE, IDLE, BUSY)
    assert moved(snapshot, dataclasses.replace(STRAIN, scenario_agreement_pct=0.0))
    (skip, *_) = [skip for skip in assess(snapshot, STRAIN).skipped if skip.vmid == 1]
    assert skip.reason == "no_relief" and skip.strain_relief is not None and skip.strain_relief > 3.0
    assert "it clearly pays in 1 of the 3 days that may come, and 2 have to agree." in skip.detail
    # With a second step that no threshold brings near, only another forecast would change it.
    far = dataclasses.replace(STRAIN, cpu_threshold_offset_1=90.0, cpu_threshold_offset_2=95.0)
    (skip, *_) = [skip for skip in assess(snapshot, far).skipped if skip.vmid == 1]
    assert skip.would_change == "when more of the days that may come call for it"


FAR_OVER = (5.0,) * 24  # 80 % with its neighbour: over the second step, 80 % less the margin of 5


@pytest.mark.parametrize(
    ("hot", "moves"), [((IDLE, IDLE, FAR_OVER), True), ((FAR_OVER, IDLE, IDLE), False), ((IDLE, FAR_OVER, IDLE), False)]
)
def test_trouble_that_is_there_needs_no_second_opinion(hot: tuple[tuple[float, ...], ...], moves: bool) -> None:
    """The last day is the one that goes on as the last hour did."""
    snapshot = two(*hot)
    assert bool(moved(snapshot, STRAIN)) == moves
    away = cluster(["a", "b"], [there(1, "b", 2.0, *hot), there(2, "a", 3.0, *[(3.0,) * 24] * 3)])
    assert not moved(away, STRAIN)


def test_a_swap_off_a_node_in_trouble_needs_no_second_opinion() -> None:
    """No node has room for one more: guests change places, and the joint change's gate says the same."""
    used = [(1.0,) * 24, (1.0,) * 24, (6.0,) * 24]
    snapshot = cluster(
        ["a", "b"],
        [there(1, "a", 3.0, *used), there(2, "a", 3.0, *[(3.0,) * 24] * 3), there(3, "b", 1.0, *[(1.0,) * 24] * 3)],
    )
    b = board(snapshot, STRAIN)
    one, three = np.array([0]), np.array([2])
    relief = swap_relief(b, one, three)
    assert swaps_agreed(b, one, three, relief)[0] and joint_agreed(b, [(0, 1), (2, 0)], float(relief[0]))
    calm = [used[2], *used[:2]]
    guests = [there(1, "a", 3.0, *calm), *snapshot.guests[1:]]
    b = board(dataclasses.replace(snapshot, guests=tuple(guests)), STRAIN)
    assert swap_relief(b, one, three)[0] == pytest.approx(relief[0])
    assert not swaps_agreed(b, one, three, relief)[0]


def test_a_swap_that_loads_the_node_in_trouble_more_is_not_spared() -> None:
    """In the last day a goes from 60 to 55 %, and b, in trouble, from 80 to 85 %."""
    days_of_b = [(1.0,) * 24, (1.0,) * 24, (5.5,) * 24]
    first, third = [IDLE, IDLE, (3.0,) * 24], [IDLE, IDLE, (2.5,) * 24]
    guests = [
        there(1, "a", 1.0, *first), there(2, "a", 3.0, *[(3.0,) * 24] * 3),
        there(3, "b", 1.0, *third), there(4, "b", 1.0, *days_of_b),
    ]  # fmt: skip
    b = board(cluster(["a", "b"], guests), STRAIN)
    assert troubled(b, np.arange(2)).tolist() == [False, True]
    one, three = np.array([0]), np.array([2])
    relief = swap_relief(b, one, three)
    assert relief[0] > b.price[[0, 2]].sum()
    assert not swaps_agreed(b, one, three, relief)[0]
    assert not joint_agreed(b, [(0, 1), (2, 0)], float(relief[0]))


def test_a_joint_change_that_brings_the_node_in_trouble_a_guest_is_not_spared() -> None:
    """In the last day guest 1 leaves a, which is at 65 %; guest 3 comes to c, which is at 80 %."""
    guests = [
        there(1, "a", 1.0, IDLE, IDLE, (3.0,) * 24), there(2, "a", 3.5, *[(3.5,) * 24] * 3),
        there(3, "b", 0.1, *[(0.1,) * 24] * 3), there(4, "c", 1.0, IDLE, IDLE, (8.0,) * 24),
    ]  # fmt: skip
    b, after = (board(cluster(["a", "b", "c"], guests), STRAIN) for _ in range(2))
    assert troubled(b, np.arange(3)).tolist() == [False, False, True]
    moves = [(0, 1), (2, 2)]
    for m, n in moves:
        after.move(m, n)
    relief = b.field.total() - after.field.total()
    assert relief > b.price[[0, 2]].sum()
    assert not joint_agreed(b, moves, relief)


def test_where_its_threshold_turns_a_guest_is_told_of_trouble_too() -> None:
    """At a threshold of 59 % the node is over the second step, 79 % less the margin: that is what would change it."""
    (skip, *_) = [skip for skip in assess(two(IDLE, IDLE, BUSY), STRAIN).skipped if skip.vmid == 1]
    assert skip.would_change == "from a CPU threshold of 58 %"
    assert moved(two(IDLE, IDLE, BUSY), dataclasses.replace(STRAIN, cpu_threshold=58.0))
    assert not moved(two(IDLE, IDLE, BUSY), dataclasses.replace(STRAIN, cpu_threshold=59.0))


def test_what_costs_nothing_needs_no_agreement() -> None:
    free = dataclasses.replace(STRAIN, move_cost_points=0.0, move_cost_points_per_gb=0.0)
    assert moved(two(IDLE, IDLE, BUSY), free)


def test_on_the_present_alone_there_is_nothing_to_agree_on() -> None:
    snapshot = cluster(["a", "b"], [guest(1, "a", 4.5, 2.0), guest(2, "a", 3.0, 2.0)])
    assert days_needed(board(snapshot)) == 0 and Gate(board(snapshot)).gains.lift is None
    assert moved(snapshot, Settings())


def test_a_swap_and_a_joint_change_are_one_question() -> None:
    """Two guests change places: what the swap's gate says is what the joint change's gate says."""
    used = [(5.0,) * 24, (1.0,) * 24, (6.0,) * 24]
    snapshot = cluster(
        ["a", "b"],
        [there(1, "a", 5.0, *used), there(2, "a", 3.0, *[(3.0,) * 24] * 3), there(3, "b", 1.0, *[(1.0,) * 24] * 3)],
    )
    b = board(snapshot)
    one, three = np.array([0]), np.array([2])
    relief = swap_relief(b, one, three)
    swap = bool(swaps_agreed(b, one, three, relief)[0])
    assert swap == joint_agreed(b, [(0, 1), (2, 0)], float(relief[0])) and swap
    assert not swaps_agreed(b, one, three, relief - 100.0)[0]
    assert not joint_agreed(b, [(0, 1), (2, 0)], float(relief[0]) - 100.0)


def of_day(snapshot: ClusterSnapshot, k: int) -> ClusterSnapshot:
    """The snapshot with day ``k`` alone ahead."""
    nodes = tuple(
        dataclasses.replace(n, next_24h=NodeAhead(own_cpu_cores=(n.next_24h.own_cpu_cores[k],))) if n.next_24h else n
        for n in snapshot.nodes
    )
    guests = tuple(
        dataclasses.replace(g, next_24h=days(g.next_24h.cpu_cores[k])) if g.next_24h else g for g in snapshot.guests
    )
    return dataclasses.replace(snapshot, nodes=nodes, guests=guests)


def days_of(snapshot: ClusterSnapshot) -> int:
    ahead = [g.next_24h.cpu_cores for g in snapshot.guests if g.next_24h]
    ahead += [n.next_24h.own_cpu_cores for n in snapshot.nodes if n.next_24h]
    return len(ahead[0]) if ahead else 0


def node_strain(snapshot: ClusterSnapshot, settings: Settings, moves: laws.Moves) -> float:
    return sum(node.strain for node in evaluate(snapshot, settings, moves).nodes if node.strain is not None)


def far_over(snapshot: ClusterSnapshot, settings: Settings, name: str) -> bool:
    """Whether the node is over the second step of plans in the first hour of the day that goes on as now."""
    view = View.of(snapshot, settings)
    cpu = view.state.field.cpu[view.arrays.node.names.index(name), -24]
    return bool(cpu > settings.cpu_threshold + settings.cpu_threshold_offset_1 - settings.plan_margin_pct)


@given(snapshot=clusters.snapshots(), settings=clusters.settings())
def test_what_is_recommended_alone_pays_in_enough_days(snapshot: ClusterSnapshot, settings: Settings) -> None:
    """Recomputed from assessments' own figures of clusters that have one of the days ahead."""
    count = days_of(snapshot)
    needed = ceil(settings.scenario_agreement_pct / 100.0 * count - 1e-9)
    found = assess(snapshot, settings, "independent")
    for move in found.recommendations:
        if move.kind not in laws.GAINS or move.group is not None or not count:
            continue
        step = [(move.vmid, move.target)]
        price = SINGLE_TIMES * laws.cost(snapshot, settings, step)
        each = [
            node_strain(of_day(snapshot, k), settings, []) - node_strain(of_day(snapshot, k), settings, step)
            for k in range(count)
        ]
        rest = evaluate(snapshot, settings).strain - evaluate(snapshot, settings, step).strain - sum(each) / count
        urgent = each[-1] + rest > price - 1e-4 and far_over(snapshot, settings, move.source)
        assert urgent or price <= 1e-9 or sum(fall + rest > price - 1e-4 for fall in each) >= needed


def test_the_gate_asks_for_it() -> None:
    snapshot = two(IDLE, IDLE, BUSY)
    b = board(snapshot, STRAIN)
    pair = np.array([0]), np.array([1])
    relief = b.relief(*pair)
    assert relief[0] > b.cost(*pair)[0]
    assert not Gate(b).passes(*pair, relief)[0]
