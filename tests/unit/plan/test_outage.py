"""Who starts where when nodes are gone: by hand, and against packing by size alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from proxbalance_core import ClusterSnapshot, Settings, evaluate
from proxbalance_core.domain.cluster import Guest, Rule, Storage
from proxbalance_core.plan.outage import Outage, start_rules, without_nodes
from proxbalance_core.recommend.packing import overfull
from tests.support.clusters import GIB, cluster, disk, guest, node, view

CEPH = Storage(name="ceph", shared=True, content=("images",))


def lost(snapshot: ClusterSnapshot, *names: str, settings: Settings | None = None) -> Outage:
    made = view(snapshot, settings)
    return without_nodes(made.state, start_rules(made.rules), [made.arrays.node_at[name] for name in names])


def told(snapshot: ClusterSnapshot, *names: str) -> tuple[dict[int, str], list[list[int]], list[int], list[int]]:
    """Who starts where, is homeless, barred, idle: by vmid and name."""
    found = lost(snapshot, *names)
    vmid = [g.vmid for g in snapshot.guests]
    at = {vmid[g]: snapshot.nodes[n].name for g, n in found.target_of.items()}
    homeless = [[vmid[g] for g in unit.guests] for unit in found.homeless]
    return at, homeless, [vmid[g] for g in found.barred], [vmid[g] for g in found.idle]


def full(vmid: int, on: str, gb: float, **more: Any) -> Guest:
    """A guest that uses all the memory it was given."""
    return guest(vmid, on, 1.0, gb, mem_bytes=gb * GIB, **more)


def test_guests_go_where_the_strain_stays_lowest() -> None:
    """pve1 is at 60 % CPU and takes the small one; the large one goes to pve3, which is idle."""
    snapshot = cluster(
        [node("pve1", 60, 20), node("pve2", 30, 20), node("pve3", 10, 20)],
        [guest(1, "pve2", 2.5, 8), guest(2, "pve2", 0.5, 4), guest(3, "pve1", 1, 4)],
    )
    assert told(snapshot, "pve2") == ({1: "pve3", 2: "pve3"}, [], [], [])


def test_what_is_missing_is_told_and_would_be_enough() -> None:
    """15 and 5 GB are free under 95 %: one of the two 12 GB guests fits, the other lacks 7 of pve3's 5."""
    nodes = [node("pve1", 10, 80), node("pve2", 10, 30), node("pve3", 10, 90)]
    guests = [full(1, "pve2", 12), full(2, "pve2", 12)]
    found = lost(cluster(nodes, guests), "pve2")
    assert [(unit.guests, unit.node) for unit in found.homeless] == [((1,), 2)]
    assert found.missing_bytes == pytest.approx(7 * GIB, abs=1e3)
    larger = dataclasses.replace(nodes[2], mem_bytes=nodes[2].mem_bytes + (found.missing_bytes + 1) / 0.95)
    used = dataclasses.replace(larger.mem, current_pct=100 * 90 * GIB / larger.mem_bytes)
    assert told(cluster([*nodes[:2], dataclasses.replace(larger, mem=used)], guests), "pve2")[1] == []


def test_all_the_homeless_count_together() -> None:
    nodes = [node("pve1", 10, 90), node("pve2", 10, 30)]
    found = lost(cluster(nodes, [full(1, "pve2", 20), full(2, "pve2", 10)]), "pve2")
    assert [unit.missing_bytes / GIB for unit in found.homeless] == [pytest.approx(15), pytest.approx(10)]


def test_a_tight_fit_is_found() -> None:
    """pve1 is idle with 30 GB to spare, pve3 has 20: the 20 GB guest has to leave pve1 to the two of 15."""
    nodes = [node("pve1", 0, 65), node("pve2", 10, 50), node("pve3", 40, 75)]
    guests = [full(1, "pve2", 20), full(2, "pve2", 15), full(3, "pve2", 15)]
    assert told(cluster(nodes, guests), "pve2") == ({1: "pve3", 2: "pve1", 3: "pve1"}, [], [], [])


