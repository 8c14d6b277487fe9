"""Settings in the shadow, and what they would have advised: a row for each assessment."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, delete, select

from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.shadows import Advised, Shadow, ShadowRound
from proxbalance_core.store import tables
from proxbalance_core.store.documents import epoch, moment, text
from proxbalance_core.store.engine import insert_new, reading, upsert, writing

KEPT_DAYS = 90


class ShadowStore:
    """Reached as ``store.shadows``: one for each connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, cid: str, shadow: Shadow | None) -> None:
        """Begin with a shadow, or (None) end it; what an earlier one advised is forgotten."""
        with writing(self._engine) as db:
            for table in (tables.shadow_rounds, tables.shadows):
                db.execute(delete(table).where(table.c.connection == cid))
            if shadow is not None:
                row = {
                    "connection": cid, "name": shadow.name, "settings": text(shadow.settings.to_dict()),
                    "began": epoch(shadow.began),
                }  # fmt: skip
                db.execute(upsert(db, tables.shadows), [row])

    def get(self, cid: str) -> Shadow | None:
        """The shadow of a connection.

        Raises
        ------
        SettingInvalid
            Its settings can't be read by this version.
        """
        table = tables.shadows
        with reading(self._engine) as db:
            row = db.execute(select(table).where(table.c.connection == cid)).first()
        if row is None:
            return None
        return Shadow(name=row.name, settings=Settings.from_dict(json.loads(row.settings)), began=moment(row.began))

    def add(self, cid: str, found: ShadowRound) -> None:
        """Keep a round; the same time again changes nothing."""
        row = {
            "connection": cid, "at": epoch(found.at), "ours": text(_document(found.ours)),
            "theirs": text(_document(found.theirs)),
        }  # fmt: skip
        with writing(self._engine) as db:
            db.execute(insert_new(db, tables.shadow_rounds), [row])

    def rounds(self, cid: str, since: datetime | None = None) -> tuple[ShadowRound, ...]:
        """Rounds from ``since`` on, oldest first."""
        table = tables.shadow_rounds
        wanted = select(table).where(table.c.connection == cid).order_by(table.c.at)
        wanted = wanted if since is None else wanted.where(table.c.at >= epoch(since))
        with reading(self._engine) as db:
            return tuple(_round(row) for row in db.execute(wanted))

    def prune(self, cid: str, now: datetime) -> None:
        """Drop what is older than 90 days."""
        table = tables.shadow_rounds
        old = epoch(now - timedelta(days=KEPT_DAYS))
        with writing(self._engine) as db:
            db.execute(delete(table).where(table.c.connection == cid, table.c.at < old))


def _document(side: Advised) -> dict[str, Any]:
    return {
        "moves": sorted(side.moves.items()), "gigabytes": side.gigabytes, "health": side.health,
        "predicted_health": side.predicted_health,
    }  # fmt: skip


def _round(row: Row[Any]) -> ShadowRound:
    return ShadowRound(at=moment(row.at), ours=_side(row.ours), theirs=_side(row.theirs))


def _side(document: str) -> Advised:
    kept = json.loads(document)
    return Advised(**kept | {"moves": {int(vmid): str(target) for vmid, target in kept["moves"]}})
