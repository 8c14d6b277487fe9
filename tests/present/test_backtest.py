"""A backtest in figures, rows and a chart."""

from __future__ import annotations

from proxbalance_core import Settings
from proxbalance_core.present import backtest as present
from proxbalance_core.whatif.backtest import backtest
from tests.support.backtest_blocks import course

FOUND = backtest(course(), {"balanced": Settings(), "aggressive": Settings(cpu_threshold=50.0)})


def test_figures_of_the_best_profile() -> None:
    side = present.best(FOUND)
    assert side.kind == "profile" and side.over_60_min_per_day == min(s.over_60_min_per_day for s in FOUND.sides[2:])
    tiles = {tile.title: tile for tile in present.tiles(FOUND)}
    assert tiles["Overloaded a day"].change == f"as it was {FOUND.sides[0].over_60_min_per_day:,.0f} min"
    assert tiles["Moves"].value == str(side.moves)


def test_every_side_has_its_row_and_its_line() -> None:
    assert present.sides(FOUND).rows["side"].tolist() == ["as it was", "no moves", "balanced", "aggressive"]
    chart = present.by_day(FOUND).to_dict()
    assert chart["encoding"]["color"]["scale"]["domain"] == [side.name for side in FOUND.sides]
    assert chart["encoding"]["strokeDash"]["field"] == chart["encoding"]["shape"]["field"] == "side"
    assert chart["encoding"]["y"]["title"].endswith("[node-minutes]") and FOUND.summary in chart["description"]


def test_moves_come_newest_first() -> None:
    side = present.best(FOUND)
    assert len(present.moves(side).rows) == len(side.made)
