"""Packing by size against a plain loop, and by hand where a rule is at stake; and the advisory made of it."""

from __future__ import annotations

import random

import pytest

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.plan import failover
from proxbalance_core.recommend.constraints import Constraints
from proxbalance_core.recommend.packing import Failure, overfull
from proxbalance_core.recommend.starts import start_constraints
from proxbalance_core.scoring.placed import Placed
from tests.unit.recommend.cluster_of import GB, advice, cluster, guest, node, of_type, placement


def vmids(placed: Placed, guests: tuple[int, ...]) -> list[int]:
    return [int(placed.arrays.guest.vmids[g]) for g in guests]


def failures(placed: Placed, constraints: Constraints) -> tuple[Failure, ...]:
    return overfull(placed, start_constraints(constraints))


def plain(snapshot: ClusterSnapshot, failed: int) -> list[int]:
    """Largest first into the least room for one failing node: memory, and tags that keep guests apart."""
    free = {n: 0.95 * v.mem_bytes - v.mem.current_pct / 100 * v.mem_bytes for n, v in enumerate(snapshot.nodes)}
    at = {node.name: n for n, node in enumerate(snapshot.nodes)}
    tags: dict[int, set[str]] = {n: set() for n in free}
    shared = [t for g in snapshot.guests for t in g.tags]
    for g in snapshot.guests:
        tags[at[g.node]] |= {t for t in g.tags if shared.count(t) > 1}
    left = []
    mine = [g for g in snapshot.guests if at[g.node] == failed]
    for g in sorted(mine, key=lambda g: (-g.mem_bytes, g.vmid)):
        fits = [n for n in free if n != failed and free[n] + 1e-3 >= g.mem_bytes and not tags[n] & set(g.tags)]
        if not fits:
            left.append(g.vmid)
            continue
        target = min(fits, key=lambda n: (free[n], n))
        free[target] -= g.mem_used_bytes.current
        tags[target] |= {t for t in g.tags if shared.count(t) > 1}
    return sorted(left)


@pytest.mark.parametrize("seed", range(25))
def test_equals_the_plain_loop(seed: int) -> None:
    rng = random.Random(seed)
    nodes = [node(f"pve{i}", mem=rng.uniform(40, 90)) for i in range(4)]
    tags: list[list[str]] = [[], [], ["exclude_a"], ["exclude_b"]]
    guests = [
        guest(100 + i, f"pve{rng.randrange(4)}", rng.randint(1, 30), tags=rng.choice(tags))
        for i in range(24)
    ]  # fmt: skip
    snapshot = cluster(nodes, guests)
    placed, constraints = placement(snapshot)
    found = {f.node: sorted(vmids(placed, (*f.homeless, *f.barred))) for f in failures(placed, constraints)}
    expected = {n: left for n in range(4) if (left := plain(snapshot, n))}
    assert found == expected


def test_what_is_missing_would_be_enough() -> None:
    nodes = [node("pve1", mem=60.0), node("pve2", mem=80.0), node("pve3", mem=85.0)]
    snapshot = cluster(nodes, [guest(100, "pve1", 30.0), guest(101, "pve1", 12.0)])
    placed, constraints = placement(snapshot)
    (failure,) = failures(placed, constraints)
    assert vmids(placed, failure.homeless) == [100] and failure.running == 2
    # pve2 has 15 GB under its limit, 12 of them for guest 101; pve3 has 10.
    assert failure.missing_bytes / GB == pytest.approx(20.0, abs=0.01)
    (found,) = of_type("n_minus_1", advice(snapshot))
    assert found.node == "pve1" and found.severity == "warning" and found.metrics["missing_gb"] == 20.0
    assert found.message == (
        "If pve1 failed, 1 of its 2 running guests would have no place. 20.0 GB of memory are missing for g100 (100)."
    )


def rows(snapshot: ClusterSnapshot) -> dict[str, tuple[list[int], list[int]]]:
    placed, constraints = placement(snapshot)
    names = placed.arrays.node.names
    return {names[f.node]: (vmids(placed, f.homeless), vmids(placed, f.barred)) for f in failures(placed, constraints)}


