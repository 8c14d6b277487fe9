"""What all commands share: errors, the workbench, the target, and text that is safe to print."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from proxbalance_core.errors import ConfigError, ProxBalanceError, SnapshotInvalid

if TYPE_CHECKING:
    from rich.console import Console

    from proxbalance_core.domain.cluster import ClusterSnapshot
    from proxbalance_core.domain.connections import Connection
    from proxbalance_core.domain.settings import Settings
    from proxbalance_core.services.workbench import Workbench

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Where the data live (else PROXBALANCE_DATA, else ./data).")
]
ConnectionOption = Annotated[str | None, typer.Option("--connection", "-c", help="Which cluster, by id or title.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="A proxbalance.settings/1 file.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="One setting as key=value; may be repeated.")]
SnapshotFile = Annotated[Path | None, typer.Argument(help="A proxbalance.snapshot/1 file; without it, a connection.")]

# Control characters, and those that turn the direction of the text that follows.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class BadUsage(Exception):
    """The command was called in a way that can't be meant."""


class _Commands(TyperGroup):
    """Says what failed in one sentence instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except BadUsage as error:
            typer.echo(f"Error: {safe(str(error))}", err=True)
            raise typer.Exit(2) from None
        except (ProxBalanceError, OSError) as error:
            typer.echo(safe(str(error)), err=True)
            raise typer.Exit(1) from None


def make_app() -> typer.Typer:
    """The empty command line."""
    return typer.Typer(
        cls=_Commands, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="ProxBalance: where guests of a Proxmox cluster should run, and why.",
    )  # fmt: skip


def safe(text: object) -> str:
    """Text of others for a terminal: on one line, without control characters."""
    return _UNSAFE.sub(" ", str(text))


def console() -> Console:
    """Where tables go; markup is off, as names of guests are other people's text."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() else 160
    return Console(markup=False, highlight=False, emoji=False, width=wide)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[str] = ()) -> None:
    """Print a table; columns in ``numbers`` are flush right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(title=Text(safe(title), style="bold"), box=box.SIMPLE_HEAD, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(Text(column), justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(safe(cell)) for cell in row))
    console().print(made)


def gb(size: float | None) -> str:
    """A size in GB; empty where there is none."""
    from proxbalance_core.domain.units import GIB

    return f"{size / GIB:.1f}" if size else ""


def one(value: float | None, digits: int = 1) -> str:
    """A figure; a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def way(values: Sequence[str]) -> str:
    """Figures one after the other, once where nothing changes."""
    return values[0] if len(set(values)) == 1 else " -> ".join(values)


def coloured(text: object, style: str) -> Any:
    """A cell in a colour."""
    from rich.text import Text

    return Text(safe(text), style=style)


def say(text: object, style: str | None = None) -> None:
    """One line for people."""
    from rich.text import Text

    console().print(Text(safe(text), style=style or ""))


def print_json(document: Any) -> None:
    """JSON on stdout; NaN is null, and characters a terminal could take amiss are escaped."""
    from proxbalance_core.domain.documents import plain

    typer.echo(json.dumps(plain(document), indent=2, allow_nan=False))


@contextmanager
def bench_at(data_dir: Path | None) -> Iterator[Workbench]:
    """The workbench on a data folder."""
    from proxbalance_core.services.workbench import Workbench

    with Workbench.open(data_dir) as bench:
        yield bench


def target(bench: Workbench, named: str | None) -> Connection:
    """The connection meant: as named, the only one, the demo when there is none; several are bad usage."""
    if named is not None:
        try:
            return bench.connection(named)
        except ConfigError as error:
            raise BadUsage(safe(error.message)) from None
    configured = bench.connections()
    if len(configured) > 1:
        names = ", ".join(connection.id for connection in configured)
        raise BadUsage(f"There are several connections, name one with --connection: {names}.")
    return configured[0] if configured else bench.add_demo()


