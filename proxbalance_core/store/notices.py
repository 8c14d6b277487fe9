"""Where events are sent, and the outbox: what is on its way, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Engine, delete, func, select

from proxbalance_core.domain.documents import plain
from proxbalance_core.domain.notices import Delivery, Target
from proxbalance_core.domain.records import Event
from proxbalance_core.store import tables
from proxbalance_core.store.desk import event_of
from proxbalance_core.store.documents import epoch, text
from proxbalance_core.store.engine import insert_new, reading, upsert, writing

if TYPE_CHECKING:
    from pydantic import TypeAdapter

KEPT_DAYS = 30
Kept = TypeVar("Kept")


class NoticeStore:
    """Reached as ``store.notices``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # targets

    def put(self, target: Target) -> None:
        """Keep a target in place of the one with its id."""
        with writing(self._engine) as db:
            db.execute(upsert(db, tables.notice_targets), [_target_row(target)])

    def targets(self) -> tuple[Target, ...]:
        """All targets, by id."""
        table = tables.notice_targets
        with reading(self._engine) as db:
            rows = db.scalars(select(table.c.document).order_by(table.c.id)).all()
        return tuple(_read(Target, row) for row in rows)

    def remove(self, target: str) -> None:
        """Forget a target and all that was on its way to it."""
        with writing(self._engine) as db:
            for table, column in ((tables.deliveries, "target"), (tables.notice_targets, "id")):
                db.execute(delete(table).where(table.c[column] == target))

    # outbox

    def newest_event(self) -> int:
        """The id of the last event of any cluster; 0 before the first."""
        with reading(self._engine) as db:
            return int(db.scalar(select(func.max(tables.events.c.id))) or 0)

    def events_after(self, event: int, limit: int = 500) -> tuple[tuple[str, Event], ...]:
        """Events of all clusters past one, oldest first, each with its cluster."""
        table = tables.events
        wanted = select(table).where(table.c.id > event).order_by(table.c.id).limit(limit)
        with reading(self._engine) as db:
            return tuple((row.connection, event_of(row)) for row in db.execute(wanted))

    def post(self, target: Target, deliveries: Iterable[Delivery]) -> None:
        """Put deliveries into the outbox and move the target's bookmark, both or neither."""
        rows = [_delivery_row(found) for found in deliveries]
        with writing(self._engine) as db:
            if rows:
                db.execute(insert_new(db, tables.deliveries), rows)
            db.execute(upsert(db, tables.notice_targets), [_target_row(target)])

    def update(self, deliveries: Iterable[Delivery]) -> None:
        """What became of deliveries."""
        rows = [_delivery_row(found) for found in deliveries]
        if rows:
            with writing(self._engine) as db:
                db.execute(upsert(db, tables.deliveries), rows)

    def due(self, now: datetime, limit: int = 200) -> tuple[Delivery, ...]:
        """What waits and may be sent, oldest first."""
        table = tables.deliveries
        wanted = select(table.c.document).where(table.c.state == "waiting", table.c.due_at <= epoch(now))
        with reading(self._engine) as db:
            rows = db.scalars(wanted.order_by(table.c.at, table.c.key).limit(limit)).all()
        return tuple(_read(Delivery, row) for row in rows)

    def log(self, limit: int = 200) -> tuple[Delivery, ...]:
        """Deliveries, newest first."""
        table = tables.deliveries
        wanted = select(table.c.document).order_by(table.c.at.desc(), table.c.key).limit(limit)
        with reading(self._engine) as db:
            return tuple(_read(Delivery, row) for row in db.scalars(wanted).all())

    def counts(self) -> dict[str, int]:
        """How many deliveries are in which state."""
        table = tables.deliveries
        with reading(self._engine) as db:
            rows = db.execute(select(table.c.state, func.count()).group_by(table.c.state))
            return {str(state): int(count) for state, count in rows}

    def prune(self, now: datetime) -> int:
        """Drop deliveries of over 30 days ago; how many."""
        table = tables.deliveries
        with writing(self._engine) as db:
            return db.execute(delete(table).where(table.c.at < epoch(now - timedelta(days=KEPT_DAYS)))).rowcount


def _target_row(target: Target) -> dict[str, Any]:
    return {"id": target.id, "seen": target.seen, "document": text(plain(target, keep_missing=False))}


def _delivery_row(found: Delivery) -> dict[str, Any]:
    return {
        "key": found.key, "target": found.target, "at": epoch(found.at), "state": found.state,
        "due_at": epoch(found.due_at), "document": text(plain(found, keep_missing=False)),
    }  # fmt: skip


@cache
def _readers() -> dict[type, TypeAdapter[Any]]:
    from pydantic import TypeAdapter

    return {kind: TypeAdapter(kind) for kind in (Target, Delivery)}


def _read(kind: type[Kept], document: str) -> Kept:
    found: Kept = _readers()[kind].validate_json(document)
    return found
