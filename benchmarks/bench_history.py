"""Charts over a year of a cluster of 50 nodes: what the database takes for their marks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import insert

from benchmarks.targets import Line, cpu_timed, record
from proxbalance_core.domain.connections import Connection
from proxbalance_core.store import Store, open_store
from proxbalance_core.store.engine import writing
from proxbalance_core.store.scores import MARKS_MOST
from proxbalance_core.store.tables import generations, node_scores

NODES = 50
NOW = datetime(2026, 2, 8, tzinfo=UTC)
YEAR = timedelta(days=365)
QUERY_MS = 500.0
# Every ten minutes for 48 h, hourly to 7 d, 6-hourly to 30 d, daily to the end of the year: ages in minutes.
_AGES = tuple(
    chain(range(10, 2880, 10), range(2880, 10_080, 60), range(10_080, 43_200, 360), range(43_200, 525_600, 1440))
)

pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A year as it is kept."""
    with open_store(tmp_path_factory.mktemp("year") / "year.db") as store:
        store.connections.put(Connection(id="big", title="Big", source="file", created_at=NOW - YEAR))
        _fill(store, sorted(_AGES, reverse=True))
        yield store


def _fill(store: Store, ages: list[int]) -> None:
    rng = np.random.default_rng(7)
    now = int(NOW.timestamp())
    for start in range(0, len(ages), 1000):
        part = ages[start : start + 1000]
        figures = rng.uniform(0.0, 100.0, (len(part), NODES, 5)).round(2).tolist()
        with writing(store._engine) as db:
            db.execute(insert(generations), [_generation(start + i, now - 60 * age) for i, age in enumerate(part)])
            db.execute(
                insert(node_scores),
                [_score(start + i, n, row) for i, rows in enumerate(figures) for n, row in enumerate(rows)],
            )


def _generation(place: int, at: int) -> dict[str, object]:
    return {
        "id": place + 1, "connection": "big", "at": at, "cluster_health": 50.0 + place % 50, "imbalance": 0.2,
        "recommendation_count": place % 7, "skipped_count": 1990, "brief": bytes(8000),
    }  # fmt: skip


def _score(place: int, node: int, row: list[float]) -> dict[str, object]:
    names = ("score", "suitability", "cpu_pct", "mem_pct", "iowait_pct")
    return {"generation": place + 1, "node": f"pve{node}", "guest_count": 40} | dict(zip(names, row, strict=True))


def test_a_year_of_every_node(benchmark: BenchmarkFixture, year: Store) -> None:
    what = f"history: a year of {NODES} nodes"
    found = cpu_timed(benchmark, what, QUERY_MS, lambda: year.scores.nodes("big", NOW - YEAR, NOW))
    record(benchmark, Line(f"{what}, marks of a chart", MARKS_MOST, len(found), "marks"))
    assert len({mark.node for mark in found}) == NODES


def test_a_year_of_the_cluster(benchmark: BenchmarkFixture, year: Store) -> None:
    what = "history: a year of the cluster"
    found = cpu_timed(benchmark, what, QUERY_MS, lambda: year.scores.cluster("big", NOW - YEAR, NOW))
    assert 0 < len(found) <= MARKS_MOST
