"""A shadow as a page shows it: both sides, and the moves they differ about."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from proxbalance_core.domain.shadows import ShadowReport
from proxbalance_core.present import words
from proxbalance_core.present.details import Table

FIGURES = ("per_round", "appeared", "gb", "health")
SHARES = ("ours", "theirs")
MOST_MOVES = 50


def sides(found: ShadowReport) -> Table:
    """Both sides, one row each."""
    titles: dict[str, str | None] = {
        "side": "Settings", "advised": "Different moves", "per_round": "Moves at a time", "appeared": "New ones a day",
        "gb": "GB of a plan", "health": "Health after it",
    }  # fmt: skip
    rows = [
        (
            side.name,
            side.advised,
            side.per_round,
            side.appeared_per_day,
            side.gigabytes_per_round,
            side.predicted_health,
        )
        for side in (found.ours, found.theirs)
    ]
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def moves(found: ShadowReport, guests: Mapping[int, str]) -> Table:
    """Moves by how much the sides differ about them: the share of assessments in which each advised it."""
    titles: dict[str, str | None] = {"guest": "Guest", "target": "To", "ours": "In force", "theirs": "In the shadow"}
    rows = [
        (
            guests.get(move.vmid, str(move.vmid)), move.target, 100.0 * move.ours / found.rounds,
            100.0 * move.theirs / found.rounds,
        )
        for move in found.moves[:MOST_MOVES]
    ]  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def span(found: ShadowReport, name: str) -> str:
    """Since when, and how much was seen."""
    if found.begins is None or found.ends is None:
        return f"{name} is asked from the next assessment on."
    if found.rounds == 1:
        return "One assessment so far."
    days = (found.ends - found.begins).total_seconds() / 86_400.0
    return f"{words.count(found.rounds, 'assessment')} over {words.number(days)} days."
