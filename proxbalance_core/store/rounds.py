"""Samples, hours and days as they lie in the database: all of one kind and time in one row, packed.

Nobody asks for one figure: a chart, a rollup and a snapshot want all of some time. Packed together they take a third
of the room of rows of their own, and are written and read many times faster (docs/adr/0010).
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy import Connection as Db

from proxbalance_core.store.engine import upsert
from proxbalance_core.store.metrics import NULL, EntityKind, Field, raw_fields, rollup_fields
from proxbalance_core.store.tables import rounds

Ints = npt.NDArray[np.int64]

HOUR_S, DAY_S = 3600, 86_400
# The smallest effort: the next ones save a tenth and take twice the time, every minute.
_EFFORT = 1


@dataclass(frozen=True, slots=True)
class Shelf:
    """What lies together: one kind of entity, as samples (``span_s`` 0) or as means of hours or days [s]."""

    cid: str
    kind: EntityKind
    span_s: int

    @property
    def fields(self) -> tuple[Field, ...]:
        return rollup_fields(self.kind) if self.span_s else raw_fields(self.kind)

    @property
    def columns(self) -> tuple[str, ...]:
        """In their order within a body. New ones only ever come at the end: older bodies lack them."""
        fixed = ["entity", "step_s", *(("n", "standing") if self.span_s else ())]
        if self.kind == "guest":
            fixed += ["node"] if self.span_s else ["node", "running"]
        return (*fixed, *(field.column for field in self.fields))

    def between(self, since: int, until: int | None = None) -> ColumnElement[bool]:
        """Rows with ``since <= ts < until``."""
        table = rounds.c
        here = (table.connection == self.cid, table.kind == self.kind, table.span_s == self.span_s)
        return and_(*here, table.ts >= since, *(() if until is None else (table.ts < until,)))


def add_rows(db: Db, shelf: Shelf, columns: dict[str, Ints]) -> None:
    """Store encoded rows, ``ts`` among the columns.

    A row takes the place of the one of the same time and entity; an hour or day only where it stands as high or higher.
    """
    if not len(columns["ts"]):
        return
    order = np.argsort(columns["ts"], kind="stable")
    numbers = np.stack([columns[name] for name in shelf.columns])[:, order]
    times, starts = np.unique(columns["ts"][order], return_index=True)
    known = dict(_bodies(db, shelf, (int(times[0]), int(times[-1]) + 1)))
    made = []
    for time, fresh in zip(times.tolist(), np.split(numbers, starts[1:], axis=1), strict=True):
        both = np.concatenate((known[time], fresh), axis=1) if time in known else fresh
        made.append(
            {"connection": shelf.cid, "kind": shelf.kind, "span_s": shelf.span_s, "ts": time}
            | {"body": pack(both[:, _settled(dict(zip(shelf.columns, both, strict=True)))])}
        )
    db.execute(upsert(db, rounds), made)


def _settled(columns: dict[str, Ints]) -> npt.NDArray[np.intp]:
    """Of each entity the row that counts: the highest ``standing``, of equals the last."""
    entity = columns["entity"]
    order = np.lexsort((columns["standing"], entity) if "standing" in columns else (entity,))
    last = np.ones(len(order), dtype=bool)
    last[:-1] = entity[order[1:]] != entity[order[:-1]]
    return np.asarray(order[last])


def rows_between(
    db: Db, shelf: Shelf, window: tuple[int, int], wanted: Collection[str] | None = None
) -> dict[str, Ints]:
    """Columns of the rows with ``window[0] <= ts < window[1]``, by ts and entity; all, or those that are ``wanted``."""
    names = shelf.columns
    places = [i for i, name in enumerate(names) if wanted is None or name in wanted]
    found = [(time, body[places]) for time, body in _bodies(db, shelf, window)]
    numbers = np.concatenate([np.empty((len(places), 0), np.int64), *(body for _, body in found)], axis=1)
    ts = np.repeat([time for time, _ in found], [body.shape[1] for _, body in found]).astype(np.int64)
    return {"ts": ts} | {names[place]: row for place, row in zip(places, numbers, strict=True)}


def _bodies(db: Db, shelf: Shelf, window: tuple[int, int]) -> Any:
    rows: Any = db.execute(select(rounds.c.ts, rounds.c.body).where(shelf.between(*window)).order_by(rounds.c.ts))
    width = len(shelf.columns)
    return ((row.ts, unpack(row.body, width)) for row in rows)


def pack(numbers: Ints) -> bytes:
    """Whole numbers (columns, rows), compressed.

    All first bytes of a column, then all second ones, and so on: the high ones are alike and shrink to nothing.
    """
    columns, rows = numbers.shape
    planes = np.ascontiguousarray(numbers, dtype="<i8").view(np.uint8).reshape(columns, rows, 8).transpose(0, 2, 1)
    return int(columns).to_bytes(2, "little") + zlib.compress(planes.tobytes(), _EFFORT)


def unpack(body: bytes, wanted: int) -> Ints:
    """What was packed, filled up with columns of NULL to as many as are ``wanted``."""
    columns = int.from_bytes(body[:2], "little")
    planes = np.frombuffer(zlib.decompress(body[2:]), dtype=np.uint8).reshape(columns, 8, -1)
    numbers = np.ascontiguousarray(planes.transpose(0, 2, 1)).view("<i8")[..., 0].astype(np.int64, copy=False)
    if columns >= wanted:
        return numbers
    return np.concatenate((numbers, np.full((wanted - columns, numbers.shape[1]), NULL, dtype=np.int64)))
