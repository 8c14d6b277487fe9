"""``outcomes``, ``feedback``, ``success`` and ``report``: whether the advice was right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir
from proxbalance_core.errors import ProxBalanceError

if TYPE_CHECKING:
    from proxbalance_core.domain.feedback import FeedbackReport
    from proxbalance_core.domain.reports import Report
    from proxbalance_core.domain.success import Success
    from proxbalance_core.services.outcomes import OutcomeReport
    from proxbalance_core.services.workbench import Workbench

commands = typer.Typer(rich_markup_mode=None)
Kind = Literal["text", "html", "pdf", "json"]


@commands.command()
def outcomes(
    days: Annotated[float, typer.Option("--days", min=0.01, max=732, help="How many days back.")] = 30.0,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what migrations did against what was predicted for them."""
    from proxbalance_core.services import outcomes as tracking

    with common.cluster_at(data_dir, connection) as (bench, target):
        found = tracking.report(bench, target.id, days)
    if as_json:
        common.print_json(found.to_dict())
        return
    if not found.outcomes:
        common.say(f"No guest was migrated in the last {days:g} days.")
        return
    _tell_outcomes(found)


def _tell_outcomes(found: OutcomeReport) -> None:
    from proxbalance_core.present import verdicts, words

    rows = [
        (
            words.guest(o.vmid, o.name), f"{o.at:%Y-%m-%d %H:%M}", f"{o.source} -> {o.target}",
            words.signed(o.predicted_points), words.signed(o.realised_points), verdicts.VERDICTS[o.verdict],
            verdicts.verdict_about(o),
        )
        for o in found.outcomes
    ]  # fmt: skip
    columns = ("Guest", "When (UTC)", "Way", "Predicted", "Realised", "Verdict", "About")
    common.table("Outcomes", columns, rows, numbers=("Predicted", "Realised"))
    judged = [
        (row.by, row.key, row.migrations, row.judged, common.one(row.held_pct), common.one(row.realised_pct))
        for row in found.accuracy
        if row.judged
    ]
    if judged:
        heads = ("By", "Which", "Migrations", "Judged", "Within 10 points %", "Realised %")
        common.table("How predictions did", heads, judged, numbers=heads[2:])


@commands.command()
def feedback(
    vmid: Annotated[int | None, typer.Argument(help="The guest whose recommendation is rated; none: list all.")] = None,
    rating: Annotated[str | None, typer.Argument(help="helpful or not_helpful.")] = None,
    why: Annotated[
        str | None, typer.Option("--why", help="not_needed, wrong_target, special_requirements or other.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="In your own words, at most 500 characters.")] = "",
    recommendation: Annotated[str | None, typer.Option("--id", help="A recommendation that no longer stands.")] = None,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a recommendation helped; without a guest, show what was said and what it has in common."""
    from proxbalance_core.domain.documents import plain
    from proxbalance_core.domain.feedback import Opinion
    from proxbalance_core.services import feedback as opinions

    if (vmid is None) != (rating is None):
        raise common.BadUsage("Give a guest and a rating (helpful or not_helpful), or neither.")
    with common.cluster_at(data_dir, connection) as (bench, target):
        if vmid is None or rating is None:
            found = opinions.report(bench, target.id)
            common.print_json(found.to_dict()) if as_json else _tell_feedback(found)
            return
        said = Opinion(rating=rating.replace("-", "_"), objection=why, note=note, recommendation=recommendation)
        kept = opinions.give(bench, target.id, vmid, said)
    if as_json:
        common.print_json(plain(kept))
    else:
        common.say(f"Kept: the move of {kept.vmid} to {kept.target} is {kept.rating.replace('_', ' ')}.")


def _tell_feedback(found: FeedbackReport) -> None:
    if not found.entries:
        common.say("Nothing was said yet. `feedback VMID helpful` or `feedback VMID not_helpful --why ...` rates one.")
        return
    common.say(f"{found.helpful} helpful, {found.not_helpful} not helpful.", "bold")
    rows = [
        (f"{row.at:%Y-%m-%d %H:%M}", row.vmid, row.target, row.rating, row.objection or "", row.note)
        for row in found.entries
    ]
    common.table("Opinions", ("When (UTC)", "VMID", "Target", "Rating", "Why", "Note"), rows, numbers=("VMID",))
    for pattern in found.patterns:
        common.say(pattern.message + (f" One could {pattern.suggestion}." if pattern.suggestion else ""))


@commands.command()
def success(
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="Over how many days.")] = 30,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show how well the advice did: each figure with its target, and "not enough data" where that is so."""
    from datetime import timedelta

    from proxbalance_core.services.success import success as measured

    with common.cluster_at(data_dir, connection) as (bench, target):
        now = bench.clock()
        found = measured(bench, target.id, now - timedelta(days=days), now)
    if as_json:
        common.print_json(found.to_dict())
        return
    _tell_success(found)


def _tell_success(found: Success) -> None:
    from proxbalance_core.present.report import metric_row

    rows = [metric_row(metric) for metric in found.metrics]
    common.table("How well the advice did", ("Figure", "Value", "Target", "State", "Trend"), rows)


@commands.command()
def report(
    month: Annotated[str | None, typer.Option("--month", help="Like 2026-02; else the last whole month.")] = None,
    kind: Annotated[Kind, typer.Option("--format", help="text, html, pdf or json.")] = "text",
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; html and pdf need one.")] = None,
    send: Annotated[
        str | None, typer.Option("--send", help="A target of `notify`: the text, to a chat the PDF too.")
    ] = None,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write the monthly report: what was advised, done and said, and what it brought."""
    from proxbalance_core.services import reporting

    if kind in ("html", "pdf") and out is None:
        raise common.BadUsage(f"Name the file for the {kind} with --out.")
    with common.cluster_at(data_dir, connection) as (bench, target):
        found = reporting.report(bench, target.id, month)
        if send is not None:
            _send(bench, found, send)
            return
    if out is not None:
        out.write_bytes(_file(found, "json" if as_json else kind))
        common.say(f"Written to {out}.")
    elif as_json or kind == "json":
        common.print_json(found.to_dict())
    else:
        _tell_report(found)


def _send(bench: Workbench, found: Report, target: str) -> None:
    from proxbalance_core.services import reporting

    came = reporting.send(bench, found, target)
    if came.fault is not None:
        raise ProxBalanceError(f"The report was not taken. {came.fault}")
    common.say("The report was taken.", "green")


def _file(found: Report, kind: Kind) -> bytes:
    import json

    from proxbalance_core.present import report as told
    from proxbalance_core.present import report_files

    if kind == "pdf":
        return report_files.pdf(found)
    if kind == "html":
        return report_files.html(found).encode()
    if kind == "json":
        return (json.dumps(found.to_dict(), indent=2, allow_nan=False) + "\n").encode()
    lines = [told.title(found)]
    for section in told.sections(found):
        lines += ["", section.title, *section.sentences]
        lines += [" | ".join(row) for row in ((section.columns, *section.rows) if section.rows else ())]
    return ("\n".join(lines) + "\n").encode()


def _tell_report(found: Report) -> None:
    from proxbalance_core.present import report as told

    common.say(told.title(found), "bold")
    for section in told.sections(found):
        if section.rows:
            common.table(section.title, section.columns, section.rows)
        elif section.sentences:
            common.say(section.title, "bold")
        for sentence in section.sentences:
            common.say(sentence)
