"""The command that empties nodes for maintenance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile

if TYPE_CHECKING:
    from proxbalance_core.domain.drains import Drain, DrainGuest, NodeShift

commands = typer.Typer(rich_markup_mode=None)
FATES = {
    "moves": "moves", "makes_room": "makes room", "shut_down": "is shut down", "stays": "stays, does not run",
    "blocked": "can't leave",
}  # fmt: skip


@commands.command()
def drain(
    nodes: Annotated[
        list[str], typer.Argument(help="The nodes to empty, and if wanted a proxbalance.snapshot/1 file.")
    ],
    to: Annotated[list[str] | None, typer.Option("--to", help="A target by hand: VMID=NODE; may be repeated.")] = None,
    shut_down: Annotated[
        list[int] | None, typer.Option("--shut-down", help="A guest to shut down instead; may be repeated.")
    ] = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    as_shell: Annotated[bool, typer.Option("--shell", help="Print the plan as a shell script.")] = False,
) -> None:
    """Plan a node's maintenance: where each guest goes, in waves with times, what can't leave and the remedy."""
    from proxbalance_core import drain as run

    if as_json and as_shell:
        raise common.BadUsage("Print JSON or a shell script, not both.")
    files = [text for text in nodes if common.is_file(text)]
    if len(files) > 1:
        raise common.BadUsage("Give one snapshot file, not several.")
    snapshot = Path(files[0]) if files else None
    choices = _choices(to or [], shut_down or [])
    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, changes))
    told = run(scene.snapshot, scene.settings, [name for name in nodes if name not in files], choices)
    if as_json:
        common.print_json(told.to_dict())
    elif as_shell:
        _script(told)
    else:
        _plan(told)


def _choices(to: list[str], off: list[int]) -> dict[int, str]:
    from proxbalance_core.cli import wishes
    from proxbalance_core.domain.drains import SHUT_DOWN

    moves = [wishes.move(text, "--to") for text in to]
    chosen = [*(move.vmid for move in moves), *off]
    twice = next((vmid for vmid in chosen if chosen.count(vmid) > 1), None)
    if twice is not None:
        raise common.BadUsage(f"Guest {twice} is chosen for twice.")
    return {move.vmid: move.target for move in moves} | dict.fromkeys(off, SHUT_DOWN)


def _script(told: Drain) -> None:
    from datetime import UTC

    from proxbalance_core.present.exports import drain_script

    typer.echo(drain_script(told, UTC), nl=False)


def _plan(told: Drain) -> None:
    common.say(told.summary, "bold green" if told.possible else "bold red")
    blocked = [(row.vmid, row.name, common.gb(row.missing_bytes), row.detail, row.remedy) for row in told.blockers]
    if blocked:
        common.table(
            "Can't leave", ("VMID", "Name", "GB missing", "What blocks it", "Remedy"), blocked, ("VMID", "GB missing")
        )
    rows = [_guest(row) for row in told.guests]
    if rows:
        columns = ("Wave", "VMID", "Name", "From", "", "To", "Seconds", "Downtime s", "Could go to", "Why")
        common.table("Guests", columns, rows, ("Wave", "VMID", "Seconds", "Downtime s"))
    off = [(row.vmid, row.name, "first" if row.before_moves else "last", row.detail) for row in told.shut_down]
    if off:
        common.table("Shut down", ("VMID", "Name", "When", ""), off, ("VMID",))
    for violation in told.broken:
        common.say(f"Breaks: {violation.detail}", "red")
    shifts = [_shift(row) for row in told.nodes]
    common.table("The nodes that stay", ("Node", "Penalty", "CPU %", "Memory %", "Guests"), shifts)
    for note in told.notes:
        common.say(f"Note: {note}")


def _guest(row: DrainGuest) -> tuple[object, ...]:
    others = [a.target for a in row.targets if a.ruled_out is None and a.target != row.target]
    by_hand = " (by hand)" if row.chosen else ""
    return (
        row.wave or "-", row.vmid, row.name, row.node, FATES[row.fate] + by_hand, row.target or "-",
        common.one(row.estimated_seconds, 0), common.one(row.downtime_seconds, 0), ", ".join(others) or "-", row.why,
    )  # fmt: skip


def _shift(row: NodeShift) -> tuple[object, ...]:
    ways = (
        (row.score_before, row.score, 1), (row.cpu_pct_before, row.cpu_pct, 1), (row.mem_pct_before, row.mem_pct, 1),
        (row.guests_before, row.guests, 0),
    )  # fmt: skip
    return row.node, *(
        common.way([common.one(before, digits), common.one(after, digits)]) for before, after, digits in ways
    )
