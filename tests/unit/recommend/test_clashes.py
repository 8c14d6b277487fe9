"""Rules that can't all hold: found where no placement keeps them, and named with nothing to leave out."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from proxbalance_core import assess
from proxbalance_core.features.groups import Group
from proxbalance_core.recommend.clashes import _core, rule_clashes
from proxbalance_core.recommend.colouring import Bond, Kind, holds
from tests.unit.recommend.cluster_of import advice, cluster, guest, node, of_type, placement


def kept(bonds: list[Bond], nodes: int) -> bool:
    """Whether any placement keeps all: every one is tried."""
    guests = sorted({g for bond in bonds for g in bond.group.guests})
    return any(
        all(_keeps(bond, dict(zip(guests, places, strict=True))) for bond in bonds)
        for places in product(range(nodes), repeat=len(guests))
    )


def _keeps(bond: Bond, at: dict[int, int]) -> bool:
    here = [at[g] for g in bond.group.guests]
    if bond.kind == "placed":
        return bond.group.nodes.issuperset(here)
    return len(set(here)) == (1 if bond.kind == "together" else len(here))


def drawn(seed: int) -> list[Bond]:
    rng = np.random.default_rng(seed)
    kinds: tuple[Kind, ...] = ("placed", "together", "apart", "apart")
    out = []
    for i in range(int(rng.integers(2, 7))):
        kind = kinds[int(rng.integers(4))]
        size = int(rng.integers(1, 3)) if kind == "placed" else int(rng.integers(2, 5))
        guests = tuple(sorted(int(g) for g in rng.choice(6, size, replace=False)))
        nodes = frozenset(int(n) for n in rng.choice(3, int(rng.integers(0, 3)), replace=False))
        out.append(
            Bond(kind=kind, group=Group(name=f"r{i}", guests=guests, nodes=nodes if kind == "placed" else frozenset()))
        )
    return out


@pytest.mark.parametrize("seed", range(150))
def test_it_is_what_trying_every_placement_says(seed: int) -> None:
    bonds = drawn(seed)
    assert holds(bonds, 3) == kept(bonds, 3)


@pytest.mark.parametrize("seed", range(60))
def test_nothing_can_be_left_out(seed: int) -> None:
    bonds = drawn(seed)
    if kept(bonds, 3):
        return
    core = _core(bonds, 3)
    assert not kept(core, 3)
    assert all(kept([other for other in core if other is not bond], 3) for bond in core)


THREE = [node("pve1"), node("pve2"), node("pve3")]


def said(guests: list[dict[str, object]], **more: object) -> list[str]:
    placed, _ = placement(cluster(THREE, guests, **more))
    return [clash.sentence for clash in rule_clashes(placed)]


def test_pins_against_apart() -> None:
    pinned = [guest(v, "pve1", tags=["pin_pve1", "exclude_web"]) for v in (100, 101)]
    assert said([*pinned, guest(102, "pve2", tags=["exclude_web"])]) == [
        "These can't all hold: 'pin_pve1' allows guests 100 and 101 only pve1 and "
        "'exclude_web' wants guests 100 and 101 apart."
    ]


def test_more_guests_apart_than_nodes() -> None:
    assert said([guest(100 + i, f"pve{min(i, 2) + 1}", tags=["exclude_a"]) for i in range(4)]) == [
        "This can't hold: 'exclude_a' wants guests 100, 101, 102 and 103 apart and there are only 3 nodes."
    ]


def test_together_and_apart() -> None:
    pair = [guest(v, "pve1", tags=["affinity_db", "exclude_db"]) for v in (100, 101)]
    assert said(pair) == [
        "These can't all hold: 'affinity_db' wants guests 100 and 101 together and "
        "'exclude_db' wants guests 100 and 101 apart."
    ]


def test_a_chain_over_three_rules() -> None:
    rules = [
        {"name": "licence", "kind": "node-affinity", "guests": [100], "nodes": ["pve1"]},
        {"name": "site", "kind": "node-affinity", "guests": [101], "nodes": ["pve2"]},
    ]
    (sentence,) = said([guest(v, "pve1", tags=["affinity_x"]) for v in (100, 101, 102)], rules=rules)
    assert sentence == (
        "These can't all hold: rule 'licence' allows guest 100 only pve1, rule 'site' allows guest 101 only pve2 "
        "and 'affinity_x' wants guests 100 and 101 together."
    )


def test_rules_that_can_hold_are_silent() -> None:
    assert said([guest(v, "pve1", tags=["exclude_a"]) for v in (100, 101, 102)]) == []
    assert said([guest(100, "pve1", tags=["pin_pve2"])]) == []


def test_it_is_an_advisory_and_the_reason_of_those_it_keeps() -> None:
    snapshot = cluster(THREE, [guest(v, "pve1", tags=["affinity_db", "exclude_db"]) for v in (100, 101)])
    (found,) = of_type("clashing_rules", advice(snapshot))
    assert (found.severity, found.metrics["rules"]) == ("warning", ["affinity_db", "exclude_db"])
    skips = assess(snapshot).skipped
    assert {skip.vmid for skip in skips if found.message in skip.detail} == {100, 101}
