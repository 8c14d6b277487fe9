"""The plan drawn: its waves over time, and its benefit against the number of moves. Pure functions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import altair as alt_
import pandas as pd

from proxbalance_core.present import words
from proxbalance_core.present.marks import AMBER, BLUE, GREY, RED
from proxbalance_core.present.schedule import Bar, Benefit, Timetable, Wave

MOVE, STOP, DOWN = "Move", "Stop on the way", "Guest is down"
_ROW_PX, _NARROW_ROW_PX, _FEW_ROWS = 26, 18, 16
# The longest unit of which the plan takes a few.
_UNITS = (("h", 3_600.0), ("min", 60.0), ("s", 1.0))
_LEAST_UNITS = 3.0
# A narrower wave has no room for its name.
_NAMED_WAVE = 0.08
# A text takes up to a third of the width.
_ROOM = 0.67


def waves(table: Timetable) -> alt_.LayerChart:
    """A bar for each step in the order of the plan, its wave behind it; downtime and stops on the way are marked."""
    unit, seconds = _unit(table.waves[-1].ends if table.waves else 0.0)
    rows = _rows(table.bars, seconds)
    steps = alt_.Y("label:N", title=None, sort=list(rows["label"]), axis=alt_.Axis(labelLimit=190))
    time = alt_.X("begins:Q", title=f"Time from the start [{unit}]", scale=alt_.Scale(nice=False, zero=True))
    kinds = _kinds(table.bars)
    tips = [
        alt_.Tooltip("guest:N", title="Guest"),
        alt_.Tooltip("way:N", title="Way"),
        alt_.Tooltip("wave:Q", title="Wave"),
        alt_.Tooltip("about:N", title="Effort"),
    ]
    base = alt_.Chart(rows).encode(y=steps)
    bars = base.mark_bar(height=alt_.RelativeBandSize(0.6), cornerRadius=2).encode(
        x=time, x2="ends:Q", color=kinds, tooltip=tips
    )
    down = base.transform_filter("datum.down_from !== null").mark_bar(height=alt_.RelativeBandSize(0.6), minBandSize=3)
    down = down.encode(x="down_from:Q", x2="ends:Q", color=alt_.Color("down:N"), tooltip=tips)
    chart = alt_.layer(*_bands(table.waves, seconds), bars, down, *_ways(base)).properties(
        height=alt_.Step(_ROW_PX if len(rows) <= _FEW_ROWS else _NARROW_ROW_PX),
        description=_described(table),
    )
    return cast(alt_.LayerChart, chart)


def _unit(total: float) -> tuple[str, float]:
    return next(((name, size) for name, size in _UNITS if total >= _LEAST_UNITS * size), _UNITS[-1])


def _kinds(bars: Sequence[Bar]) -> alt_.Color:
    """The colours of the bars; the legend names those that occur, and is left out where all are plain moves."""
    occurs = {MOVE: BLUE}
    if any(bar.temporary for bar in bars):
        occurs[STOP] = AMBER
    if any(bar.down_from is not None for bar in bars):
        occurs[DOWN] = RED
    return alt_.Color(
        "kind:N",
        title=None,
        scale=alt_.Scale(domain=list(occurs), range=list(occurs.values())),
        legend=alt_.Legend(orient="bottom", columns=2) if len(occurs) > 1 else None,
    )


def _rows(bars: Sequence[Bar], seconds: float) -> pd.DataFrame:
    whole = max((bar.ends for bar in bars), default=0.0)
    return pd.DataFrame(
        [
            {
                "label": f"{bar.step}. {bar.guest}",
                "guest": bar.guest,
                "way": bar.way,
                "said": bar.way + (", on the way" if bar.temporary else "") + (f", {bar.down}" if bar.down else ""),
                "wave": bar.wave,
                "about": bar.about,
                "begins": bar.begins / seconds,
                "ends": bar.ends / seconds,
                "down_from": None if bar.down_from is None else bar.down_from / seconds,
                "kind": STOP if bar.temporary else MOVE,
                "down": DOWN,
                # The text stands where there is room for it.
                "place": _place(bar, whole),
            }
            for bar in bars
        ],
        columns=[
            "label", "guest", "way", "said", "wave", "about", "begins", "ends", "down_from", "kind", "down", "place",
        ],
    )  # fmt: skip


def _place(bar: Bar, whole: float) -> str:
    """Where the text of a bar has room: after it, before it, or, if it takes nearly all of the time, on it."""
    if bar.ends <= _ROOM * whole:
        return "after"
    return "before" if bar.begins >= (1.0 - _ROOM) * whole else "on"


def _bands(found: Sequence[Wave], seconds: float) -> tuple[Any, Any]:
    """Every second wave is shaded; those wide enough carry their name."""
    end = found[-1].ends if found else 0.0
    rows = pd.DataFrame(
        [
            {
                "begins": wave.begins / seconds,
                "ends": wave.ends / seconds,
                "shaded": wave.number % 2,
                "name": f"Wave {wave.number}" if wave.ends - wave.begins >= _NAMED_WAVE * end else "",
            }
            for wave in found
        ],
        columns=["begins", "ends", "shaded", "name"],
    )
    base = alt_.Chart(rows).encode(x="begins:Q")
    shade = base.mark_rect(color=GREY).encode(
        x2="ends:Q",
        opacity=alt_.Opacity("shaded:Q", legend=None, scale=alt_.Scale(domain=[0, 1], range=[0.04, 0.13])),
    )
    names = base.mark_text(align="left", dx=4, fontSize=11, color=GREY).encode(text="name:N", y=alt_.value(-8))
    return shade, names


def _ways(base: Any) -> tuple[Any, Any, Any]:
    """From where to where, beside each bar or on it."""
    texts = (
        ("after", "ends:Q", "left", 5, GREY),
        ("before", "begins:Q", "right", -5, GREY),
        ("on", "begins:Q", "left", 6, "white"),
    )
    drawn = [
        base.transform_filter(f"datum.place === '{place}'")
        .mark_text(align=align, dx=away, fontSize=11, color=colour)
        .encode(x=at, text="said:N")
        for place, at, align, away, colour in texts
    ]
    return drawn[0], drawn[1], drawn[2]


def _described(table: Timetable) -> str:
    down = sum(bar.down_from is not None for bar in table.bars)
    stops = sum(bar.temporary for bar in table.bars)
    text = f"{words.count(len(table.bars), 'step')} of the plan over time. {table.finding}."
    if stops:
        text += f" {words.count(stops, 'step')} to a node on the way."
    return text + (f" {words.count(down, 'step')} with the guest down at the end." if down else "")


def benefit(found: Benefit) -> alt_.LayerChart:
    """Strain of the cluster [points] after each move; where most of the relief is there, a labelled rule."""
    rows = pd.DataFrame(
        [(p.moves, p.strain, p.gigabytes) for p in found.points], columns=["moves", "strain", "gigabytes"]
    )
    base = alt_.Chart(rows).encode(
        x=alt_.X(
            "moves:Q",
            title="Moves carried out",
            axis=alt_.Axis(format="d", tickMinStep=1),
            scale=alt_.Scale(nice=False),
        ),
        y=alt_.Y("strain:Q", title="Strain [points, lower is better]"),
        tooltip=[
            alt_.Tooltip("moves:Q", title="Moves"),
            alt_.Tooltip("strain:Q", title="Strain [points]", format=".1f"),
            alt_.Tooltip("gigabytes:Q", title="Copied so far [GB]", format=".1f"),
        ],
    )
    layers = [base.mark_area(color=BLUE, opacity=0.12), base.mark_line(color=BLUE, strokeWidth=2, point=True)]
    if found.enough is not None:
        layers.extend(_enough(rows, found.enough))
    chart = alt_.layer(*layers).properties(
        height=260,
        description=f"Strain of the cluster after each of {len(rows) - 1} moves, in points. {found.finding}.",
    )
    return cast(alt_.LayerChart, chart)


def _enough(rows: pd.DataFrame, enough: int) -> tuple[Any, Any]:
    label = f"after {words.count(enough, 'move')}"
    late = enough > len(rows) / 2
    data = alt_.Chart(rows[rows["moves"] == enough].assign(label=label)).encode(x="moves:Q")
    rule = data.mark_rule(color=AMBER, strokeDash=[5, 4], strokeWidth=2)
    text = data.mark_text(align="right" if late else "left", dx=-6 if late else 6, dy=8, fontSize=12, color=GREY)
    return rule, text.encode(y=alt_.value(0), text="label:N")
