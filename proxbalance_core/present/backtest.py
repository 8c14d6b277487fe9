"""A backtest as a page shows it: figures, a table of its sides, minutes by day, the moves."""

from __future__ import annotations

from typing import cast

import altair as alt_
import pandas as pd

from proxbalance_core.domain.backtests import Backtest, BacktestSide
from proxbalance_core.present import words
from proxbalance_core.present.charts import SERIES
from proxbalance_core.present.details import Table
from proxbalance_core.present.views import Tile

FIGURES = ("health", "cpu_spread", "mem_spread", "gb")
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
MOST_MOVES = 200


def best(found: Backtest) -> BacktestSide:
    """The profile with the fewest overloaded minutes, of equals the one with the fewest moves."""
    profiles = [side for side in found.sides if side.kind == "profile"] or list(found.sides)
    return min(profiles, key=lambda side: (side.over_60_min_per_day, side.moves))


def tiles(found: Backtest) -> tuple[Tile, ...]:
    """The best profile beside what was done."""
    side, was = best(found), next(side for side in found.sides if side.kind == "as_it_was")
    minutes, before = side.over_60_min_per_day, was.over_60_min_per_day
    health = None if side.cluster_health is None or was.cluster_health is None else side.cluster_health
    return (
        Tile(
            title="Overloaded a day", value=f"{minutes:,.0f} min", change=f"as it was {before:,.0f} min",
            better=None if minutes == before else minutes < before,
            about="Minutes that nodes spend over 60 % CPU, all nodes together, from hourly means.",
        ),
        Tile(
            title="Cluster health", value=words.number(health, 0),
            change=f"as it was {words.number(was.cluster_health, 0)}",
            better=None if health is None or was.cluster_health == health else health > (was.cluster_health or 0.0),
            about="Mean over all hours; 0 to 100, higher is better.",
        ),
        Tile(
            title="Moves", value=f"{side.moves:,}", change=f"as it was {was.moves:,}", better=None,
            about="Migrations in the whole time.",
        ),
        Tile(
            title="Sent", value=f"{side.gigabytes:,.0f} GB", change=f"as it was {was.gigabytes:,.0f} GB", better=None,
            about="What the migrations send.",
        ),
        Tile(
            title="Came back", value=f"{side.churn_pct:.0f} %", change=None, better=None,
            about="Moves that bring a guest back to a node that it left less than 24 hours before.",
        ),
    )  # fmt: skip


def sides(found: Backtest) -> Table:
    """Every way through the past, one row each."""
    rows = [
        (
            side.name, f"{side.over_60_min_per_day:,.0f}", f"{side.over_70_min_per_day:,.0f}",
            f"{side.over_80_min_per_day:,.0f}", side.cluster_health, side.cpu_spread_pct, side.mem_spread_pct,
            side.moves, side.gigabytes,
        )
        for side in found.sides
    ]  # fmt: skip
    titles: dict[str, str | None] = {
        "side": "Way", "over60": "Over 60 % [min a day]", "over70": "Over 70 %", "over80": "Over 80 %",
        "health": "Health", "cpu_spread": "CPU spread", "mem_spread": "Memory spread", "moves": "Moves",
        "gb": "GB sent",
    }  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def moves(side: BacktestSide) -> Table:
    """The moves of one side, the newest first; at most 200."""
    rows = [
        (f"{move.at:%Y-%m-%d %H:%M} UTC", f"{move.vmid} – {move.name}", f"{move.source} → {move.target}")
        for move in reversed(side.made[-MOST_MOVES:])
    ]
    titles: dict[str, str | None] = {"at": "When", "guest": "Guest", "way": "Way"}
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def by_day(found: Backtest) -> alt_.Chart:
    """Overloaded minutes by day, a line with its own marks for each side."""
    rows = pd.DataFrame(
        [(str(day.day), side.name, day.over_60_min) for side in found.sides for day in side.days],
        columns=["day", "side", "minutes"],
    )
    names = [side.name for side in found.sides][: len(SERIES)]
    colour = alt_.Color(
        "side:N",
        title=None,
        legend=alt_.Legend(orient="top", symbolStrokeWidth=0),
        scale=alt_.Scale(domain=names, range=list(SERIES[: len(names)])),
    )
    shape = alt_.Shape(
        "side:N",
        title=None,
        legend=alt_.Legend(orient="top", symbolStrokeWidth=0),
        scale=alt_.Scale(domain=names, range=list(_SHAPES[: len(names)])),
    )
    chart = (
        alt_.Chart(rows)
        .mark_line(point=alt_.OverlayMarkDef(size=45, filled=True))
        .encode(
            x=alt_.X("day:T", title="Day", axis=alt_.Axis(format="%d %b", labelOverlap=True)),
            y=alt_.Y("minutes:Q", title="Over 60 % CPU [node-minutes]"),
            color=colour,
            shape=shape,
            strokeDash=alt_.StrokeDash("side:N", legend=None, scale=alt_.Scale(domain=names)),
            tooltip=[
                alt_.Tooltip("side:N", title="Way"),
                alt_.Tooltip("day:T", title="Day", format="%Y-%m-%d"),
                alt_.Tooltip("minutes:Q", title="Node-minutes", format=",.0f"),
            ],
        )
        .properties(height=280, description=f"Node-minutes over 60 % CPU by day. {found.summary}")
    )
    return cast(alt_.Chart, chart)
