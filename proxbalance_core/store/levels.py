"""How full storages were: a row for each every few hours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, select

from proxbalance_core.domain.observed import StorageLevel
from proxbalance_core.store import tables
from proxbalance_core.store.documents import epoch
from proxbalance_core.store.engine import insert_new, reading, writing

KEPT_DAYS = 90


class LevelStore:
    """Reached as ``store.levels``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, cid: str, levels: Iterable[StorageLevel]) -> None:
        """Keep what was measured; the same again changes nothing."""
        rows = [
            {
                "connection": cid, "storage": level.storage, "node": level.node, "ts": level.ts,
                "used_bytes": level.used_bytes, "total_bytes": level.total_bytes,
            }
            for level in levels
            if math.isfinite(level.used_bytes) and math.isfinite(level.total_bytes)
        ]  # fmt: skip
        if rows:
            with writing(self._engine) as db:
                db.execute(insert_new(db, tables.storage_levels), rows)

    def newest(self, cid: str) -> int | None:
        """When levels were kept last [epoch s]."""
        table = tables.storage_levels.c
        with reading(self._engine) as db:
            found: int | None = db.scalar(select(func.max(table.ts)).where(table.connection == cid))
        return found

    def list(self, cid: str, since: datetime) -> tuple[StorageLevel, ...]:
        """Levels from ``since`` on, oldest first."""
        table = tables.storage_levels
        wanted = select(table).where(table.c.connection == cid, table.c.ts >= epoch(since)).order_by(table.c.ts)
        with reading(self._engine) as db:
            return tuple(
                StorageLevel(
                    ts=row.ts, storage=row.storage, node=row.node, used_bytes=row.used_bytes,
                    total_bytes=row.total_bytes,
                )
                for row in db.execute(wanted)
            )  # fmt: skip

    def prune(self, cid: str, now: datetime) -> None:
        """Drop what is older than 90 days."""
        table = tables.storage_levels
        old = epoch(now - timedelta(days=KEPT_DAYS))
        with writing(self._engine) as db:
            db.execute(delete(table).where(table.c.connection == cid, table.c.ts < old))
