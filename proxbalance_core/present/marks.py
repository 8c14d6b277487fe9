"""Small drawn marks (meters, stacked bars, dots) as HTML made of numbers and our own words only.

Nothing that a user or a cluster named may come in here: callers pass numbers, and words from ``words``. The classes
are styled in ``ui/assets/theme.css``; neutral parts take the text's colour, so that a mark serves both themes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from proxbalance_core.present.shifts import SAME, Shift, shift
from proxbalance_core.present.words import CATEGORIES, percent

BLUE, GREEN, AMBER, RED, SKY, PURPLE, OLIVE, GREY = (
    "#0072B2", "#009E73", "#E69F00", "#D55E00", "#56B4E9", "#CC79A7", "#8A7F00", "#7A828E",
)  # fmt: skip
LIGHT_COLOURS = {"green": GREEN, "amber": AMBER, "red": RED}
CATEGORY_COLOURS = {
    "cpu": BLUE, "memory": AMBER, "iowait": RED, "pressure": PURPLE, "trends": SKY, "spikes": OLIVE,
    "post_migration": GREEN, "storage": GREEN, "affinity": PURPLE, "base": GREY,
}  # fmt: skip


def meter(
    share_pct: float, colour: str, says: str, *, tick_pct: float | None = None, ghost_pct: float | None = None
) -> str:
    """A bar filled to ``share_pct`` of its length, with a tick (a limit) across it and a ghost of another value.

    Parameters
    ----------
    share_pct, tick_pct, ghost_pct : float
        Percent of the bar's length; drawn clipped to 0..100.
    says : str
        What a screen reader says instead of the drawing, and hovering shows.
    """
    tick = "" if tick_pct is None else f'<i class="pb-tick" style="left:{_clip(tick_pct):.1f}%"></i>'
    fill = f'<i class="pb-fill" style="width:{_clip(share_pct):.1f}%;background:{colour}"></i>'
    ghost = "" if ghost_pct is None else f'<i class="pb-ghost" style="width:{_clip(ghost_pct):.1f}%"></i>'
    return f'<div class="pb-meter" {_says(says)}>{fill}{ghost}{tick}</div>'


def gauge_rows(rows: Iterable[tuple[str, float | None, float, float | None]], later: str = "with the plan") -> str:
    """Usage rows of a node: title, value, limit and what becomes of it (``later``) [percent].

    The word "over" stands beside a value at or over its limit, so that colour is not the only sign. Where the plan's
    value is given, the bar shows it before the ghost of the present one, which is struck through beside it.
    """
    return f'<div class="pb-gauges">{"".join(_gauge(row, later) for row in rows)}</div>'


def _gauge(row: tuple[str, float | None, float, float | None], later: str) -> str:
    title, value, limit, after = row
    shown = value if after is None else after
    over = shown is not None and shown >= limit
    says = f"{title} {percent(value)}, limit {percent(limit)}"
    says += f", {percent(after)} {later}" if after is not None else ""
    ghost = None if after is None else value
    bar = meter(shown or 0.0, RED if over else BLUE, says, tick_pct=limit, ghost_pct=ghost)
    word = '<b class="pb-over">over</b> ' if over else ""
    figure = f"{word}{percent(value)}" if after is None else _shifted(shift(title, value, after, unit="%"), word)
    return f'<span>{escape(title)}</span>{bar}<span class="pb-figure">{figure}</span>'


def shifts(rows: Iterable[Shift]) -> str:
    """Figures now (struck through) and with the plan, each with its change."""
    cells = "".join(f'<span>{escape(row.title)}</span><span class="pb-figure">{_shifted(row)}</span>' for row in rows)
    return f'<div class="pb-shifts">{cells}</div>'


def _shifted(row: Shift, word: str = "") -> str:
    """The present figure struck through, the later one, and the change: arrow and sign stand beside the colour."""
    tone = {True: " pb-better", False: " pb-worse", None: ""}[row.better]
    was = "" if row.change == SAME else f'<s class="pb-was">{escape(row.now)}</s> '
    return f'{was}{word}<b>{escape(row.after)}</b> <span class="pb-change{tone}">{escape(row.change)}</span>'


def loads(rows: Sequence[tuple[str, float | None, float | None, float | None, float | None]]) -> str:
    """What a move does to both nodes: title, source now and then, target now and then [percent]."""
    cells = "".join(
        f"<span>{escape(title)}</span><span>{percent(a)} &rarr; {percent(b)}</span>"
        f"<span>{percent(c)} &rarr; {percent(d)}</span>"
        for title, a, b, c, d in rows
    )
    return f'<div class="pb-loads"><span></span><span>source</span><span>target</span>{cells}</div>'


def health(now: float | None, after: float | None, colour: str) -> str:
    """The health gauge, 0..100: a bar, the marks of its words, and a tick where the plan would bring it."""
    says = f"Cluster health {percent(now).removesuffix(' %')} of 100"
    says += f", {percent(after).removesuffix(' %')} with the plan" if after is not None else ""
    bar = meter(now or 0.0, colour, says, tick_pct=after)
    words = (("Poor", 0, 30), ("Fair", 30, 50), ("Good", 50, 70), ("Excellent", 70, 100))
    scale = "".join(f'<span style="left:{low}%;width:{high - low}%">{word}</span>' for word, low, high in words)
    return f'<div class="pb-health">{bar}<div class="pb-scale">{scale}</div></div>'


def health_colour(value: float | None) -> str:
    """The colour of a health: its word stands beside it."""
    if value is None or value < 30.0:
        return RED
    return AMBER if value < 50.0 else GREEN


def stack(parts: Iterable[tuple[str, float]], full: float, says: str) -> str:
    """A stacked bar of penalty points by category, ``full`` points long; hovering a part names it."""
    drawn = [(category, points) for category, points in parts if points > 0]
    scale = 100.0 / max(full, sum(points for _, points in drawn), 1e-9)
    pieces = "".join(_piece(category, points, points * scale) for category, points in drawn)
    return f'<div class="pb-meter pb-stack" {_says(says, hover=False)}>{pieces}</div>'


def _piece(category: str, points: float, width_pct: float) -> str:
    colour = CATEGORY_COLOURS.get(category, GREY)
    title = f"{escape(CATEGORIES.get(category, category))}: {points:.1f} points"
    return f'<i title="{title}" style="width:{width_pct:.2f}%;background:{colour}"></i>'


def legend(categories: Sequence[str]) -> str:
    """The colours of a stacked bar, each with its word."""
    items = "".join(
        f'<span><i style="background:{CATEGORY_COLOURS.get(c, GREY)}"></i>{escape(CATEGORIES.get(c, c))}</span>'
        for c in categories
    )
    return f'<div class="pb-legend">{items}</div>'


def dots(score: float, says: str) -> str:
    """Five dots, filled for a score of 0..100."""
    filled = max(0, min(5, round(score / 20.0)))
    row = "".join(f'<i class="{"pb-on" if place < filled else ""}"></i>' for place in range(5))
    return f'<div class="pb-dots" {_says(says)}>{row}</div>'


def _says(text: str, *, hover: bool = True) -> str:
    title = f' title="{escape(text)}"' if hover else ""
    return f'role="img" aria-label="{escape(text)}"{title}'


def _clip(value: float) -> float:
    return min(100.0, max(0.0, value))
