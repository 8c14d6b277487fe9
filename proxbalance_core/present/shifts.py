"""A figure now and when the plan is done: both worded, and the change with its sign and arrow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxbalance_core.present import words

if TYPE_CHECKING:
    from proxbalance_core.present.views import NodeRow

DOWN, UP, SAME = "▼", "▲", "="


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """``better`` says whether the change is welcome; None where it is neither good nor bad, or there is none."""

    title: str
    now: str
    after: str
    change: str
    better: bool | None


def shift(
    title: str, now: float | None, after: float | None, digits: int = 0, unit: str = "", *, neutral: bool = False
) -> Shift:
    """How a figure that is better when lower changes.

    The change is that of the figures as they are shown, so that a reader who subtracts them agrees.

    Parameters
    ----------
    neutral : bool
        Neither more nor less is better.
    """
    by = _difference(now, after, digits)
    return Shift(
        title=title,
        now=words.number(now, digits, unit),
        after=words.number(after, digits, unit),
        change="" if by is None else SAME if by == 0 else f"{DOWN if by < 0 else UP} {words.signed(by, digits)}",
        better=None if neutral or not by else by < 0,
    )


def _difference(now: float | None, after: float | None, digits: int) -> float | None:
    if now is None or after is None or math.isnan(now) or math.isnan(after):
        return None
    return round(round(after, digits) - round(now, digits), digits)


def of_node(row: NodeRow, digits: int = 1) -> tuple[Shift, ...]:
    """What the plan makes of a node: CPU, memory, penalty (to ``digits``), guests."""
    usage = [shift(g.title, g.value, g.after, unit="%") for g in row.gauges if g.after is not None]
    return (
        *usage,
        shift("Penalty", row.score, row.score_after, digits),
        shift("Guests", row.guest_count, row.guests_after, neutral=True),
    )
