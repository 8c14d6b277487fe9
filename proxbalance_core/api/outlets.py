"""Handlers: what other programs take away: files, events, quantities, Prometheus's text."""

from __future__ import annotations

from proxbalance_core.api.answers import EventsPage, ExportedRun, Listed, cut
from proxbalance_core.api.endpoint import Call, Page
from proxbalance_core.domain.quantities import Facts, Reading, readings
from proxbalance_core.present.exports import past_recommendations_csv, recommendations_csv
from proxbalance_core.services.assessing import Generation
from proxbalance_core.services.exporting import PastRun, past_runs

CSV = "text/csv"


def export(call: Call) -> Page | Listed[ExportedRun]:
    """What is recommended, or was over a time, as a file."""
    asked = call.query
    total, runs = _newest(call) if asked.newest_alone else _past(call)
    if asked.format == "csv":
        text = (
            recommendations_csv(runs[0].recommendations)
            if asked.newest_alone
            else past_recommendations_csv((run.at, run.recommendations) for run in runs)
        )
        return Page(text=text, media=CSV, filename="recommendations.csv")
    items = tuple(
        ExportedRun(generation=run.generation, generated_at=run.at, recommendations=run.recommendations) for run in runs
    )
    return Listed(total_count=total, filtered_count=total, limit=asked.limit, offset=asked.offset, items=items)


def _newest(call: Call) -> tuple[int, tuple[PastRun, ...]]:
    made = call.generation
    return 1, (PastRun(generation=made.id, at=made.at, recommendations=call.told.recommendations),)


def _past(call: Call) -> tuple[int, tuple[PastRun, ...]]:
    return past_runs(call.bench, call.cid, call.query.span, call.query.limit, call.query.offset)


def events(call: Call) -> EventsPage:
    """What happened, oldest first."""
    asked = call.query
    found = call.bench.store.events.list(call.cid, asked.since, asked.after, asked.limit)
    return EventsPage(limit=asked.limit, next_after=found[-1].id if found else asked.after, items=found)


def quantities(call: Call) -> Listed[Reading]:
    """Every figure of the registry with its present value."""
    return cut(tuple(readings(facts(call, call.cid))), call.query)


def facts(call: Call, cid: str) -> Facts:
    """What a cluster's quantities are read from."""
    status, made = call.bench.status(cid), call.desk.newest(cid)
    if made is None:
        return Facts(status=status)
    told = call.desk.assessment(made)
    snapshot = made.snapshot if isinstance(made, Generation) else None
    return Facts(
        status=status, told=told, snapshot=snapshot, generated_at=made.at, engine_seconds=made.engine_seconds
    )  # fmt: skip


def metrics(call: Call) -> Page:
    """The same of every cluster, as Prometheus reads it."""
    from proxbalance_core.api.exposition import exposed

    clusters = {one.id: facts(call, one.id) for one in call.bench.connections()}
    text, media = exposed(clusters)
    return Page(text=text, media=media)
