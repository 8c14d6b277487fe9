"""One round of collection: 50 nodes with 2,000 guests, over HTTPS from a server in its own process."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.targets import Line, record
from proxbalance_core.domain.observed import Inventory
from proxbalance_core.errors import SourceUnavailable
from proxbalance_core.services.connecting import ConnectionWish
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.sources.proxmox import ProxmoxSource, open_proxmox
from tests.support.pve_server import SECRET, TOKEN_ID

NODES, GUESTS = 50, 2000
pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """How to reach a server that runs in its own process."""
    folder = tmp_path_factory.mktemp("certificate")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    size = ["--nodes", str(NODES), "--guests", str(GUESTS), "--port", str(port), "--cert-dir", str(folder)]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.pve_server", *size], cwd=Path(__file__).parents[1],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield {"host": f"127.0.0.1:{port}", "token_id": TOKEN_ID, "ca_file": str(folder / "pve.pem")}
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def source(options: dict[str, str]) -> Iterator[ProxmoxSource]:
    made = open_proxmox(options, SECRET)
    try:
        _wait(made)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def bench(
    source: ProxmoxSource, options: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workbench]:
    """Connected; back-fill is no part of a round and is left out."""
    with Workbench.open(tmp_path_factory.mktemp("data")) as made:
        made.add_connection(ConnectionWish(title="big", options=tuple(options.items()), secret=SECRET))
        empty = Inventory(cluster="lab", at=datetime.now(UTC), nodes=(), guests=())
        made.store.inventories.put("big", empty)
        yield made


def _wait(source: ProxmoxSource) -> None:
    for _ in range(300):
        try:
            source.describe()
        except SourceUnavailable:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


def test_first_round_reads_every_config(source: ProxmoxSource, benchmark: BenchmarkFixture) -> None:
    inventory = benchmark.pedantic(lambda: source.snapshot_inventory(), rounds=1)
    assert (len(inventory.nodes), len(inventory.guests)) == (NODES, GUESTS)
    assert inventory.complete


def test_one_round(source: ProxmoxSource, benchmark: BenchmarkFixture) -> None:
    def collect() -> tuple[int, int]:
        inventory, samples = source.snapshot_inventory(), source.samples()
        return len(inventory.guests), len(samples.nodes)

    assert benchmark.pedantic(collect, rounds=3) == (GUESTS, NODES)


def test_one_round_into_the_store(bench: Workbench, benchmark: BenchmarkFixture) -> None:
    """The whole round of the collector: asked, decoded and written; the first reads every config."""
    began = time.perf_counter()
    bench.collect("big")
    first = time.perf_counter() - began
    found = benchmark.pedantic(lambda: bench.collect("big"), rounds=3)
    assert (len(found.nodes), len(found.guests)) == (NODES, GUESTS)
    what = f"collect {NODES} nodes, {GUESTS:,} guests"
    record(benchmark, Line(f"{what}: first round, every config", 10.0, first, "s"))
    record(benchmark, Line(f"{what}: a round (worst of 3)", 10.0, benchmark.stats.stats.max, "s"))
