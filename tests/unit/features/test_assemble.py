"""Inventory and frames to a snapshot, on a small cluster whose every number is known."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest, Node, PastMove
from proxbalance_core.domain.observed import Inventory
from proxbalance_core.domain.records import MoveRecord
from proxbalance_core.errors import FrameContractError
from proxbalance_core.features.assemble import Remembered, assemble
from proxbalance_core.features.measured import History
from proxbalance_core.forecast.hourly import forecast_scenarios

NOW = datetime(2026, 2, 8, 10, 30, tzinfo=UTC)
E_NOW = int(NOW.timestamp())
FULL_HOUR = E_NOW // 3600 * 3600
GIB = 2.0**30
NODES = tuple(Node(name=name, status="online", cpu_cores=10.0, mem_bytes=100 * GIB) for name in ("pve1", "pve2"))


def guest(vmid: int, on: str, status: str = "running") -> Guest:
    return Guest(
        vmid=vmid, name=f"g{vmid}", type="vm", node=on, status=status, cpu_cores=4.0, mem_bytes=8 * GIB  # type: ignore[arg-type]
    )  # fmt: skip


def inventory(*guests: Guest) -> Inventory:
    return Inventory(cluster="lab", at=NOW, nodes=NODES, guests=guests)


def node_rows(name: str, times: range, cpu_pct: float, mem_gib: float = 20.0) -> pd.DataFrame:
    return pd.DataFrame({
        "ts": np.array(times, dtype=np.int64),
        "node": name, "n": 60, "step_s": 0, "cpu_pct": cpu_pct, "mem_used_bytes": mem_gib * GIB,
        "mem_bytes": 100 * GIB, "iowait_pct": 1.0, "load_avg_1m": 2.0, "cpu_some_pct": 3.0,
    })  # fmt: skip


def guest_rows(vmid: int, on: str, times: range, cores: float, mem_gib: float = 4.0) -> pd.DataFrame:
    return pd.DataFrame({
        "ts": np.array(times, dtype=np.int64),
        "vmid": vmid, "node": on, "n": 60, "step_s": 0, "running": True, "cpu_used_cores": cores,
        "mem_used_bytes": mem_gib * GIB, "disk_read_bps": 1000.0,
    })  # fmt: skip


def joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    made = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    return made.assign(node=made["node"].astype("category"))


WEEK = range(FULL_HOUR - 168 * 3600, FULL_HOUR, 3600)
MINUTES = range(E_NOW - 3540, E_NOW + 1, 60)


def history(moved_at: int | None = None) -> History:
    """pve1 and pve2 use 1 core themselves; guest 100 (3 cores, 4 GiB) was on pve1 until ``moved_at``, then on pve2."""
    end = moved_at if moved_at is not None else E_NOW + 1
    frames: dict[str, list[pd.DataFrame]] = {"nodes": [], "guests": [], "node_raw": [], "guest_raw": []}
    for key, times in (("", WEEK), ("_raw", MINUTES)):
        first_after = next((t for t in times if t >= end), times.stop)
        before, after = range(times.start, first_after, times.step), range(first_after, times.stop, times.step)
        nodes = [
            node_rows("pve1", before, 40.0, 24.0), node_rows("pve2", before, 10.0, 20.0),
            node_rows("pve1", after, 10.0, 20.0), node_rows("pve2", after, 40.0, 24.0),
        ]  # fmt: skip
        guests = [guest_rows(100, "pve1", before, 3.0), guest_rows(100, "pve2", after, 3.0)]
        frames["nodes" if not key else "node_raw"] = nodes
        frames["guests" if not key else "guest_raw"] = guests
    return History(
        node_hours=joined(frames["nodes"]), guest_hours=joined(frames["guests"]),
        node_raw=joined(frames["node_raw"]), guest_raw=joined(frames["guest_raw"]),
    )  # fmt: skip


def nodes_of(snapshot: ClusterSnapshot) -> tuple[Node, Node]:
    return snapshot.nodes[0], snapshot.nodes[1]


def test_without_a_move_a_node_is_what_was_measured() -> None:
    pve1, pve2 = nodes_of(assemble(inventory(guest(100, "pve1")), history(), NOW))
    assert (pve1.cpu.current_pct, pve1.cpu.avg_24h_pct, pve1.cpu.avg_7d_pct, pve1.cpu.max_7d_pct) == (40.0,) * 4
    assert (pve2.cpu.current_pct, pve2.cpu.avg_7d_pct) == (10.0, 10.0)
    assert (pve1.mem.current_pct, pve1.mem.avg_7d_pct) == (24.0, 24.0)
    assert (pve1.iowait.avg_7d_pct, pve1.load_avg_1m, pve1.history_days) == (1.0, 2.0, 7.0)
    assert pve1.pressure is not None and pve1.pressure.cpu_some_pct == 3.0


@pytest.mark.parametrize("minutes_ago", [5, 14, 45, 24 * 60, 6 * 24 * 60])
def test_after_a_move_the_history_goes_with_the_guest(minutes_ago: int) -> None:
    moved = history(E_NOW - minutes_ago * 60)
    pve1, pve2 = nodes_of(assemble(inventory(guest(100, "pve2")), moved, NOW))
    assert (pve1.cpu.current_pct, pve1.cpu.avg_24h_pct, pve1.cpu.avg_7d_pct, pve1.cpu.max_7d_pct) == (10.0,) * 4
    assert (pve2.cpu.current_pct, pve2.cpu.avg_24h_pct, pve2.cpu.avg_7d_pct, pve2.cpu.max_7d_pct) == (40.0,) * 4
    assert (pve1.mem.current_pct, pve2.mem.current_pct) == (20.0, 24.0)


def test_a_guest_that_is_gone_or_stopped_does_not_count_any_more() -> None:
    for guests in ((), (guest(100, "pve1", "stopped"),)):
        pve1, _ = nodes_of(assemble(inventory(*guests), history(), NOW))
        assert (pve1.cpu.current_pct, pve1.cpu.avg_7d_pct) == (10.0, 10.0)


def test_guests_have_their_windows() -> None:
    (web,) = assemble(inventory(guest(100, "pve1")), history(), NOW).guests
    assert (web.cpu_used_cores.current, web.cpu_used_cores.p95_7d, web.cpu_used_cores.std_7d) == (3.0, 3.0, 0.0)
    assert (web.mem_used_bytes.current, web.history_days, web.disk_read_bps) == (4 * GIB, 7.0, 1000.0)


def test_what_was_not_measured_is_missing() -> None:
    made = assemble(inventory(guest(100, "pve1"), guest(101, "pve2")), history(), NOW)
    unseen = made.guests[1]
    assert np.isnan([unseen.cpu_used_cores.current, unseen.cpu_used_cores.avg_7d]).all()
    assert (unseen.history_days, unseen.next_24h) == (0.0, None)
    old = assemble(inventory(guest(100, "pve1")), history(), NOW + timedelta(hours=2))
    assert np.isnan(old.nodes[0].cpu.current_pct) and np.isnan(old.guests[0].cpu_used_cores.current)
    assert old.nodes[0].cpu.avg_7d_pct == 40.0


def test_a_gap_of_the_node_is_a_gap() -> None:
    full = history()
    cut = full.node_hours[(full.node_hours["ts"] < FULL_HOUR - 48 * 3600) | (full.node_hours["node"] == "pve2")]
    pve1, pve2 = nodes_of(assemble(inventory(guest(100, "pve1")), dataclasses.replace(full, node_hours=cut), NOW))
    assert np.isnan(pve1.cpu.avg_24h_pct) and pve1.cpu.avg_7d_pct == 40.0
    assert (pve1.history_days, pve2.history_days) == (5.0, 7.0)


def test_history_without_samples_speaks_for_the_present_while_it_is_fresh() -> None:
    full = history()
    hours = dataclasses.replace(full, node_raw=full.node_raw.iloc[:0], guest_raw=full.guest_raw.iloc[:0])
    at = datetime.fromtimestamp(FULL_HOUR, tz=UTC)
    fresh = assemble(inventory(guest(100, "pve1")), hours, at)
    assert (fresh.nodes[0].cpu.current_pct, fresh.guests[0].cpu_used_cores.current) == (40.0, 3.0)
    stale = assemble(inventory(guest(100, "pve1")), hours, at + timedelta(minutes=20))
    assert np.isnan(stale.nodes[0].cpu.current_pct)


def test_forecasts_begin_at_the_next_full_hour() -> None:
    full = history()
    clock = pd.to_datetime(full.guest_hours["ts"], unit="s").dt.hour
    daily = dataclasses.replace(full, guest_hours=full.guest_hours.assign(cpu_used_cores=clock.astype(float) / 10))
    for at in (NOW, datetime.fromtimestamp(FULL_HOUR, tz=UTC) + timedelta(hours=1)):
        first = at.hour + (1 if at.minute else 0)
        made = assemble(inventory(guest(100, "pve1")), daily, at, ahead=forecast_scenarios).guests[0].next_24h
        assert made is not None
        as_yesterday = made.cpu_cores[0]
        expected = [(first + h) % 24 / 10 for h in range(24)]
        same = [h for h in range(24) if (first + h) % 24 != 10]  # 10 o'clock is the running hour's own measure
        assert [as_yesterday[h] for h in same] == pytest.approx([expected[h] for h in same])


def test_nodes_have_a_forecast_of_their_own_use() -> None:
    made = assemble(
        inventory(guest(100, "pve1"), guest(101, "pve1", "stopped")), history(), NOW, ahead=forecast_scenarios
    )
    ahead = made.nodes[0].next_24h
    assert ahead is not None and np.shape(ahead.own_cpu_cores) == (3, 24)
    assert np.ravel(ahead.own_cpu_cores) == pytest.approx(1.0)
    assert made.guests[1].next_24h is None


def test_speed_makes_cores_comparable() -> None:
    fast = dataclasses.replace(NODES[0], cpu_speed_factor=2.0)
    cluster = dataclasses.replace(inventory(guest(100, "pve1")), nodes=(fast, NODES[1]))
    made = assemble(cluster, history(), NOW)
    assert made.guests[0].cpu_used_cores.current == 6.0
    assert made.nodes[0].cpu.current_pct == pytest.approx(40.0)
    assert made.with_moves([(100, "pve2")]).nodes[0].cpu.current_pct == pytest.approx(10.0)


def test_what_is_remembered_is_in_it() -> None:
    later = NOW + timedelta(days=1)
    remembered = Remembered(
        moves=(MoveRecord(at=NOW - timedelta(hours=1), vmid=100, source="pve9", target="pve1"),),
        mutes={100: later, 101: NOW - timedelta(days=1)}, maintained=frozenset({"pve2"}), timezone="Europe/Berlin",
    )  # fmt: skip
    made = assemble(inventory(guest(100, "pve1"), guest(101, "pve1")), history(), NOW, remembered)
    assert made.guests[0].moves == (PastMove(at=NOW - timedelta(hours=1), source_node="pve9", target_node="pve1"),)
    assert [g.muted_until for g in made.guests] == [later, None]
    assert [n.maintenance for n in made.nodes] == [False, True]
    assert made.timezone == "Europe/Berlin"


def test_what_cannot_be_is_turned_into_unknown() -> None:
    odd = (
        dataclasses.replace(guest(100, "pve1"), name=None),
        dataclasses.replace(guest(101, "pve1"), mem_bytes=np.nan),
        guest(102, "pve7"),
    )
    sizeless = dataclasses.replace(NODES[1], cpu_cores=np.nan)
    made = assemble(dataclasses.replace(inventory(*odd), nodes=(NODES[0], sizeless)), history(), NOW)
    assert [(n.name, n.status) for n in made.nodes] == [("pve1", "online"), ("pve2", "unknown"), ("pve7", "unknown")]
    assert [(g.name, g.status) for g in made.guests] == [("", "running"), ("g101", "unknown"), ("g102", "running")]


def test_an_empty_cluster_and_empty_frames() -> None:
    full = history()
    empty = History(
        node_hours=full.node_hours.iloc[:0], guest_hours=full.guest_hours.iloc[:0],
        node_raw=full.node_raw.iloc[:0], guest_raw=full.guest_raw.iloc[:0],
    )  # fmt: skip
    assert (
        assemble(Inventory(cluster="lab", at=NOW, nodes=(), guests=()), empty, NOW, ahead=forecast_scenarios).nodes
        == ()
    )
    made = assemble(inventory(guest(100, "pve1")), empty, NOW, ahead=forecast_scenarios)
    assert ClusterSnapshot.from_dict(made.to_dict()).to_dict() == made.to_dict()


def test_a_snapshot_survives_its_document() -> None:
    made = assemble(inventory(guest(100, "pve1")), history(), NOW, ahead=forecast_scenarios)
    assert ClusterSnapshot.from_dict(made.to_dict()).to_dict() == made.to_dict()


def test_a_frame_without_its_columns_is_refused() -> None:
    full = history()
    with pytest.raises(FrameContractError):
        assemble(inventory(), dataclasses.replace(full, node_hours=full.node_hours.drop(columns="cpu_pct")), NOW)
