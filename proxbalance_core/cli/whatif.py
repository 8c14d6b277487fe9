"""Commands that ask about another cluster than the one that is: whatif, place."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from proxbalance_core.cli import common, wishes
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile, SnapshotFile

if TYPE_CHECKING:
    from proxbalance_core.domain.changes import Change
    from proxbalance_core.domain.results import NodeScore
    from proxbalance_core.domain.whatif import Placing, WhatIf

commands = typer.Typer(rich_markup_mode=None)
_VERDICTS = {"fits": "bold green", "tight": "bold yellow", "overloaded": "bold red", "does_not_fit": "bold red"}
Many = list[str] | None


class GuestType(StrEnum):
    """What a guest is."""

    VM = "vm"
    CT = "ct"


@commands.command()
def whatif(
    snapshot: SnapshotFile = None,
    lose: Annotated[Many, typer.Option("--lose", help="A node that is offline at once.")] = None,
    drain: Annotated[Many, typer.Option("--drain", help="A node that goes into maintenance.")] = None,
    add_node: Annotated[
        Many, typer.Option("--add-node", help="A new node: NAME, NAME:like=NODE or NAME:cores=32,memory=256G.")
    ] = None,
    add_memory: Annotated[Many, typer.Option("--add-memory", help="More RAM: NODE=64G.")] = None,
    add_cores: Annotated[Many, typer.Option("--add-cores", help="More cores: NODE=8.")] = None,
    add_guest: Annotated[
        Many,
        typer.Option(
            "--add-guest",
            help="A new guest: cores=4,memory=8G and, if wanted, name, type, storage, disk, tags (a;b), cpu-use (40%), "
            "memory-use, node, count.",
        ),
    ] = None,
    grow: Annotated[
        Many, typer.Option("--grow", help="A guest that grows: VMID=cores=8,memory=16G,use=2 (times its load).")
    ] = None,
    move: Annotated[Many, typer.Option("--move", help="A move by hand: VMID=NODE.")] = None,
    consolidate: Annotated[int | None, typer.Option("--consolidate", help="All guests on this many nodes.")] = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what becomes of the cluster when nodes or guests change; options compose and may be repeated."""
    from proxbalance_core import Consolidate, DrainNode, LoseNode, what_if

    asked: list[Change] = [LoseNode(node=name) for name in lose or ()]
    asked += [DrainNode(node=name) for name in drain or ()]
    asked += [wishes.add_node(text) for text in add_node or ()]
    asked += [wishes.add_memory(text) for text in add_memory or ()]
    asked += [wishes.add_cores(text) for text in add_cores or ()]
    asked += [wishes.add_guest(text) for text in add_guest or ()]
    asked += [wishes.grow(text) for text in grow or ()]
    asked += [wishes.move(text) for text in move or ()]
    asked += [Consolidate(nodes=consolidate)] if consolidate is not None else []
    if not asked:
        raise common.BadUsage("Say what changes, for example --lose NODE, --add-memory NODE=64G or --consolidate 3.")
    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, changes))
    made = what_if(scene.snapshot, scene.settings, asked)
    if as_json:
        common.print_json(made.to_dict())
        return
    _answer(made)


