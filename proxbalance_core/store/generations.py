"""Generations: whole for 48 h, then in brief, and ever fewer of them as they age."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Engine, Row, Select, delete, func, insert, select

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.records import GenerationGlance, ScoreRow, StoredGeneration
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import NAN
from proxbalance_core.errors import SnapshotNotFound
from proxbalance_core.store.documents import epoch, moment, packed, unpacked
from proxbalance_core.store.engine import reading, writing
from proxbalance_core.store.tables import generation_bodies, generations, node_scores

FULL_H = 48
HOUR_S, DAY_S = 3600, 86_400
# (younger than, one generation kept for each): hourly to 7 d, 6-hourly to 30 d, daily to 2 years.
_THINNING = ((7 * DAY_S, HOUR_S), (30 * DAY_S, 6 * HOUR_S), (730 * DAY_S, DAY_S))
# What an assessment loses after 48 h: what there is one of for each guest, or for each guest and node. The keys stay,
# empty, so that what is left reads like any assessment. Counts of skips by reason are in its summary.
_LOST: dict[str, Any] = {"skipped": [], "threshold_suggestions": []}
_LOST_OF_A_MOVE: dict[str, Any] = {"alternatives": [], "commands": []}
_LOST_OF_THE_PLAN: dict[str, Any] = {"shell": ""}
_GLANCE: tuple[Any, ...] = (
    generations.c.id, generations.c.connection, generations.c.at, generations.c.engine_seconds,
    generations.c.cluster_health, generations.c.predicted_health, generations.c.imbalance, generations.c.strain,
    generations.c.recommendation_count, generations.c.skipped_count, generations.c.urgency, generations.c.advice,
)  # fmt: skip


class GenerationStore:
    """Reached as ``store.generations``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        cid: str,
        at: datetime,
        snapshot: ClusterSnapshot,
        settings: Settings,
        assessment: Mapping[str, Any],
        engine_seconds: float = NAN,
    ) -> int:
        """Store one run of the engine and return the generation's id.

        ``assessment`` is the ``proxbalance.assessment/1`` document; the counts are read off it.
        """
        document = dict(assessment)
        bodies = {
            "snapshot": packed(snapshot.to_dict()),
            "settings": packed(settings.to_dict()),
            "assessment": packed(document),
        }
        row = _summary_row(document) | {
            "connection": cid,
            "at": epoch(at),
            "engine_seconds": _number(engine_seconds),
            "brief": packed(brief(document)),
        }
        with writing(self._engine) as db:
            made = int(db.execute(insert(generations).returning(generations.c.id), row).scalar_one())
            db.execute(insert(generation_bodies), {"generation": made} | bodies)
            scores = [_score_row(made, node) for node in document.get("nodes", ())]
            if scores:
                db.execute(insert(node_scores), scores)
        return made

    def latest(self, cid: str) -> StoredGeneration | None:
        """The newest generation of a connection, None before the first."""
        newest = select(func.max(generations.c.id)).where(generations.c.connection == cid)
        with reading(self._engine) as db:
            found = db.scalar(newest)
            return None if found is None else _opened(db, found)

    def get(self, generation: int) -> StoredGeneration:
        """One generation, whole or in brief.

        Raises
        ------
        SnapshotNotFound
            When there is none, or it has been thinned out.
        """
        with reading(self._engine) as db:
            found = _opened(db, generation)
        if found is None:
            raise SnapshotNotFound(f"There is no generation {generation} any more.", id=generation)
        return found

    def list(
        self, cid: str, since: datetime | None = None, limit: int = 100, until: datetime | None = None
    ) -> tuple[GenerationGlance, ...]:
        """The newest generations at or after ``since`` and at or before ``until``, newest first."""
        wanted = (
            select(*_GLANCE, generation_bodies.c.generation.label("body"))
            .outerjoin(generation_bodies, generation_bodies.c.generation == generations.c.id)
            .where(generations.c.connection == cid)
            .order_by(generations.c.id.desc())
            .limit(limit)
        )
        if since is not None:
            wanted = wanted.where(generations.c.at >= epoch(since))
        if until is not None:
            wanted = wanted.where(generations.c.at <= epoch(until))
        with reading(self._engine) as db:
            rows: Any = db.execute(wanted).all()
        return tuple(_glance(row) for row in rows)

    def scores(self, cid: str, since: datetime, until: datetime) -> tuple[ScoreRow, ...]:
        """Node scores of all generations with ``since <= at < until``, oldest first."""
        wanted = (
            select(generations.c.at, node_scores)
            .join(generations, generations.c.id == node_scores.c.generation)
            .where(generations.c.connection == cid)
            .where(generations.c.at >= epoch(since), generations.c.at < epoch(until))
            .order_by(generations.c.at, generations.c.id, node_scores.c.node)
        )
        with reading(self._engine) as db:
            return tuple(_score(row) for row in db.execute(wanted))

    def prune(self, cid: str, now: datetime) -> int:
        """Reduce to brief what is older than 48 h, thin out what is older still; generations dropped."""
        cut = epoch(now - timedelta(hours=FULL_H))
        old = select(generations.c.id).where(generations.c.connection == cid, generations.c.at < cut)
        with writing(self._engine) as db:
            db.execute(delete(generation_bodies).where(generation_bodies.c.generation.in_(old)))
            dropped = _too_many(db, old, epoch(now))
            for i in range(0, len(dropped), 500):
                db.execute(delete(generations).where(generations.c.id.in_(dropped[i : i + 500])))
        return len(dropped)


