"""A sweep as a page shows it: its trials by overload and moves, what is recommended, and the evidence."""

from __future__ import annotations

from typing import Any, cast

import altair as alt_
import pandas as pd

from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.sweeps import Sweep, SweepTrial
from proxbalance_core.present import tuning, words
from proxbalance_core.present.details import Table

FIGURES = ("over60", "over80", "moves", "gb")
_KINDS = ("settings in force", "preset", "trial", "recommended")
_COLOURS = ("#0072B2", "#E69F00", "#999999", "#009E73")
_SHAPES = ("diamond", "square", "circle", "triangle-up")


def recommended(found: Sweep) -> SweepTrial | None:
    """The trial to take, None where none holds up."""
    return next((trial for trial in found.trials if trial.number == found.recommended), None)


def settings_of(found: Sweep, trial: SweepTrial) -> Settings:
    """The settings of a trial."""
    return Settings.from_dict({**found.base, **trial.changes, "profile": "custom"})


def _name(trial: SweepTrial) -> str:
    return words.PROFILES.get(trial.name, trial.name.capitalize())


def changes(trial: SweepTrial) -> str:
    """What a trial changes, in a line."""
    return "; ".join(f"{tuning.name(key)}: {tuning.value(value)}" for key, value in trial.changes.items())


def front(found: Sweep) -> Table:
    """The trials that no other beats, and the settings in force, the least overload first."""
    titles: dict[str, str | None] = {
        "trial": "Settings", "over60": "Over 60 % [min a day]", "over80": "Over 80 %", "moves": "Moves a day",
        "gb": "GB a day", "changes": "What they change",
    }  # fmt: skip
    shown = sorted(
        (trial for trial in found.trials if trial.on_front or trial.number == 0),
        key=lambda trial: (trial.over_60_min_per_day, trial.moves_per_day),
    )
    rows = [
        (
            _name(trial), trial.over_60_min_per_day,
            trial.over_80_min_per_day, trial.moves_per_day, trial.gigabytes_per_day, changes(trial),
        )
        for trial in shown
    ]  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def evidence(found: Sweep) -> Table:
    """Each week that was held out: what was chosen without it did in it, beside the settings in force."""
    titles: dict[str, str | None] = {
        "week": "Left out", "chosen": "Chosen on the rest", "minutes": "Over 60 % [min a day]", "base": "In force",
        "moves": "Moves a day", "base_moves": "In force then",
    }  # fmt: skip
    rows = [
        (
            f"from {week.begins:%d %b %Y}", "the settings in force" if week.chosen == 0 else f"trial {week.chosen}",
            week.over_60_min_per_day, week.base_over_60_min_per_day, week.moves_per_day, week.base_moves_per_day,
        )
        for week in found.held_out
    ]  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


EVIDENCE_FIGURES = ("minutes", "base", "moves", "base_moves")


def _kind(found: Sweep, trial: SweepTrial) -> str:
    if trial.number == found.recommended:
        return "recommended"
    if trial.number == 0:
        return "settings in force"
    return "preset" if trial.name in words.PROFILES else "trial"


def chart(found: Sweep) -> alt_.LayerChart:
    """Every trial by moves and overload; the line joins those that no other beats."""
    rows = pd.DataFrame(
        [
            {
                "name": _name(trial), "kind": _kind(found, trial),
                "moves": trial.moves_per_day, "minutes": trial.over_60_min_per_day, "front": trial.on_front,
                "changes": changes(trial) or "nothing",
            }
            for trial in found.trials
        ]
    )  # fmt: skip
    present = [kind for kind in _KINDS if kind in set(rows["kind"])]
    place = [_KINDS.index(kind) for kind in present]
    legend = alt_.Legend(orient="top")
    both: dict[str, Any] = {
        "x": alt_.X("moves:Q", title="Moves a day"),
        "y": alt_.Y("minutes:Q", title="Over 60 % CPU [node-minutes a day]"),
    }
    line = alt_.Chart(rows[rows["front"]]).mark_line(color="#999999", strokeDash=[4, 3]).encode(**both)
    points = (
        alt_.Chart(rows)
        .mark_point(filled=True, size=90, opacity=0.9)
        .encode(
            **both,
            color=alt_.Color(
                "kind:N", title=None, legend=legend,
                scale=alt_.Scale(domain=present, range=[_COLOURS[i] for i in place]),
            ),
            shape=alt_.Shape(
                "kind:N", title=None, legend=legend,
                scale=alt_.Scale(domain=present, range=[_SHAPES[i] for i in place]),
            ),
            tooltip=[
                alt_.Tooltip("name:N", title="Settings"),
                alt_.Tooltip("minutes:Q", title="Minutes a day", format=",.0f"),
                alt_.Tooltip("moves:Q", title="Moves a day", format=".2f"),
                alt_.Tooltip("changes:N", title="Change"),
            ],
        )
    )  # fmt: skip
    drawn = alt_.layer(line, points).properties(height=320, description=f"Overload against moves. {found.summary}")
    return cast(alt_.LayerChart, drawn)
