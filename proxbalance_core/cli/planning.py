"""The command that lays out a plan: which moves, in which waves, what the first few bring, how good it is at best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.advice import Mode
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile, SnapshotFile

if TYPE_CHECKING:
    from proxbalance_core.domain.plans import Assessment

commands = typer.Typer(rich_markup_mode=None)
SHOWN = ("cluster", "taken_at", "mode", "summary", "recommendations", "plan", "batch_impact", "notes")


@commands.command()
def plan(
    snapshot: SnapshotFile = None,
    mode: Annotated[Mode, typer.Option("--mode", help="How it is looked for.")] = Mode.SEQUENTIAL,
    max_moves: Annotated[int | None, typer.Option("--max-moves", min=0, help="At most so many moves.")] = None,
    bound: Annotated[bool, typer.Option("--bound", help="Prove how much better any plan could be.")] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=1.0, max=3600.0, help="Time for the proof.")] = 60.0,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Lay out the moves in waves, with times, and what the first of them bring."""
    from proxbalance_core import assess, with_bound
    from proxbalance_core.domain.plans import PLAN_FORMAT

    wanted = [*(changes or []), *([f"max_moves={max_moves}"] if max_moves is not None else [])]
    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, wanted or None))
    if bound and mode is Mode.INDEPENDENT:
        raise common.BadUsage("Moves judged alone are no joint plan; --bound goes with sequential or optimal.")
    with common.progress("Planning") as report:
        told = assess(scene.snapshot, scene.settings, mode.value, report)
        if bound:
            told = with_bound(scene.snapshot, scene.settings, told, seconds)
    if as_json:
        document = told.to_dict()
        common.print_json({"format": PLAN_FORMAT} | {key: document[key] for key in SHOWN})
        return
    _steps(told)


def _steps(told: Assessment) -> None:
    common.say(f"{told.cluster}: {told.summary.advice}", "bold")
    rows = [
        (s.wave, s.step, s.vmid, f"{s.source} -> {s.target}", "for a while" if s.temporary else "",
         f"{s.estimated_seconds:.0f}", f"{s.downtime_seconds:.0f}", s.reason)
        for s in told.plan.steps
    ]  # fmt: skip
    columns = ("Wave", "Step", "VMID", "Move", "", "Seconds", "Downtime s", "Why")
    common.table("Plan", columns, rows, ("Wave", "Step", "VMID", "Seconds", "Downtime s"))
    curve = [(p.moves, f"{p.strain:.1f}", f"{p.gigabytes:.1f}") for p in told.plan.curve]
    common.table("What the first moves bring", ("Moves", "Strain", "GB sent"), curve, ("Moves", "Strain", "GB sent"))
    for gone in told.plan.dropped:
        common.say(f"Left out: guest {gone.vmid} to {gone.target}: {gone.reason}.", "yellow")
    for note in told.notes:
        common.say(f"Note: {note}")
