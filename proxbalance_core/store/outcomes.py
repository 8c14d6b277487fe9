"""What migrations did, how long recommendations stood, and what was said of them: a row and a document each."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Engine, delete, insert, select, update

from proxbalance_core.domain.cluster import PastOutcome
from proxbalance_core.domain.documents import plain
from proxbalance_core.domain.feedback import Advice, Feedback
from proxbalance_core.domain.outcomes import Outcome
from proxbalance_core.store import tables
from proxbalance_core.store.documents import epoch, text
from proxbalance_core.store.engine import reading, upsert, writing

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FEEDBACK_MOST = 500
ADVICE_KEPT_DAYS = 730
_JUDGED = ("improved", "expected", "worse")
Kept = TypeVar("Kept")


class OutcomeStore:
    """Reached as ``store.outcomes``: what migrations did against what was predicted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, cid: str, *outcomes: Outcome) -> None:
        """Keep outcomes as they stand; those of the same migration are replaced."""
        rows = [
            {
                "connection": cid, "migration": found.migration, "at": epoch(found.at), "vmid": found.vmid,
                "closed": int(found.closed), "verdict": found.verdict, "document": _kept(found),
            }
            for found in outcomes
        ]  # fmt: skip
        if rows:
            with writing(self._engine) as db:
                db.execute(upsert(db, tables.move_outcomes), rows)

    def records(
        self, cid: str, since: datetime | None = None, *, until: datetime | None = None, open_only: bool = False,
        limit: int = 10_000,
    ) -> tuple[Outcome, ...]:  # fmt: skip
        """Outcomes of migrations with ``since <= at < until``, newest first; ``open_only``: that are still watched."""
        table = tables.move_outcomes
        wanted = select(table.c.document).where(table.c.connection == cid)
        wanted = wanted if since is None else wanted.where(table.c.at >= epoch(since))
        wanted = wanted if until is None else wanted.where(table.c.at < epoch(until))
        wanted = wanted.where(table.c.closed == 0) if open_only else wanted
        with reading(self._engine) as db:
            rows = db.scalars(wanted.order_by(table.c.at.desc(), table.c.migration.desc()).limit(limit)).all()
        return tuple(_read(Outcome, row) for row in rows)

    def list(self, cid: str, limit: int = 500) -> tuple[PastOutcome, ...]:
        """The newest judged outcomes as snapshots hold them, oldest of them first."""
        table = tables.move_outcomes
        wanted = select(table.c.document).where(table.c.connection == cid, table.c.verdict.in_(_JUDGED))
        with reading(self._engine) as db:
            rows = db.scalars(wanted.order_by(table.c.at.desc(), table.c.migration.desc()).limit(limit)).all()
        return tuple(
            PastOutcome(
                at=found.at, vmid=found.vmid, source=found.source, target=found.target, reason=found.reason,
                predicted_points=found.predicted_points, realised_points=found.realised_points,
            )
            for found in (_read(Outcome, row) for row in reversed(rows))
        )  # fmt: skip


class AdviceStore:
    """Reached as ``store.advice``: how long each recommendation stood."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def follow(self, cid: str, begun: tuple[Advice, ...], gone_on: tuple[Advice, ...]) -> None:
        """Add advice that began, and bring up to date what stood already (by recommendation)."""
        table = tables.advice
        with writing(self._engine) as db:
            if begun:
                db.execute(insert(table), [_advice_row(cid, found) for found in begun])
            for found in gone_on:
                standing = (
                    update(table)
                    .where(table.c.connection == cid, table.c.recommendation == found.recommendation)
                    .where(table.c.ended_at.is_(None))
                )
                db.execute(standing.values(**_advice_row(cid, found)))

    def standing(self, cid: str) -> tuple[Advice, ...]:
        """What stood in the newest assessment."""
        return self._list(tables.advice.c.connection == cid, tables.advice.c.ended_at.is_(None))

    def between(self, cid: str, since: datetime, until: datetime) -> tuple[Advice, ...]:
        """What stood at any time in ``since <= t < until``, by its beginning."""
        table = tables.advice.c
        return self._list(table.connection == cid, table.last_at >= epoch(since), table.first_at < epoch(until))

    def _list(self, *conditions: Any) -> tuple[Advice, ...]:
        table = tables.advice
        wanted = select(table.c.document).where(*conditions).order_by(table.c.first_at, table.c.id)
        with reading(self._engine) as db:
            return tuple(_read(Advice, row) for row in db.scalars(wanted).all())

    def prune(self, cid: str, now: datetime) -> int:
        """Drop what ended over two years ago; how many."""
        table = tables.advice
        cut = epoch(now - timedelta(days=ADVICE_KEPT_DAYS))
        with writing(self._engine) as db:
            return db.execute(delete(table).where(table.c.connection == cid, table.c.last_at < cut)).rowcount


class FeedbackStore:
    """Reached as ``store.feedback``: at most 500 opinions of a cluster, one for each recommendation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, cid: str, feedback: Feedback) -> None:
        """Keep an opinion; an earlier one of the same recommendation goes, as do the oldest beyond 500."""
        table = tables.feedback
        row = {
            "connection": cid, "recommendation": feedback.recommendation, "at": epoch(feedback.at),
            "vmid": feedback.vmid, "document": _kept(feedback),
        }  # fmt: skip
        newest = (
            select(table.c.recommendation)
            .where(table.c.connection == cid)
            .order_by(table.c.at.desc(), table.c.recommendation)
            .limit(FEEDBACK_MOST)
        )
        with writing(self._engine) as db:
            db.execute(upsert(db, table), [row])
            kept = list(db.scalars(newest))
            db.execute(delete(table).where(table.c.connection == cid, table.c.recommendation.not_in(kept)))

    def withdraw(self, cid: str, recommendation: str) -> None:
        """Take an opinion back."""
        table = tables.feedback
        with writing(self._engine) as db:
            db.execute(delete(table).where(table.c.connection == cid, table.c.recommendation == recommendation))

    def list(self, cid: str, since: datetime | None = None, until: datetime | None = None) -> tuple[Feedback, ...]:
        """Opinions with ``since <= at < until``, newest first."""
        table = tables.feedback
        wanted = select(table.c.document).where(table.c.connection == cid)
        wanted = wanted if since is None else wanted.where(table.c.at >= epoch(since))
        wanted = wanted if until is None else wanted.where(table.c.at < epoch(until))
        with reading(self._engine) as db:
            rows = db.scalars(wanted.order_by(table.c.at.desc(), table.c.recommendation)).all()
        return tuple(_read(Feedback, row) for row in rows)


def _advice_row(cid: str, found: Advice) -> dict[str, Any]:
    return {
        "connection": cid, "recommendation": found.recommendation, "vmid": found.vmid,
        "first_at": epoch(found.first_at), "last_at": epoch(found.last_at),
        "ended_at": None if found.ended_at is None else epoch(found.ended_at), "document": _kept(found),
    }  # fmt: skip


@cache
def _readers() -> dict[type, TypeAdapter[Any]]:
    from pydantic import TypeAdapter

    return {kind: TypeAdapter(kind) for kind in (Outcome, Advice, Feedback)}


def _read(kind: type[Kept], document: str) -> Kept:
    found: Kept = _readers()[kind].validate_json(document)
    return found


def _kept(value: Any) -> str:
    """The document of a value; what was not measured is left out."""
    return text(plain(value, keep_missing=False))
