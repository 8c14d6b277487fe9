"""Files that leave the app: JSON, and the plan as a shell script."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from proxbalance_core.domain.drains import Drain, ShutDown
from proxbalance_core.domain.plans import Assessment, Plan
from proxbalance_core.present import words

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


def assessment_json(document: Mapping[str, Any]) -> str:
    """The whole assessment, as the command line and Python give it."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def shell_script(assessment: Assessment, zone: tzinfo) -> str:
    """The plan in wave order; names stand in comments only, shell-quoted and on one line; times are of ``zone``.

    The commands are the engine's, each run on the node that its guest leaves. Waves follow one another; a failing
    command stops the script.
    """
    names = {move.vmid: move.name for move in assessment.recommendations}
    waves = _waves(assessment.plan, _commands_by_step(assessment), names)
    return "\n".join([*_head("Plan", assessment, assessment.plan, zone), *waves]) + "\n"


def drain_script(drain: Drain, zone: tzinfo) -> str:
    """The same for nodes that are emptied, with what is shut down first or last."""
    commands = {step: [c] for row in drain.guests for step, c in zip(row.steps, row.commands, strict=True)}
    waves = _waves(drain.plan, commands, {row.vmid: row.name for row in drain.guests})
    first, last = ([row for row in drain.shut_down if row.before_moves is early] for early in (True, False))
    lines = _head(f"Maintenance of {' and '.join(drain.emptied)}", drain, drain.plan, zone)
    lines += [f"# {row.vmid} {_comment(row.name)} can't leave: {_plainly(row.detail)}" for row in drain.blockers]
    return "\n".join([*lines, *_shutdowns("Shut down first", first), *waves, *_shutdowns("Shut down", last)]) + "\n"


def _head(title: str, told: Assessment | Drain, plan: Plan, zone: tzinfo) -> list[str]:
    return [
        "#!/bin/sh",
        f"# {_plainly(title)} by ProxBalance for {_comment(told.cluster)},",
        f"# from figures of {words.exact(told.taken_at, zone)}:"
        f" {words.count(len(plan.steps), 'step')}, about {words.about(plan.estimated_seconds)}.",
        "# Run it on a node of the cluster, as root. It stops at the first failure.",
        "set -eu",
    ]


def _waves(plan: Plan, commands: Mapping[int, list[str]], names: Mapping[int, str]) -> Iterator[str]:
    steps = {step.step: step for step in plan.steps}
    for number, wave in enumerate(plan.waves, start=1):
        yield from ("", f"# Wave {number}")
        for place in wave:
            step = steps[place]
            yield (
                f"# {step.vmid} {_comment(names.get(step.vmid, ''))}:"
                f" {_comment(step.source)} -> {_comment(step.target)}"
            )
            yield from (_command(command, step.source) for command in commands.get(place, []))


def _shutdowns(title: str, rows: Iterable[ShutDown]) -> Iterator[str]:
    for i, row in enumerate(rows):
        yield from ("", f"# {title}") if i == 0 else ()
        yield f"# {row.vmid} {_comment(row.name)} on {_comment(row.node)}"
        yield _command(row.command, row.node)


def _commands_by_step(assessment: Assessment) -> dict[int, list[str]]:
    """The engine's commands of each step: a recommendation has one for each of its steps, or one for all."""
    found: dict[int, list[str]] = {}
    for move in assessment.recommendations:
        if len(move.commands) == len(move.steps):
            found |= {step: [command] for step, command in zip(move.steps, move.commands, strict=True)}
        elif move.steps:
            found[move.steps[0]] = list(move.commands)
    return found


def _command(text: str, node: str) -> str:
    """One command for the shell of ``node``, where the guest is: Proxmox knows it there alone.

    Each of its words is quoted anew: a node's name in an imported file can't bring a second command.
    """
    try:
        return shlex.join(["ssh", f"root@{node}", shlex.join(shlex.split(text))])
    except ValueError:
        return f"# left out, it can't be quoted: {_comment(text)}"


def _plainly(text: str) -> str:
    return _CONTROL.sub(" ", text)


def _comment(text: str) -> str:
    """``text`` as one shell-quoted word that can't end its comment."""
    return shlex.quote(_plainly(text)) if text else ""