def _answer(made: WhatIf) -> None:
    common.say(made.summary, _VERDICTS[made.verdict])
    before, after, end = ({node.name: node for node in side.nodes} for side in (made.before, made.after, made.advised))
    common.table(
        "Nodes: today -> right after -> with the advised moves",
        ("Node", "", "Penalty", "CPU %", "Memory %", "Guests"),
        [
            (
                fate.node, "" if fate.fate == "kept" else fate.fate,
                *(
                    common.way([_figure(side.get(fate.node), key, digits) for side in (before, after, end)])
                    for key, digits in (("score", 1), ("cpu_pct", 1), ("mem_pct", 1), ("guest_count", 0))
                ),
            )
            for fate in made.nodes
        ],
        ("Penalty", "CPU %", "Memory %", "Guests"),
    )  # fmt: skip
    if made.started:
        rows = [(row.vmid, row.name, row.source or "new", row.target) for row in made.started]
        common.table("Starts elsewhere", ("VMID", "Name", "From", "On"), rows, ("VMID",))
    if made.unplaced:
        gone = [
            (row.vmid, row.name, row.node or "new", common.gb(row.missing_bytes), row.detail) for row in made.unplaced
        ]
        common.table("Has no place", ("VMID", "Name", "Node", "GB missing", "Why"), gone, ("VMID", "GB missing"))
    for violation in made.broken:
        common.say(f"Breaks: {violation.detail}", "red")
    if made.moves:
        steps = [
            (
                move.wave,
                move.vmid,
                move.name,
                f"{move.source} -> {move.target}",
                f"{move.strain_relief:.2f}",
                move.summary,
            )
            for move in made.moves
        ]
        common.table("Moves advised then", ("Wave", "VMID", "Name", "Move", "Relief", "Why"), steps, ("VMID", "Relief"))
    for note in made.notes:
        common.say(f"Note: {note}")


def _figure(node: NodeScore | None, key: str, digits: int) -> str:
    value = None if node is None or (key != "guest_count" and node.score is None) else getattr(node, key)
    return "-" if value is None else f"{value:.{digits}f}"


@commands.command()
def place(
    cores: Annotated[str, typer.Option("--cores", help="Cores that it is given.")],
    memory: Annotated[str, typer.Option("--memory", help="Memory that it is given: 8G, 512M.")],
    snapshot: SnapshotFile = None,
    name: Annotated[str, typer.Option("--name", help="What to call it.")] = "new guest",
    kind: Annotated[GuestType, typer.Option("--type", help="vm or ct.")] = GuestType.VM,
    storage: Annotated[str | None, typer.Option("--storage", help="Where its disk is to lie.")] = None,
    disk: Annotated[str | None, typer.Option("--disk", help="Size of its disk: 32G.")] = None,
    tags: Annotated[str, typer.Option("--tags", help="Its tags: exclude_web,pin_pve1.")] = "",
    cpu_use: Annotated[str | None, typer.Option("--cpu-use", help="Share of its cores that it will use: 40%.")] = None,
    memory_use: Annotated[
        str | None, typer.Option("--memory-use", help="Share of its memory that it will use: 70%.")
    ] = None,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Rank every node for a new guest, the best first, and say what rules the others out."""
    from proxbalance_core import NewGuest
    from proxbalance_core import place as run

    wish = NewGuest(
        name=name, type=wishes.kind(kind.value), cpu_cores=wishes.number(cores), mem_bytes=wishes.size(memory),
        storage=storage, disk_bytes=wishes.size(disk) if disk else None, tags=wishes.tags(tags),
        cpu_use=wishes.share(cpu_use) if cpu_use else None, mem_use=wishes.share(memory_use) if memory_use else None,
    )  # fmt: skip
    scene = common.scene_of(snapshot, data_dir, connection, common.SettingsChoice(settings, changes))
    found = run(scene.snapshot, scene.settings, wish)
    if as_json:
        common.print_json(found.to_dict())
        return
    _ranking(found)


def _ranking(found: Placing) -> None:
    common.say(found.summary, "bold green" if found.best else "bold red")
    rows = [
        (
            option.rank or "-", option.node, common.one(option.score), common.one(option.strain_rise, 2),
            common.way([common.one(option.cpu_pct), common.one(option.cpu_after_pct)]),
            common.way([common.one(option.mem_pct), common.one(option.mem_after_pct)]),
            option.ruled_out or "possible",
        )
        for option in found.nodes
    ]  # fmt: skip
    columns = ("Rank", "Node", "Penalty there", "Strain rises by", "CPU %", "Memory %", "")
    common.table("Every node for it", columns, rows, columns[:1] + columns[2:6])
    for note in found.notes:
        common.say(f"Note: {note}")
