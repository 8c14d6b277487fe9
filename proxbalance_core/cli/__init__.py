"""The command line: ``python -m proxbalance_core``. Exit 0 done, 1 the work failed, 2 bad usage."""

from __future__ import annotations

import os
import sys

from proxbalance_core.cli.advice import register as register_advice
from proxbalance_core.cli.cluster import register as register_cluster
from proxbalance_core.cli.common import make_app
from proxbalance_core.cli.connections import register as register_connections

app = make_app()
register_cluster(app)
register_advice(app)
register_connections(app)


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
