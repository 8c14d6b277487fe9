"""N-1 in rows and figures."""

from __future__ import annotations

from proxbalance_core import n_minus_1
from proxbalance_core.domain.cluster import Guest
from proxbalance_core.present import n_minus_one
from tests.support.clusters import GIB, cluster, guest, node


def full(vmid: int, on: str, gb: float, **more: object) -> Guest:
    return guest(vmid, on, 1.0, gb, mem_bytes=gb * GIB, **more)


NODES = [node("pve1", 20, 80), node("pve2", 20, 85), node("pve3", 50, 45)]
FOUND = n_minus_1(
    cluster(NODES, [full(1, "pve1", 5), full(2, "pve2", 5), full(3, "pve3", 40, name="<img src=x onerror=alert(1)>")])
)


def test_figures_are_those_of_the_worst() -> None:
    tiles = {tile.title: tile.value for tile in n_minus_one.tiles(FOUND)}
    assert tiles == {
        "May be lost": "2 of 3", "Weakest node": "pve3", "Without a place": "1 guest",
        "Memory missing": "25.0 GB", "Memory left": "25.0 GB", "Largest guest": "15.0 GB",
    }  # fmt: skip


def test_rows_come_the_weakest_first() -> None:
    rows = n_minus_one.losses(FOUND).rows
    assert rows["node"].tolist()[0] == "pve3" and rows["verdict"].tolist() == ["Doesn't hold", "Holds", "Holds"]
    assert rows["unplaced"].tolist() == [1, 0, 0] and rows["missing"].tolist() == ["25.0 GB", "", ""]


def test_who_has_no_place_and_who_starts_where() -> None:
    table = n_minus_one.unplaced(FOUND.nodes[0]).rows
    assert "<img src=x onerror=alert(1)>" in table["guest"][0]
    assert table["nearest"].tolist() == ["pve1"] and "pve1" in table["why"][0]
    other = next(loss for loss in FOUND.nodes if loss.node == "pve1")
    assert n_minus_one.started(other).rows["target"].tolist() == [other.started[0].target]


def test_a_cluster_without_nodes_has_no_figures() -> None:
    tiles = n_minus_one.tiles(n_minus_1(cluster([node("pve1", 1, 1, status="offline")], [])))
    assert [tile.value for tile in tiles][:3] == ["0 of 0", "–", "0 guests"]
