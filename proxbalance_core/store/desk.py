"""What the user decided and what happened: settings with their history, preferences, wishes, migrations, events."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, delete, insert, select

from proxbalance_core.domain.records import Event, MoveRecord, SettingsChange
from proxbalance_core.domain.settings import Settings
from proxbalance_core.store import tables
from proxbalance_core.store.documents import epoch, moment, text
from proxbalance_core.store.engine import insert_new, reading, upsert, writing

EVENTS_KEPT_DAYS = 90


class SettingsStore:
    """Reached as ``store.settings``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, cid: str) -> Settings:
        """The settings in force; the defaults until someone changed one."""
        newest = self.history(cid, limit=1)
        return newest[0].settings if newest else Settings()

    def put(self, cid: str, settings: Settings, who: str, at: datetime) -> None:
        """Put settings in force; those before stay in the history."""
        row = {"connection": cid, "at": epoch(at), "who": who, "settings": text(settings.to_dict())}
        with writing(self._engine) as db:
            db.execute(insert(tables.settings_history), row)

    def history(self, cid: str, limit: int = 100) -> tuple[SettingsChange, ...]:
        """The last changes, newest first; the first one is in force."""
        table = tables.settings_history
        wanted = select(table).where(table.c.connection == cid).order_by(table.c.id.desc()).limit(limit)
        with reading(self._engine) as db:
            return tuple(_change(row) for row in db.execute(wanted))


class PreferenceStore:
    """Reached as ``store.preferences``: what holds for the whole app."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, key: str) -> str | None:
        """What was chosen, None until someone chose."""
        table = tables.preferences
        with reading(self._engine) as db:
            found: str | None = db.scalar(select(table.c.value).where(table.c.key == key))
        return found

    def put(self, key: str, value: str | None) -> None:
        """Choose; None takes the choice back."""
        table = tables.preferences
        with writing(self._engine) as db:
            if value is None:
                db.execute(delete(table).where(table.c.key == key))
            else:
                db.execute(upsert(db, table), [{"key": key, "value": value}])


def _change(row: Row[Any]) -> SettingsChange:
    settings = Settings.from_dict(json.loads(row.settings))
    return SettingsChange(id=row.id, at=moment(row.at), who=row.who, settings=settings)


class WishStore:
    """Reached as ``store.wishes``: what was said in the app and not in Proxmox."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def mute(self, cid: str, vmid: int, until: datetime | None) -> None:
        """Leave a guest alone until a time (a far one is "never move"); None lifts it."""
        table = tables.mutes
        with writing(self._engine) as db:
            if until is None:
                db.execute(delete(table).where(table.c.connection == cid, table.c.vmid == vmid))
            else:
                row = {"connection": cid, "vmid": vmid, "until": epoch(until)}
                db.execute(upsert(db, table), [row])

    def mutes(self, cid: str) -> dict[int, datetime]:
        """Muted guests and until when, the past ones too."""
        table = tables.mutes
        with reading(self._engine) as db:
            rows = db.execute(select(table.c.vmid, table.c.until).where(table.c.connection == cid))
            return {row.vmid: moment(row.until) for row in rows}

    def maintenance(self, cid: str, node: str, on: bool) -> None:
        """Plan as if a node were in maintenance."""
        table = tables.maintenance
        with writing(self._engine) as db:
            if on:
                db.execute(upsert(db, table), [{"connection": cid, "node": node}])
            else:
                db.execute(delete(table).where(table.c.connection == cid, table.c.node == node))

    def maintained(self, cid: str) -> frozenset[str]:
        table = tables.maintenance
        with reading(self._engine) as db:
            return frozenset(db.scalars(select(table.c.node).where(table.c.connection == cid)))


class MigrationStore:
    """Reached as ``store.migrations``: moves that happened, whoever made them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, cid: str, *moves: MoveRecord) -> None:
        """Add moves; one that is known already (guest and second) stays as it is."""
        rows = [
            {
                "connection": cid, "at": epoch(move.at), "vmid": move.vmid, "source": move.source,
                "target": move.target, "origin": move.origin, "status": move.status, "detail": move.detail,
            }
            for move in moves
        ]  # fmt: skip
        if rows:
            with writing(self._engine) as db:
                db.execute(insert_new(db, tables.migrations), rows)

    def list(
        self, cid: str, since: datetime | None = None, vmid: int | None = None, limit: int = 10_000
    ) -> tuple[MoveRecord, ...]:
        """Moves at or after ``since``, of one guest or all, newest first."""
        table = tables.migrations
        wanted = select(table).where(table.c.connection == cid)
        wanted = wanted if since is None else wanted.where(table.c.at >= epoch(since))
        wanted = wanted if vmid is None else wanted.where(table.c.vmid == vmid)
        with reading(self._engine) as db:
            rows = db.execute(wanted.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)).all()
        return tuple(
            MoveRecord(
                id=row.id, at=moment(row.at), vmid=row.vmid, source=row.source, target=row.target,
                origin=row.origin, status=row.status, detail=row.detail,
            )
            for row in rows
        )  # fmt: skip


def event_of(row: Row[Any]) -> Event:
    return Event(id=row.id, at=moment(row.at), event=row.event, payload=json.loads(row.payload))


class EventStore:
    """Reached as ``store.events``: append-only, read by timeline, webhooks and exports."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, cid: str, *events: Event) -> None:
        rows = [
            {"connection": cid, "at": epoch(event.at), "event": event.event, "payload": text(event.payload)}
            for event in events
        ]
        if rows:
            with writing(self._engine) as db:
                db.execute(insert(tables.events), rows)

    def list(self, cid: str, since: datetime | None = None, after_id: int = 0, limit: int = 1000) -> tuple[Event, ...]:
        """Events at or after ``since`` and past ``after_id`` (a reader's bookmark), oldest first."""
        table = tables.events
        wanted = select(table).where(table.c.connection == cid, table.c.id > after_id)
        wanted = wanted if since is None else wanted.where(table.c.at >= epoch(since))
        with reading(self._engine) as db:
            rows = db.execute(wanted.order_by(table.c.id).limit(limit)).all()
        return tuple(event_of(row) for row in rows)

    def newest(self, cid: str, *names: str) -> Event | None:
        """The last event with one of these names, None where there was none in 90 days."""
        table = tables.events
        wanted = select(table).where(table.c.connection == cid, table.c.event.in_(names)).order_by(table.c.id.desc())
        with reading(self._engine) as db:
            row = db.execute(wanted.limit(1)).first()
        return None if row is None else event_of(row)

    def prune(self, cid: str, now: datetime) -> int:
        """Drop events older than 90 days; how many."""
        table = tables.events
        cut = epoch(now) - EVENTS_KEPT_DAYS * 86_400
        with writing(self._engine) as db:
            return db.execute(delete(table).where(table.c.connection == cid, table.c.at < cut)).rowcount
