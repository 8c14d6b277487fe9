"""One thread for the maths, so that CPU time is comparable; set before numpy is imported. The table at the end."""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[_name] = "1"

import json  # noqa: E402 - the threads first
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

from benchmarks.targets import TABLE, Line  # noqa: E402

LATEST = Path(__file__).with_name("latest.json")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not TABLE:
        return
    width = max(len(line.what) for line in TABLE)
    terminalreporter.write_line("")
    terminalreporter.write_line(f"{'what':{width}}  {'target':>12}  {'measured':>12}  met")
    for line in TABLE:
        terminalreporter.write_line(
            f"{line.what:{width}}  {line.target_text:>12}  {line.measured_text:>12}  {'yes' if line.met else 'NO'}"
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep the table too; pytest-benchmark writes its own file when asked to (``make bench``)."""
    if TABLE and not session.config.getoption("benchmark_json", None):
        rows = [_row(line) for line in TABLE]
        LATEST.write_text(json.dumps({"targets": rows}, indent=1) + "\n", encoding="utf-8")


def _row(line: Line) -> dict[str, object]:
    return {
        "what": line.what, "target": line.target, "unit": line.unit, "measured": line.measured, "met": line.met,
        "at_least": line.at_least,
    }  # fmt: skip
