"""A month of the demo in virtual time, and its report worked out again from the raw rows."""

from __future__ import annotations

import json
import statistics
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from proxbalance_core import Settings
from proxbalance_core.cli import app
from proxbalance_core.domain.feedback import Opinion
from proxbalance_core.domain.presets import changed
from proxbalance_core.errors import ConfigError, MigrationFailed, NotEnoughHistory
from proxbalance_core.present import report as told
from proxbalance_core.present import report_files
from proxbalance_core.services import feedback, notifying, reporting
from proxbalance_core.services.workbench import Workbench
from tests.support.receiver import receiving

BEGAN = datetime(2026, 1, 31, 22, 0, 20, tzinfo=UTC)
FEBRUARY = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
HOSTILE = "<script>alert(1)</script>"


class Clock:
    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """From the last hours of January into March; every fifth round the first recommendation is rated and followed."""
    clock = Clock()
    with Workbench.open(tmp_path_factory.mktemp("month"), clock=clock) as made:
        made.ensure_demo()
        made.regenerate("demo")
        for i in range(58):
            later(made, clock, 12 * 60)
            if i % 5 == 0:
                followed(made, clock, "helpful" if i % 2 else "not_helpful")
            if i == 20:
                made.save_settings("demo", changed(Settings(), {"cpu_threshold": 55.0}), HOSTILE)
        yield made


def later(bench: Workbench, clock: Clock, minutes: int) -> None:
    clock.now += timedelta(minutes=minutes)
    bench.regenerate("demo")


def followed(bench: Workbench, clock: Clock, rating: str) -> None:
    newest = bench.latest("demo")
    assert newest is not None
    for move in newest.assessment["recommendations"]:
        try:
            bench.source(bench.connection("demo")).migrate(move["vmid"], move["target"])  # type: ignore[attr-defined]
        except MigrationFailed:
            continue
        feedback.give(bench, "demo", move["vmid"], Opinion(rating=rating, objection="not_needed", note=HOSTILE))
        break
    for minutes in (10, 10, 30, 90):
        later(bench, clock, minutes)


def rows(bench: Workbench, query: str) -> list[Any]:
    since, until = (int(at.timestamp()) for at in FEBRUARY)
    with bench.store._engine.connect() as db:
        return list(db.execute(text(query), {"since": since, "until": until}))


def test_its_figures_are_those_of_the_raw_rows(bench: Workbench) -> None:
    report = reporting.report(bench, "demo", "2026-02")
    assert (report.since, report.until, report.complete) == (*FEBRUARY, True)
    figures = {metric.key: metric for metric in report.success.metrics}
    span = "connection = 'demo' and at >= :since and at < :until"

    generations = rows(bench, f"select at, cluster_health, id from generations where {span} order by at")
    assert report.assessments == len(generations) > 28
    week = FEBRUARY[1].timestamp() - 7 * 86_400
    last = [row.cluster_health for row in generations if row.at >= week]
    earlier = [row.cluster_health for row in generations if week - 7 * 86_400 <= row.at < week]
    if min(len(last), len(earlier)) >= 24:
        assert figures["health_trend"].value == pytest.approx(statistics.fmean(last) - statistics.fmean(earlier))
    else:
        assert figures["health_trend"].value is None and figures["health_trend"].counted == min(len(last), len(earlier))

    spread = []
    for row in generations:
        scores = rows(bench, f"select score from node_scores where generation = {row.id} and score is not null")
        spread.append(statistics.pstdev(score[0] for score in scores))
    assert figures["score_spread"].value == pytest.approx(statistics.fmean(spread))

    documents = [json.loads(row.document) for row in rows(bench, f"select document from feedback where {span}")]
    helpful = sum(document["rating"] == "helpful" for document in documents)
    assert len(documents) >= 5 and report.feedback == {
        key: count for key, count in {"helpful": helpful, "not_helpful": len(documents) - helpful}.items() if count
    }  # fmt: skip
    assert figures["feedback_positivity"].value == pytest.approx(100 * helpful / len(documents))
    assert figures["false_positives"].value == pytest.approx(100 - 100 * helpful / len(documents))

    moves = rows(bench, f"select * from migrations where {span}")
    assert len(moves) == len(report.outcomes) >= 5
    outcomes = [json.loads(row.document) for row in rows(bench, f"select document from move_outcomes where {span}")]
    pairs = [(o["predicted_points"], _realised(o)) for o in outcomes if _realised(o) is not None]
    assert figures["prediction_accuracy"].counted == len(pairs) >= 5
    held = sum(abs(came - predicted) <= 10.0 for predicted, came in pairs)
    assert figures["prediction_accuracy"].value == pytest.approx(100 * held / len(pairs))
    gains = [(predicted, came) for predicted, came in pairs if predicted > 0]
    if len(gains) >= 5:
        share = 100 * sum(came for _, came in gains) / sum(predicted for predicted, _ in gains)
        assert figures["realisation"].value == pytest.approx(share)

    stood = "connection = 'demo' and last_at >= :since and first_at < :until"
    advice = [json.loads(row.document) for row in rows(bench, f"select document from advice where {stood}")]
    ended = [row for row in advice if "ended_at" in row]
    assert figures["acceptance"].value == pytest.approx(100 * sum(row["how"] == "done" for row in ended) / len(ended))
    assert sum(report.advice.values()) == len(advice)
    assert [change.keys for change in report.settings_changes] == [("cpu_threshold",)]


def _realised(outcome: dict[str, Any]) -> float | None:
    """The look at two hours, else at thirty minutes, a day, five minutes; clean ones alone."""
    clean = {c["after_s"]: c["points"] for c in outcome.get("checks", ()) if "points" in c and not c.get("others")}
    return next((clean[after] for after in (7200, 1800, 86_400, 300) if after in clean), None)


