"""Commands that reason about a cluster: assess, explain, simulate, diff."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile, SnapshotFile

if TYPE_CHECKING:
    from proxbalance_core.domain.plans import Assessment
    from proxbalance_core.domain.results import Alternative, Recommendation, Skip, Term

commands = typer.Typer(rich_markup_mode=None)
_LIGHTS = {"green": "green", "amber": "yellow", "red": "red"}


class Mode(StrEnum):
    """How recommendations are looked for."""

    SEQUENTIAL = "sequential"
    INDEPENDENT = "independent"
    OPTIMAL = "optimal"


@commands.command()
def assess(
    snapshot: SnapshotFile = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    mode: Annotated[Mode, typer.Option("--mode")] = Mode.SEQUENTIAL,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Score every node and say which guests should move, and why."""
    from proxbalance_core import assess as run

    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, changes))
    with common.progress("Assessing") as report:
        told = run(scene.snapshot, scene.settings, mode.value, report)
    if as_json:
        common.print_json(told.to_dict())
        return
    _digest(told)


def _digest(told: Assessment) -> None:
    common.say(f"{told.cluster}: {told.summary.advice}", "bold")
    common.table(
        "Nodes",
        ("Node", "Score", "Rating", "CPU %", "Memory %", "Guests"),
        [
            (
                common.coloured(node.name, _LIGHTS.get(node.light, "")), _number(node.score),
                node.rating or node.status, _number(node.cpu_pct), _number(node.mem_pct), node.guest_count,
            )
            for node in told.nodes
        ],
        ("Score", "CPU %", "Memory %", "Guests"),
    )  # fmt: skip
    if told.recommendations:
        rows = [
            (r.wave, r.vmid, r.name, f"{r.source} -> {r.target}", _number(r.score_improvement),
             f"{r.confidence_score:.0f}", r.risk_level, r.reason.summary)
            for r in told.recommendations
        ]  # fmt: skip
        columns = ("Wave", "VMID", "Name", "Move", "Gain", "Confidence", "Risk", "Why")
        common.table("Recommendations", columns, rows, ("Wave", "VMID", "Gain", "Confidence"))
    reasons = sorted(told.summary.skip_reasons.items(), key=lambda item: (-item[1], item[0]))
    common.table("Why guests stay", ("Reason", "Guests"), reasons, ("Guests",))
    for advisory in told.advisories:
        common.say(f"{advisory.severity}: {advisory.message}", "yellow")
    for note in told.notes:
        common.say(f"Note: {note}")


