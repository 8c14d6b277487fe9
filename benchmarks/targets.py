"""What each measurement should reach; the lines of the table that ``make bench`` prints."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture


@dataclass(frozen=True, slots=True)
class Line:
    """One target and what was measured; at most the target unless ``at_least``."""

    what: str
    target: float
    measured: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.measured >= self.target if self.at_least else self.measured <= self.target

    @property
    def target_text(self) -> str:
        return f"{'>=' if self.at_least else '<'} {self.target:g} {self.unit}"

    @property
    def measured_text(self) -> str:
        return f"{self.measured:.4g} {self.unit}"


TABLE: list[Line] = []


def record(benchmark: BenchmarkFixture, line: Line) -> Line:
    """Put a line into the table and beside the benchmark's own figures."""
    TABLE.append(line)
    benchmark.extra_info.setdefault("targets", []).append(
        {"what": line.what, "target": line.target_text, "measured": line.measured_text, "met": line.met}
    )
    return line


def cpu_timed(
    benchmark: BenchmarkFixture, what: str, target_ms: float, call: Callable[..., Any], rounds: int = 5, **more: Any
) -> Any:
    """Run ``call`` a few rounds on CPU time; the best round counts against the target.

    ``more`` goes to ``benchmark.pedantic``: ``args``, ``setup``, ``warmup_rounds``.
    """
    benchmark._timer = time.process_time
    more.setdefault("warmup_rounds", 1)
    result = benchmark.pedantic(call, rounds=rounds, iterations=1, **more)
    record(benchmark, Line(what, target_ms, 1000.0 * benchmark.stats.stats.min, "ms"))
    return result
