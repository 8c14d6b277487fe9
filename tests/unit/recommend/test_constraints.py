"""Rulings one by one, units, eligibility's order, words with figures."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

import pytest

from proxbalance_core import Settings, assess
from proxbalance_core.domain.cluster import Disk, Guest, HaState, Node, PastMove, Rule, Storage
from proxbalance_core.features.groups import Group
from proxbalance_core.recommend.commands import commands_of
from proxbalance_core.recommend.conflicts import PickedMove, conflicts
from proxbalance_core.recommend.constraints import Ruling, units
from proxbalance_core.recommend.digest import urgency
from proxbalance_core.recommend.eligibility import eligibility
from tests.support.clusters import GIB, NOW, cluster, disk, guest, node, random_cluster, view

S = Settings()
LOCAL = Storage(name="local", content=("images",), total_bytes=100 * GIB, used_bytes=80 * GIB)


def ruled(moved: Guest, target: Node, settings: Settings = S, others: tuple[Guest, ...] = (), **more: object) -> Ruling:
    made = view(cluster([node("a", 10, 10), target], [moved, *others], **more), settings)  # type: ignore[arg-type]
    g = made.arrays.guest_at[moved.vmid]
    return made.constraints.ruling(g, made.arrays.node_at["b"], made.placed, unit=made.constraints.unit_of.get(g, ()))


B = node("b", 10, 10)
SMALL = guest(1, "a", 1, 4)
CASES = [
    ("free", SMALL, B, Ruling.FREE),
    ("offline", SMALL, node("b", 1, 1, status="offline"), Ruling.OFFLINE),
    ("not measured", SMALL, node("b", float("nan"), 1), Ruling.NOT_MEASURED),
    ("maintenance", SMALL, node("b", 1, 1, maintenance=True), Ruling.MAINTENANCE),
    ("memory", SMALL, node("b", 1, 90), Ruling.MEMORY),
    ("stopped needs none", guest(1, "a", 1, 4, status="stopped"), node("b", 1, 99), Ruling.FREE),
    ("no such storage", dataclasses.replace(SMALL, disks=(disk("fast"),)), node("b", 1, 1, storages=(LOCAL,)),
     Ruling.STORAGE),
    ("disk too large", dataclasses.replace(SMALL, disks=(disk(gb=21),)), node("b", 1, 1, storages=(LOCAL,)),
     Ruling.STORAGE),
    ("disk fits", dataclasses.replace(SMALL, disks=(disk(gb=20),)), node("b", 1, 1, storages=(LOCAL,)), Ruling.FREE),
    ("storage not known", dataclasses.replace(SMALL, disks=(disk("fast"),)), B, Ruling.FREE),
    ("inactive", dataclasses.replace(SMALL, disks=(disk(gb=1),)),
     node("b", 1, 1, storages=(dataclasses.replace(LOCAL, active=False),)), Ruling.STORAGE),
    ("content", dataclasses.replace(SMALL, type="ct", disks=(disk(gb=1),)), node("b", 1, 1, storages=(LOCAL,)),
     Ruling.STORAGE),
    ("cdrom", dataclasses.replace(SMALL, disks=(Disk(key="ide2", storage="local", cdrom=True),)), B, Ruling.CDROM),
    ("snapshots", dataclasses.replace(SMALL, snapshots=1, disks=(disk(),)), B, Ruling.SNAPSHOTS),
    ("pinned", dataclasses.replace(SMALL, tags=("pin_a",)), B, Ruling.PINNED),
    ("pinned there", dataclasses.replace(SMALL, tags=("PIN_B",)), B, Ruling.FREE),
]  # fmt: skip


@pytest.mark.parametrize(("moved", "target", "ruling"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_rulings(moved: Guest, target: Node, ruling: Ruling) -> None:
    assert ruled(moved, target) == ruling


def test_cpu_type_host_asks_for_the_same_model() -> None:
    hosts = [node("a", 1, 1, cpu_model="X"), node("b", 1, 1, cpu_model="Y"), node("c", 1, 1, cpu_model="X")]
    made = view(cluster(hosts, [dataclasses.replace(SMALL, cpu_type="host")]))
    assert [int(r) for r in made.constraints.fixed[0]][1:] == [Ruling.CPU_TYPE, Ruling.FREE]


def test_left_out_by_the_settings() -> None:
    assert ruled(SMALL, B, Settings(allowed_targets=("a",))) == Ruling.NOT_ALLOWED


def test_apart_by_tag_and_by_strict_rule() -> None:
    other = guest(2, "b", 1, 4, tags=("exclude_x",))
    assert ruled(dataclasses.replace(SMALL, tags=("exclude_x",)), B, others=(other,)) == Ruling.APART
    rule = Rule(name="r", kind="resource-affinity", affinity="negative", guests=(1, 2))
    assert ruled(SMALL, B, others=(guest(2, "b", 1, 4),), rules=(rule,)) == Ruling.APART
    soft = dataclasses.replace(rule, strict=False)
    assert ruled(SMALL, B, others=(guest(2, "b", 1, 4),), rules=(soft,)) == Ruling.FREE


def test_the_memory_of_a_whole_unit_counts() -> None:
    mate = guest(2, "a", 1, 4, tags=("affinity_x",))
    tied = dataclasses.replace(SMALL, tags=("affinity_x",))
    assert ruled(tied, node("b", 1, 80), others=(mate,)) == Ruling.MEMORY
    assert ruled(SMALL, node("b", 1, 80)) == Ruling.FREE


def test_groups_that_share_a_guest_are_one_unit() -> None:
    groups = tuple(Group(name=str(i), guests=g) for i, g in enumerate([(0, 1), (3, 4), (1, 3), (5, 6)]))
    found = units(groups)
    assert found[0] == found[4] == (0, 1, 3, 4)
    assert found[5] == (5, 6)
    assert 2 not in found


ORDER = [
    ("template", {"template": True}),
    ("has_ignore_tag", {"tags": ("ignore",)}),
    ("muted", {"muted_until": NOW + timedelta(hours=1)}),
    ("ha_managed", {"ha": HaState(managed=True)}),
    ("stopped", {"status": "stopped"}),
    ("locked", {"lock": "backup"}),
    ("passthrough_device", {"pci_passthrough": True}),
    ("passthrough_disk", {"disks": (Disk(key="scsi1", passthrough=True),)}),
    ("pinned", {"tags": ("pin_a",)}),
    ("cooldown", {"moves": (PastMove(at=NOW - timedelta(hours=2), source_node="b", target_node="a"),)}),
]


@pytest.mark.parametrize("at", range(len(ORDER)))
def test_the_first_reason_counts(at: int) -> None:
    """With this reason and all later ones, this one is told."""
    given: dict[str, object] = {}
    for _, more in reversed(ORDER[at:]):
        merged = {k: (*v, *given.get(k, ())) if isinstance(v, tuple) else v for k, v in more.items()}  # type: ignore[misc]
        given |= merged
    made = view(cluster(["a", "b"], [guest(1, "a", 1, 4, **given)]))
    assert eligibility(made.snapshot, made.placed, made.constraints, S).plain[0].reason == ORDER[at][0]


def test_a_duty_passes_a_cooldown_but_no_lock() -> None:
    tired = {"moves": ORDER[-1][1]["moves"]}
    leaving = [node("a", 10, 10, maintenance=True), B]
    made = view(cluster(leaving, [guest(1, "a", 1, 4, **tired), guest(2, "a", 1, 4, lock="backup")]))
    found = eligibility(made.snapshot, made.placed, made.constraints, S)
    assert found.dutiful == {0, 1}
    assert {g: barrier.reason for g, barrier in found.on_duty.items()} == {1: "locked"}


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+\.\d+", text))


@pytest.mark.parametrize("seed", range(5))
def test_every_number_in_a_summary_is_a_factors(seed: int) -> None:
    told = assess(random_cluster(seed, nodes=4, guests=20))
    for r in told.recommendations:
        known = {f"{f.value:.1f}" for f in r.reason.contributing_factors if isinstance(f.value, float)}
        assert numbers(r.reason.summary) <= known


def test_two_that_are_too_much_together_are_a_conflict() -> None:
    made = view(cluster(["a", "b", "c"], [guest(1, "a", 4, 4), guest(2, "a", 4, 4)]))
    b = made.arrays.node_at["b"]
    picked = [PickedMove(guest=0, target=b, gain=9.0), PickedMove(guest=1, target=b, gain=8.0)]
    (clash,) = conflicts(made.placed, made.constraints, S, picked)
    assert (clash.target_node, clash.combined_cpu_pct, clash.threshold) == ("b", 80.0, 60.0)
    assert [i.cpu_points for i in clash.incoming_guests] == [40.0, 40.0]
    assert (clash.resolution.kind, clash.resolution.to) == ("reroute", "c")
    assert not conflicts(made.placed, made.constraints, S, picked[:1])


@pytest.mark.parametrize(("cpu", "level"), [(30, "none"), (61, "medium"), (81, "high")])
def test_urgency_of_nodes(cpu: float, level: str) -> None:
    nodes = assess(cluster([node("a", cpu, 10)], [])).nodes
    assert urgency(nodes, (), (), S) == level


def test_guests_on_a_node_in_maintenance_are_urgent() -> None:
    nodes = assess(cluster([node("a", 1, 1, maintenance=True), B], [SMALL])).nodes
    assert urgency(nodes, (), (), S) == "high"


@pytest.mark.parametrize(
    ("moved", "line"),
    [
        (SMALL, "qm migrate 1 b --online 1"),
        (dataclasses.replace(SMALL, status="stopped"), "qm migrate 1 b"),
        (dataclasses.replace(SMALL, disks=(disk(),)), "qm migrate 1 b --online 1 --with-local-disks 1"),
        (dataclasses.replace(SMALL, type="ct"), "pct migrate 1 b --restart 1"),
        (dataclasses.replace(SMALL, ha=HaState(managed=True)), "ha-manager migrate vm:1 b"),
    ],
)
def test_commands(moved: Guest, line: str) -> None:
    assert commands_of(moved, "a", "b") == line


def test_a_node_name_is_quoted() -> None:
    assert commands_of(SMALL, "a", "b; reboot") == "qm migrate 1 'b; reboot' --online 1"
