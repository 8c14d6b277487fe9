"""Handlers: how it went: scores, migrations and what they brought, opinions, figures of success, the report."""

from __future__ import annotations

from typing import Any

from proxbalance_core.api.answers import (
    FeedbackDocument,
    Listed,
    OutcomeRow,
    OutcomesPage,
    Wish,
)
from proxbalance_core.api.endpoint import Call, Page, Stream
from proxbalance_core.api.outlets import CSV, ROWS, or_none
from proxbalance_core.api.problems import Problem
from proxbalance_core.domain.feedback import Feedback, Opinion
from proxbalance_core.domain.forecasts import ForecastAccuracy
from proxbalance_core.domain.outcomes import Outcome, accuracy
from proxbalance_core.errors import ConfigError, NotEnoughHistory
from proxbalance_core.present import csv_files
from proxbalance_core.present.verdicts import verdict_about
from proxbalance_core.services import feedback, patterning, reporting, timeline
from proxbalance_core.services.exporting import past_migrations
from proxbalance_core.services.success import success as measured


def score_history(call: Call) -> timeline.ScoreHistory:
    """How scores went, in at most ``bucket`` marks of the cluster and as many of all nodes."""
    asked = call.query
    only = frozenset() if asked.node is None else frozenset((asked.node,))
    return timeline.scores(call.bench, call.cid, asked.hours / 24.0, asked.bucket, nodes=only)


def forecasts(call: Call) -> ForecastAccuracy:
    """How past forecasts did, beside simple ones."""
    return patterning.forecasts(call.bench, call.cid, call.query.days)


def outcomes(call: Call) -> OutcomesPage:
    """Migrations by pages, newest first."""
    asked = call.query
    found = call.bench.store.outcomes.records(call.cid, asked.since, until=asked.until)
    return OutcomesPage(
        total_count=len(found), filtered_count=len(found), limit=asked.limit, offset=asked.offset,
        accuracy=accuracy(found),
        items=tuple(_row(outcome) for outcome in found[asked.offset : asked.offset + asked.limit]),
    )  # fmt: skip


def _row(o: Outcome) -> OutcomeRow:
    return OutcomeRow(
        migration=o.migration, at=o.at, vmid=o.vmid, name=o.name, type=o.type, source=o.source, target=o.target,
        origin=o.origin, recommendation=o.recommendation, kind=o.kind, reason=o.reason,
        predicted_points=or_none(o.predicted_points), realised_points=or_none(o.realised_points),
        verdict=o.verdict, holds=o.holds, about=verdict_about(o), before=o.before, predicted=o.predicted,
        checks=o.checks,
    )  # fmt: skip


def migrations(call: Call) -> Stream | Listed[OutcomeRow]:
    """Migrations as a file."""
    asked = call.query
    found = past_migrations(call.bench, call.cid, asked.span)
    limit = asked.limit or (len(found) if asked.format == "csv" else ROWS)
    part = found[asked.offset : asked.offset + limit]
    if asked.format == "csv":
        return Stream(pieces=csv_files.migrations(part), media=CSV, filename="migrations.csv")
    return Listed(
        total_count=len(found), filtered_count=len(found), limit=limit, offset=asked.offset,
        items=tuple(_row(outcome) for outcome in part),
    )  # fmt: skip


def success(call: Call) -> dict[str, Any]:
    """Every figure of success over the last days."""
    from datetime import timedelta

    until = call.bench.clock()
    return measured(call.bench, call.cid, until - timedelta(days=call.query.days), until).to_dict()


def report(call: Call) -> Page | dict[str, Any]:
    """The report of a month, as a document or as a file."""
    # Charts and fonts are large; whoever never asks for a report needs none of them.
    from proxbalance_core.present import report_files

    asked = call.query
    try:
        found = reporting.report(call.bench, call.cid, asked.month)
    except (ConfigError, NotEnoughHistory) as error:
        raise Problem(404, error.message, field="query.month") from None
    name = f"proxbalance-{call.cid}-{found.month}"
    if asked.format == "html":
        return Page(text=report_files.html(found), media="text/html; charset=utf-8", filename=f"{name}.html")
    if asked.format == "pdf":
        return Page(text=report_files.pdf(found), media="application/pdf", filename=f"{name}.pdf")
    return found.to_dict()


def feedback_report(call: Call) -> FeedbackDocument:
    """What was said, counted."""
    found = feedback.report(call.bench, call.cid)
    return FeedbackDocument(
        helpful=found.helpful, not_helpful=found.not_helpful, positive_pct=found.positive_pct,
        objections=found.objections, by_reason=found.by_reason, patterns=found.patterns, entries=found.entries,
    )  # fmt: skip


def feedback_of_guest(call: Call) -> Feedback:
    """Keep what is said of the recommendation that stands for a guest."""
    said = call.body
    return _kept(call, said.vmid, Opinion(rating=said.rating, objection=said.objection, note=said.note), "body.vmid")


def feedback_of_one(call: Call) -> Feedback:
    """Keep what is said of one recommendation."""
    said, wanted = call.body, call.path["id"]
    opinion = Opinion(rating=said.rating, objection=said.objection, note=said.note, recommendation=wanted)
    return _kept(call, None, opinion, "path.id")


def _kept(call: Call, vmid: int | None, opinion: Opinion, field: str) -> Feedback:
    try:
        return feedback.give(call.bench, call.cid, vmid, opinion)
    except ConfigError as error:
        raise Problem(404, error.message, field=field) from None


def mute(call: Call) -> Wish:
    """Leave a guest out of the advice until a time, from the next assessment on."""
    vmid = call.path["vmid"]
    if all(guest.vmid != vmid for guest in call.generation.snapshot.guests):
        raise Problem(404, f"There is no guest {vmid}.", field="path.vmid")
    call.bench.mute(call.cid, vmid, call.body.until)
    return Wish(vmid=vmid, until=call.body.until)


def maintenance(call: Call) -> Wish:
    """Plan as if a node were in maintenance, from the next assessment on."""
    name = call.path["name"]
    if all(node.name != name for node in call.generation.snapshot.nodes):
        raise Problem(404, f"There is no node '{name}'.", field="path.name")
    call.bench.set_maintenance(call.cid, name, call.body.on)
    return Wish(node=name, on=call.body.on)
