"""Where the log goes: to stderr, one line for each event, and never with the values of variables."""

from __future__ import annotations

import sys

import structlog


def log_to_stderr() -> None:
    """Set structlog up, unless someone has.

    Its own default prints to stdout, where ``--json`` goes, and shows the local variables of a
    traceback, among which may be a secret.
    """
    if structlog.is_configured():
        return
    colours = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=True),
            structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
