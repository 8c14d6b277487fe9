"""What happened to a connection: its scores over time, and its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.records import ClusterMark, Event, GenerationGlance, ScoreMark
from proxbalance_core.errors import SnapshotNotFound
from proxbalance_core.services.changes import Changes, between

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

_MOST_GENERATIONS = 20_000
_MOST_EVENTS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreHistory:
    """Marks of the cluster and of each node, oldest first."""

    cid: str
    cluster: tuple[ClusterMark, ...]
    nodes: tuple[ScoreMark, ...]

    def to_dict(self) -> dict[str, Any]:
        """A plain document; what was not measured is null."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self))


def scores(
    bench: Workbench, cid: str, days: float, marks: int, until: datetime | None = None,
    nodes: frozenset[str] = frozenset(),
) -> ScoreHistory:  # fmt: skip
    """``days`` up to ``until`` (now) in at most ``marks`` marks of the cluster, and as many of all its nodes together.

    Only of ``nodes``, empty: of all.
    """
    until = (until or bench.clock()) + timedelta(seconds=1)
    since = until - timedelta(days=days)
    store = bench.store.scores
    return ScoreHistory(
        cid=cid, cluster=store.cluster(cid, since, until, marks),
        nodes=store.nodes(cid, since, until, nodes, marks=marks),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time: the assessments at its edges, what the later recommends otherwise, and what happened.

    ``before`` is the last assessment at its beginning, or the first in it; ``changes`` is None where there are no two
    assessments to compare, or what is left of them is too little.
    """

    since: datetime
    until: datetime
    before: GenerationGlance | None
    after: GenerationGlance | None
    changes: Changes | None
    events: tuple[Event, ...]


def window(bench: Workbench, cid: str, since: datetime, until: datetime) -> Window:
    """What changed between two times."""
    kept = bench.store.generations
    found = kept.list(cid, limit=1, until=since)
    inside = kept.list(cid, since, limit=_MOST_GENERATIONS, until=until)
    before = found[0] if found else (inside[-1] if inside else None)
    after = inside[0] if inside else before
    compared = None
    if before is not None and after is not None and before.id != after.id:
        try:
            compared = between(bench.store, before.id, after.id)
        except SnapshotNotFound:
            compared = None
    return Window(
        since=since, until=until, before=before, after=after, changes=compared,
        events=tuple(event for event in bench.store.events.list(cid, since, limit=_MOST_EVENTS) if event.at <= until),
    )  # fmt: skip


def happened(bench: Workbench, cid: str, since: datetime, until: datetime, kinds: frozenset[str]) -> tuple[Event, ...]:
    """Events of some kinds between two times, oldest first."""
    rows = bench.store.events.list(cid, since, limit=_MOST_EVENTS)
    return tuple(event for event in rows if event.at <= until and event.event in kinds)


def events(bench: Workbench, cid: str, days: float, after_id: int, limit: int) -> tuple[Event, ...]:
    """Up to ``limit`` events of the last ``days`` past a reader's bookmark, oldest first."""
    return bench.store.events.list(cid, bench.clock() - timedelta(days=days), after_id, limit)
