"""Commands that help with settings: suggest, sensitivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile, SnapshotFile

if TYPE_CHECKING:
    from proxbalance_core.domain.plans import Simulation
    from proxbalance_core.domain.sensitivities import Sensitivity
    from proxbalance_core.domain.suggestions import Suggestions

commands = typer.Typer(rich_markup_mode=None)
LEAST_SWING = 0.05


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


@commands.command()
def sensitivity(
    snapshot: SnapshotFile = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell which setting drives which node's score, and how far one would have to move to change the advice."""
    from proxbalance_core import sensitivity as run

    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, changes))
    with common.progress("Moving each setting over its way") as told:
        found = run(scene.snapshot, scene.settings, on_progress=told)
    if as_json:
        common.print_json(found.to_dict())
        return
    _drives(found)


def _drives(found: Sensitivity) -> None:
    rows = [
        (turn.key, f"{turn.now:g}", f"{turn.at:g}", turn.vmid, turn.name, turn.outcome, turn.target or "stays")
        for turn in sorted(found.turns, key=lambda turn: (turn.key, abs(turn.at - turn.now), turn.vmid))
    ]
    common.table(
        "What would change the advice", ("Setting", "Now", "At", "VMID", "Name", "It", "Target"), rows,
        ("Now", "At", "VMID"),
    )  # fmt: skip
    widest = sorted(found.sways, key=lambda sway: (-sway.swing, sway.node, sway.key))
    nodes = [
        (sway.node, sway.key, f"{sway.least:.1f}", f"{sway.now:.1f}", f"{sway.most:.1f}")
        for sway in widest
        if sway.swing >= LEAST_SWING
    ]
    common.table(
        "What drives the nodes' points", ("Node", "Setting", "Least", "Now", "Most"), nodes, ("Least", "Now", "Most")
    )
    for key in found.off:
        common.say(f"{key} stands off its slider and was not moved.")
