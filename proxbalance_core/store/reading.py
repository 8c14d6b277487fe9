"""Stored columns to frames: names instead of ids, units instead of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection as Db
from sqlalchemy import select

from proxbalance_core.store.metrics import EntityKind, Field, measured
from proxbalance_core.store.rounds import Ints, Shelf, rows_between
from proxbalance_core.store.tables import entities

_ALWAYS = ("entity", "step_s", "n", "node", "running")


def entity_names(db: Db, cid: str, kind: EntityKind) -> dict[int, str]:
    """The names of a connection's entities by their id."""
    found = select(entities.c.id, entities.c.name).where(entities.c.connection == cid, entities.c.kind == kind)
    return {row.id: row.name for row in db.execute(found)}


def columns_for(db: Db, shelf: Shelf, window: tuple[int, int], fields: Sequence[Field]) -> dict[str, Ints]:
    """What a frame of ``fields`` needs of the rows with ``window[0] <= ts < window[1]``, by ts and entity."""
    return rows_between(db, shelf, window, {*_ALWAYS, *(field.column for field in fields)})


def framed(db: Db, cid: str, kind: EntityKind, given: dict[str, Ints], fields: Sequence[Field]) -> pd.DataFrame:
    """Columns as a frame."""
    made: dict[str, Any] = {"ts": given["ts"]}
    nodes = entity_names(db, cid, "node")
    if kind == "guest":
        made["vmid"] = _vmids(given["entity"], entity_names(db, cid, "guest"))
        made["node"] = _categories(given["node"], nodes)
    else:
        made["node"] = _categories(given["entity"], nodes)
    made |= {name: given[name] for name in ("step_s", "n") if name in given}
    if "running" in given:
        made["running"] = given["running"] > 0
    made |= {field.name: measured(given[field.column], field.scale) for field in fields}
    return pd.DataFrame(made, copy=False)


def _categories(ids: Ints, names: dict[int, str]) -> pd.Categorical:
    """Names instead of ids, without a string for each row; an unknown id is missing."""
    known = np.array(sorted(names), dtype=np.int64)
    if not len(known):
        return pd.Categorical.from_codes(np.full(len(ids), -1), categories=pd.Index([], dtype="str"))
    place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    codes = np.where(known[place] == ids, place, -1)
    return pd.Categorical.from_codes(codes, categories=pd.Index([names[i] for i in known.tolist()], dtype="str"))


def _vmids(ids: Ints, names: dict[int, str]) -> Ints:
    known = np.array(sorted(names), dtype=np.int64)
    numbers = np.array([int(names[i]) for i in known.tolist()], dtype=np.int64)
    return numbers[np.searchsorted(known, ids)] if len(known) else np.empty(0, dtype=np.int64)


def merged(rolled: dict[str, Ints], fresh: dict[str, Ints]) -> dict[str, Ints]:
    """Rows of both, by ts and entity; where both have an hour, the fresh one counts."""
    if not len(fresh["ts"]):
        return rolled
    # Fresh hours are the newest: only the end of the rolled ones can meet them.
    end = int(np.searchsorted(rolled["ts"], fresh["ts"].min()))
    late = {name: np.concatenate((values[end:], fresh[name])) for name, values in rolled.items()}
    order = np.lexsort((late["entity"], late["ts"]))
    again = (np.diff(late["ts"][order]) == 0) & (np.diff(late["entity"][order]) == 0)
    order = order[np.append(~again, True)]
    return {name: np.concatenate((values[:end], late[name][order])) for name, values in rolled.items()}
