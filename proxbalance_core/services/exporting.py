"""What was recommended over time, how scores went, and which migrations there were, for a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from proxbalance_core.domain.outcomes import Outcome
from proxbalance_core.domain.records import ScoreRow
from proxbalance_core.domain.results import Recommendation
from proxbalance_core.errors import SnapshotNotFound
from proxbalance_core.present.reading import read_assessment

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

MOST_RUNS = 3000  # all that two years keep, with room to spare
MOST_MIGRATIONS = 10_000
# So long a stretch of scores is read at once: 50 nodes with an assessment an hour are 8,400 rows.
SCORES_READ = timedelta(days=7)
Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What one run of the engine recommended."""

    generation: int
    at: datetime
    recommendations: tuple[Recommendation, ...]


def past_runs(
    bench: Workbench, cid: str, span: Span, limit: int = MOST_RUNS, offset: int = 0
) -> tuple[int, Iterator[PastRun]]:
    """How many runs are kept of a ``span`` (None: open), and ``limit`` of them from ``offset`` on, newest first.

    Each is read when it is asked for.
    """
    since, until = span
    known = bench.store.generations.list(cid, since=since, limit=MOST_RUNS, until=until)
    found = (_run(bench, glance.id) for glance in known[offset : offset + limit])
    return len(known), (run for run in found if run is not None)


def score_rows(bench: Workbench, cid: str, span: Span) -> Iterator[ScoreRow]:
    """Every node at every assessment of a ``span`` (None: open), oldest first; a week is read at a time."""
    known = bench.store.generations.list(cid, since=span[0], limit=MOST_RUNS, until=span[1])
    if not known:
        return
    start, end = known[-1].at, known[0].at + timedelta(seconds=1)
    while start < end:
        until = min(start + SCORES_READ, end)
        yield from bench.store.generations.scores(cid, start, until)
        start = until


def past_migrations(bench: Workbench, cid: str, span: Span) -> tuple[Outcome, ...]:
    """Migrations of a ``span`` (None: open) with what they brought, newest first; the newest 10,000 at most."""
    return bench.store.outcomes.records(cid, span[0], until=span[1], limit=MOST_MIGRATIONS)


def _run(bench: Workbench, generation: int) -> PastRun | None:
    try:
        kept = bench.store.generations.get(generation)
    except SnapshotNotFound:  # thinned out meanwhile
        return None
    told = read_assessment(kept.assessment)
    return PastRun(generation=kept.id, at=kept.at.astimezone(UTC), recommendations=told.recommendations)
