"""Samples as they come, and frames of them: raw for 48 h, hourly and daily rollups after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import Connection as Db
from sqlalchemy import Engine, func, insert, select

from proxbalance_core.domain.observed import GuestSample, NodeSample, Samples
from proxbalance_core.domain.settings import Settings
from proxbalance_core.store.documents import epoch, moment, storable
from proxbalance_core.store.engine import reading, writing
from proxbalance_core.store.metrics import METRICS, NULL, EntityKind, encoded, raw_fields
from proxbalance_core.store.reading import columns_for, entity_names, framed, merged
from proxbalance_core.store.rollups import add_coarse, fresh_hours, prune_samples, roll_up, set_back
from proxbalance_core.store.rounds import DAY_S, HOUR_S, Ints, Shelf, add_rows
from proxbalance_core.store.tables import entities, rounds

Resolution = Literal["raw", "hour", "day"]
_SPANS: dict[Resolution, int] = {"raw": 0, "hour": HOUR_S, "day": DAY_S}
# Rows of a longer step are no samples but means: they go to the hours at once.
RAW_STEP_MAX_S = 300


class SampleStore:
    """Reached as ``store.samples``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, cid: str, samples: Samples) -> None:
        """Store one round or a back-fill, all or nothing; the same rows again change nothing."""
        with writing(self._engine) as db:
            ids = _Ids(db, cid)
            ids.know("node", [s.node for s in samples.nodes] + [s.node for s in samples.guests])
            ids.know("guest", [str(s.vmid) for s in samples.guests])
            _add(db, cid, "node", _columns("node", samples.nodes, ids))
            _add(db, cid, "guest", _columns("guest", samples.guests, ids))

    def frame(
        self, cid: str, kind: EntityKind, since: datetime, until: datetime, resolution: Resolution = "raw"
    ) -> pd.DataFrame:
        """Stored rows with ``since <= ts < until``, by ts and entity; contracts in ``domain.frames``."""
        shelf = Shelf(cid, kind, _SPANS[resolution])
        with reading(self._engine) as db:
            found = columns_for(db, shelf, (epoch(since), epoch(until)), shelf.fields)
            return framed(db, cid, kind, found, shelf.fields)

    def hourly(
        self, cid: str, kind: EntityKind, since: datetime, until: datetime, fields: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Hourly means and peaks, from rollups and from what has not been rolled up yet.

        Parameters
        ----------
        since, until : datetime
            Hours that begin at or after ``since`` and before ``until``; the running hour is among them
            with what it has so far (``n``).
        fields : sequence of str, optional
            The measured columns wanted; fewer are read faster.

        Returns
        -------
        DataFrame
            Contract ``domain.frames.HOURLY``. ``step_s`` over 3600 marks hours filled from coarser history.
        """
        shelf = Shelf(cid, kind, HOUR_S)
        wanted = [field for field in shelf.fields if fields is None or field.name in fields]
        window = (-(-epoch(since) // HOUR_S) * HOUR_S, epoch(until))
        with reading(self._engine) as db:
            rolled = columns_for(db, shelf, window, wanted)
            fresh = fresh_hours(db, cid, kind, window, wanted)
            return framed(db, cid, kind, merged(rolled, fresh), wanted)

    def last(self, cid: str, within: timedelta = timedelta(hours=1)) -> Samples:
        """The newest sample of every entity that has one within ``within`` of the newest of all."""
        nodes = self._newest(cid, "node", within)
        guests = self._newest(cid, "guest", within)
        return Samples(
            nodes=tuple(NodeSample(**row) for row in nodes), guests=tuple(GuestSample(**row) for row in guests)
        )

    def _newest(self, cid: str, kind: EntityKind, within: timedelta) -> list[dict[str, Any]]:
        shelf = Shelf(cid, kind, 0)
        with reading(self._engine) as db:
            newest = db.scalar(select(func.max(rounds.c.ts)).where(shelf.between(0)))
            if newest is None:
                return []
            window = (newest - int(within.total_seconds()), newest + 1)
            frame = framed(db, cid, kind, columns_for(db, shelf, window, shelf.fields), shelf.fields)
        frame = frame.drop_duplicates("node" if kind == "node" else "vmid", keep="last")
        frame["node"] = frame["node"].astype("str").fillna("")
        return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]

    def span(self, cid: str) -> tuple[datetime, datetime] | None:
        """The times of the first and the last stored sample or hour of a connection, None without any."""
        ends = select(func.min(rounds.c.ts), func.max(rounds.c.ts))
        with reading(self._engine) as db:
            first, last = db.execute(ends.where(rounds.c.connection == cid, rounds.c.span_s < DAY_S)).one()
        return None if first is None else (moment(first), moment(last))

    def rollup(self, cid: str, now: datetime) -> int:
        """Roll up the full hours and days since the last time; how many hourly rows were written.

        Doing it again, or after older samples came in, gives the same rows.
        """
        with writing(self._engine) as db:
            return roll_up(db, cid, epoch(now))

    def prune(self, cid: str, settings: Settings, now: datetime) -> int:
        """Drop what is older than ``settings`` keep; samples only once they are rolled up. How many times of a kind."""
        with writing(self._engine) as db:
            return prune_samples(db, cid, settings, epoch(now))


class _Ids:
    """Entity ids of one connection, made for whoever has none yet."""

    def __init__(self, db: Db, cid: str) -> None:
        self._db, self._cid = db, cid
        self._of: dict[tuple[EntityKind, str], int] = {}

    def know(self, kind: EntityKind, names: Iterable[str]) -> None:
        wanted = {name: storable(name) for name in set(names) if name}
        found = {name: i for i, name in entity_names(self._db, self._cid, kind).items()}
        missing = sorted({*wanted.values()} - found.keys())
        if missing:
            rows = [{"connection": self._cid, "kind": kind, "name": name} for name in missing]
            self._db.execute(insert(entities), rows)
            found = {name: i for i, name in entity_names(self._db, self._cid, kind).items()}
        self._of |= {(kind, name): found[stored] for name, stored in wanted.items()}

    def of(self, kind: EntityKind, names: Iterable[str]) -> Ints:
        """The id of each; NULL for the empty name."""
        return np.array([self._of.get((kind, name), NULL) for name in names], dtype=np.int64)


_MEASURED: dict[EntityKind, Any] = {kind: attrgetter(*(field.name for field in raw_fields(kind))) for kind in METRICS}


def _columns(kind: EntityKind, samples: Sequence[Any], ids: _Ids) -> dict[str, Ints]:
    """Samples as they are stored, by column."""
    made = {
        "ts": np.array([s.ts for s in samples], dtype=np.int64),
        "entity": ids.of(kind, [s.node if kind == "node" else str(s.vmid) for s in samples]),
        "step_s": np.array([s.step_s for s in samples], dtype=np.int64),
    }
    if kind == "guest":
        made["node"] = ids.of("node", [s.node for s in samples])
        made["running"] = np.array([s.running for s in samples], dtype=np.int64)
    fields = raw_fields(kind)
    values = np.array([_MEASURED[kind](s) for s in samples], dtype=np.float64).reshape(len(samples), len(fields))
    return made | {field.column: encoded(values[:, i], field.scale) for i, field in enumerate(fields)}


def _add(db: Db, cid: str, kind: EntityKind, columns: dict[str, Ints]) -> None:
    fine = columns["step_s"] <= RAW_STEP_MAX_S
    for chosen in (fine, ~fine):
        part = {name: values[chosen] for name, values in columns.items()}
        if not len(part["ts"]):
            continue
        if chosen is fine:
            add_rows(db, Shelf(cid, kind, 0), part)
        else:
            add_coarse(db, cid, kind, part)
        set_back(db, cid, int(part["ts"].min()), hours=chosen is fine)
