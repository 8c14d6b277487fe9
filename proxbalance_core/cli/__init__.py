"""The command line: ``python -m proxbalance_core``. Exit 0 done, 1 the work failed, 2 bad usage."""

from __future__ import annotations

import os
import sys

from proxbalance_core.cli import (
    advice,
    backtest,
    checks,
    cluster,
    connections,
    export,
    history,
    maintenance,
    notify,
    outcomes,
    patterns,
    planning,
    settings,
    shadow,
    tokens,
    tuning,
    whatif,
)
from proxbalance_core.cli.common import make_app

app = make_app()
app.add_typer(cluster.commands)
app.add_typer(advice.commands)
app.add_typer(export.commands)
app.add_typer(planning.commands)
app.add_typer(whatif.commands)
app.add_typer(maintenance.commands)
app.add_typer(checks.commands)
app.add_typer(backtest.commands)
app.add_typer(tuning.commands)
app.add_typer(patterns.commands)
app.add_typer(history.commands)
app.add_typer(outcomes.commands)
app.add_typer(settings.commands, name="settings")
app.add_typer(shadow.commands, name="shadow")
app.add_typer(connections.commands, name="connections")
app.add_typer(tokens.commands, name="tokens")
app.add_typer(notify.commands, name="notify")


def main() -> None:
    """Run the command line; a reader that went away (``| head``) is no failure."""
    try:
        app(prog_name="python -m proxbalance_core")
    except BrokenPipeError:
        _hush()
        sys.exit(0)
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _hush()


def _hush() -> None:
    """Python flushes once more at its end; that must not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