def test_predictions_stand_in_the_assessment_before(bench: Workbench) -> None:
    found = [o for o in reporting.report(bench, "demo", "2026-02").outcomes if o.recommendation]
    assert found
    for outcome in found:
        packed = rows(bench, f"select brief from generations where id = {outcome.generation}")[0][0]
        moves = json.loads(zlib.decompress(packed))["recommendations"]
        move = next(m for m in moves if m["id"] == outcome.recommendation)
        assert outcome.predicted_points == move["score_improvement"]


def test_the_files_open_and_names_stay_text(bench: Workbench) -> None:
    report = reporting.report(bench, "demo", "2026-02")
    page = report_files.html(report)
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert told.title(report) in page and page.count("<svg") == 1
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page
    printed = report_files.pdf(report)
    assert printed.startswith(b"%PDF-") and len(printed) > 10_000
    sentences = [sentence for section in told.sections(report) for sentence in section.sentences]
    assert any(sentence.startswith("Cluster health was ") for sentence in sentences)
    assert all(sentence in page.replace("&#39;", "'") for sentence in sentences)


def test_a_running_month_says_so_and_the_newest_whole_one_is_the_default(bench: Workbench) -> None:
    running = reporting.report(bench, "demo", "2026-03")
    assert not running.complete and told.title(running).endswith("so far")
    assert any("not over" in s for section in told.sections(running) for s in section.sentences)
    assert reporting.report(bench, "demo").month == "2026-02"
    assert reporting.months(bench, "demo", UTC) == ("2026-03", "2026-02", "2026-01")


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "026-02", "2026-2", "x" * 50, "9999-12", ""])
def test_what_is_no_month_is_refused(bench: Workbench, month: str) -> None:
    if month:
        with pytest.raises(ConfigError, match="is no month; write it like 2026-02"):
            reporting.report(bench, "demo", month)
    with pytest.raises(ConfigError, match="is no month"):
        reporting.bounds(month, UTC)


def test_months_without_anything_are_said_to_be_so(bench: Workbench) -> None:
    with pytest.raises(NotEnoughHistory, match=r"Nothing was assessed in 2025-06\."):
        reporting.report(bench, "demo", "2025-06")
    with pytest.raises(ConfigError, match="2027-01 has not begun yet"):
        reporting.report(bench, "demo", "2027-01")


def test_a_month_is_that_of_the_cluster_s_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    since, until = reporting.bounds("2026-03", berlin)
    assert (since.hour, until.hour) == (23, 22), "summer time began in it"
    assert reporting.bounds("2025-12", UTC)[1] == datetime(2026, 1, 1, tzinfo=UTC)


def test_gaps_are_longer_than_what_thinning_leaves(bench: Workbench) -> None:
    at = [FEBRUARY[0] + timedelta(hours=h) for h in (0, 6, 12, 40, 46)]
    end = FEBRUARY[0] + timedelta(hours=48)
    assert list(reporting._gaps(at, FEBRUARY[0], end, end)) == [(at[2], at[3])]
    a_month_later = end + timedelta(days=40)
    assert list(reporting._gaps(at, FEBRUARY[0], end, a_month_later)) == []


def test_it_is_sent_where_events_are(bench: Workbench) -> None:
    with receiving() as receiver:
        url = f"json://127.0.0.1:{receiver.port}/"
        target, _ = notifying.add(bench, notifying.TargetWish(title="Room", kind="chat", url=url))
        came = reporting.send(bench, reporting.report(bench, "demo", "2026-02"), target.id)
        assert came.fault is None
        document = json.loads(receiver.taken[0][1])
        assert document["title"] == "Demo cluster: February 2026" and "Cluster health was " in document["message"]
        assert document["attachments"][0]["filename"] == "proxbalance-2026-02.pdf"
        notifying.remove(bench, target.id)


def test_the_commands(bench: Workbench, tmp_path: Path) -> None:
    folder = str(bench.paths.root)

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--data-dir", folder])
        assert done.exit_code == 0, done.output
        return done.output

    document = json.loads(run("report", "--month", "2026-02", "--json"))
    assert document["format"] == "proxbalance.report/1" and len(document["success"]["metrics"]) == 12
    for kind, begin in (("html", b"<!doctype html>"), ("pdf", b"%PDF-"), ("text", b"Demo"), ("json", b"{")):
        out = tmp_path / f"report.{kind}"
        run("report", "--month", "2026-02", "--format", kind, "--out", str(out))
        assert out.read_bytes().startswith(begin)
    assert "How well the advice did" in run("report", "--month", "2026-02")
    assert "Improvement realised" in run("success", "--days", "28")
    # The clock of a command is the real one: what happened then is years away.
    assert json.loads(run("outcomes", "--days", "1", "--json"))["outcomes"] == []
    told_of = json.loads(run("feedback", "--json"))
    assert told_of["helpful"] + told_of["not_helpful"] == len(told_of["entries"]) >= 5
    assert "Opinions" in run("feedback")
    refused = CliRunner().invoke(app, ["report", "--format", "pdf", "--data-dir", folder])
    assert refused.exit_code == 2 and "Name the file for the pdf with --out" in refused.output
    refused = CliRunner().invoke(app, ["feedback", "101", "--data-dir", folder])
    assert refused.exit_code == 2 and "Give a guest and a rating" in refused.output
    refused = CliRunner().invoke(app, ["feedback", "99999", "helpful", "--data-dir", folder])
    assert refused.exit_code == 1 and "no such recommendation" in refused.output
