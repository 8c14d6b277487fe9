"""Commands that ask whether something would hold: a move made now, the loss of a node."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile, SnapshotFile

if TYPE_CHECKING:
    from proxbalance_core.domain.failover import NMinusOne, NodeLoss
    from proxbalance_core.domain.validation import Validation

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def validate(
    vmid: Annotated[int, typer.Argument(help="The guest.")],
    target: Annotated[
        str | None, typer.Argument(help="The node to check a move to; without it, the recommended one.")
    ] = None,
    snapshot: SnapshotFile = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Judge a file's age as of this time (ISO 8601 with zone), not of now.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check a move just before it is made: age of the data, guest, target, storage, load, locks, rules, Proxmox."""
    if snapshot is None and target is not None and common.is_file(target):
        snapshot, target = Path(target), None
    if snapshot is None:
        told = _on_connection(vmid, target, connection, data_dir, bool(settings or changes or at))
    else:
        if connection is not None:
            raise common.BadUsage("Give a snapshot file or --connection, not both.")
        told = _on_file(
            vmid,
            target,
            snapshot,
            common.SettingsChoice(settings, changes),
            common.moment("--at", at) or datetime.now(UTC),
        )
    if as_json:
        common.print_json(told.to_dict())
        return
    _table(told)


def _on_connection(vmid: int, target: str | None, named: str | None, data_dir: Path | None, odd: bool) -> Validation:
    if odd:
        raise common.BadUsage("--settings, --set and --at go with a snapshot file; a connection has its own.")
    from proxbalance_core.services.validating import validate_move

    with common.bench_at(data_dir) as bench, common.progress("Asking the cluster"):
        return validate_move(bench, common.target(bench, named).id, vmid, target)


def _on_file(vmid: int, target: str | None, path: Path, choice: common.SettingsChoice, now: datetime) -> Validation:
    """A file is its own fresh data: there is nobody to ask."""
    from proxbalance_core import assess
    from proxbalance_core import validate as run
    from proxbalance_core.domain.validation import FreshFacts
    from proxbalance_core.services.validating import recommended_target

    snapshot, used = common.snapshot_at(path), common.settings_from(choice.file, choice.changes)
    if target is None:
        target = recommended_target({r.vmid: r.target for r in assess(snapshot, used).recommendations}, vmid)
    return run((vmid, target), snapshot, FreshFacts(snapshot=snapshot), now, used)


def _table(told: Validation) -> None:
    verdict = "may be made" if told.passed else "must not be made as it is"
    common.say(f"Guest {told.vmid} from {told.source} to {told.target}: {verdict}.", "green" if told.passed else "red")
    rows = [
        (
            common.coloured("passed" if check.passed else "failed", "green" if check.passed else "red"),
            check.check.replace("_", " "), check.detail,
        )
        for check in told.checks
    ]  # fmt: skip
    common.table("Checks", ("", "Check", "Found"), rows)
    for warning in told.warnings:
        common.say(f"Warning: {warning}", "yellow")


@commands.command("n-1")
def n_minus_1(
    snapshot: SnapshotFile = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say of each node whether the rest would carry its guests if it failed, and how much room would be left."""
    from proxbalance_core import n_minus_1 as run

    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, changes))
    with common.progress("Losing each node in turn") as report:
        found = run(scene.snapshot, scene.settings, report)
    if as_json:
        common.print_json(found.to_dict())
        return
    _losses(found)


def _losses(found: NMinusOne) -> None:
    common.say(found.summary, "bold green" if found.holds else "bold red")
    columns = (
        "If lost", "", "Running", "Start elsewhere", "No place", "GB missing", "GB left", "Largest guest GB",
        "Busiest CPU %", "Fullest memory %",
    )  # fmt: skip
    common.table("Each node lost in turn, the weakest first", columns, [_loss(row) for row in found.nodes], columns[2:])
    for loss in found.nodes:
        rows = [(row.vmid, row.name, common.gb(row.missing_bytes), row.detail) for row in loss.unplaced]
        if rows:
            common.table(f"No place without {loss.node}", ("VMID", "Name", "GB missing", "Why"), rows, ("VMID",))
    for note in found.notes:
        common.say(f"Note: {note}")


def _loss(loss: NodeLoss) -> tuple[object, ...]:
    verdict = common.coloured("holds", "green") if loss.holds else common.coloured("does not hold", "red")
    return (
        loss.node, verdict, loss.running, len(loss.started), len(loss.unplaced), common.gb(loss.missing_bytes),
        common.gb(loss.headroom_bytes), common.gb(loss.largest_guest_bytes), _at(loss.busiest_node, loss.cpu_pct),
        _at(loss.fullest_node, loss.mem_pct),
    )  # fmt: skip


def _at(node: str | None, level: float | None) -> str:
    return "-" if node is None or level is None else f"{level:.1f} {node}"
