"""The best node for a new guest, by hand: nodes of 10 cores and 100 GB."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot, options, place
from proxbalance_core.domain.changes import NewGuest
from proxbalance_core.domain.cluster import Storage
from proxbalance_core.domain.whatif import Placing
from proxbalance_core.errors import ChangeInvalid
from tests.support.clusters import GIB, cluster, guest, node

SMALL = NewGuest(cpu_cores=2, mem_bytes=8 * GIB, cpu_use=0.5, mem_use=0.5)
CEPH = Storage(name="ceph", shared=True, content=("images",), total_bytes=1000 * GIB, used_bytes=990 * GIB)


def hosts(**more: Any) -> ClusterSnapshot:
    """pve1 hot, pve2 nearly full of memory, pve3 with room."""
    nodes = [node("pve1", 80, 40, **more), node("pve2", 20, 90, **more), node("pve3", 30, 30, **more)]
    return cluster(nodes, [guest(1, "pve1", 4, 20, tags=("exclude_web",)), guest(2, "pve3", 1, 4)])


def ranks(found: Placing) -> list[tuple[str, int | None, str | None]]:
    return [(option.node, option.rank, option.ruled_out_by) for option in found.nodes]


def test_all_nodes_are_ranked_by_the_strain_that_comes() -> None:
    found = place(hosts(), None, SMALL)
    assert ranks(found) == [("pve3", 1, None), ("pve1", 2, None), ("pve2", None, "memory")]
    first, second, full = found.nodes
    assert (first.cpu_pct, first.cpu_after_pct, first.mem_after_pct) == (30.0, 40.0, 34.0)
    assert first.reasons[0] == "CPU 30 % becomes 40 %, under its threshold of 60 %"
    assert second.reasons[0] == "CPU 80 % becomes 90 %, over its threshold of 60 %"
    assert second.strain_rise is not None and first.strain_rise is not None and second.strain_rise > first.strain_rise
    assert full.ruled_out == "pve2 needs 3.0 GB more memory" and full.missing_bytes == pytest.approx(3 * GIB, abs=1e3)
    assert found.summary.startswith("pve3 suits it best: CPU 30 % becomes 40 %")


def test_the_score_is_that_of_the_node_as_a_target() -> None:
    """The same guest, if it ran elsewhere, would meet the same scores."""
    found = place(hosts(), None, SMALL)
    same = guest(100, "pve0", 1, 4, cpu_cores=2.0, mem_bytes=8 * GIB)
    elsewhere = dataclasses.replace(
        hosts(), nodes=(*hosts().nodes, node("pve0", 10, 4)), guests=(*hosts().guests, same)
    )
    scores = {option.target: option.target_score for option in options(elsewhere, None, 100).alternatives}
    assert {option.node: option.score for option in found.nodes} == scores
    assert all(o.score is not None and o.suitability == pytest.approx(max(0, 100 - o.score)) for o in found.nodes)


@pytest.mark.parametrize(
    ("more", "ruled"),
    [
        ({"cpu_cores": 12}, "cores"),
        ({"storage": "ceph"}, None),
        ({"storage": "nfs"}, "storage"),
        ({"storage": "ceph", "disk_bytes": 20 * GIB}, "storage"),
        ({"storage": "ceph", "type": "ct"}, "storage"),
        ({"tags": ("pin_pve2",)}, "pinned"),
        ({"mem_bytes": 80 * GIB}, "memory"),
    ],
)
def test_what_rules_a_node_out(more: dict[str, Any], ruled: str | None) -> None:
    found = place(hosts(storages=(CEPH,)), None, dataclasses.replace(SMALL, **more))
    assert next(option for option in found.nodes if option.node == "pve3").ruled_out_by == ruled


def test_tags_keep_it_apart_and_bring_it_together() -> None:
    apart = place(hosts(), None, dataclasses.replace(SMALL, tags=("exclude_web",)))
    assert ranks(apart)[1] == ("pve1", None, "apart")
    mate = guest(3, "pve1", 0.5, 2, tags=("affinity_shop",))
    crowd = dataclasses.replace(hosts(), guests=(*hosts().guests, mate))
    beside = place(crowd, None, dataclasses.replace(SMALL, tags=("affinity_shop",)))
    assert (beside.best, ranks(beside)[2]) == ("pve1", ("pve3", None, "together"))


def test_nobody_can_take_it() -> None:
    found = place(hosts(), None, dataclasses.replace(SMALL, mem_bytes=90 * GIB))
    assert (found.best, found.summary) == (
        None, "None of 3 nodes can take it. pve3 needs 25.0 GB more memory, the least of all.",
    )  # fmt: skip


def test_a_cluster_without_nodes() -> None:
    assert place(cluster([], []), None, SMALL).summary == "None of 0 nodes can take it."


def test_what_it_is_reckoned_to_use_is_told() -> None:
    found = place(hosts(), None, dataclasses.replace(SMALL, cpu_use=None))
    assert (found.guest.cpu_used_cores, found.guest.mem_used_bytes) == (1.0, 4 * GIB)
    assert found.notes[0].startswith("'new guest' is reckoned to use 1.0 of 2 cores and 4.0 of 8.0 GB")


@pytest.mark.parametrize("more", [{"cpu_cores": 0}, {"mem_bytes": -1.0}, {"cpu_use": 2.0}, {"cpu_cores": float("nan")}])
def test_impossible_guests_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ChangeInvalid):
        place(hosts(), None, dataclasses.replace(SMALL, **more))
