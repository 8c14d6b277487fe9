"""Commands that look at the cluster's own past: backtest, sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.advice import Mode
from proxbalance_core.cli.common import AsJson, ConnectionOption, DataDir, SetOption, SettingsFile

if TYPE_CHECKING:
    from proxbalance_core.domain.backtests import Backtest, BacktestSide
    from proxbalance_core.domain.settings import Settings
    from proxbalance_core.domain.sweeps import Sweep
    from proxbalance_core.services.workbench import Workbench

commands = typer.Typer(rich_markup_mode=None)
IN_FORCE = "settings in force"
AS_GIVEN = "settings as given"


@commands.command()
def backtest(
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", help="A preset (conservative, balanced, aggressive) or a profile that you kept."),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=3, max=90, help="How many days back.")] = 30,
    mode: Annotated[Mode, typer.Option("--mode", help="How plans are looked for.")] = Mode.SEQUENTIAL,
    connection: ConnectionOption = None,
    settings: SettingsFile = None,
    changes: SetOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Replay the cluster's own past hour by hour: as it was, without moves, and with the advice of other settings."""
    from proxbalance_core.services import backtesting

    if mode is Mode.INDEPENDENT:
        raise common.BadUsage("A backtest replays plans; moves judged alone are none. Say sequential or optimal.")
    with common.cluster_at(data_dir, connection, read_demo=True) as (bench, target):
        profiles = _profiles(bench, target.id, profile, common.SettingsChoice(settings, changes))
        with common.progress("Replaying") as report:
            how: Literal["optimal", "sequential"] = "optimal" if mode is Mode.OPTIMAL else "sequential"
            found = backtesting.run(bench, target.id, profiles, days=days, mode=how, on_progress=report)
    if as_json:
        common.print_json(found.to_dict())
        return
    _told(found)


def _profiles(
    bench: Workbench, cid: str, named: list[str] | None, choice: common.SettingsChoice
) -> dict[str, Settings]:
    """What to replay, by name; without any word the settings in force."""
    from proxbalance_core.errors import SettingMissing
    from proxbalance_core.services import tuning

    base = bench.settings(cid)
    try:
        made = {name: tuning.named(bench, cid, name) for name in named or ()}
    except SettingMissing as error:
        raise common.BadUsage(error.message) from None
    if choice.file or choice.changes:
        made[AS_GIVEN] = common.settings_from(choice.file, choice.changes, base)
    return made or {IN_FORCE: base}


def _told(found: Backtest) -> None:
    common.say(found.summary, "bold")
    columns = (
        "", "Over 60 %", "Over 70 %", "Over 80 %", "Health", "CPU spread", "Memory spread", "Moves", "a day",
        "GB moved", "Came back %",
    )  # fmt: skip
    title = f"{found.begins:%Y-%m-%d %H:%M} to {found.ends:%Y-%m-%d %H:%M} UTC; minutes are node-minutes a day"
    common.table(title, columns, [_row(side) for side in found.sides], columns[1:])
    for note in found.notes:
        common.say(f"Note: {note}")


def _row(side: BacktestSide) -> tuple[object, ...]:
    return (
        side.name, f"{side.over_60_min_per_day:.0f}", f"{side.over_70_min_per_day:.0f}",
        f"{side.over_80_min_per_day:.0f}", _figure(side.cluster_health), _figure(side.cpu_spread_pct),
        _figure(side.mem_spread_pct), side.moves, f"{side.moves_per_day:.2f}", f"{side.gigabytes:.1f}",
        f"{side.churn_pct:.0f}",
    )  # fmt: skip


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


@commands.command()
def sweep(
    count: Annotated[int, typer.Option("--n", min=1, max=1000, help="How many settings to try.")] = 50,
    days: Annotated[int, typer.Option("--days", min=3, max=90, help="How many days back.")] = 30,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Where the draws begin; the same seed, the same trials.")
    ] = 0,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Processes at once; 0: one for each core.")] = 0,
    dask: Annotated[str | None, typer.Option("--dask", help="A Dask scheduler to use: tcp://HOST:8786.")] = None,
    connection: ConnectionOption = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Try many settings on the cluster's own past: the least overload for as few moves, and whether it holds up.

    Stopped with Ctrl-C it keeps what is done; the same command goes on from there.
    """
    from proxbalance_core.services import sweeping

    with common.cluster_at(data_dir, connection, read_demo=True) as (bench, target):
        wish = sweeping.SweepWish(count=count, seed=seed, days=days, jobs=jobs, dask=dask)
        with common.progress("Trying settings") as report:
            found = sweeping.run(bench, target.id, wish, report)
    if as_json:
        common.print_json(found.to_dict())
        return
    _swept(found)


def _swept(found: Sweep) -> None:
    common.say(found.summary, "bold")
    columns = ("", "Over 60 %", "Over 70 %", "Over 80 %", "Moves a day", "GB a day", "Came back %", "Changes")
    shown = [trial for trial in found.trials if trial.on_front or trial.number == 0]
    title = (
        f"{found.begins:%Y-%m-%d} to {found.ends:%Y-%m-%d}; no setting has less overload for as few moves than these"
    )
    rows = [
        (
            trial.name, f"{trial.over_60_min_per_day:.0f}", f"{trial.over_70_min_per_day:.0f}",
            f"{trial.over_80_min_per_day:.0f}", f"{trial.moves_per_day:.2f}", f"{trial.gigabytes_per_day:.1f}",
            f"{trial.churn_pct:.0f}", ", ".join(f"{key}={value}" for key, value in trial.changes.items()),
        )
        for trial in sorted(shown, key=lambda trial: (trial.over_60_min_per_day, trial.moves_per_day))
    ]  # fmt: skip
    common.table(title, columns, rows, columns[1:7])
    for note in found.notes:
        common.say(f"Note: {note}")
