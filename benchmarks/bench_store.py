"""The store of 50 nodes with 2,000 guests after 30 days: size, a minute's commit, a week's hours, a snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.clusters import Shape, cluster
from benchmarks.targets import Line, cpu_timed, record
from proxbalance_core import Settings, assess
from proxbalance_core.domain.cluster import Guest, Node
from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.frames import HOURLY
from proxbalance_core.domain.observed import GuestSample, Inventory, NodeSample, Samples
from proxbalance_core.features.assemble import assemble
from proxbalance_core.features.measured import History
from proxbalance_core.forecast.hourly import forecast_scenarios
from proxbalance_core.store import Store, open_store

NODES, GUESTS = 50, 2000
NOW = datetime(2026, 2, 8, tzinfo=UTC)
E_NOW = int(NOW.timestamp())
WEEK = timedelta(days=7)
DAYS, RAW_HOURS, GENERATIONS = 30, 48, 48 * 6
SIZE_MB, COMMIT_MS, WEEK_MS = 500.0, 50.0, 500.0

pytestmark = pytest.mark.bench
_rng = np.random.default_rng(7)
_CORES = _rng.choice([1.0, 2.0, 4.0, 8.0], GUESTS)
_MEM = 2.0**30 * _rng.choice([1.0, 2.0, 4.0, 8.0, 16.0, 32.0], GUESTS)
_LEVEL = _rng.lognormal(-2.0, 1.0, GUESTS).clip(0.005, 0.9)
_RATES = _rng.lognormal(9.0, 2.0, (GUESTS, 4))
_RUNS = _rng.random(GUESTS) < 0.9


def a_round(ts: int, step_s: int = 0) -> Samples:
    """One time of a cluster of which a tenth is stopped; no figure is the one before."""
    cpu = _CORES * (_LEVEL * _rng.lognormal(0.0, 0.3, GUESTS)).clip(0.0, 1.0)
    mem = _MEM * (0.3 + 0.5 * _LEVEL) * _rng.normal(1.0, 0.01, GUESTS)
    rates = _RATES * _rng.lognormal(0.0, 0.7, (GUESTS, 4))
    node_cpu, node_rates = _rng.uniform(5.0, 90.0, (NODES, 4)), _rng.uniform(1e5, 1e8, (NODES, 2))
    return Samples(nodes=_nodes(ts, step_s, node_cpu, node_rates), guests=_guests(ts, step_s, cpu, mem, rates))


def _nodes(ts: int, step_s: int, cpu: np.ndarray, rates: np.ndarray) -> tuple[NodeSample, ...]:
    return tuple(
        NodeSample(
            ts=ts, node=f"pve{n}", step_s=step_s, cpu_pct=cpu[n, 0], cpu_cores=64.0, mem_used_bytes=4e9 * cpu[n, 1],
            mem_bytes=5e11, iowait_pct=cpu[n, 2] / 20.0, load_avg_1m=cpu[n, 3] / 2.0, cpu_some_pct=cpu[n, 0] / 30.0,
            net_in_bps=rates[n, 0], net_out_bps=rates[n, 1],
        )
        for n in range(NODES)
    )  # fmt: skip


def _guests(ts: int, step_s: int, cpu: np.ndarray, mem: np.ndarray, rates: np.ndarray) -> tuple[GuestSample, ...]:
    return tuple(
        GuestSample(
            ts=ts, vmid=100 + g, node=f"pve{g % NODES}", step_s=step_s, cpu_used_cores=cpu[g], cpu_cores=_CORES[g],
            mem_used_bytes=mem[g], mem_bytes=_MEM[g], disk_read_bps=rates[g, 0], disk_write_bps=rates[g, 1],
            net_in_bps=rates[g, 2], net_out_bps=rates[g, 3],
        )
        if _RUNS[g]
        else GuestSample(ts=ts, vmid=100 + g, node=f"pve{g % NODES}", step_s=step_s, running=False)
        for g in range(GUESTS)
    )  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What retention keeps after 30 days: hours, two days by the minute, and two days of whole generations."""
    made = tmp_path_factory.mktemp("bench") / "proxbalance.db"
    raw_from = E_NOW - RAW_HOURS * 3600
    with open_store(made) as store:
        store.connections.put(Connection(id="lab", title="Lab", source="proxmox", created_at=NOW))
        for hour in range(E_NOW - DAYS * 86_400, raw_from, 3600):
            store.samples.add("lab", a_round(hour, 3600))
        for minute in range(raw_from, E_NOW, 60):
            store.samples.add("lab", a_round(minute))
            if minute % 3600 == 0:
                store.samples.rollup("lab", datetime.fromtimestamp(minute, tz=UTC))
        store.samples.rollup("lab", NOW)
        snapshot = cluster(Shape(nodes=NODES, guests=GUESTS))
        store.generations.add("lab", NOW, snapshot, Settings(), assess(snapshot).to_dict())
    _repeat_generation(made)
    return made