@commands.command()
def explain(
    vmid: Annotated[int, typer.Argument(help="The guest.")],
    snapshot: SnapshotFile = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say why a guest should move, or why not: score rows, and every other node with its reason."""
    from proxbalance_core import assess as run
    from proxbalance_core import options

    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, changes))
    choices = options(scene.snapshot, scene.settings, vmid)
    told = run(scene.snapshot, scene.settings)
    move = next((r for r in told.recommendations if r.vmid == vmid), None)
    skip = next((s for s in told.skipped if s.vmid == vmid), None)
    node = next(n for n in told.nodes if n.name == choices.node)
    if as_json:
        common.print_json({"options": choices, "recommendation": move, "skip": skip, "node": node})
        return
    if move is not None:
        _why(move)
    elif skip is not None:
        _why_not(skip)
        _terms(f"Score of {node.name}: {_number(node.score)}", node.terms)
    _alternatives(choices.alternatives)


def _why(move: Recommendation) -> None:
    common.say(move.reason.summary, "bold green")
    for factor in move.reason.contributing_factors:
        common.say(f"  - {factor.label}")
    common.say(
        f"Confidence {move.confidence_score:.0f} of 100, risk {move.risk_level}; about {move.estimated_seconds:.0f} s."
    )
    details = move.score_details
    _terms(f"{move.source} as it is: {details.source.total:.2f}", details.source.terms)
    _terms(f"{move.target} with the guest: {details.target.total:.2f}", details.target.terms)
    for command in move.commands:
        common.say(f"  {command}", "cyan")


def _why_not(skip: Skip) -> None:
    common.say(f"{skip.name} ({skip.vmid}) stays on {skip.node}: {skip.detail}", "bold yellow")
    if skip.would_change:
        common.say(f"What would change it: {skip.would_change}.")


def _terms(title: str, terms: tuple[Term, ...]) -> None:
    rows = [
        (term.term, term.category, _number(term.points), _number(term.value), _number(term.limit), term.detail)
        for term in terms
    ]
    columns = ("Term", "Category", "Points", "Value", "Limit", "Detail")
    common.table(title, columns, rows, ("Points", "Value", "Limit"))


def _alternatives(found: tuple[Alternative, ...]) -> None:
    rows = [
        (a.target, _number(a.target_score), _number(a.score_improvement), _number(a.strain_relief),
         a.ruled_out or "possible")
        for a in found
    ]  # fmt: skip
    columns = ("Node", "Score there", "Gain", "Relief", "")
    common.table("Every node for it", columns, rows, ("Score there", "Gain", "Relief"))


@commands.command()
def simulate(
    snapshot: SnapshotFile = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what other settings would change."""
    from proxbalance_core import simulate as run

    if not settings and not changes:
        raise common.BadUsage("Say what to change with --set key=value or --settings FILE.")
    now = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(None, None))
    told = run(now.snapshot, now.settings, common.settings_from(settings, changes, now.settings))
    if as_json:
        common.print_json(told.to_dict())
        return
    common.say(f"{told.current.recommendations} recommendations now, {told.proposed.recommendations} then.", "bold")
    rows = [("added", g.vmid, g.name, f"{g.source} -> {g.target}", _number(g.score_improvement)) for g in told.added]
    rows += [("gone", g.vmid, g.name, f"{g.source} -> {g.target}", _number(g.score_improvement)) for g in told.removed]
    rows += [
        ("changed", c.vmid, "", f"{c.before_target} -> {c.after_target}",
         f"{_number(c.before_improvement)} -> {_number(c.after_improvement)}")
        for c in told.changed
    ]  # fmt: skip
    common.table("Recommendations", ("", "VMID", "Name", "Move", "Gain"), rows, ("VMID", "Gain"))
    nodes = [(n.node, _number(n.before_score), _number(n.after_score)) for n in told.node_deltas]
    common.table("Node scores", ("Node", "Now", "Then"), nodes, ("Now", "Then"))


@commands.command()
def diff(
    before: Annotated[Path, typer.Argument(help="An assessment, the earlier one.")],
    after: Annotated[Path, typer.Argument(help="An assessment, the later one.")],
    as_json: AsJson = False,
) -> None:
    """Compare two assessments: what is new, gone or goes elsewhere, and why guests stay."""
    from proxbalance_core.domain.plans import ASSESSMENT_FORMAT
    from proxbalance_core.errors import MalformedResponse
    from proxbalance_core.services.changes import compare

    documents: list[dict[str, Any]] = []
    for path in (before, after):
        document = common.document_at(path, "assessment")
        if not isinstance(document, dict) or document.get("format") != ASSESSMENT_FORMAT:
            raise MalformedResponse(f"{path} is not a '{ASSESSMENT_FORMAT}' document.", path=str(path))
        documents.append(document)
    found = compare(documents[0], documents[1])
    reasons = [dict(document.get("summary", {}).get("skip_reasons", {})) for document in documents]
    if as_json:
        common.print_json(found.to_dict() | {"skip_reasons": {"before": reasons[0], "after": reasons[1]}})
        return
    groups = (
        ("new", found.new),
        ("gone", found.removed),
        ("changed", found.changed_targets),
        ("same", found.unchanged),
    )
    rows = [
        (kind, r.vmid, r.name, r.before_target or "", r.target or "", _number(r.before_improvement),
         _number(r.score_improvement), r.cause)
        for kind, found_rows in groups for r in found_rows
    ]  # fmt: skip
    columns = ("", "VMID", "Name", "Before", "After", "Gain before", "Gain after", "Why")
    common.table("Recommendations", columns, rows, ("VMID", "Gain before", "Gain after"))
    names = sorted(reasons[0].keys() | reasons[1].keys())
    counts = [(name, reasons[0].get(name, 0), reasons[1].get(name, 0)) for name in names]
    common.table("Why guests stay", ("Reason", "Before", "After"), counts, ("Before", "After"))


def _number(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.2f}"
