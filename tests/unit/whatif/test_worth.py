"""What a move is worth: the recommendation's own figure, before and after it was made."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxbalance_core import Settings, assess, options
from proxbalance_core.domain.documents import plain
from proxbalance_core.whatif.worth import worth
from tests.support.clusters import random_cluster


@given(seed=st.integers(0, 200))
@settings(max_examples=25, deadline=None)
def test_it_is_what_the_comparison_of_nodes_says_and_stays_so_when_the_guest_has_gone(seed: int) -> None:
    cluster = random_cluster(seed)
    for move in assess(cluster, Settings()).recommendations[:2]:
        before = worth(cluster, Settings(), move.vmid, move.source, move.target)
        rows = {row.target: row for row in options(cluster, Settings(), move.vmid).alternatives}
        assert before.points == rows[move.target].score_improvement
        gone = cluster.with_moves([(move.vmid, move.target)])
        after = worth(gone, Settings(), move.vmid, move.source, move.target)
        assert after.points == pytest.approx(before.points, abs=0.02)
        nodes = {node.name: node for node in gone.nodes}
        assert before.moved.target_cpu_pct == pytest.approx(nodes[move.target].cpu.current_pct)
        assert plain(after.moved) == plain(before.moved), "NaN is null there"
        assert after.stayed.source_cpu_pct == pytest.approx(before.stayed.source_cpu_pct, abs=1e-6)


def test_what_can_t_be_judged_says_why() -> None:
    cluster = random_cluster(3)
    guest = next(guest for guest in cluster.guests if guest.running)
    other = next(node.name for node in cluster.nodes if node.name != guest.node)
    assert worth(cluster, Settings(), 99_999, guest.node, other).fault == "Guest 99999 is no longer in the cluster."
    assert worth(cluster, Settings(), guest.vmid, "gone", other).fault == "Node gone is no longer in the cluster."
    down = dataclasses.replace(
        cluster, nodes=tuple(dataclasses.replace(n, status="offline") if n.name == other else n for n in cluster.nodes)
    )
    assert worth(down, Settings(), guest.vmid, guest.node, other).fault == f"Node {other} was not online."
    stopped = dataclasses.replace(
        cluster,
        guests=tuple(dataclasses.replace(g, status="stopped") if g.vmid == guest.vmid else g for g in cluster.guests),
    )
    assert worth(stopped, Settings(), guest.vmid, guest.node, other).fault == "The guest was stopped."
