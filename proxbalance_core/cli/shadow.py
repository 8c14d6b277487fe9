"""``shadow``: a second profile that is asked beside the settings in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile

if TYPE_CHECKING:
    from proxbalance_core.domain.shadows import ShadowReport

commands = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Ask a second profile beside the one in force."
)
AS_GIVEN, MOST_MOVES = "settings as given", 20


@commands.command()
def start(
    profile: Annotated[str | None, typer.Option("--profile", help="A preset, or a profile that you kept.")] = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
) -> None:
    """Ask other settings too from the next assessment on; an earlier shadow ends."""
    from proxbalance_core.services import shadowing, tuning

    if (profile is None) == (not settings and not changes):
        raise common.BadUsage("Say which settings: either --profile NAME, or --set key=value and --settings FILE.")
    with common.cluster_at(data_dir, connection) as (bench, target):
        if profile is not None:
            shadowing.start(bench, target.id, profile, tuning.named(bench, target.id, profile))
        else:
            given = common.settings_from(settings, changes, bench.settings(target.id))
            shadowing.start(bench, target.id, AS_GIVEN, given)
    common.say(f"From the next assessment of {common.safe(target.title)} on, they are asked too.")


@commands.command()
def stop(connection: ConnectionOption = None, data_dir: DataDir = None) -> None:
    """End the shadow and forget what it advised."""
    from proxbalance_core.services import shadowing

    with common.cluster_at(data_dir, connection) as (bench, target):
        shadowing.stop(bench, target.id)
    common.say("Nothing is in the shadow.")


@commands.command()
def show(
    days: Annotated[int | None, typer.Option("--days", min=1, max=90, help="How many days back; else all.")] = None,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare what the settings in the shadow would have advised with what was advised."""
    from proxbalance_core.services import shadowing

    with common.cluster_at(data_dir, connection) as (bench, target):
        found = shadowing.report(bench, target.id, days)
    if as_json:
        common.print_json(found.to_dict())
        return
    _told(found)


def _told(found: ShadowReport) -> None:
    common.say(found.summary, "bold")
    columns = ("", "Different moves", "At a time", "New a day", "GB of a plan", "Health after it")
    rows = [
        (
            side.name, side.advised, f"{side.per_round:.2f}", f"{side.appeared_per_day:.2f}",
            f"{side.gigabytes_per_round:.1f}", common.one(side.predicted_health),
        )
        for side in (found.ours, found.theirs)
    ]  # fmt: skip
    common.table("Both sides", columns, rows, columns[1:])
    moves = [(move.vmid, move.target, move.ours, move.theirs) for move in found.moves[:MOST_MOVES]]
    common.table(
        f"In how many of {found.rounds} assessments", ("VMID", "Target", "In force", "Shadow"), moves,
        ("VMID", "In force", "Shadow"),
    )  # fmt: skip
