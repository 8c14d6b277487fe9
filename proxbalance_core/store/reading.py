"""Rows of the sample tables to frames, fast: whole columns of numbers, no objects for rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection as Db
from sqlalchemy import Select, Table, func, select

from proxbalance_core.store.metrics import EntityKind, Field, raw_fields, rollup_fields
from proxbalance_core.store.tables import entities

# Stands for NULL while rows are numbers; far outside of what is ever stored.
_NULL = -(2**62)


def entity_names(db: Db, cid: str, kind: EntityKind) -> dict[int, str]:
    """The names of a connection's entities by their id."""
    found = select(entities.c.id, entities.c.name).where(entities.c.connection == cid, entities.c.kind == kind)
    return {row.id: row.name for row in db.execute(found)}


def own_entities(cid: str, kind: EntityKind) -> Select[tuple[int]]:
    """The ids of a connection's entities, as a subquery."""
    return select(entities.c.id).where(entities.c.connection == cid, entities.c.kind == kind)


def fields_of(kind: EntityKind, *, raw: bool, wanted: Sequence[str] | None = None) -> tuple[Field, ...]:
    """The fields of a frame; all of them unless some are ``wanted``."""
    fields = raw_fields(kind) if raw else rollup_fields(kind)
    return fields if wanted is None else tuple(field for field in fields if field.name in wanted)


def frame_of(
    db: Db, table: Table, cid: str, kind: EntityKind, window: tuple[int, int], fields: tuple[Field, ...]
) -> pd.DataFrame:
    """Rows of ``table`` with ``window[0] <= ts < window[1]``, by ts and entity."""
    fixed = [name for name in ("ts", "entity", "step_s", "n", "node", "running") if name in table.c]
    columns = [func.coalesce(table.c[name], _NULL) for name in (*fixed, *(field.column for field in fields))]
    numbers = _numbers(db, _select(table, cid, kind, window, columns), len(columns))
    numbers = numbers[np.lexsort((numbers[:, 1], numbers[:, 0]))].T.copy()
    given = dict(zip(fixed, numbers, strict=False))
    made: dict[str, Any] = {"ts": given["ts"]}
    names, nodes = entity_names(db, cid, kind), entity_names(db, cid, "node")
    if kind == "guest":
        made["vmid"] = vmids(given["entity"], names)
        made["node"] = categories(given["node"], nodes)
    else:
        made["node"] = categories(given["entity"], names)
    made |= {name: given[name] for name in ("step_s", "n") if name in given}
    if "running" in given:
        made["running"] = given["running"] > 0
    made |= {f.name: _measured(row, f.scale) for f, row in zip(fields, numbers[len(fixed) :], strict=True)}
    return pd.DataFrame(made, copy=False)


def _select(table: Table, cid: str, kind: EntityKind, window: tuple[int, int], columns: list[Any]) -> Select[Any]:
    since, until = window
    own = table.c.entity.in_(own_entities(cid, kind))
    return select(*columns).where(table.c.ts >= since, table.c.ts < until, own)


def _numbers(db: Db, statement: Select[Any], width: int) -> npt.NDArray[np.int64]:
    """All rows as one array, around the row objects of SQLAlchemy: they cost more than the query."""
    cursor = db.execute(statement).cursor
    rows = cursor.fetchall() if cursor is not None else []
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=len(rows) * width)
    return flat.reshape(len(rows), width)


def _measured(numbers: npt.NDArray[np.int64], scale: float) -> npt.NDArray[np.float64]:
    values = numbers / scale
    values[numbers == _NULL] = np.nan
    return values


def categories(ids: npt.NDArray[np.int64], names: dict[int, str]) -> pd.Categorical:
    """Names instead of ids, without a string for each row; an unknown id is missing."""
    known = np.array(sorted(names), dtype=np.int64)
    if not len(known):
        return pd.Categorical.from_codes(np.full(len(ids), -1), categories=pd.Index([], dtype="str"))
    place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    codes = np.where(known[place] == ids, place, -1)
    return pd.Categorical.from_codes(codes, categories=pd.Index([names[i] for i in known.tolist()], dtype="str"))


def vmids(ids: npt.NDArray[np.int64], names: dict[int, str]) -> npt.NDArray[np.int64]:
    """The vmids of guests by their ids."""
    known = np.array(sorted(names), dtype=np.int64)
    numbers = np.array([int(names[i]) for i in known.tolist()], dtype=np.int64)
    return numbers[np.searchsorted(known, ids)] if len(known) else np.empty(0, dtype=np.int64)


def merged(rolled: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Rows of both, by ts; where both have an hour, the fresh one counts."""
    name = "vmid" if "vmid" in rolled else "node"
    known = rolled["node"].cat.categories.union(fresh["node"].cat.categories)
    rolled, fresh = (frame.assign(node=frame["node"].cat.set_categories(known)) for frame in (rolled, fresh))
    # Fresh hours are the newest: only the end of the rolled ones can meet them.
    place = int(np.searchsorted(rolled["ts"].to_numpy(), fresh["ts"].min()))
    end = pd.concat([rolled.iloc[place:], fresh], ignore_index=True)
    end = end.drop_duplicates(["ts", name], keep="last").sort_values(["ts", name], kind="stable")
    return pd.concat([rolled.iloc[:place], end], ignore_index=True)
