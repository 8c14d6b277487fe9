"""Laws of N-1: everyone once, figures that agree, rows in any order."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxbalance_core import ClusterSnapshot, Settings, assess, n_minus_1, what_if
from proxbalance_core.domain.changes import LoseNode
from proxbalance_core.domain.units import GIB
from proxbalance_core.plan import failover
from tests.properties import laws
from tests.strategies import clusters

snapshots, some_settings = clusters.snapshots(), clusters.settings()


@given(snapshot=snapshots, settings=some_settings)
def test_every_running_guest_has_an_answer(snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = n_minus_1(snapshot, settings)
    assert {loss.node for loss in found.nodes} == {node.name for node in snapshot.nodes if node.online}
    for loss in found.nodes:
        running = {guest.vmid for guest in snapshot.guests if guest.running and guest.node == loss.node}
        told = [row.vmid for row in (*loss.started, *loss.unplaced)]
        assert sorted(told) == sorted(running) and loss.running == len(running)
        assert loss.holds == (not loss.unplaced)
        assert loss.missing_bytes == pytest.approx(sum(row.missing_bytes or 0.0 for row in loss.unplaced))
        assert 0 <= loss.largest_guest_bytes <= loss.headroom_bytes + 1
    assert found.holds == all(loss.holds for loss in found.nodes)
    assert found.weakest == (found.nodes[0].node if found.nodes else None)
    lost = [len(loss.unplaced) for loss in found.nodes]
    assert lost == sorted(lost, reverse=True)


@given(snapshot=snapshots, settings=some_settings)
def test_it_is_what_if_for_each_node(snapshot: ClusterSnapshot, settings: Settings) -> None:
    for loss in n_minus_1(snapshot, settings).nodes[:1]:
        left = {n.name for n in snapshot.nodes if n.measured and not n.maintenance} - {loss.node}
        if left:  # what-if refuses to leave no node for the guests
            asked = what_if(snapshot, settings, [LoseNode(node=loss.node)])
            assert (asked.started, asked.missing_bytes) == (loss.started, pytest.approx(loss.missing_bytes))


@given(document=clusters.documents(), settings=some_settings, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(document: clusters.Document, settings: Settings, seed: int) -> None:
    one, other = (ClusterSnapshot.from_dict(d) for d in (document, laws.shuffled(document, seed)))
    assert n_minus_1(one, settings).to_dict() == n_minus_1(other, settings).to_dict()


@pytest.mark.parametrize("budget", [0, 10**9])
@given(snapshot=snapshots, settings=some_settings)
def test_the_advisory_never_contradicts_it(budget: int, snapshot: ClusterSnapshot, settings: Settings) -> None:
    """Who has no warning holds; a certain one says the same; beyond its budget it says "may"."""
    with mock.patch.object(failover, "MOST_PAIRS", budget):
        said = [a for a in assess(snapshot, settings).advisories if a.type == "n_minus_1"]
    warned = {a.node: a for a in said if a.severity == "warning"}
    bound = {vmid for a in said if a.severity == "info" for vmid in a.metrics["without_node_vmids"]}
    losses = n_minus_1(snapshot, settings).nodes
    for loss in losses if len(losses) > 1 else ():
        left = {row.vmid for row in loss.unplaced}
        if loss.node not in warned:
            assert left <= bound
            continue
        metrics = warned[loss.node].metrics
        lacking = {row.vmid for row in loss.unplaced if row.missing_bytes is not None}
        if metrics["certain"]:
            assert lacking == set(metrics["without_memory_vmids"])
            assert left == {*metrics["without_memory_vmids"], *metrics["without_node_vmids"]}
            assert metrics["missing_gb"] == pytest.approx(loss.missing_bytes / GIB, abs=0.01)
        else:
            assert " may have no place" in warned[loss.node].message
