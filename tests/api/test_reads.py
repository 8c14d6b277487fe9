"""What the API says is what the engine said, in the parts that were asked for."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from proxbalance_core.api import advice
from proxbalance_core.api.desk import NEWEST_S
from proxbalance_core.domain.results import Forecast, Recommendation
from proxbalance_core.present.reading import build, read_assessment
from proxbalance_core.services import patterning
from tests.api.conftest import Api


def newest(api: Api) -> dict:
    made = api.bench.latest("demo")
    assert made is not None
    return made.assessment


def test_info_says_what_is_there_and_what_the_token_may(api: Api) -> None:
    told = api.get("/info")
    (cluster,) = told["clusters"]
    assert (cluster["id"], cluster["source"], cluster["stale"]) == ("demo", "synthetic", False)
    assert cluster["last_generation"] == api.bench.generations("demo", limit=1)[0].id
    assert cluster["last_generation_at"].endswith("Z")
    assert told["token"]["scopes"] == ["read", "write"]
    assert told["api_version"] == 1


def test_snapshot_and_assessment_are_the_documents_of_the_formats(api: Api) -> None:
    made = api.bench.latest("demo")
    assert made is not None
    assert api.get("/snapshot") == made.snapshot.to_dict()
    assert api.get("/assessment") == made.assessment
    first = api.bench.generations("demo")[-1].id
    assert api.get("/assessment", generation=first) == api.bench.generation(first).assessment
    assert api.refused("GET", "/assessment?generation=999")[0] == 404


def test_nodes_come_by_pages(api: Api) -> None:
    every = newest(api)["nodes"]
    page = api.get("/nodes", limit=2, offset=1)
    assert (page["total_count"], page["limit"], page["offset"]) == (len(every), 2, 1)
    assert page["items"] == every[1:3]
    one = api.get(f"/nodes/{every[0]['name']}")
    assert one["node"] == every[0]
    assert one["predicted"] == newest(api)["batch_impact"]["after"]["nodes"][every[0]["name"]]
    assert api.refused("GET", "/nodes/nowhere")[0] == 404


def test_a_node_comes_with_its_own_forecasts(api: Api) -> None:
    made = api.bench.latest("demo")
    assert made is not None
    told = read_assessment(made.assessment)
    mine, other = told.nodes[0].name, told.nodes[1].name
    rise = Forecast(
        entity=f"node/{mine}", metric="cpu", current_value=50.0, threshold=60.0, rate_per_day=5.0,
        crossing_at=made.at, crossing_earliest=made.at, crossing_latest=made.at, confidence="high", urgency="medium",
        summary="It rises.",
    )  # fmt: skip
    others = (replace(rise, entity=f"node/{other}"), replace(rise, entity=f"guest/{mine}"))
    call = SimpleNamespace(path={"name": mine}, told=replace(told, forecasts=(rise, *others)))
    assert advice.node(call).forecasts == (rise,)


def test_recommendations_are_filtered_as_they_say(api: Api) -> None:
    every = newest(api)["recommendations"]
    assert len(every) >= 3
    one = every[0]

    def vmids(**query: object) -> list[int]:
        told = api.get("/recommendations", **query)
        assert told["total_count"] == len(every)
        assert told["filtered_count"] == len(told["items"])
        return [move["vmid"] for move in told["items"]]

    def those(passing: object) -> list[int]:
        return sorted(move["vmid"] for move in every if passing(move))  # type: ignore[operator]

    assert sorted(vmids()) == those(lambda m: True)
    assert sorted(vmids(source_node=one["source"])) == those(lambda m: m["source"] == one["source"])
    assert sorted(vmids(target_node=one["target"])) == those(lambda m: m["target"] == one["target"])
    assert sorted(vmids(type=one["kind"])) == those(lambda m: m["kind"] == one["kind"])
    sure = one["confidence_score"]
    assert sorted(vmids(min_confidence=sure)) == those(lambda m: m["confidence_score"] >= sure)
    risk = sorted(m["risk_score"] for m in every)[0]
    assert sorted(vmids(max_risk=risk)) == those(lambda m: m["risk_score"] <= risk)
    assert sorted(vmids(max_risk="low")) == those(lambda m: m["risk_level"] == "low")
    urgent = those(lambda m: m["kind"] == "maintenance_evacuation" or m["score_improvement"] >= 40)
    assert sorted(vmids(filter="urgent")) == urgent
    assert vmids(type="distribution") == []


@pytest.mark.parametrize(
    ("sort", "figure", "downwards"),
    [
        ("gain", "score_improvement", True),
        ("confidence", "confidence_score", True),
        ("risk", "risk_score", False),
        ("guest", "vmid", False),
    ],
)
def test_recommendations_are_sorted_as_they_say(api: Api, sort: str, figure: str, downwards: bool) -> None:
    usual = [move[figure] for move in api.get("/recommendations", sort=sort)["items"]]
    assert usual == sorted(usual, reverse=downwards)
    other = "asc" if downwards else "desc"
    turned = [move[figure] for move in api.get("/recommendations", sort=sort, order=other)["items"]]
    assert turned == sorted(usual, reverse=not downwards)


def test_pages_of_recommendations_make_up_the_whole(api: Api) -> None:
    whole = api.get("/recommendations")["items"]
    pages = [api.get("/recommendations", limit=1, offset=i)["items"] for i in range(len(whole) + 1)]
    assert [move for page in pages for move in page] == whole


def test_skipped_guests_have_their_reasons(api: Api) -> None:
    every = newest(api)["skipped"]
    told = api.get("/recommendations/skipped", limit=500)
    assert told["items"] == every
    assert sum(told["reason_counts"].values()) == len(every)
    reason = every[0]["reason"]
    some = api.get("/recommendations/skipped", reason=reason, limit=1)
    assert some["filtered_count"] == told["reason_counts"][reason]
    assert api.get("/recommendations/skipped", reason="no such")["items"] == []


def test_preview_changes_and_history(api: Api) -> None:
    preview = api.get("/recommendations/preview")
    assert preview["batch_impact"] == newest(api)["batch_impact"]
    assert preview["moves"] == len(newest(api)["plan"]["steps"])
    changes = api.get("/recommendations/changes")
    assert changes == api.bench.changes("demo").to_dict()
    history = api.get("/recommendations/history")
    assert [row["generation"] for row in history["items"]] == [one.id for one in api.bench.generations("demo")]
    last = history["items"][0]["generated_at"]
    assert api.get("/recommendations/history", since=last)["items"][0]["generated_at"] == last
    later = (api.bench.clock() + timedelta(hours=1)).isoformat()
    assert api.get("/recommendations/history", since=later)["filtered_count"] == 0
    assert api.refused("GET", "/recommendations/history?since=2026-01-01T00:00:00")[2] == "query.since"


def test_diagnostics_and_suggestions(api: Api) -> None:
    told = api.get("/recommendations/diagnostics")
    assert told["run"]["generation"] == api.bench.generations("demo", limit=1)[0].id
    assert {finding["check"] for finding in told["diagnostics"]["findings"]} >= {"collection", "history"}
    suggested = api.get("/recommendations/threshold-suggestions")
    assert suggested["format"] == "proxbalance.suggestions/1"


def test_patterns_are_those_of_the_past(api: Api) -> None:
    assert api.get("/patterns", days=7) == patterning.patterns(api.bench, "demo", 7).to_dict()
    assert api.refused("GET", "/patterns?days=2")[2] == "query.days"


def test_options_of_a_guest(api: Api) -> None:
    vmid = newest(api)["recommendations"][0]["vmid"]
    told = api.get(f"/guests/{vmid}/options")
    assert len(told["alternatives"]) == len(newest(api)["nodes"]) - 1
    assert api.refused("GET", "/guests/1/options")[2] == "path.vmid"
    assert api.refused("GET", "/guests/x/options")[0] == 404


def test_export_as_csv_and_json_of_now_and_of_a_time(api: Api) -> None:
    every = newest(api)["recommendations"]
    answer = api.ask("GET", "/recommendations/export", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="recommendations.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(row["VMID"]) for row in rows] == [move["vmid"] for move in every]
    (run,) = api.get("/recommendations/export")["items"]
    assert run["recommendations"] == every
    past = api.get("/recommendations/export", **{"from": "2020-01-01T00:00:00Z"})
    assert past["total_count"] == 2
    assert [run["generation"] for run in past["items"]] == [one.id for one in api.bench.generations("demo")]
    text = api.ask("GET", "/recommendations/export", params={"format": "csv", "from": "2020-01-01T00:00:00Z"}).text
    assert len(list(csv.DictReader(io.StringIO(text)))) == sum(len(run["recommendations"]) for run in past["items"])
    assert api.get("/recommendations/export", to="2020-01-01T00:00:00Z")["items"] == []


def test_guests_that_stay_as_a_file(api: Api) -> None:
    skips = api.bench.latest("demo").assessment["skipped"]
    told = api.get("/recommendations/skipped/export")
    assert told["items"] == skips and told["total_count"] == len(skips)
    answer = api.ask("GET", "/recommendations/skipped/export", params={"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="skipped.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(int(row["VMID"]), row["Reason"], row["Node"]) for row in rows] == [
        (skip["vmid"], skip["reason"], skip["node"]) for skip in skips
    ]


def test_scores_as_a_file(api: Api) -> None:
    told = api.get("/score-history/export")
    assert told["total_count"] == 2 * 5
    newest = {row["node"]: row for row in told["items"][5:]}
    for node in api.bench.latest("demo").assessment["nodes"]:
        assert newest[node["name"]]["score"] == pytest.approx(node["score"])
        assert newest[node["name"]]["cpu_pct"] == pytest.approx(node["cpu_pct"])
    part = api.get("/score-history/export", limit=2, offset=9)
    assert part["items"] == told["items"][9:] and part["total_count"] == 10
    assert [row["node"] for row in api.get("/score-history/export", node="pve2")["items"]] == ["pve2"] * 2
    assert api.get("/score-history/export", to="2020-01-01T00:00:00Z")["items"] == []
    text = api.ask("GET", "/score-history/export", params={"format": "csv", "node": "pve2", "limit": 1}).text
    (row,) = csv.DictReader(io.StringIO(text))
    first = next(one for one in told["items"] if one["node"] == "pve2")
    assert (row["Node"], float(row["Penalty"])) == ("pve2", pytest.approx(first["score"], abs=0.005))


def test_a_long_file_is_made_while_it_is_sent(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from proxbalance_core.services import exporting

    read: list[int] = []
    real = exporting._run

    def noted(bench: object, generation: int) -> object:
        read.append(generation)
        return real(bench, generation)  # type: ignore[arg-type]

    monkeypatch.setattr(exporting, "_run", noted)
    total, runs = exporting.past_runs(api.bench, "demo", (None, None))
    assert total == 2 and read == []
    assert next(runs).generation == max(read) and len(read) == 1
    answer = api.ask("GET", "/recommendations/export", params={"format": "csv", "from": "2020-01-01T00:00:00Z"})
    assert answer.status_code == 200 and "content-length" not in answer.headers


def test_events_are_read_on_from_where_one_stopped(api: Api) -> None:
    first = api.get("/events", limit=1)
    rest = api.get("/events", after=first["next_after"])
    every = api.get("/events")
    assert first["items"] + rest["items"] == every["items"]
    assert "recommendations.generated" in {event["event"] for event in every["items"]}
    assert api.get("/events", after=rest["next_after"])["items"] == []


def test_an_answer_that_did_not_change_is_not_sent_again(api: Api) -> None:
    first = api.ask("GET", "/assessment")
    again = api.ask("GET", "/assessment", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    api.bench.regenerate("demo")
    time.sleep(NEWEST_S)
    assert api.ask("GET", "/assessment", headers={"If-None-Match": first.headers["etag"]}).status_code == 200
    assert api.get("/assessment") == newest(api)


def test_large_answers_are_compressed_where_that_is_understood(api: Api) -> None:
    plain = api.ask("GET", "/assessment", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with api.client.stream(
        "GET", "/api/v1/assessment", headers={"Accept-Encoding": "gzip", "Authorization": f"Bearer {api.token}"}
    ) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content


def test_every_recommendation_can_be_read_back_as_a_value(api: Api) -> None:
    for row in api.get("/recommendations")["items"]:
        assert build(Recommendation, row).vmid == row["vmid"]


def test_before_the_first_assessment_it_is_said_how_to_get_one(api: Api) -> None:
    document = api.get("/snapshot") | {"cluster": "other"}
    cid = api.bench.import_snapshot("other.json", json.dumps(document).encode())
    assert api.refused("GET", "/nodes")[:2] == (409, f"Name the cluster with the query 'cluster': demo, {cid}.")
    assert api.refused("GET", "/nodes?cluster=nobody")[2] == "query.cluster"
    assert api.get("/nodes", cluster="demo")["total_count"] > 0
    from proxbalance_core.domain.connections import Connection

    api.bench.store.connections.put(Connection(id="new", title="New", source="synthetic", created_at=api.bench.clock()))
    status, detail, _ = api.refused("GET", "/nodes?cluster=new")
    assert (status, detail) == (409, "There is no assessment of this cluster yet; POST /api/v1/generate makes one.")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "query.limit"),
        ("limit=501", "query.limit"),
        ("limit=x", "query.limit"),
        ("offset=-1", "query.offset"),
        ("min_confidence=nan", "query.min_confidence"),
        ("sort=name", "query.sort"),
        ("filter=all", "query.filter"),
        ("colour=red", "query.colour"),
    ],
)
def test_a_query_that_can_not_be_is_named(api: Api, query: str, field: str) -> None:
    status, detail, found = api.refused("GET", f"/recommendations?{query}")
    assert (status, found) == (422, field)
    assert detail.startswith(f"{field}: ")