def test_a_rule_that_allows_no_other_node() -> None:
    nodes = [node("pve1"), node("pve2"), node("pve3")]
    assert rows(cluster(nodes, [guest(100, "pve1", tags=["pin_pve1"])])) == {"pve1": ([], [100])}
    assert rows(cluster(nodes, [guest(100, "pve1", tags=["pin_pve1", "pin_pve2"])])) == {}


def test_a_cpu_type_bars_a_live_move_and_no_restart() -> None:
    nodes = [node(f"pve{i}", cpu_model=f"model {i}") for i in range(3)]
    assert rows(cluster(nodes, [guest(100, "pve1", cpu_type="host")])) == {}


def test_a_unit_needs_one_node_for_all() -> None:
    nodes = [node("pve1"), node("pve2", mem=85.0), node("pve3", mem=85.0)]
    pair = [guest(v, "pve1", 6.0, tags=["affinity_db"]) for v in (100, 101)]
    assert rows(cluster(nodes, pair)) == {"pve1": ([100, 101], [])}
    assert rows(cluster(nodes, [{**g, "tags": []} for g in pair])) == {}


def test_neither_a_node_in_maintenance_nor_one_offline_takes_guests() -> None:
    nodes = [
        node("pve1"),
        node("pve2", mem=90.0),
        node("pve3", maintenance=True),
        {"name": "pve4", "status": "offline"},
    ]
    assert rows(cluster(nodes, [guest(100, "pve1", 20.0)])) == {"pve1": ([100], [])}


def test_one_node_alone_has_no_rest() -> None:
    placed, constraints = placement(cluster([node("pve1")], [guest(100, "pve1")]))
    assert isinstance(constraints, Constraints) and failures(placed, constraints) == ()


def test_stopped_guests_need_no_place() -> None:
    nodes = [node("pve1"), node("pve2", mem=90.0)]
    assert rows(cluster(nodes, [guest(100, "pve1", 60.0, status="stopped")])) == {}


def test_a_guest_that_needs_nothing_fits_anywhere() -> None:
    nodes = [node("pve1"), node("pve2", mem=97.0)]
    assert rows(cluster(nodes, [guest(100, "pve1", 0.0)])) == {}


def test_what_is_certain_without_a_search() -> None:
    """No other node may start it, whoever is there; where others are in the way, or memory, it isn't certain."""
    nodes = [node("pve1"), node("pve2"), node("pve3")]
    apart = [guest(100 + i, f"pve{i + 1}", tags=["exclude_a"]) for i in range(3)]

    def certain(guests: list[dict[str, object]]) -> list[bool]:
        placed, constraints = placement(cluster(nodes, guests))
        return [f.certain for f in failures(placed, constraints)]

    assert certain([guest(100, "pve1", tags=["pin_pve1"])]) == [True]
    assert certain(apart) == [False, False, False]
    assert certain([guest(100, "pve1", 90.0)]) == [False]


def test_guests_bound_to_their_node_are_one_line_for_all() -> None:
    nodes = [node("pve1"), node("pve2"), node("pve3")]
    local = {"disks": [{"key": "scsi0", "storage": "lvm", "size_bytes": GB}]}
    found = of_type("n_minus_1", advice(cluster(nodes, [guest(100, "pve1", **local), guest(101, "pve2", **local)])))
    assert [(a.severity, a.node, a.metrics["nodes"]) for a in found] == [("info", None, ["pve1", "pve2"])]
    assert found[0].message == (
        "2 running guests on pve1 and pve2 would stay down with the node, which holds a disk, device or folder that "
        "can't be missed: g100 (100) and g101 (101)."
    )


def test_beyond_the_budget_the_advisory_says_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failover, "MOST_PAIRS", 0)
    nodes = [node("pve1", mem=60.0), node("pve2", mem=85.0), node("pve3", mem=85.0)]
    (found,) = of_type("n_minus_1", advice(cluster(nodes, [guest(100, "pve1", 30.0)])))
    assert found.message == (
        "If pve1 failed, its running guest may have no place. "
        "Packed by size, 20.0 GB of memory are missing for g100 (100)."
    )
    assert "`n-1`" in found.suggestions[0] and not found.metrics["certain"]
