"""Tokens of the HTTP API: who may ask for what, and the digests of their secrets."""

from __future__ import annotations

import builtins
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from proxbalance_core.domain.tokens import ApiToken, closed
from proxbalance_core.store import tables
from proxbalance_core.store.documents import epoch, moment, moment_or_none
from proxbalance_core.store.engine import reading, writing


class TokenStore:
    """Reached as ``store.tokens``. A revoked token stays, so that whoever shows it can be told."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, token: ApiToken, digest: str) -> None:
        row = {
            "id": token.id, "title": token.title, "scopes": " ".join(token.scopes), "digest": digest,
            "created_at": epoch(token.created_at), "last_used_at": None, "revoked_at": None,
        }  # fmt: skip
        with writing(self._engine) as db:
            db.execute(insert(tables.api_tokens), row)

    def list(self) -> tuple[ApiToken, ...]:
        """All tokens, oldest first, the revoked ones too."""
        table = tables.api_tokens
        with reading(self._engine) as db:
            rows = db.execute(select(table).order_by(table.c.created_at, table.c.id)).all()
        return tuple(_token(row) for row in rows)

    def get(self, tid: str) -> tuple[ApiToken, str] | None:
        """A token with the digest of its secret."""
        table = tables.api_tokens
        with reading(self._engine) as db:
            row = db.execute(select(table).where(table.c.id == tid)).first()
        return None if row is None else (_token(row), str(row.digest))

    def revoke(self, tid: str, at: datetime) -> None:
        """It is refused from now on; one that was revoked before keeps its time."""
        table = tables.api_tokens
        with writing(self._engine) as db:
            db.execute(
                update(table).where(table.c.id == tid, table.c.revoked_at.is_(None)).values(revoked_at=epoch(at))
            )

    def used(self, tid: str, at: datetime) -> None:
        """Remember when it was last shown."""
        table = tables.api_tokens
        with writing(self._engine) as db:
            db.execute(update(table).where(table.c.id == tid).values(last_used_at=epoch(at)))


def _token(row: Row[Any]) -> ApiToken:
    scopes: builtins.list[str] = row.scopes.split()
    return ApiToken(
        id=row.id, title=row.title, scopes=closed(tuple(scopes)), created_at=moment(row.created_at),
        last_used_at=moment_or_none(row.last_used_at), revoked_at=moment_or_none(row.revoked_at),
    )  # fmt: skip
