"""One registry of quantities: what the API lists is what Prometheus reads and what the dashboard asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from proxbalance_core.api.exposition import metric_name
from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.quantities import CLUSTER, NODE
from proxbalance_core.services.access import add_token
from tests.api.conftest import Api
from tests.support.make_docs import DOCS

DASHBOARD = DOCS / "grafana" / "proxbalance.json"


def scraped(api: Api) -> dict[tuple[str, str, str | None], float]:
    """Value by metric, cluster and node, read with a token that may do nothing else."""
    _, secret = add_token(api.bench, "prometheus", ("scrape",))
    answer = api.client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, sample.labels.get("cluster", ""), sample.labels.get("node")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_scraper_reads_metrics_and_nobody_without_a_token(api: Api) -> None:
    assert api.client.get("/metrics").status_code == 401
    assert api.client.post("/metrics").status_code == 405
    assert scraped(api)
    reader = api.client.get("/metrics", headers={"Authorization": f"Bearer {api.token}"})
    assert reader.status_code == 200


def test_prometheus_and_the_api_tell_the_same(api: Api) -> None:
    now = api.bench.clock()
    api.bench.clock = lambda: now  # the age of the figures must not grow between the two
    told = scraped(api)
    listed = api.get("/quantities", limit=500)["items"]
    assert {row["id"] for row in listed} >= {"cluster/health", "cluster/recommendations"}
    for row in listed:
        kind = "cluster" if row["node"] is None else "node"
        key = (f"proxbalance_{kind}_{row['key']}", "demo", row["node"])
        assert told.get(key) == pytest.approx(row["value"]) if row["value"] is not None else key not in told
    assert len(told) == sum(row["value"] is not None for row in listed) + 1  # the version


def test_quantities_are_those_of_the_assessment(api: Api) -> None:
    made = api.bench.latest("demo")
    assert made is not None
    summary, nodes = made.assessment["summary"], made.assessment["nodes"]
    values = {row["id"]: row["value"] for row in api.get("/quantities", limit=500)["items"]}
    assert values["cluster/health"] == summary["cluster_health"]
    assert values["cluster/recommendations"] == len(made.assessment["recommendations"])
    assert values["cluster/last_generation_timestamp_seconds"] == made.at.timestamp()
    after = made.assessment["batch_impact"]["after"]
    for node in nodes:
        own = f"cluster/node/{node['name']}"
        assert values[f"{own}/suitability"] == node["suitability"]
        assert values[f"{own}/cpu_pct"] == node["cpu_pct"]
        assert values[f"{own}/predicted_mem_pct"] == after["nodes"][node["name"]]["mem_pct"]
        assert values[f"{own}/predicted_score_points"] == after["node_scores"][node["name"]]


def test_before_the_first_assessment_there_are_only_figures_of_collecting(api: Api) -> None:
    api.bench.store.connections.put(Connection(id="new", title="N", source="synthetic", created_at=api.bench.clock()))
    rows = api.get("/quantities", cluster="new", limit=500)["items"]
    assert {row["id"]: row["value"] for row in rows if row["value"] is not None} == {
        "cluster/data_stale": 1.0, "cluster/collection_rounds_total": 0.0,
    }  # fmt: skip


def test_an_assessment_of_which_the_main_is_left_still_has_its_figures(api: Api) -> None:
    later = api.bench.clock() + timedelta(hours=60)
    api.bench.store.generations.prune("demo", later)
    assert api.refused("GET", "/nodes")[:2] == (
        409, "There is none of this cluster that is kept whole; POST /api/v1/generate makes one.",
    )  # fmt: skip
    told = scraped(api)
    assert told["proxbalance_cluster_health", "demo", None] > 0
    assert told["proxbalance_node_suitability", "demo", "pve1"] >= 0


def test_names_of_quantities_are_unique_and_proper() -> None:
    for registry in (CLUSTER, NODE):
        keys = [quantity.key for quantity in registry]
        assert len(set(keys)) == len(keys)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", key) for key in keys)


def queries() -> Iterator[str]:
    document = json.loads(DASHBOARD.read_text("utf-8"))
    for panel in document["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (v["query"] for v in document["templating"]["list"] if v["type"] == "query")


def test_every_metric_that_the_dashboard_asks_for_is_there(api: Api) -> None:
    there = {name for name, _, _ in scraped(api)}
    asked = {name for query in queries() for name in re.findall(r"proxbalance_\w+", query)}
    assert len(asked) >= 15
    assert asked - there == set()
    assert there - {metric_name(one) for one in (*CLUSTER, *NODE)} == {"proxbalance_info"}
