"""Laws of outages: everyone once, nothing broken, rows in any order."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxbalance_core import ClusterSnapshot, Settings, evaluate
from proxbalance_core.engine.view import View
from proxbalance_core.plan.outage import Outage, start_rules, without_nodes
from tests.oracle.constraints_oracle import broken, refusal, tags, worse
from tests.properties import laws
from tests.strategies import clusters

snapshots, some_settings = clusters.snapshots(), clusters.settings()
picks = st.lists(st.integers(0, 11), min_size=1, max_size=2)


def lost_nodes(snapshot: ClusterSnapshot, picked: list[int]) -> list[int]:
    return sorted({pick % len(snapshot.nodes) for pick in picked})


def outage(snapshot: ClusterSnapshot, settings: Settings, lost: list[int]) -> Outage:
    made = View.of(snapshot, settings)
    return without_nodes(made.state, start_rules(made.rules), lost)


def then(snapshot: ClusterSnapshot, found: Outage) -> ClusterSnapshot:
    """The cluster without the lost nodes, their guests where they started."""
    moves = [(snapshot.guests[g].vmid, snapshot.nodes[n].name) for g, n in found.target_of.items()]
    after = snapshot.with_moves(moves)
    nodes = (dataclasses.replace(n, status="offline") if i in found.lost else n for i, n in enumerate(after.nodes))
    return dataclasses.replace(after, nodes=tuple(nodes))


@given(snapshot=snapshots, settings=some_settings, picked=picks)
def test_each_guest_of_a_lost_node_is_in_one_place(
    snapshot: ClusterSnapshot, settings: Settings, picked: list[int]
) -> None:
    lost = lost_nodes(snapshot, picked)
    found = outage(snapshot, settings, lost)
    listed = [*found.target_of, *found.barred, *found.idle, *(g for unit in found.homeless for g in unit.guests)]
    names = {snapshot.nodes[n].name for n in lost}
    assert sorted(listed) == [g for g, guest in enumerate(snapshot.guests) if guest.node in names]
    assert all(unit.missing_bytes > 0 for unit in found.homeless)


@given(snapshot=snapshots, settings=some_settings, picked=picks)
def test_starts_keep_the_hard_constraints(snapshot: ClusterSnapshot, settings: Settings, picked: list[int]) -> None:
    found = outage(snapshot, settings, lost_nodes(snapshot, picked))
    after = then(snapshot, found)
    gone = {snapshot.nodes[n].name for n in found.lost}
    for g, n in found.target_of.items():
        guest = snapshot.guests[g]
        assert n not in found.lost
        assert refusal(guest, snapshot.nodes[n]) is None
        assert not any(disk.local_copy or disk.passthrough for disk in guest.disks)
        assert not (guest.pci_passthrough or guest.usb_passthrough)
    new = worse(broken(snapshot, 95.0), broken(after, 95.0))
    assert [key for key in new if not _about_those_left(key, after, gone)] == []


def _about_those_left(key: tuple[str, ...], after: ClusterSnapshot, gone: set[str]) -> bool:
    """A unit of which someone is left on a node that is gone can't be on one node."""
    if key[0] != "together":
        return False
    named = key[1].removeprefix("rule ")
    members = {vmid for rule in after.rules if rule.name == named for vmid in rule.guests}
    return any(g.node in gone and (named in tags(g) or g.vmid in members) for g in after.guests)


@given(snapshot=snapshots, settings=some_settings, picked=picks)
def test_the_state_is_what_evaluate_says(snapshot: ClusterSnapshot, settings: Settings, picked: list[int]) -> None:
    found = outage(snapshot, settings, lost_nodes(snapshot, picked))
    assert found.after.field.total() == pytest.approx(evaluate(then(snapshot, found), settings).strain, abs=1e-4)


@given(document=clusters.documents(), settings=some_settings, picked=picks, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(
    document: clusters.Document, settings: Settings, picked: list[int], seed: int
) -> None:
    one, other = (ClusterSnapshot.from_dict(d) for d in (document, laws.shuffled(document, seed)))
    lost = lost_nodes(one, picked)
    a, b = outage(one, settings, lost), outage(other, settings, lost)
    assert (a.target_of, a.homeless, a.barred, a.idle) == (b.target_of, b.homeless, b.barred, b.idle)
