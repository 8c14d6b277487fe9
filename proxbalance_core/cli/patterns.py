"""``patterns`` and ``forecasts``: what repeats, and how well the coming day was foreseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir

if TYPE_CHECKING:
    from proxbalance_core.domain.forecasts import ForecastAccuracy
    from proxbalance_core.domain.patterns import Patterns

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def patterns(
    days: Annotated[int, typer.Option("--days", min=3, max=90, help="How many days back.")] = 28,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell which nodes and guests follow the day or the week, when they peak, and who peaks together."""
    from proxbalance_core.services import patterning

    with common.cluster_at(data_dir, connection, read_demo=True) as (bench, target):
        found = patterning.patterns(bench, target.id, days)
    if as_json:
        common.print_json(found.to_dict())
        return
    _told(found)


def _told(found: Patterns) -> None:
    from proxbalance_core.present import patterns as present

    common.say(present.headline(found), "bold")
    columns = ("", "Pattern", "Explained %", "Mean CPU %", "Peak CPU %", "Peak hours", "Confidence")
    for title, each in (("Nodes", found.nodes), ("Guests", found.guests)):
        lines = [
            (
                present.label(one), present.CYCLES[one.cycle], f"{100.0 * one.strength:.0f}", common.one(one.mean_pct),
                common.one(one.peak_mean_pct), present.hours(one.peak_hours), f"{one.confidence}, {one.days} days",
            )
            for one in sorted(each, key=present.strongest)
        ]  # fmt: skip
        common.table(f"{title}, hours in {found.timezone}", columns, lines, columns[2:5])
    names = {int(one.entity.partition("/")[2]): present.label(one) for one in found.guests}
    for pair in found.common_peaks:
        common.say(present.common_peak(pair, names))


@commands.command()
def forecasts(
    days: Annotated[int, typer.Option("--days", min=5, max=90, help="How many days back.")] = 28,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Hold the forecasts of the last days against what came, beside simple ones."""
    from proxbalance_core.services import patterning

    with common.cluster_at(data_dir, connection, read_demo=True) as (bench, target):
        found = patterning.forecasts(bench, target.id, days)
    if as_json:
        common.print_json(found.to_dict())
        return
    _judged(found)


def _judged(found: ForecastAccuracy) -> None:
    from proxbalance_core.present import forecasts as present

    common.say(present.headline(found), "bold")
    shown = present.table(found)
    rows = [tuple(map(str, row)) for row in shown.rows.itertuples(index=False)]
    columns = tuple(str(title) for title in shown.titles.values())
    common.table("Each day forecast from the hours before it", columns, rows, columns[1:])
