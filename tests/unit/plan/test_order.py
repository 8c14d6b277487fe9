"""The order: what fits goes first, tight memory takes a detour, units stay together, the rest is dropped."""

from __future__ import annotations

from proxbalance_core import ClusterSnapshot, Settings, assess
from proxbalance_core.domain.cluster import Guest, MemUse
from proxbalance_core.plan import order
from proxbalance_core.plan.order import Order, order_moves
from tests.support.clusters import GIB, cluster, guest, node, view


def full(vmid: int, on: str, gb: float, **more: object) -> Guest:
    """A guest that uses all of the memory it was given."""
    return guest(
        vmid, on, 1, gb, mem_bytes=gb * GIB, mem_used_bytes=MemUse(current=gb * GIB), **more
    )  # fmt: skip


def ordered(snapshot: ClusterSnapshot, moves: dict[int, str], parallel: int = 1) -> Order:
    made = view(snapshot)
    at = made.arrays
    return order_moves(
        made.placed, made.constraints, {at.guest_at[v]: at.node_at[n] for v, n in moves.items()}, parallel
    )


def test_a_swap_of_two_large_guests_needs_a_detour() -> None:
    found = ordered(cluster(["a", "b", "c"], [full(1, "a", 60), full(2, "b", 60)]), {1: "b", 2: "a"})
    assert [leg.temporary for leg in found.legs] == [True, False, False]
    assert {leg.guest for leg in found.legs} == {0, 1}
    assert not found.dropped


def test_without_room_for_a_detour_the_largest_is_dropped() -> None:
    found = ordered(cluster(["a", "b"], [full(1, "a", 60), full(2, "b", 70)]), {1: "b", 2: "a"})
    assert 1 in found.dropped
    assert not any(leg.temporary for leg in found.legs)


def test_who_leaves_makes_room_for_who_comes() -> None:
    found = ordered(cluster(["a", "b", "c"], [full(1, "a", 60), full(2, "b", 60)]), {1: "b", 2: "c"})
    assert [leg.guest for leg in found.legs] == [1, 0]
    assert found.legs[0].wave < found.legs[1].wave


def test_a_unit_takes_consecutive_steps() -> None:
    pair = [guest(1, "a", 1, 4, tags=("affinity_x",)), guest(3, "a", 1, 4, tags=("affinity_x",))]
    found = ordered(cluster(["a", "b", "c"], [*pair, guest(2, "a", 1, 4)]), {1: "b", 3: "b", 2: "c"})
    at = [i for i, leg in enumerate(found.legs) if leg.guest in (0, 2)]
    assert at[1] - at[0] == 1


def test_at_most_so_many_at_once_on_a_node() -> None:
    guests = [guest(i, "a", 1, 2) for i in range(1, 5)]
    one = ordered(cluster(["a", "b", "c"], guests), {1: "b", 2: "c", 3: "b", 4: "c"})
    assert [leg.wave for leg in one.legs] == [1, 2, 3, 4]
    two = ordered(cluster(["a", "b", "c"], guests), {1: "b", 2: "c", 3: "b", 4: "c"}, parallel=2)
    assert [leg.wave for leg in two.legs] == [1, 1, 2, 2]


def test_evacuation_places_everyone_and_names_what_lacks() -> None:
    leaving = node("a", 30, 85, maintenance=True)
    told = assess(cluster([leaving, node("b", 10, 30)], [full(1, "a", 20), full(2, "a", 64)]))
    assert {(r.vmid, r.target, r.kind) for r in told.recommendations} == {(2, "b", "maintenance_evacuation")}
    (skip,) = told.skipped
    assert (skip.vmid, skip.reason) == (1, "no_suitable_target")
    assert "GB more memory" in skip.detail


def test_the_minority_of_an_affinity_tag_joins_the_rest() -> None:
    tied = [guest(v, n, 0.5, 2, tags=("affinity_x",)) for v, n in ((1, "a"), (2, "a"), (3, "b"))]
    told = assess(cluster(["a", "b", "c"], tied))
    assert {(r.vmid, r.target, r.kind) for r in told.recommendations} == {(3, "a", "affinity_repair")}


def test_who_must_stay_apart_is_parted() -> None:
    apart = [guest(v, "a", 0.5, 2, tags=("exclude_x",)) for v in (1, 2)]
    told = assess(cluster(["a", "b"], apart))
    assert [(r.vmid, r.target, r.kind) for r in told.recommendations] == [(1, "b", "affinity_repair")]


def test_guests_are_counted_only_when_asked_to() -> None:
    snapshot = cluster(["a", "b"], [guest(v, "a", 0.2, 1) for v in range(1, 7)])
    assert not assess(snapshot).recommendations
    told = assess(snapshot, Settings(distribution_enabled=True))
    assert {r.kind for r in told.recommendations} == {"distribution"}
    counts = [load.guest_count for load in told.batch_impact.after.nodes.values()]
    assert max(counts) - min(counts) < 2


def test_who_asks_for_more_than_it_uses_comes_first_where_another_order_drops_it() -> None:
    """Memory that is asked for on arrival and not used then is there for the next."""
    wide = guest(2, "a", 1, 10, mem_bytes=50 * GIB)
    made = view(cluster([node("a", 10, 40), node("b", 10, 40)], [full(1, "a", 20), wide]))
    targets = {0: 1, 1: 1}
    assert order_moves(made.placed, made.constraints, targets, 1).dropped == [1]
    found = order.ordered(made.placed, made.constraints, targets, 1)
    assert not found.dropped and [leg.guest for leg in found.legs] == [1, 0]
    assert order_moves(made.placed, made.constraints, targets, 1, first=[1]).legs == found.legs


def test_a_node_is_kept_for_those_who_come_first() -> None:
    snapshot = cluster(["a", "b", "c"], [full(1, "a", 10), full(2, "a", 10), full(3, "b", 10)])
    made = view(snapshot)
    legs = order_moves(made.placed, made.constraints, {0: 1, 1: 2, 2: 2}, 1, first=[0, 1]).legs
    assert [(leg.guest, leg.wave) for leg in legs] == [(0, 1), (1, 2), (2, 3)]
