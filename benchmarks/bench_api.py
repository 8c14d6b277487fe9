"""The HTTP API of the app as it is started by hand: how long a read takes when twenty ask at once."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.bench_app import answering, started
from benchmarks.clusters import Shape, cluster
from benchmarks.targets import Line, record

P95_MS = 150.0
CLIENTS, READS = 20, 30
PATHS = (
    "/info",
    "/nodes",
    "/nodes/{node}",
    "/recommendations",
    "/recommendations?max_risk=moderate&sort=gain&limit=20",
    "/recommendations/skipped",
    "/recommendations/preview",
    "/recommendations/changes",
    "/recommendations/history",
    "/settings",
    "/quantities",
    "/events",
    "/snapshot",
    "/assessment",
)
pytestmark = pytest.mark.bench


class Client:
    """One program that asks over one connection, as fast as it is answered."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}

    def took_ms(self, path: str) -> float:
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        return 1000.0 * (time.perf_counter() - began)


def test_reads_of_twenty_clients(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    from proxbalance_core.services.access import add_token
    from proxbalance_core.services.workbench import Workbench

    large = cluster(Shape(nodes=32, guests=1000))
    with Workbench.open(tmp_path / "data") as bench:
        cid = bench.import_snapshot("large.json", json.dumps(large.to_dict()).encode())
        bench.regenerate(cid)
        _, token = add_token(bench, "bench", ("read",))
    paths = [f"/api/v1{path.format(node=large.nodes[0].name)}" for path in PATHS]
    taken: dict[str, list[float]] = {path: [] for path in paths}

    with started(tmp_path) as (_, url):
        answering(url)
        first = Client(url, token)
        for path in paths:  # the first of each works its answer out
            first.took_ms(path)

        def client(number: int) -> None:
            asks = Client(url, token)
            for path in itertools.islice(itertools.cycle(paths[number % len(paths) :] + paths), READS):
                taken[path].append(asks.took_ms(path))

        def all_at_once() -> None:
            with ThreadPoolExecutor(CLIENTS) as pool:
                list(pool.map(client, range(CLIENTS)))

        benchmark.pedantic(all_at_once, rounds=3)
    every = sorted(itertools.chain(*taken.values()))
    benchmark.extra_info["p95_by_path_ms"] = {path: sorted(ms)[int(0.95 * len(ms))] for path, ms in taken.items()}
    p95 = every[int(0.95 * len(every))]
    record(benchmark, Line(f"api: reads of 32 x 1,000, {CLIENTS} clients, p95", P95_MS, p95, "ms"))
    record(benchmark, Line("api: the same, median", P95_MS / 2, every[len(every) // 2], "ms"))