def brief(document: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of an assessment after 48 h: all but the guests that stay, alternatives and commands."""
    kept = {key: _LOST.get(key, value) for key, value in document.items()}
    kept["recommendations"] = [_emptied(move, _LOST_OF_A_MOVE) for move in document.get("recommendations", ())]
    if "plan" in document:
        kept["plan"] = _emptied(document["plan"], _LOST_OF_THE_PLAN)
    return kept


def _emptied(document: Mapping[str, Any], lost: Mapping[str, Any]) -> dict[str, Any]:
    return {key: lost.get(key, value) for key, value in document.items()}


def _number(value: float | None) -> float | None:
    return value if value is not None and value == value else None


def _summary_row(document: Mapping[str, Any]) -> dict[str, Any]:
    summary = document.get("summary", {})
    row = {key: _number(summary.get(key)) for key in ("cluster_health", "predicted_health", "imbalance", "strain")}
    return row | {
        "recommendation_count": len(document.get("recommendations", ())),
        "skipped_count": len(document.get("skipped", ())),
        "urgency": summary.get("urgency"),
        "advice": summary.get("advice"),
    }


def _score_row(generation: int, node: Mapping[str, Any]) -> dict[str, Any]:
    figures = ("score", "suitability", "cpu_pct", "mem_pct", "iowait_pct", "guest_count")
    return {"generation": generation, "node": node["name"]} | {key: node.get(key) for key in figures}


def _nan(value: float | None) -> float:
    return NAN if value is None else value


def _score(row: Row[Any]) -> ScoreRow:
    return ScoreRow(
        at=moment(row.at), node=row.node, score=_nan(row.score), suitability=_nan(row.suitability),
        cpu_pct=_nan(row.cpu_pct), mem_pct=_nan(row.mem_pct), iowait_pct=_nan(row.iowait_pct),
        guest_count=row.guest_count or 0,
    )  # fmt: skip


def _glance(row: Row[Any]) -> GenerationGlance:
    return GenerationGlance(
        id=row.id, cid=row.connection, at=moment(row.at), engine_seconds=_nan(row.engine_seconds),
        cluster_health=_nan(row.cluster_health), predicted_health=_nan(row.predicted_health),
        imbalance=_nan(row.imbalance), strain=_nan(row.strain), recommendation_count=row.recommendation_count,
        skipped_count=row.skipped_count, urgency=row.urgency, advice=row.advice, in_full=row.body is not None,
    )  # fmt: skip


def _opened(db: Db, generation: int) -> StoredGeneration | None:
    row = db.execute(select(generations).where(generations.c.id == generation)).first()
    if row is None:
        return None
    body = db.execute(select(generation_bodies).where(generation_bodies.c.generation == generation)).first()
    return StoredGeneration(
        id=row.id, cid=row.connection, at=moment(row.at), engine_seconds=_nan(row.engine_seconds),
        assessment=unpacked(row.brief if body is None else body.assessment),
        snapshot=None if body is None else unpacked(body.snapshot),
        settings=None if body is None else unpacked(body.settings),
        in_full=body is not None,
    )  # fmt: skip


def _too_many(db: Db, old: Select[Any], now: int) -> list[int]:
    """Ids of generations beyond the one (the first) that is kept in each slot of their age."""
    rows = db.execute(
        select(generations.c.id, generations.c.at).where(generations.c.id.in_(old)).order_by(generations.c.at)
    )
    seen: set[tuple[int, int]] = set()
    dropped = []
    for row in rows:
        slot = next((width for age, width in _THINNING if now - row.at < age), 0)
        place = (slot, row.at // slot) if slot else None
        if place is None or place in seen:
            dropped.append(row.id)
        else:
            seen.add(place)
    return dropped
