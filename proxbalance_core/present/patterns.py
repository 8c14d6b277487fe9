"""Patterns in words, and a heatmap of weekday and hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import altair as alt_
import numpy as np
import pandas as pd

from proxbalance_core.domain.forecasts import SeriesForecast
from proxbalance_core.domain.patterns import CommonPeak, Pattern, Patterns
from proxbalance_core.present import words
from proxbalance_core.present.details import Table

CYCLES = {"daily": "Every day", "weekly": "By the week", "bursts": "Recurring bursts", "none": "No pattern"}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
METRICS = {"cpu": "CPU", "mem": "Memory", "iowait": "I/O wait"}
STATISTICS = {"mean": "Mean", "p95": "95th percentile", "count": "Hours measured"}
FIGURES, SHARES = ("mean", "peak"), ("strength",)


def hours(of: Sequence[int]) -> str:
    """Hours of the day as spans: ``02:00 to 04:00, 22:00 to 01:00``; a span may pass midnight."""
    left = sorted(set(of))
    if len(left) == 24:
        return "all day"
    spans: list[list[int]] = []
    for hour in left:
        if spans and spans[-1][1] == hour:
            spans[-1][1] = hour + 1
        else:
            spans.append([hour, hour + 1])
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == 24:
        spans[-1][1] = spans.pop(0)[1]
    return ", ".join(f"{begin:02d}:00 to {end % 24:02d}:00" for begin, end in spans)


def sentence(found: Pattern) -> str:
    """What a pattern is, with its figures."""
    if found.cycle == "none":
        why = "Under three days were seen" if found.days < 3 else "The hour of the day explains little of its load"
        return f"{why}: no pattern is claimed ({words.count(found.days, 'day')} seen)."
    what = {"daily": "It follows the day", "weekly": "It follows the week", "bursts": "It bursts at the same hours"}
    explains = f", which explains {words.share(found.strength)} of its ups and downs" if found.cycle != "bursts" else ""
    text = f"{what[found.cycle]}{explains}: around {words.percent(found.peak_mean_pct)} from {hours(found.peak_hours)}"
    if found.trough_hours and found.cycle != "bursts":
        text += f", around {words.percent(found.trough_mean_pct)} from {hours(found.trough_hours)}"
    return f"{text} ({words.count(found.days, 'day')} seen, {found.confidence} confidence)."


def table(found: Sequence[Pattern], *, guests: bool) -> Table:
    """Every pattern as a row, the strongest first; those without one last."""
    titles: dict[str, str | None] = {
        "name": "Guest" if guests else "Node", "cycle": "Pattern", "strength": "Explained", "mean": "Mean CPU %",
        "peak": "Peak CPU %", "when": "Peak hours", "sure": "Confidence",
    }  # fmt: skip
    rows = [
        (
            label(one), CYCLES[one.cycle], 100.0 * one.strength, one.mean_pct, one.peak_mean_pct,
            hours(one.peak_hours) if one.peak_hours else "", f"{one.confidence}, {words.count(one.days, 'day')}",
        )
        for one in sorted(found, key=strongest)
    ]  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def strongest(found: Pattern) -> tuple[bool, float, str]:
    """Sorts the strongest patterns first, those without one last."""
    return found.cycle == "none", -found.strength, found.entity


def label(found: Pattern | SeriesForecast) -> str:
    """Who it is of."""
    kind, _, name = found.entity.partition("/")
    return words.guest(name, found.name) if kind == "guest" else name


def headline(found: Patterns) -> str:
    """How many follow a pattern."""
    cyclic = [one for one in found.guests if one.cycle != "none"]
    text = f"{len(cyclic)} of {words.count(len(found.guests), 'guest')} follow a pattern"
    if found.common_peaks:
        text += f"; {words.count(len(found.common_peaks), 'pair')} on one node peak together"
    return f"{text}."


def common_peak(found: CommonPeak, guests: dict[int, str]) -> str:
    """A pair that peaks together, and where it would be apart."""
    first, second = (guests.get(vmid, str(vmid)) for vmid in (found.first, found.second))
    text = (
        f"{first} and {second} share {words.percent(found.together_pct)} of their busiest hours on {found.node}, which "
        f"reached {words.percent(found.peak_pct)}."
    )
    if found.other is None:
        return f"{text} No node that may take the second would have been quieter with it."
    return (
        f"{text} With {second} on {found.other} the two nodes would have reached {words.percent(found.apart_pct)} and "
        f"{words.percent(found.other_pct)}."
    )


def heatmap(values: np.ndarray, title: str, statistic: str, zone: str) -> alt_.Chart:
    """Seven days by 24 hours; a cell without a value is left empty."""
    unit = "hours" if statistic == "count" else "%"
    rows = pd.DataFrame(
        [
            {"day": WEEKDAYS[d], "hour": h, "value": None if np.isnan(values[d, h]) else float(values[d, h])}
            for d in range(7)
            for h in range(24)
        ]
    )
    known = values[~np.isnan(values)]
    says = f"{title}: nothing was measured."
    if known.size:
        d, h = np.unravel_index(int(np.nanargmax(values)), values.shape)
        says = f"{title}: highest on {WEEKDAYS[int(d)]} at {int(h):02d}:00 with {float(values[d, h]):.0f} {unit}."
    chart = (
        alt_.Chart(rows.dropna())
        .mark_rect(stroke="#FFFFFF", strokeOpacity=0.15)
        .encode(
            x=alt_.X(
                "hour:O", title=f"Hour of the day ({zone})", scale=alt_.Scale(domain=list(range(24))),
                axis=alt_.Axis(labelAngle=0),
            ),
            y=alt_.Y("day:O", title=None, sort=list(WEEKDAYS), scale=alt_.Scale(domain=list(WEEKDAYS))),
            color=alt_.Color(
                "value:Q", title=unit, scale=alt_.Scale(scheme="viridis", domainMin=0.0),
                legend=alt_.Legend(orient="right"),
            ),
            tooltip=[
                alt_.Tooltip("day:O", title="Day"), alt_.Tooltip("hour:O", title="Hour"),
                alt_.Tooltip("value:Q", title=STATISTICS[statistic], format=".1f"),
            ],
        )
        .properties(height=240, description=says)
    )  # fmt: skip
    return cast(alt_.Chart, chart)
