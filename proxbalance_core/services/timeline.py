"""What happened to a connection: its scores over time, and its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.records import ClusterMark, Event, ScoreMark

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench


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


def scores(bench: Workbench, cid: str, days: float, marks: int) -> ScoreHistory:
    """The last ``days`` in at most ``marks`` marks of the cluster, and as many of all its nodes together."""
    until = bench.clock() + timedelta(seconds=1)
    since = until - timedelta(days=days)
    store = bench.store.scores
    return ScoreHistory(
        cid=cid, cluster=store.cluster(cid, since, until, marks), nodes=store.nodes(cid, since, until, marks=marks)
    )


def events(bench: Workbench, cid: str, days: float, after_id: int, limit: int) -> tuple[Event, ...]:
    """Up to ``limit`` events of the last ``days`` past a reader's bookmark, oldest first."""
    return bench.store.events.list(cid, bench.clock() - timedelta(days=days), after_id, limit)
