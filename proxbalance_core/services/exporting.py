"""What was recommended over time, for a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from proxbalance_core.domain.results import Recommendation
from proxbalance_core.errors import SnapshotNotFound
from proxbalance_core.present.reading import read_assessment

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

MOST_RUNS = 3000  # all that two years keep, with room to spare
Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What one run of the engine recommended."""

    generation: int
    at: datetime
    recommendations: tuple[Recommendation, ...]


def past_runs(bench: Workbench, cid: str, span: Span, limit: int, offset: int = 0) -> tuple[int, tuple[PastRun, ...]]:
    """How many runs are kept of a ``span`` (None: open), and ``limit`` of them from ``offset`` on, newest first."""
    since, until = span
    known = bench.store.generations.list(cid, since=since, limit=MOST_RUNS, until=until)
    found = (_run(bench, glance.id) for glance in known[offset : offset + limit])
    return len(known), tuple(run for run in found if run is not None)


def _run(bench: Workbench, generation: int) -> PastRun | None:
    try:
        kept = bench.store.generations.get(generation)
    except SnapshotNotFound:  # thinned out meanwhile
        return None
    told = read_assessment(kept.assessment)
    return PastRun(generation=kept.id, at=kept.at.astimezone(UTC), recommendations=told.recommendations)
