"""How it went, over the API: scores, migrations, opinions, figures of success, the report."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Api


def first_move(api: Api) -> dict[str, Any]:
    return api.get("/recommendations")["items"][0]  # type: ignore[no-any-return]


def moved(api: Api) -> dict[str, Any]:
    """Carry out the first recommendation and assess again."""
    move = first_move(api)
    source = api.bench.source(api.bench.connection("demo"))
    source.migrate(move["vmid"], move["target"])  # type: ignore[attr-defined]
    task_done = datetime.now(UTC) + timedelta(minutes=10)
    api.bench.clock = lambda: task_done  # type: ignore[method-assign]
    source._clock = api.bench.clock  # type: ignore[attr-defined]
    api.bench.regenerate("demo")
    return move


def test_scores_come_in_marks(api: Api) -> None:
    found = api.get("/score-history", hours=1, bucket=1)
    assert len(found["cluster"]) == 1 and found["cluster"][0]["generations"] == 2
    assert {mark["node"] for mark in found["nodes"]} == {f"pve{n}" for n in range(1, 6)}
    one = api.get("/score-history", hours=1, node="pve2")
    assert {mark["node"] for mark in one["nodes"]} == {"pve2"}
    assert api.refused("GET", "/score-history?hours=0")[2] == "query.hours"


def test_past_forecasts_are_judged(api: Api) -> None:
    found = api.get("/forecasts", days=14)
    assert found["format"] == "proxbalance.forecasts/1" and 0 < found["coverage_pct"] <= 100


def test_opinions_are_kept_by_guest_and_by_recommendation(api: Api) -> None:
    move = first_move(api)
    body = {"rating": "not_helpful", "objection": "not_needed", "note": "=cmd()", "vmid": move["vmid"]}
    kept = api.ask("POST", "/recommendations/feedback", json=body)
    assert kept.status_code == 200 and kept.json()["recommendation"] == move["id"]
    told = api.get("/recommendations/feedback")
    assert (told["not_helpful"], told["positive_pct"], told["entries"][0]["note"]) == (1, 0.0, "=cmd()")
    again = api.ask("POST", f"/recommendations/{move['id']}/feedback", json={"rating": "helpful"})
    assert again.status_code == 200 and again.json()["objection"] is None
    assert api.get("/recommendations/feedback")["positive_pct"] == 100.0


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/recommendations/feedback", {"rating": "helpful", "vmid": 99_999}, 404, "body.vmid"),
        ("/recommendations/feedback", {"rating": "great", "vmid": 101}, 422, "body.rating"),
        ("/recommendations/feedback", {"rating": "helpful", "vmid": 101, "note": "x" * 501}, 422, "body.note"),
        ("/recommendations/000000000000/feedback", {"rating": "helpful"}, 404, "path.id"),
        ("/guests/99999/mute", {"until": None}, 404, "path.vmid"),
        ("/guests/101/mute", {"until": "tomorrow"}, 422, "body.until"),
        ("/nodes/pve9/maintenance", {"on": True}, 404, "path.name"),
        ("/nodes/pve1/maintenance", {"on": "yes"}, 422, "body.on"),
    ],
)
def test_what_can_t_be_meant_is_refused(api: Api, path: str, body: dict[str, Any], status: int, field: str) -> None:
    assert api.refused("POST", path, json=body)[::2] == (status, field)
    assert api.get("/recommendations/feedback")["entries"] == []


def test_guests_are_muted_and_nodes_put_in_maintenance(api: Api) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    assert api.ask("POST", "/guests/101/mute", json={"until": until.isoformat()}).json()["vmid"] == 101
    assert api.bench.store.wishes.mutes("demo") == {101: until}
    assert api.ask("POST", "/guests/101/mute", json={"until": None}).status_code == 200
    assert api.bench.store.wishes.mutes("demo") == {}
    assert api.ask("POST", "/nodes/pve1/maintenance", json={"on": True}).json()["on"] is True
    assert api.bench.store.wishes.maintained("demo") == {"pve1"}


def test_nothing_happened_is_an_empty_list(api: Api) -> None:
    assert api.get("/outcomes")["items"] == [] and api.get("/outcomes")["accuracy"] == []
    assert api.get("/migrations/export")["items"] == []
    found = api.get("/success", days=7)
    assert found["format"] == "proxbalance.success/1" and len(found["metrics"]) == 12
    assert {row["state"] for row in found["metrics"]} >= {"not_enough_data"}


def test_the_report_is_a_document_or_a_file(api: Api) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    found = api.get("/report", month=month)
    assert (found["format"], found["month"]) == ("proxbalance.report/1", month)
    page = api.ask("GET", f"/report?month={month}&format=html")
    assert page.headers["content-type"].startswith("text/html") and page.text.startswith("<!doctype html>")
    assert "attachment" in page.headers["content-disposition"]
    assert api.ask("GET", f"/report?month={month}&format=pdf").content.startswith(b"%PDF-")
    assert api.refused("GET", "/report?month=2001-01") == (404, "Nothing was assessed in 2001-01.", "query.month")
    assert api.refused("GET", "/report?month=soon")[0] == 422


def test_migrations_leave_as_a_file_without_formulas(api: Api) -> None:
    move = moved(api)
    rows = api.get("/outcomes")["items"]
    assert [(row["vmid"], row["target"], row["verdict"]) for row in rows] == [(move["vmid"], move["target"], "pending")]
    assert rows[0]["recommendation"] == move["id"] and rows[0]["predicted_points"] == move["score_improvement"]
    answer = api.ask("GET", "/migrations/export?format=csv")
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert (int(line["VMID"]), line["Recommended"], line["Realised"]) == (move["vmid"], "yes", "")
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert api.get("/migrations/export", to=past)["items"] == []
