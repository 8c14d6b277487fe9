"""One round of collection: 50 nodes with 2,000 guests, over HTTPS from a server in its own process."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from proxbalance_core.errors import SourceUnavailable
from proxbalance_core.sources.proxmox import ProxmoxSource, open_proxmox
from tests.support.pve_server import SECRET, TOKEN_ID

NODES, GUESTS = 50, 2000
pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxmoxSource]:
    folder = tmp_path_factory.mktemp("certificate")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    size = ["--nodes", str(NODES), "--guests", str(GUESTS), "--port", str(port), "--cert-dir", str(folder)]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.pve_server", *size], cwd=Path(__file__).parents[1],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    options = {"host": f"127.0.0.1:{port}", "token_id": TOKEN_ID, "ca_file": str(folder / "pve.pem")}
    made = open_proxmox(options, SECRET)
    try:
        _wait(made)
        yield made
    finally:
        made.close()
        server.terminate()
        server.wait(10)


def _wait(source: ProxmoxSource) -> None:
    for _ in range(100):
        try:
            source.describe()
        except SourceUnavailable:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


def test_first_round_reads_every_config(source: ProxmoxSource, benchmark: BenchmarkFixture) -> None:
    inventory = benchmark.pedantic(lambda: source.snapshot_inventory(full=True), rounds=1)
    assert (len(inventory.nodes), len(inventory.guests)) == (NODES, GUESTS)
    assert inventory.complete


def test_one_round(source: ProxmoxSource, benchmark: BenchmarkFixture) -> None:
    def collect() -> tuple[int, int]:
        inventory, samples = source.snapshot_inventory(), source.samples()
        return len(inventory.guests), len(samples.nodes)

    assert benchmark.pedantic(collect, rounds=3) == (GUESTS, NODES)
