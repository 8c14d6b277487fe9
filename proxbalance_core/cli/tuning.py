"""Commands that help with settings: suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile, SnapshotFile

if TYPE_CHECKING:
    from proxbalance_core.domain.plans import Simulation
    from proxbalance_core.domain.suggestions import Suggestions

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def suggest(
    snapshot: SnapshotFile = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Suggest thresholds that would fit the cluster better, with the reasoning and what each would change."""
    from proxbalance_core import suggestions

    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, changes))
    found = suggestions(scene.snapshot, scene.settings)
    if as_json:
        common.print_json(found.to_dict())
        return
    _told(found)


def _told(found: Suggestions) -> None:
    if not found.each:
        common.say("The thresholds fit: none is 3 points or more off what would be suggested.", "bold green")
        return
    for one in found.each:
        what = one.suggestion
        common.say(f"{what.key}: {what.current:g} -> {what.suggested:g} ({what.confidence} confidence)", "bold")
        for reason in what.reasoning:
            common.say(f"  {reason}")
        common.say(f"  Applied alone: {_effect(one.effect)}")
    if found.together is not None and len(found.each) > 1:
        common.say(f"All together: {_effect(found.together)}", "bold")
    wanted = " ".join(f"--set {one.suggestion.key}={one.suggestion.suggested:g}" for one in found.each)
    common.say(f"To see it in full: simulate {wanted}")


def _effect(effect: Simulation) -> str:
    now, then = effect.current.recommendations, effect.proposed.recommendations
    return (
        f"{now} recommendations become {then} ({len(effect.added)} new, {len(effect.removed)} gone, "
        f"{len(effect.changed)} changed)."
    )
