"""Commands around the data: collect, demo, import, doctor."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir

commands = typer.Typer(rich_markup_mode=None)
_LEVELS = {"ok": "green", "warning": "yellow", "error": "red"}


class As(StrEnum):
    """What a file is imported as."""

    SNAPSHOT = "snapshot"
    TRACE = "trace"


@commands.command()
def collect(
    connection: ConnectionOption = None,
    once: Annotated[bool, typer.Option("--once", help="One round, then end.")] = False,
    generate: Annotated[bool, typer.Option("--generate", help="Run the engine too.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Collect from a cluster: one round, or on and on until interrupted."""
    with common.bench_at(data_dir) as bench:
        chosen = common.target(bench, connection)
        if not once:
            _run_on(bench, chosen.id, generate)
            return
        with common.progress(f"Collecting from {common.safe(chosen.title)}") as report:
            inventory = bench.collect(chosen.id, report)
            made = bench.regenerate(chosen.id, report) if generate else None
        told = {
            "connection": chosen.id, "at": inventory.at, "complete": inventory.complete, "notes": inventory.notes,
            "nodes": len(inventory.nodes), "guests": len(inventory.guests), "generation": made.id if made else None,
        }  # fmt: skip
    if as_json:
        common.print_json(told)
        return
    common.say(f"Collected {told['nodes']} nodes and {told['guests']} guests of {chosen.title}.", "green")
    for note in inventory.notes:
        common.say(f"Note: {note}", "yellow")
    if made is not None:
        common.say(made.assessment["summary"]["advice"])


def _run_on(bench: object, cid: str, generate: bool) -> None:
    from proxbalance_core.services.collector import Collector
    from proxbalance_core.services.courier import Courier
    from proxbalance_core.services.workbench import Workbench

    assert isinstance(bench, Workbench)
    if bench.status(cid).collector == "running elsewhere":
        raise common.BadUsage(f"Another process collects '{cid}' already; --once still works.")
    collector, courier = Collector(bench, only=cid, generate=generate), Courier(bench)
    collector.start()
    courier.start()
    common.say(f"Collecting '{cid}' every {bench.settings(cid).interval_s} s; stop with Ctrl-C.")
    try:
        collector.wait()
    except KeyboardInterrupt:
        common.say("Stopping.")
    finally:
        collector.stop()
        courier.stop()


@commands.command()
def demo(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Make the demo cluster and its 30 days of history, and say what to do next."""
    with common.bench_at(data_dir) as bench:
        made = bench.add_demo()
        with common.progress("Writing the demo's history") as report:
            generation = bench.regenerate(made.id, report)
        folder = bench.paths.root
    summary = generation.assessment["summary"]
    if as_json:
        common.print_json({"connection": made.id, "data_dir": str(folder), "summary": summary})
        return
    common.say(f"The demo cluster is ready in {folder}: 5 nodes, {len(generation.snapshot.guests)} guests.", "green")
    common.say(summary["advice"])
    for line in (
        "make run                                        opens the app on it",
        "python -m proxbalance_core assess -c demo       the advice here",
        "python -m proxbalance_core explain 110 -c demo  one guest in full",
    ):
        common.say(f"  {line}")


@commands.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A snapshot (JSON) or a trace (CSV, Parquet).")],
    kind: Annotated[As, typer.Option("--as", help="snapshot or trace.")],
    mapping: Annotated[list[str] | None, typer.Option("--map", help="column=field, for traces; repeat.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Import a file as an offline cluster."""
    chosen: dict[str, str] = {}
    for pair in mapping or ():
        column, equals, field = pair.rpartition("=")
        if not equals:
            raise common.BadUsage(f"--map takes column=field, not '{common.safe(pair)}'.")
        chosen[field.strip()] = column.strip()
    content = file.read_bytes()
    with common.bench_at(data_dir) as bench, common.progress(f"Importing {common.safe(file.name)}"):
        if kind is As.SNAPSHOT:
            cid = bench.import_snapshot(file.name, content)
        else:
            cid = bench.import_trace(file.name, content, chosen)
        made = bench.connection(cid)
        generation = bench.latest(cid)
    advice = generation.assessment["summary"]["advice"] if generation else ""
    if as_json:
        common.print_json({"connection": cid, "title": made.title, "notes": made.option("notes"), "advice": advice})
        return
    common.say(f"Imported as '{cid}'. {advice}", "green")
    if made.option("notes"):
        common.say(f"Note: {made.option('notes')}", "yellow")


@commands.command()
def doctor(connection: ConnectionOption = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check versions, permissions and gaps in the data, and say what to do."""
    with common.bench_at(data_dir) as bench:
        found = bench.diagnostics(common.target(bench, connection).id)
    if as_json:
        common.print_json({"ok": found.ok, "report": found})
    else:
        rows = [
            (common.coloured(f.level, _LEVELS[f.level]), f.check, f.detail, f.what_to_do or "") for f in found.findings
        ]
        common.table(f"Connection {found.cid}", ("", "Check", "Found", "What to do"), rows)
        common.say(", ".join(f"{name} {version}" for name, version in found.versions.items()))
    if not found.ok:
        raise typer.Exit(1)