@pytest.mark.parametrize(
    ("more", "barred"),
    [
        ({"disks": (disk("local"),)}, True),
        ({"disks": (disk("ceph", shared=True),)}, False),
        ({"disks": (disk("nfs", shared=True),)}, True),
        ({"pci_passthrough": True}, True),
        ({"tags": ("pin_pve2",)}, True),
        ({"cpu_cores": 11.0}, True),
        ({"cpu_cores": 11.0, "type": "ct"}, False),
        ({"tags": ("ignore",), "lock": "backup"}, False),
        ({"cpu_type": "host", "snapshots": 2, "disks": (disk("ceph", shared=True),)}, False),
        ({"cpu_type": "host", "tags": ("pin_pve2",)}, True),
    ],
)
def test_what_bars_a_start(more: dict[str, Any], barred: bool) -> None:
    """A CPU type, snapshots and a lock bar a move, not a start; what only its own node has bars it."""
    nodes = [
        node(name, 10, 20, storages=(CEPH, dataclasses.replace(CEPH, name="local", shared=False)), cpu_model=name)
        for name in ("pve1", "pve2")
    ]
    at, homeless, found, _ = told(cluster(nodes, [guest(1, "pve2", 1, 4, **more)]), "pve2")
    assert (bool(found), bool(at), homeless) == (barred, not barred, [])


def test_settings_that_leave_a_node_out_bar_no_start() -> None:
    snapshot = cluster(["pve1", "pve2"], [guest(1, "pve2", 1, 4)])
    assert lost(snapshot, "pve2", settings=Settings(allowed_targets=("pve2",))).target_of == {0: 0}


def test_nodes_that_are_down_or_in_maintenance_take_nobody() -> None:
    nodes = [node("pve1", 10, 10, status="offline"), node("pve2", 10, 10), node("pve3", 10, 10, maintenance=True)]
    assert told(cluster(nodes, [guest(1, "pve2", 1, 4)]), "pve2") == ({}, [], [1], [])


def test_who_does_not_run_stays() -> None:
    guests = [guest(1, "pve2", 1, 4, status="stopped"), guest(2, "pve2", 1, 4, template=True, status="stopped")]
    assert told(cluster(["pve1", "pve2"], guests), "pve2") == ({}, [], [], [1, 2])


def test_a_unit_starts_on_one_node_and_joins_the_rest_of_it() -> None:
    rule = Rule(name="shop", kind="resource-affinity", affinity="positive", guests=(1, 2))
    nodes = [node("pve1", 70, 20), node("pve2", 10, 20), node("pve3", 0, 20)]
    both = [guest(1, "pve2", 1, 4), guest(2, "pve2", 1, 4)]
    assert told(cluster(nodes, both, (rule,)), "pve2")[0] == {1: "pve3", 2: "pve3"}
    apart = [guest(1, "pve2", 1, 4), guest(2, "pve1", 1, 4)]
    assert told(cluster(nodes, apart, (rule,)), "pve2")[0] == {1: "pve1"}


def test_who_must_stay_apart_does() -> None:
    guests = [full(v, "pve2", 4, tags=("exclude_db",)) for v in (1, 2)] + [full(3, "pve1", 4, tags=("exclude_db",))]
    at, _, barred, _ = told(cluster(["pve1", "pve2", "pve3"], guests), "pve2")
    assert (at, barred) == ({1: "pve3"}, [2])


def test_two_nodes_at_once() -> None:
    guests = [guest(1, "pve1", 1, 4), guest(2, "pve2", 1, 4)]
    at, homeless, barred, _ = told(cluster(["pve1", "pve2", "pve3"], guests), "pve1", "pve2")
    assert (at, homeless, barred) == ({1: "pve3", 2: "pve3"}, [], [])


def test_the_state_is_that_of_the_cluster_without_the_node() -> None:
    snapshot = cluster(["pve1", "pve2", "pve3"], [guest(v, f"pve{v % 3 + 1}", 0.4 * v, 4) for v in range(1, 13)])
    found = lost(snapshot, "pve2")
    names = view(snapshot).arrays.node.names
    after = snapshot.with_moves([(snapshot.guests[g].vmid, names[n]) for g, n in found.target_of.items()])
    gone = tuple(dataclasses.replace(n, status="offline") if n.name == "pve2" else n for n in after.nodes)
    assert found.after.field.total() == pytest.approx(evaluate(dataclasses.replace(after, nodes=gone)).strain, abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_never_less_room_than_packing_by_size_finds(seed: int) -> None:
    """Guests that use what they were given, so that both count alike."""
    rng = np.random.default_rng(seed)
    nodes = [node(f"pve{i}", float(rng.uniform(10, 60)), float(rng.uniform(45, 90))) for i in range(4)]
    guests = [full(100 + i, f"pve{rng.integers(4)}", float(rng.integers(1, 25))) for i in range(24)]
    snapshot = cluster(nodes, guests)
    made = view(snapshot)
    rules = start_rules(made.rules)
    packed = {f.node: sum(guests[g].mem_bytes for g in f.homeless) for f in overfull(made.placed, rules.constraints)}
    for n in range(4):
        found = without_nodes(made.state, rules, {n})
        assert sum(guests[g].mem_bytes for unit in found.homeless for g in unit.guests) <= packed.get(n, 0.0) + 1
