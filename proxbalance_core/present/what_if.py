"""What a what-if and a place look like: headline, tiles, nodes before and then, who has no place, moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from proxbalance_core.domain.results import Evaluation, Light, NodeScore
from proxbalance_core.domain.whatif import Fate, PlaceOption, Placing, WhatIf
from proxbalance_core.present import words
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.details import Table
from proxbalance_core.present.shifts import Shift, shift
from proxbalance_core.present.views import NodeGauge, Tile

Stage = Literal["after", "advised"]
Colour = Literal["green", "orange", "red", "gray", "blue"]
STAGES: dict[Stage, str] = {"after": "Right after", "advised": "With the advised moves"}
VERDICTS: dict[str, tuple[Colour, str]] = {
    "fits": ("green", "It fits"),
    "tight": ("orange", "It fits, but is tight"),
    "overloaded": ("red", "It overloads a node"),
    "does_not_fit": ("red", "It does not fit"),
}
FATES: dict[Fate, tuple[Colour, str]] = {
    "kept": ("gray", ""),
    "grown": ("blue", "Larger"),
    "added": ("blue", "New"),
    "lost": ("red", "Failed"),
    "drained": ("gray", "Drained"),
}
SHARES, FIGURES = ("cpu_then", "mem_then"), ("cpu", "mem", "penalty", "penalty_then")
PLACE_SHARES, PLACE_FIGURES = ("cpu", "mem"), ("suitability",)
_FATES_FIRST: tuple[Fate, ...] = ("lost", "drained", "added", "grown", "kept")
_HOW_BAD: dict[Light, int] = {"red": 2, "amber": 1, "green": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeThen:
    """A node today and then; ``gone`` when it has no figures then, ``word`` says how it is, ``fate`` what happens.

    ``scores`` [points] and ``guests`` are pairs of both.
    """

    name: str
    fate: Fate
    light: Light
    word: str
    gone: bool
    gauges: tuple[NodeGauge, ...]
    scores: tuple[float | None, float | None]
    guests: tuple[int | None, int]

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """Penalty and guests with their changes."""
        return shift("Penalty", *self.scores, 1), shift("Guests", *self.guests, neutral=True)


def next_name(names: Iterable[str]) -> str:
    """A name for one more node: the last one counted on, ``pve6`` after ``pve5``."""
    *_, last = sorted(names, key=lambda name: (len(name), name)) or [""]
    stem = last.rstrip("0123456789")
    digits = last[len(stem) :]
    return f"{stem}{int(digits) + 1:0{len(digits)}d}" if digits else f"{last}-new".lstrip("-")


def headline(summary: str) -> tuple[str, str]:
    """The first sentence, which answers the question, and the rest."""
    first, dot, rest = summary.partition(". ")
    return first + dot.strip(), rest


def default_stage(made: WhatIf) -> Stage:
    """Nodes that are drained are emptied by moves: what counts is how it is with them."""
    return "advised" if any(node.fate == "drained" for node in made.nodes) else "after"


def tiles(made: WhatIf, stage: Stage) -> tuple[Tile, ...]:
    """The cluster in figures, then, each with its change from today."""
    before, then = made.before, _side(made, stage)
    over = _over(then)
    return (
        _figure_tile("Cluster health", before.cluster_health, then.cluster_health, "0 to 100, higher is better."),
        Tile(
            title="Without a place", value=str(len(made.unplaced)),
            change=f"{words.size(made.missing_bytes)} missing" if made.missing_bytes else None,
            better=None if not made.missing_bytes else False,
            about="Guests that can't start, or can't leave a node, and the memory that would hold them.",
        ),
        Tile(
            title="Nodes to look at", value=f"{over} of {len(then.nodes)}",
            change=_change(_over(before), over), better=over <= _over(before),
            about="Nodes over a threshold, or without figures.",
        ),
        _figure_tile("Strain", before.strain, then.strain, "What plans minimise: lower is better.", up=False),
        Tile(
            title="Moves advised then", value=str(len(made.moves)), change=None, better=None,
            about="What the engine would recommend on the changed cluster.",
        ),
    )  # fmt: skip


def _figure_tile(title: str, now: float | None, then: float | None, about: str, *, up: bool = True) -> Tile:
    changed = now is not None and then is not None and round(now) != round(then)
    better = (then > now) is up if changed and now is not None and then is not None else None
    change = f"today {words.number(now, 0)}" if changed else None
    return Tile(title=title, value=words.number(then, 0), change=change, better=better, about=about)


def _change(now: int, then: int) -> str | None:
    return None if now == then else f"today {now}"


def _over(side: Evaluation) -> int:
    return sum(node.light != "green" for node in side.nodes)


def _side(made: WhatIf, stage: Stage) -> Evaluation:
    return made.advised if stage == "advised" else made.after


def nodes(made: WhatIf, stage: Stage, only: Iterable[str] = ()) -> tuple[NodeThen, ...]:
    """Every node today and then: what happens to it first, then the most changed."""
    wanted = frozenset(only)
    before = {node.name: node for node in made.before.nodes}
    then = {node.name: node for node in _side(made, stage).nodes}
    shown = [fate for fate in made.nodes if not wanted or fate.node in wanted or fate.fate != "kept"]
    rows = [_node(fate.fate, before.get(fate.node), then[fate.node], made.settings) for fate in shown]
    return tuple(sorted(rows, key=_rank))


def _rank(row: NodeThen) -> tuple[int, float, int, str]:
    moved = max((abs((g.after or 0.0) - (g.value or 0.0)) for g in row.gauges if g.after is not None), default=0.0)
    return _FATES_FIRST.index(row.fate), -round(moved, 1), -_HOW_BAD[row.light], row.name


def _node(fate: Fate, before: NodeScore | None, then: NodeScore, settings: dict[str, Any]) -> NodeThen:
    gone = then.score is None
    gauges = tuple(
        NodeGauge(
            title=title, value=getattr(before, key) if before else None, limit=settings[limit],
            after=getattr(then, key),
        )
        for title, key, limit in (("CPU", "cpu_pct", "cpu_threshold"), ("Memory", "mem_pct", "mem_threshold"))
    )  # fmt: skip
    state = words.label(words.LIGHTS, then.light) if not gone else then.status.replace("_", " ").capitalize()
    return NodeThen(
        name=then.name, fate=fate, light=then.light, word=state, gone=gone, gauges=gauges,
        scores=(before.score if before else None, then.score),
        guests=(before.guest_count if before else None, then.guest_count),
    )  # fmt: skip


def today(row: NodeThen) -> str:
    """A node that has no figures then, in those of today."""
    usage = ", ".join(f"{gauge.title} {words.percent(gauge.value)}" for gauge in row.gauges)
    return f"{usage}, {words.count(row.guests[0] or 0, 'guest')}."


def nodes_table(rows: Iterable[NodeThen]) -> Table:
    """The same nodes as a table, in their order."""
    rows = tuple(rows)
    cpu, mem = ([next(g for g in row.gauges if g.title == title) for row in rows] for title in ("CPU", "Memory"))
    columns: dict[str, tuple[str, list[Any]]] = {
        "node": ("Node", [row.name for row in rows]),
        "fate": ("Change", [FATES[row.fate][1] or words.MISSING for row in rows]),
        "state": ("Then", [row.word for row in rows]),
        "cpu": ("CPU [%]", [g.value for g in cpu]),
        "cpu_then": ("CPU then", [g.after for g in cpu]),
        "mem": ("Memory [%]", [g.value for g in mem]),
        "mem_then": ("Memory then", [g.after for g in mem]),
        "penalty": ("Penalty", [row.scores[0] for row in rows]),
        "penalty_then": ("Penalty then", [row.scores[1] for row in rows]),
        "guests": ("Guests", [row.guests[0] for row in rows]),
        "guests_then": ("Guests then", [row.guests[1] for row in rows]),
    }
    frame = pd.DataFrame({name: values for name, (_, values) in columns.items()})
    return Table(rows=frame, titles={name: title for name, (title, _) in columns.items()})


def unplaced(made: WhatIf) -> Table:
    """Who has no place, where it is now, the memory that is missing and why."""
    rows = [
        (
            guest_label(row.type, row.vmid, row.name), row.node or "new",
            words.size(row.missing_bytes) if row.missing_bytes else "", row.detail,
        )
        for row in made.unplaced
    ]  # fmt: skip
    return Table(
        rows=pd.DataFrame(rows, columns=["guest", "node", "missing", "why"]),
        titles={"guest": "Guest", "node": "Node", "missing": "Memory missing", "why": "Why"},
    )


def started(made: WhatIf) -> Table:
    """Who starts where."""
    rows = [
        (guest_label(row.type, row.vmid, row.name), row.source or "new", row.target)
        for row in sorted(made.started, key=lambda row: (row.target, row.vmid))
    ]
    return Table(
        rows=pd.DataFrame(rows, columns=["guest", "source", "target"]),
        titles={"guest": "Guest", "source": "From", "target": "Starts on"},
    )


def moves(made: WhatIf) -> Table:
    """The moves that are advised then, in their order."""
    rows = [
        (
            move.wave, guest_label(move.type, move.vmid, move.name), move.source, move.target,
            move.strain_relief, words.duration(move.estimated_seconds), move.summary,
        )
        for move in made.moves
    ]  # fmt: skip
    columns = ["wave", "guest", "source", "target", "relief", "takes", "why"]
    return Table(
        rows=pd.DataFrame(rows, columns=columns).astype({"relief": float}),
        titles={
            "wave": "Wave",
            "guest": "Guest",
            "source": "From",
            "target": "To",
            "relief": "Relief [points]",
            "takes": "Takes about",
            "why": "Why",
        },
    )


def places(found: Placing) -> Table:
    """Every node for a new guest, best first, ruled-out ones last with what rules them out."""
    rows = [
        (
            option.node, str(option.rank) if option.rank else words.MISSING, option.suitability, option.cpu_after_pct,
            option.mem_after_pct, option.strain_rise, _why(option, found.settings),
        )
        for option in found.nodes
    ]  # fmt: skip
    columns = ["node", "rank", "suitability", "cpu", "mem", "rise", "why"]
    frame = pd.DataFrame(rows, columns=columns)
    return Table(
        rows=frame.astype({"suitability": float, "cpu": float, "mem": float, "rise": float}),
        titles={
            "node": "Node",
            "rank": "Rank",
            "suitability": "Suitability",
            "cpu": "CPU with it",
            "mem": "Memory with it",
            "rise": "Strain rises by [points]",
            "why": "Why, or why not",
        },
    )


def _why(option: PlaceOption, settings: dict[str, Any]) -> str:
    """What rules a node out, or how it would be; the figures stand beside it."""
    if option.ruled_out:
        return option.ruled_out
    levels = (("CPU", option.cpu_after_pct, "cpu_threshold"), ("Memory", option.mem_after_pct, "mem_threshold"))
    over = [what for what, level, limit in levels if (level or 0.0) > settings[limit]]
    return f"{' and '.join(over)} over the threshold" if over else "Under its thresholds"


def best_gauges(found: Placing) -> tuple[NodeGauge, ...]:
    """The best node without and with the guest; empty when there is none."""
    if found.best is None:
        return ()
    best, settings = found.nodes[0], found.settings
    return (
        NodeGauge(title="CPU", value=best.cpu_pct, limit=settings["cpu_threshold"], after=best.cpu_after_pct),
        NodeGauge(title="Memory", value=best.mem_pct, limit=settings["mem_threshold"], after=best.mem_after_pct),
    )
