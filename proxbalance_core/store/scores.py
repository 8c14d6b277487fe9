"""Score history for charts: steps as wide as the range asks for, averaged by the database, never over 5,000 marks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, func, select

from proxbalance_core.domain.records import ClusterMark, ScoreMark
from proxbalance_core.domain.units import NAN
from proxbalance_core.store.documents import epoch, moment
from proxbalance_core.store.engine import reading
from proxbalance_core.store.tables import generations, node_scores

# What a browser draws without waiting: 100,000 marks take it over four seconds.
MARKS_MOST = 5_000
_FIGURES = ("score", "suitability", "cpu_pct", "mem_pct", "iowait_pct", "guest_count")


class ScoreStore:
    """Reached as ``store.scores``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cluster(self, cid: str, since: datetime, until: datetime, marks: int = MARKS_MOST) -> tuple[ClusterMark, ...]:
        """Health, imbalance and number of recommendations of the generations with ``since <= at < until``.

        At most ``marks`` of them, oldest first; a step without a generation has no mark.
        """
        step = _step(since, until, marks)
        table = generations.c
        wanted = (
            select(
                func.min(table.at).label("at"), func.count().label("n"),
                func.avg(table.cluster_health).label("health"), func.min(table.cluster_health).label("lowest"),
                func.avg(table.imbalance).label("imbalance"), func.avg(table.recommendation_count).label("count"),
            )
            .where(*_between(cid, since, until))
            .group_by(step)
            .order_by(func.min(table.at))
        )  # fmt: skip
        with reading(self._engine) as db:
            return tuple(_cluster_mark(row) for row in db.execute(wanted))

    def nodes(
        self, cid: str, since: datetime, until: datetime, only: frozenset[str] = frozenset(), marks: int = MARKS_MOST
    ) -> tuple[ScoreMark, ...]:
        """Each node's scores in the generations with ``since <= at < until``, by time and node.

        At most ``marks`` of them, or one for each node where there are more nodes than that; ``only`` these nodes,
        empty: all of them.
        """
        here = [*_between(cid, since, until), *((node_scores.c.node.in_(sorted(only)),) if only else ())]
        joined = node_scores.join(generations, generations.c.id == node_scores.c.generation)
        with reading(self._engine) as db:
            count = db.scalar(select(func.count(node_scores.c.node.distinct())).select_from(joined).where(*here)) or 1
            step = _step(since, until, marks // count)
            wanted = (
                select(
                    func.min(generations.c.at).label("at"), node_scores.c.node, func.count().label("n"),
                    func.min(node_scores.c.suitability).label("lowest"),
                    *(func.avg(node_scores.c[name]).label(name) for name in _FIGURES),
                )
                .select_from(joined)
                .where(*here)
                .group_by(step, node_scores.c.node)
                .order_by(func.min(generations.c.at), node_scores.c.node)
            )  # fmt: skip
            return tuple(_score_mark(row) for row in db.execute(wanted))


def _between(cid: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    table = generations.c
    return (table.connection == cid, table.at >= epoch(since), table.at < epoch(until))


def _step(since: datetime, until: datetime, steps: int) -> ColumnElement[Any]:
    """The number of the step a generation falls into: at most ``steps`` of them, the first one at ``since``."""
    first, span_s = epoch(since), max(1, epoch(until) - epoch(since))
    width_s = -(-span_s // max(1, steps))
    return ((generations.c.at - first) // width_s).label("step")


def _measured(value: Any) -> float:
    # PostgreSQL averages whole numbers to decimals.
    return NAN if value is None else float(value)


def _cluster_mark(row: Row[Any]) -> ClusterMark:
    return ClusterMark(
        at=moment(row.at), generations=row.n, cluster_health=_measured(row.health),
        lowest_health=_measured(row.lowest), imbalance=_measured(row.imbalance),
        recommendation_count=_measured(row._mapping["count"]),
    )  # fmt: skip


def _score_mark(row: Row[Any]) -> ScoreMark:
    return ScoreMark(
        at=moment(row.at), node=row.node, generations=row.n, lowest_suitability=_measured(row.lowest),
        **{name: _measured(row._mapping[name]) for name in _FIGURES},
    )  # fmt: skip
