"""Handlers: what other programs take away: files, events, quantities, Prometheus's text."""

from __future__ import annotations

from itertools import islice

from proxbalance_core.api.answers import EventsPage, ExportedRun, Listed, ScoreAt, cut
from proxbalance_core.api.endpoint import Call, Page, Stream
from proxbalance_core.domain.quantities import Facts, Reading, cluster_readings
from proxbalance_core.domain.results import Skip
from proxbalance_core.domain.units import known
from proxbalance_core.present import csv_files
from proxbalance_core.services.assessing import Generation
from proxbalance_core.services.exporting import MOST_RUNS, PastRun, past_runs, score_rows

CSV = "text/csv"
# Of JSON, which is held whole.
RUNS, ROWS = 100, 1000


def export(call: Call) -> Page | Stream | Listed[ExportedRun]:
    """What is recommended, or was over a time, as a file."""
    asked = call.query
    if asked.newest_alone:
        made, moves = call.generation, call.told.recommendations
        if asked.format == "csv":
            return Page(text=csv_files.recommendations_csv(moves), media=CSV, filename="recommendations.csv")
        return _runs(call, 1, (PastRun(generation=made.id, at=made.at, recommendations=moves),))
    limit = asked.limit or (MOST_RUNS if asked.format == "csv" else RUNS)
    total, runs = past_runs(call.bench, call.cid, asked.span, limit, asked.offset)
    if asked.format == "csv":
        pieces = csv_files.past_recommendations((run.at, run.recommendations) for run in runs)
        return Stream(pieces=pieces, media=CSV, filename="recommendations.csv")
    return _runs(call, total, tuple(runs))


def _runs(call: Call, total: int, runs: tuple[PastRun, ...]) -> Listed[ExportedRun]:
    items = tuple(
        ExportedRun(generation=run.generation, generated_at=run.at, recommendations=run.recommendations) for run in runs
    )
    limit, offset = call.query.limit or RUNS, call.query.offset
    return Listed(total_count=total, filtered_count=total, limit=limit, offset=offset, items=items)


def skipped(call: Call) -> Stream | Listed[Skip]:
    """Guests that stay, all of them, as a file."""
    rows = call.told.skipped
    if call.query.format == "csv":
        return Stream(pieces=csv_files.skipped(rows), media=CSV, filename="skipped.csv")
    return Listed(total_count=len(rows), filtered_count=len(rows), limit=len(rows), offset=0, items=rows)


def scores(call: Call) -> Stream | Listed[ScoreAt]:
    """Every node at every assessment of a time, as a file."""
    asked = call.query
    rows = score_rows(call.bench, call.cid, asked.span)
    rows = (row for row in rows if asked.node in (None, row.node))
    if asked.format == "csv":
        part = islice(rows, asked.offset, None if asked.limit is None else asked.offset + asked.limit)
        return Stream(pieces=csv_files.scores(part), media=CSV, filename="scores.csv")
    limit = asked.limit or ROWS
    total, kept = 0, []
    for total, row in enumerate(rows, 1):
        if asked.offset < total <= asked.offset + limit:
            kept.append(row)
    items = tuple(
        ScoreAt(
            at=row.at, node=row.node, score=or_none(row.score), suitability=or_none(row.suitability),
            cpu_pct=or_none(row.cpu_pct), mem_pct=or_none(row.mem_pct), iowait_pct=or_none(row.iowait_pct),
            guest_count=row.guest_count,
        )
        for row in kept
    )  # fmt: skip
    return Listed(total_count=total, filtered_count=total, limit=limit, offset=asked.offset, items=items)


def or_none(value: float) -> float | None:
    """What was not measured is null."""
    return value if known(value) else None


def events(call: Call) -> EventsPage:
    """What happened, oldest first."""
    asked = call.query
    found = call.bench.store.events.list(call.cid, asked.since, asked.after, asked.limit)
    return EventsPage(limit=asked.limit, next_after=found[-1].id if found else asked.after, items=found)


def quantities(call: Call) -> Listed[Reading]:
    """Every figure of the registry with its present value."""
    made = call.desk.newest(call.cid)
    of_nodes = () if made is None else call.desk.node_figures(made)
    return cut((*cluster_readings(facts(call, call.cid)), *of_nodes), call.query)


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
