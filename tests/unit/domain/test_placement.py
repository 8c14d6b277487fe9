"""``with_moves`` against figures worked out by hand (scoring, section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot
from proxbalance_core.domain.cluster import CpuUse, Guest
from proxbalance_core.domain.placement import carried, filled, own_iowait_pct
from proxbalance_core.errors import SnapshotInvalid

GIB, MIB = 2**30, 2**20
WINDOWS = {"current_pct": 50.0, "avg_24h_pct": 48.0, "avg_7d_pct": 46.0, "p95_7d_pct": 70.0, "max_7d_pct": 80.0}
QUIET = dict.fromkeys(WINDOWS, 10.0)


def node(name: str, cores: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "status": "online", "cpu_cores": cores, "mem_bytes": 100 * GIB,
        "cpu": WINDOWS | {"trend_pct_per_day": 1.5, "std_7d_pct": 4.0}, "mem": QUIET, "iowait": QUIET,
        "pressure": {"cpu_some_pct": 3.0}, "load_avg_1m": 5.0, **more,
    }  # fmt: skip


def guest(vmid: int, **more: Any) -> dict[str, Any]:
    return {
        "vmid": vmid, "type": "vm", "node": "a", "status": "running", "name": f"g{vmid}", "cpu_cores": 4,
        "mem_bytes": 16 * GIB, "disk_read_bps": 60 * MIB, "disk_write_bps": 40 * MIB,
        "cpu_used_cores": {"current": 2.0, "avg_24h": 1.5, "avg_7d": 1.0, "p95_7d": 3.0, "max_7d": 4.0},
        "mem_used_bytes": {"current": 5 * GIB, "avg_24h": 4 * GIB, "avg_7d": 3 * GIB, "p95_7d": 6 * GIB}, **more,
    }  # fmt: skip


def cluster(*guests: dict[str, Any]) -> ClusterSnapshot:
    return ClusterSnapshot.from_dict(
        {
            "format": "proxbalance.snapshot/1", "cluster": "hand", "taken_at": "2026-02-08T10:30:00Z",
            "nodes": [node("a", 20), node("b", 10, cpu_speed_factor=2.0), node("c", 10)], "guests": list(guests),
        }
    )  # fmt: skip


def windows(metric: Any) -> tuple[float, ...]:
    return (metric.current_pct, metric.avg_24h_pct, metric.avg_7d_pct, metric.p95_7d_pct, metric.max_7d_pct)


def test_cpu_leaves_the_source_and_comes_to_the_target_window_by_window() -> None:
    """Of 20 cores: 10, 7.5, 5 points; its p95, 15 points, in place of the maximum."""
    after = cluster(guest(1)).with_moves([(1, "c")])
    a, _, c = after.nodes
    assert windows(a.cpu) == pytest.approx((40.0, 40.5, 41.0, 55.0, 65.0))
    assert windows(c.cpu) == pytest.approx((70.0, 63.0, 56.0, 100.0, 110.0))
    assert after.guests[0].node == "c"


def test_a_faster_node_is_loaded_less() -> None:
    """10 cores of speed 2 are 20."""
    after = cluster(guest(1)).with_moves([(1, "b")])
    assert windows(after.nodes[1].cpu) == pytest.approx((60.0, 55.5, 51.0, 85.0, 95.0))


def test_memory_by_use_not_by_allocation() -> None:
    after = cluster(guest(1)).with_moves([(1, "c")])
    assert windows(after.nodes[0].mem) == pytest.approx((5.0, 6.0, 7.0, 4.0, 4.0))
    assert windows(after.nodes[2].mem) == pytest.approx((15.0, 14.0, 13.0, 16.0, 16.0))


def test_iowait_goes_with_the_disk_traffic() -> None:
    """100 MB/s stand for 5 points in every window."""
    after = cluster(guest(1)).with_moves([(1, "c")])
    assert windows(after.nodes[0].iowait) == pytest.approx((5.0,) * 5)
    assert windows(after.nodes[2].iowait) == pytest.approx((15.0,) * 5)


def test_iowait_of_one_guest_is_limited() -> None:
    busy = cluster(guest(1, disk_read_bps=900 * MIB)).guests[0]
    assert own_iowait_pct(busy) == 20.0


def test_what_a_move_does_not_change() -> None:
    before, after = cluster(guest(1)), cluster(guest(1)).with_moves([(1, "c")])
    for old, new in zip(before.nodes, after.nodes, strict=True):
        assert (old.pressure, old.load_avg_1m, old.storages) == (new.pressure, new.load_avg_1m, new.storages)
        assert (old.cpu.trend_pct_per_day, old.cpu.std_7d_pct) == (new.cpu.trend_pct_per_day, new.cpu.std_7d_pct)
    assert after.guests[0].moves == ()
    assert before.guests[0].node == "a"


def test_states_are_not_clipped() -> None:
    """95 + 20 - 20 is 95, and 1.5 cores above capacity show."""
    crowd = cluster(*(guest(v) for v in range(1, 5)))
    there = crowd.with_moves([(v, "c") for v in range(1, 5)])
    assert there.nodes[2].cpu.current_pct == pytest.approx(130.0)
    back = there.with_moves([(v, "a") for v in range(1, 5)])
    assert windows(back.nodes[2].cpu) == pytest.approx(windows(crowd.nodes[2].cpu))


def test_moves_are_made_in_order_and_home_is_nowhere() -> None:
    before = cluster(guest(1))
    around = before.with_moves([(1, "b"), (1, "c"), (1, "a")])
    assert around.guests[0].node == "a"
    for old, new in zip(before.nodes, around.nodes, strict=True):
        assert windows(new.cpu) == pytest.approx(windows(old.cpu))
    assert before.with_moves([(1, "a")]).to_dict() == before.to_dict()


def test_a_stopped_guest_brings_nothing() -> None:
    stopped = cluster(guest(1, status="stopped"))
    assert carried(stopped.guests[0]) == ((0.0,) * 4, (0.0,) * 4)
    after = stopped.with_moves([(1, "c")])
    assert windows(after.nodes[2].cpu) == pytest.approx(windows(stopped.nodes[2].cpu))
    assert after.guests[0].node == "c"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"current": 2.0}, (2.0, 2.0, 2.0, 2.0)),
        ({"avg_7d": 1.0}, (1.0, 1.0, 1.0, 1.0)),
        ({"current": 2.0, "avg_7d": 1.0}, (2.0, 2.0, 1.0, 1.0)),
        ({"current": 2.0, "avg_24h": 1.5, "max_7d": 4.0}, (2.0, 1.5, 1.5, 4.0)),
        ({"current": 2.0, "avg_7d": 1.0, "p95_7d": 3.0, "max_7d": 4.0}, (2.0, 2.0, 1.0, 3.0)),
    ],
)
def test_a_window_that_was_not_measured_takes_the_nearest_known(
    known: dict[str, float], expected: tuple[float, ...]
) -> None:
    assert filled(CpuUse(**known)) == expected


def test_nothing_measured_brings_nothing() -> None:
    assert carried(Guest(vmid=1, type="vm", node="a", status="running")) == ((0.0,) * 4, (0.0,) * 4)


@pytest.mark.parametrize(("move", "named"), [((9, "b"), "guest 9"), ((1, "z"), "node 'z'")])
def test_unknown_guests_and_nodes_are_refused(move: tuple[int, str], named: str) -> None:
    with pytest.raises(SnapshotInvalid, match=named):
        cluster(guest(1)).with_moves([move])
