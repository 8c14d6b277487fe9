"""Files that leave the app: CSV, JSON, and the plan as a shell script."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import Recommendation
from proxbalance_core.present import words

CSV_HEADER = ("VMID", "Name", "Type", "Source", "Target", "Score Improvement", "Confidence", "Risk", "Reason")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


def recommendations_csv(moves: Iterable[Recommendation]) -> str:
    """One row for each recommendation under :data:`CSV_HEADER`, readable by a spreadsheet without running anything."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_HEADER)
    for move in moves:
        row = (
            move.vmid,
            move.name,
            move.type,
            move.source,
            move.target,
            f"{move.score_improvement:.2f}",
            f"{move.confidence_score:.0f}",
            move.risk_level,
            move.reason.summary,
        )
        writer.writerow([neutral(cell) for cell in row])
    return out.getvalue()


def neutral(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: what would start one gets a quote; numbers stay numbers."""
    text = str(cell)
    starts = text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA)
    return "'" + text if starts and not _NUMBER.fullmatch(text) else text


def assessment_json(document: Mapping[str, Any]) -> str:
    """The whole assessment, as the command line and Python give it."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def shell_script(assessment: Assessment, zone: tzinfo) -> str:
    """The plan in wave order; names stand in comments only, shell-quoted and on one line; times are of ``zone``.

    The commands are the engine's. Waves follow one another; a failing command stops the script.
    """
    lines = [
        "#!/bin/sh",
        f"# Plan of ProxBalance for {_comment(assessment.cluster)},",
        f"# from figures of {words.exact(assessment.taken_at, zone)}:"
        f" {words.count(len(assessment.plan.steps), 'step')}, about {words.about(assessment.plan.estimated_seconds)}.",
        "# Run it on a node of the cluster, as root. It stops at the first failure.",
        "set -eu",
    ]
    commands = _commands_by_step(assessment)
    names = {move.vmid: move.name for move in assessment.recommendations}
    steps = {step.step: step for step in assessment.plan.steps}
    for number, wave in enumerate(assessment.plan.waves, start=1):
        lines += ["", f"# Wave {number}"]
        for place in wave:
            step = steps[place]
            lines.append(
                f"# {step.vmid} {_comment(names.get(step.vmid, ''))}:"
                f" {_comment(step.source)} -> {_comment(step.target)}"
            )
            lines += [_command(command) for command in commands.get(place, [])]
    return "\n".join(lines) + "\n"


def _commands_by_step(assessment: Assessment) -> dict[int, list[str]]:
    """The engine's commands of each step: a recommendation has one for each of its steps, or one for all."""
    found: dict[int, list[str]] = {}
    for move in assessment.recommendations:
        if len(move.commands) == len(move.steps):
            found |= {step: [command] for step, command in zip(move.steps, move.commands, strict=True)}
        elif move.steps:
            found[move.steps[0]] = list(move.commands)
    return found


def _command(text: str) -> str:
    """One command, each of its words quoted anew: a node's name in an imported file can't bring a second command."""
    try:
        return shlex.join(shlex.split(text))
    except ValueError:
        return f"# left out, it can't be quoted: {_comment(text)}"


def _comment(text: str) -> str:
    """``text`` as one shell-quoted word that can't end its comment."""
    return shlex.quote(_CONTROL.sub(" ", text)) if text else ""
