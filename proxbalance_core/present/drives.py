"""Which setting drives what, in words and tables."""

from __future__ import annotations

import pandas as pd

from proxbalance_core.domain.results import ThresholdSuggestion
from proxbalance_core.domain.sensitivities import LEVERS, Sensitivity, Turn
from proxbalance_core.present import words
from proxbalance_core.present.details import Table
from proxbalance_core.present.sliders import TITLES

FIGURES = ("least", "now", "most")
LEAST_SWING = 0.05
MOST_ROWS = 40
_OUTCOMES = {"appears": "moves to {}", "vanishes": "stays", "goes elsewhere": "moves to {} instead"}
_WAYS = {lever.key: lever.high - lever.low for lever in LEVERS}
_UNITS = {lever.key: "%" if lever.unit == "percent" else lever.unit for lever in LEVERS}


def suggested(what: ThresholdSuggestion) -> str:
    """A suggestion's title."""
    return f"{TITLES.get(what.key, what.key)}: {what.current:g} % → {what.suggested:g} %"


def notes(found: Sensitivity) -> tuple[str, ...]:
    """What was not looked at."""
    said = [f"{TITLES[key]} stands off its slider and was not moved." for key in found.off]
    return (*said, *(("It was stopped: not every setting was looked at.",) if found.stopped else ()))


def guests(found: Sensitivity) -> dict[int, str]:
    """Guests whose advice some setting changes."""
    return {turn.vmid: words.guest(turn.vmid, turn.name) for turn in sorted(found.turns, key=lambda t: t.vmid)}


def nodes(found: Sensitivity) -> list[str]:
    """Nodes by how much the settings can do to them, most first."""
    swing: dict[str, float] = {}
    for sway in found.sways:
        swing[sway.node] = max(swing.get(sway.node, 0.0), sway.swing)
    return sorted(swing, key=lambda name: (-swing[name], name))


def turns(found: Sensitivity, vmid: int | None) -> Table:
    """Where a guest's (None: anyone's) advice turns, the nearest first, as a share of the setting's way."""
    titles: dict[str, str | None] = {"guest": "Guest", "what": "Its advice", "setting": "Setting", "now": "Now"}
    chosen = [turn for turn in found.turns if vmid is None or turn.vmid == vmid]
    chosen.sort(key=lambda turn: (abs(turn.at - turn.now) / _WAYS[turn.key], turn.vmid, turn.key))
    rows = [
        (words.guest(turn.vmid, turn.name), _turned(turn), TITLES[turn.key], _place(turn.now, turn.key))
        for turn in chosen[:MOST_ROWS]
    ]
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def _turned(turn: Turn) -> str:
    step = next(lever.step for lever in LEVERS if lever.key == turn.key)
    about = "at" if turn.within <= step + 1e-9 else "by"
    return f"{_OUTCOMES[turn.outcome].format(turn.target)} {about} {_place(turn.at, turn.key)}"


def _place(at: float, key: str) -> str:
    return f"{at:.4g} {_UNITS[key]}".strip()


def sways(found: Sensitivity, node: str) -> Table:
    """Each setting's least and most for one node's penalty, the widest first; what does nothing is left out."""
    titles: dict[str, str | None] = {"setting": "Setting", "least": "Least points", "now": "Now", "most": "Most points"}
    chosen = sorted(
        (sway for sway in found.sways if sway.node == node and sway.swing >= LEAST_SWING),
        key=lambda sway: (-sway.swing, sway.key),
    )
    rows = [(TITLES[sway.key], sway.least, sway.now, sway.most) for sway in chosen]
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)
