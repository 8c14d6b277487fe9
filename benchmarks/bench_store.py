"""The store of 50 nodes with 2,000 guests: a minute's commit, the hours of a week, a whole snapshot.

Targets on 2 cores: commit < 50 ms, 7 days of hourly means of all < 0.5 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from proxbalance_core.domain.cluster import Guest, Node
from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.observed import GuestSample, Inventory, NodeSample, Samples
from proxbalance_core.features.assemble import assemble
from proxbalance_core.features.measured import History
from proxbalance_core.forecast.hourly import forecast_scenarios
from proxbalance_core.store import Store, open_store

NODES, GUESTS = 50, 2000
NOW = datetime(2026, 2, 8, tzinfo=UTC)
E_NOW = int(NOW.timestamp())
WEEK = timedelta(days=7)
GUEST_FIELDS, NODE_FIELDS = (
    ("cpu_used_cores", "mem_used_bytes"),
    ("cpu_pct", "mem_used_bytes", "mem_bytes", "iowait_pct"),
)

pytestmark = pytest.mark.bench


def a_round(ts: int, step_s: int = 0) -> Samples:
    wave = ts // 3600 % 24
    return Samples(
        nodes=tuple(
            NodeSample(
                ts=ts, node=f"pve{n}", step_s=step_s, cpu_pct=40.0 + wave, cpu_cores=64.0, mem_used_bytes=3e11,
                mem_bytes=5e11, iowait_pct=1.5, load_avg_1m=12.0, net_in_bps=1e7, net_out_bps=1e7,
            )
            for n in range(NODES)
        ),
        guests=tuple(
            GuestSample(
                ts=ts, vmid=100 + g, node=f"pve{g % NODES}", step_s=step_s, cpu_used_cores=0.1 + 0.01 * (g % 90 + wave),
                cpu_cores=4.0, mem_used_bytes=2e9 + g * 1e6, mem_bytes=8e9, disk_read_bps=12_345.0,
                disk_write_bps=54_321.0, net_in_bps=4_567.0, net_out_bps=7_654.0,
            )
            for g in range(GUESTS)
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("bench") / "proxbalance.db"
    with open_store(path) as opened:
        opened.connections.put(Connection(id="lab", title="Lab", source="synthetic", created_at=NOW))
        for hour in range(168):
            opened.samples.add("lab", a_round(E_NOW - (168 - hour) * 3600, 3600))
        opened.samples.rollup("lab", NOW)
        for minute in range(10):
            opened.samples.add("lab", a_round(E_NOW - 540 + 60 * minute))
        yield opened


def test_a_minutes_commit(benchmark: BenchmarkFixture, store: Store) -> None:
    coming = (a_round(E_NOW + 60 * minute) for minute in count(1))
    benchmark.pedantic(
        lambda samples: store.samples.add("lab", samples),
        setup=lambda: ((next(coming),), {}),
        rounds=15,
        warmup_rounds=1,
    )


def test_a_weeks_hourly_means(benchmark: BenchmarkFixture, store: Store) -> None:
    frame = benchmark.pedantic(
        lambda: store.samples.hourly("lab", "guest", NOW - WEEK, NOW, GUEST_FIELDS), rounds=5, warmup_rounds=1
    )
    assert len(frame) == 168 * GUESTS


def test_an_hours_rollup(benchmark: BenchmarkFixture, store: Store) -> None:
    def again() -> tuple[tuple[()], dict[str, object]]:
        store.samples.add("lab", a_round(E_NOW - 540))
        return (), {}

    benchmark.pedantic(lambda: store.samples.rollup("lab", NOW), setup=again, rounds=3)


def test_a_snapshot_from_history(benchmark: BenchmarkFixture, store: Store) -> None:
    inventory = Inventory(
        cluster="lab", at=NOW,
        nodes=tuple(Node(name=f"pve{n}", status="online", cpu_cores=64.0, mem_bytes=5e11) for n in range(NODES)),
        guests=tuple(
            Guest(
                vmid=100 + g, name=f"g{g}", type="vm", node=f"pve{g % NODES}", status="running",
                cpu_cores=4.0, mem_bytes=8e9,
            )
            for g in range(GUESTS)
        ),
    )  # fmt: skip
    hour_ago, soon = NOW - timedelta(hours=1), NOW + timedelta(seconds=1)
    history = History(
        node_hours=store.samples.hourly("lab", "node", NOW - WEEK, NOW, NODE_FIELDS),
        guest_hours=store.samples.hourly("lab", "guest", NOW - WEEK, NOW, GUEST_FIELDS),
        node_raw=store.samples.frame("lab", "node", hour_ago, soon),
        guest_raw=store.samples.frame("lab", "guest", hour_ago, soon),
    )
    made = benchmark.pedantic(
        lambda: assemble(inventory, history, NOW, ahead=forecast_scenarios), rounds=3, warmup_rounds=1
    )
    assert made.guests[0].next_24h is not None
