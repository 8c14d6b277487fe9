"""``history`` and ``events``: how scores went, and what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir

commands = typer.Typer(rich_markup_mode=None)
Days = Annotated[float, typer.Option("--days", min=0.01, max=732, help="How many days back.")]


@commands.command()
def history(
    days: Days = 7.0,
    marks: Annotated[int, typer.Option("--marks", min=1, max=5000, help="At most so many, means over time.")] = 24,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show how health, imbalance and the number of recommendations went; with --json the nodes' scores too."""
    from proxbalance_core.services import timeline

    with common.bench_at(data_dir) as bench:
        found = timeline.scores(bench, common.target(bench, connection).id, days, marks)
    if as_json:
        common.print_json(found.to_dict())
        return
    if not found.cluster:
        common.say(f"No assessment was made in the last {days:g} days.")
        return
    rows = [
        (_when(mark.at), mark.generations, common.one(mark.cluster_health), common.one(mark.lowest_health),
         common.one(mark.imbalance, 2), common.one(mark.recommendation_count))
        for mark in found.cluster
    ]  # fmt: skip
    columns = ("From (UTC)", "Assessments", "Health", "Lowest", "Imbalance", "Recommendations")
    common.table("History", columns, rows, numbers=columns[1:])


@commands.command()
def events(
    days: Days = 7.0,
    after: Annotated[int, typer.Option("--after", min=0, help="Only those past this id: where you left off.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 1000,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List what happened, oldest first: recommendations, nodes, data, settings, migrations."""
    from proxbalance_core.domain.documents import plain
    from proxbalance_core.services import timeline

    with common.bench_at(data_dir) as bench:
        found = timeline.events(bench, common.target(bench, connection).id, days, after, limit)
    if as_json:
        common.print_json([plain(event) for event in found])
        return
    if not found:
        common.say("Nothing happened in that time.")
        return
    rows = [(event.id, _when(event.at), event.event, _short(event.payload)) for event in found]
    common.table("Events", ("Id", "When (UTC)", "Event", "About"), rows, numbers=("Id",))


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _short(payload: dict[str, object]) -> str:
    """What is one value; lists are for --json."""
    return ", ".join(f"{key}: {value}" for key, value in payload.items() if isinstance(value, str | int | float))
