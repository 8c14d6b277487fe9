"""Connections, what their collectors last saw, and how these fare."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, Row, delete, select

from proxbalance_core.domain.connections import CollectorStatus, Connection
from proxbalance_core.domain.documents import plain
from proxbalance_core.domain.observed import Inventory
from proxbalance_core.store import tables
from proxbalance_core.store.documents import epoch, moment, moment_or_none, packed, text, unpacked
from proxbalance_core.store.engine import reading, upsert, writing


class ConnectionStore:
    """Reached as ``store.connections``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self) -> tuple[Connection, ...]:
        """All connections, oldest first."""
        table = tables.connections
        with reading(self._engine) as db:
            rows = db.execute(select(table).order_by(table.c.created_at, table.c.id)).all()
        return tuple(_connection(row) for row in rows)

    def get(self, cid: str) -> Connection | None:
        table = tables.connections
        with reading(self._engine) as db:
            row = db.execute(select(table).where(table.c.id == cid)).first()
        return None if row is None else _connection(row)

    def put(self, connection: Connection) -> None:
        """Add a connection, or change the one with its id."""
        row = {
            "id": connection.id,
            "title": connection.title,
            "source": connection.source,
            "options": text([list(pair) for pair in connection.options]),
            "created_at": epoch(connection.created_at),
        }
        with writing(self._engine) as db:
            db.execute(upsert(db, tables.connections), [row])

    def remove(self, cid: str) -> None:
        """Remove a connection with everything that is stored of it."""
        with writing(self._engine) as db:
            db.execute(delete(tables.connections).where(tables.connections.c.id == cid))


def _connection(row: Row[Any]) -> Connection:
    options = tuple((str(key), str(value)) for key, value in json.loads(row.options))
    return Connection(id=row.id, title=row.title, source=row.source, created_at=moment(row.created_at), options=options)


class StatusStore:
    """Reached as ``store.status``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, cid: str) -> CollectorStatus:
        """The collector's last word; an empty status before the first round."""
        table = tables.collector_status
        with reading(self._engine) as db:
            row = db.execute(select(table).where(table.c.connection == cid)).first()
        if row is None:
            return CollectorStatus()
        return CollectorStatus(
            last_attempt=moment_or_none(row.last_attempt),
            last_success=moment_or_none(row.last_success),
            last_error=row.last_error,
            error_kind=row.error_kind,
            consecutive_failures=row.consecutive_failures,
            rounds=row.rounds,
        )

    def put(self, cid: str, status: CollectorStatus) -> None:
        row = {
            "connection": cid,
            "last_attempt": None if status.last_attempt is None else epoch(status.last_attempt),
            "last_success": None if status.last_success is None else epoch(status.last_success),
            "last_error": status.last_error,
            "error_kind": status.error_kind,
            "consecutive_failures": status.consecutive_failures,
            "rounds": status.rounds,
        }
        with writing(self._engine) as db:
            db.execute(upsert(db, tables.collector_status), [row])


class InventoryStore:
    """Reached as ``store.inventories``: the last inventory of each connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, cid: str, inventory: Inventory) -> None:
        body = packed(plain(inventory, keep_missing=False))
        with writing(self._engine) as db:
            row = {"connection": cid, "at": epoch(inventory.at), "inventory": body}
            db.execute(upsert(db, tables.inventories), [row])

    def get(self, cid: str) -> Inventory | None:
        table = tables.inventories
        with reading(self._engine) as db:
            body = db.scalar(select(table.c.inventory).where(table.c.connection == cid))
        return None if body is None else _adapter().validate_json(json.dumps(unpacked(body)))


@cache
def _adapter() -> TypeAdapter[Inventory]:
    return TypeAdapter(Inventory)
