"""``settings``: what is in force for a cluster, changed, undone and listed."""

from __future__ import annotations

from typing import Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SettingsFile

commands = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="What is in force for a cluster: show, set, undo, history."
)
WHO = "command line"


@commands.command()
def show(
    every: Annotated[bool, typer.Option("--all", help="Every setting, not only those that differ.")] = False,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the settings in force, those that differ from the defaults."""
    from proxbalance_core.present.tuning import all_settings, value

    with common.cluster_at(data_dir, connection) as (bench, target):
        found = bench.settings(target.id)
    if as_json:
        common.print_json(found.to_dict())
        return
    rows = [
        (row.key, value(row.value), value(row.default), row.unit, row.title)
        for row in all_settings(found, only_changed=not every)
    ]
    common.say(f"Profile: {found.profile}", "bold")
    common.table("Settings in force", ("Key", "Value", "Default", "Unit", "What for"), rows, ("Value", "Default"))


@commands.command("set")
def set_(
    changes: Annotated[list[str] | None, typer.Argument(help="key=value, as many as you like.")] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="A preset, or a profile that you kept.")] = None,
    settings: SettingsFile = None,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
) -> None:
    """Put settings in force; `simulate` shows before what they would change."""
    from proxbalance_core.services import tuning

    if not (changes or profile or settings):
        raise common.BadUsage("Say what to put in force: key=value, --profile NAME or --settings FILE.")
    with common.cluster_at(data_dir, connection) as (bench, target):
        before = bench.settings(target.id)
        base = tuning.named(bench, target.id, profile) if profile else before
        new = common.settings_from(settings, changes, base) if settings or changes else base
        if new == before:
            common.say("That is in force already; nothing was changed.")
            return
        bench.save_settings(target.id, new, WHO)
    _told(tuning.difference(before, new))


@commands.command()
def undo(connection: ConnectionOption = None, data_dir: DataDir = None) -> None:
    """Bring back the settings before the last change."""
    from proxbalance_core.services import tuning

    with common.cluster_at(data_dir, connection) as (bench, target):
        now, before = bench.settings(target.id), tuning.before_last(bench, target.id)
        if before is None:
            common.say("Nothing was changed yet: the defaults are in force.")
            return
        bench.save_settings(target.id, before, WHO)
    _told(tuning.difference(now, before))


@commands.command()
def history(
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List what was changed, when and by whom, newest first."""
    from proxbalance_core.domain.documents import iso
    from proxbalance_core.present.tuning import value
    from proxbalance_core.services import tuning

    with common.cluster_at(data_dir, connection) as (bench, target):
        found = tuning.history(bench, target.id)
    if as_json:
        common.print_json(
            [
                {"at": iso(one.at), "who": one.who, "changes": one.changes, "settings": one.settings.to_dict()}
                for one in found
            ]
        )
        return
    rows = [
        (f"{one.at:%Y-%m-%d %H:%M} UTC", one.who, key, value(old), value(new))
        for one in found
        for key, (old, new) in one.changes.items()
    ]
    common.table("What was changed", ("When", "By", "Key", "From", "To"), rows)


def _told(changes: dict[str, tuple[object, object]]) -> None:
    from proxbalance_core.present.tuning import value

    for key, (old, new) in changes.items():
        common.say(f"{key}: {value(old)} -> {value(new)}")
    common.say("In force from the next assessment on.", "bold green")
