"""The command that hands out files: recommendations, guests that stay, scores and migrations, the snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

    Span = tuple[datetime | None, datetime | None]

commands = typer.Typer(rich_markup_mode=None)
Row = TypeVar("Row")


class What(StrEnum):
    """What is exported."""

    RECOMMENDATIONS = "recommendations"
    SKIPPED = "skipped"
    HISTORY = "history"
    MIGRATIONS = "migrations"
    SNAPSHOT = "snapshot"


class Format(StrEnum):
    """In which format."""

    CSV = "csv"
    JSON = "json"


@commands.command()
def export(
    what: Annotated[
        What, typer.Option("--what", help="history: every node's scores at every assessment.")
    ] = What.RECOMMENDATIONS,
    form: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.JSON,
    since: Annotated[
        str | None, typer.Option("--from", help="From this time on, such as 2026-02-01T00:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Until this time.")] = None,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print what is recommended, was recommended, stays, or happened, for a spreadsheet or a program."""
    as_csv = form is Format.CSV and not as_json
    if what is What.SNAPSHOT and as_csv:
        raise common.BadUsage("A snapshot is exported as JSON.")
    span = (common.moment("--from", since), common.moment("--to", until))
    if what in (What.SNAPSHOT, What.SKIPPED) and any(span):
        raise common.BadUsage("--from and --to go with recommendations, history and migrations.")
    with common.bench_at(data_dir) as bench:
        chosen = common.target(bench, connection)
        if what in (What.HISTORY, What.MIGRATIONS) or any(span):
            _past(bench, chosen.id, what, span, as_csv)
        else:
            _newest(bench, chosen.id, what, as_csv)


def _newest(bench: Workbench, cid: str, what: What, as_csv: bool) -> None:
    from proxbalance_core.present import csv_files
    from proxbalance_core.present.reading import read_assessment

    generation = bench.latest(cid) or bench.regenerate(cid)
    if what is What.SNAPSHOT:
        common.print_json(generation.snapshot.to_dict())
        return
    told = read_assessment(generation.assessment)
    if as_csv:
        skipped = what is What.SKIPPED
        _print(csv_files.skipped(told.skipped) if skipped else (csv_files.recommendations_csv(told.recommendations),))
    else:
        common.print_json(generation.assessment["skipped"] if what is What.SKIPPED else generation.assessment)


def _past(bench: Workbench, cid: str, what: What, span: Span, as_csv: bool) -> None:
    from proxbalance_core.present import csv_files
    from proxbalance_core.services import exporting

    if what is What.HISTORY:
        scores = exporting.score_rows(bench, cid, span)
        _give(scores, csv_files.scores, as_csv)
    elif what is What.MIGRATIONS:
        _give(exporting.past_migrations(bench, cid, span), csv_files.migrations, as_csv)
    else:
        runs = exporting.past_runs(bench, cid, span)[1]
        _give(runs, lambda found: csv_files.past_recommendations((r.at, r.recommendations) for r in found), as_csv)


def _give(found: Iterable[Row], pieces: Callable[[Iterable[Row]], Iterator[str]], as_csv: bool) -> None:
    from proxbalance_core.domain.documents import plain

    if as_csv:
        _print(pieces(found))
    else:
        common.print_json([plain(one) for one in found])


def _print(pieces: Iterable[str]) -> None:
    for piece in pieces:
        typer.echo(piece, nl=False)