@contextmanager
def cluster_at(
    data_dir: Path | None, named: str | None, *, read_demo: bool = False
) -> Iterator[tuple[Workbench, Connection]]:
    """The workbench and the cluster that is meant; with ``read_demo`` the demo is brought up to now first."""
    with bench_at(data_dir) as bench:
        chosen = target(bench, named)
        if read_demo and chosen.source == "synthetic":
            with progress("Collecting from the demo") as report:
                bench.fresh(chosen.id, report)
        yield bench, chosen


def is_file(text: str) -> bool:
    """Whether what stands in a node's place is a file: a node's name has neither dot nor slash."""
    return "." in text or "/" in text or Path(text).is_file()


def snapshot_at(path: Path) -> ClusterSnapshot:
    """The snapshot in a file."""
    from proxbalance_core.domain.cluster import ClusterSnapshot

    return ClusterSnapshot.from_dict(document_at(path, "snapshot"))


def document_at(path: Path, what: str) -> Any:
    """The JSON document in a file."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise SnapshotInvalid(f"There is no file {path}.", path=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise SnapshotInvalid(f"{path} is not a {what} in JSON: {error}.", path=str(path)) from None


def settings_from(file: Path | None, changes: list[str] | None, base: Settings | None = None) -> Settings:
    """Settings of a file (else ``base``, else the defaults) with single ones changed."""
    from proxbalance_core.domain.settings import Settings

    document = document_at(file, "settings file") if file else (base or Settings()).to_dict()
    single: dict[str, Any] = {}
    for change in changes or ():
        key, equals, value = change.partition("=")
        if not equals:
            raise BadUsage(f"--set takes key=value, not '{safe(change)}'.")
        single[key.strip()] = _value(value.strip())
    if single and isinstance(document, dict):
        # A profile that stands beside single values would only say what they are no longer.
        document = {key: value for key, value in document.items() if key != "profile"} | single
    return Settings.from_dict(document)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def scene_of(path: Path | None, data_dir: Path | None, named: str | None, settings: SettingsChoice) -> Scene:
    """Snapshot and settings that a command is to think about."""
    if path is not None:
        if named is not None:
            raise BadUsage("Give a snapshot file or --connection, not both.")
        return Scene(snapshot_at(path), settings_from(settings.file, settings.changes))
    with cluster_at(data_dir, named, read_demo=True) as (bench, connection):
        _warn_when_stale(bench, connection.id)
        base = bench.settings(connection.id)
        return Scene(bench.snapshot(connection.id), settings_from(settings.file, settings.changes, base))


def _warn_when_stale(bench: Workbench, cid: str) -> None:
    """On stderr, so that JSON stays JSON."""
    status = bench.status(cid)
    if status.stale and status.age_s is not None:
        said = f" {status.last_error}" if status.last_error else ""
        typer.echo(safe(f"Note: the data of '{cid}' are {status.age_s / 60:.0f} minutes old.{said}"), err=True)


class SettingsChoice:
    """What ``--settings`` and ``--set`` said."""

    def __init__(self, file: Path | None, changes: list[str] | None) -> None:
        self.file, self.changes = file, changes


class Scene:
    """What to think about."""

    def __init__(self, snapshot: ClusterSnapshot, settings: Settings) -> None:
        self.snapshot, self.settings = snapshot, settings


@contextmanager
def progress(doing: str) -> Iterator[Callable[[float], bool]]:
    """A bar on stderr while it is a terminal; the callback takes the fraction that is done."""
    if not sys.stderr.isatty():
        yield lambda fraction: True
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True, markup=False), transient=True) as bar:
        task = bar.add_task(doing, total=1.0)

        def report(fraction: float) -> bool:
            bar.update(task, completed=fraction)
            return True

        yield report


def moment(option: str, text: str | None) -> datetime | None:
    """A time with its zone.

    Raises
    ------
    BadUsage
        It is none, or lacks its zone.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadUsage(f"{option} takes a time such as 2026-02-08T10:30:00Z, not '{text}'.") from None
    if moment.tzinfo is None:
        raise BadUsage(f"{option} needs its zone, such as {text}Z.")
    return moment