def _repeat_generation(path: Path) -> None:
    """The same again for every ten minutes: what it takes to pack one is not what is measured here."""
    with closing(sqlite3.connect(path)) as db, db:
        names = [row[1] for row in db.execute("PRAGMA table_info(generations)") if row[1] != "id"]
        for _ in range(GENERATIONS - 1):
            db.execute(
                f"INSERT INTO generations ({', '.join(names)}) SELECT {', '.join(names)} FROM generations LIMIT 1"
            )
            db.execute(
                "INSERT INTO generation_bodies SELECT (SELECT max(id) FROM generations), snapshot, settings, "
                "assessment FROM generation_bodies LIMIT 1"
            )


@pytest.fixture(scope="module")
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        yield opened


def test_thirty_days_on_disk(benchmark: BenchmarkFixture, store: Store) -> None:
    taken = benchmark.pedantic(store.size_bytes, rounds=1)
    record(benchmark, Line(f"store: {DAYS} days of {NODES} nodes, {GUESTS:,} guests", SIZE_MB, taken / 1e6, "MB"))


def test_a_weeks_hourly_means(benchmark: BenchmarkFixture, store: Store) -> None:
    fields = tuple(HOURLY["guest"].columns)
    frame = cpu_timed(
        benchmark, "store: hourly means of a week, all guests", WEEK_MS,
        lambda: store.samples.hourly("lab", "guest", NOW - WEEK, NOW, fields),
    )  # fmt: skip
    assert len(frame) == 168 * GUESTS


def test_a_minutes_commit(benchmark: BenchmarkFixture, store: Store) -> None:
    coming = (a_round(E_NOW + 60 * minute) for minute in count(1))
    cpu_timed(
        benchmark, "store: a minute's commit", COMMIT_MS, lambda samples: store.samples.add("lab", samples),
        rounds=15, setup=lambda: ((next(coming),), {}),
    )  # fmt: skip


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
                cpu_cores=_CORES[g], mem_bytes=_MEM[g],
            )
            for g in range(GUESTS)
        ),
    )  # fmt: skip
    hour_ago, soon = NOW - timedelta(hours=1), NOW + timedelta(seconds=1)
    history = History(
        node_hours=store.samples.hourly("lab", "node", NOW - WEEK, NOW, tuple(HOURLY["node"].columns)),
        guest_hours=store.samples.hourly("lab", "guest", NOW - WEEK, NOW, tuple(HOURLY["guest"].columns)),
        node_raw=store.samples.frame("lab", "node", hour_ago, soon),
        guest_raw=store.samples.frame("lab", "guest", hour_ago, soon),
    )
    made = benchmark.pedantic(
        lambda: assemble(inventory, history, NOW, ahead=forecast_scenarios), rounds=3, warmup_rounds=1
    )
    assert [guest.next_24h is not None for guest in made.guests] == _RUNS.tolist()
