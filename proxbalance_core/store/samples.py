"""Samples as they come, and frames of them: raw for 48 h, hourly and daily rollups after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Literal, TypeVar

import pandas as pd
from sqlalchemy import Connection as Db
from sqlalchemy import Engine, func, insert, select

from proxbalance_core.domain.observed import GuestSample, NodeSample, Samples
from proxbalance_core.domain.settings import Settings
from proxbalance_core.store import tables
from proxbalance_core.store.documents import epoch, moment, storable
from proxbalance_core.store.engine import reading, upsert, writing
from proxbalance_core.store.metrics import METRICS, EntityKind, encoded, raw_fields
from proxbalance_core.store.reading import entity_names, fields_of, frame_of, merged, own_entities
from proxbalance_core.store.rollups import HOUR_S, add_coarse, fresh_hours, prune_samples, roll_up, set_back

Resolution = Literal["raw", "hour", "day"]
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
            fine_nodes, coarse_nodes = _by_step(samples.nodes)
            fine_guests, coarse_guests = _by_step(samples.guests)
            _insert(db, "node", [_node_row(s, ids) for s in fine_nodes])
            _insert(db, "guest", [_guest_row(s, ids) for s in fine_guests])
            set_back(db, cid, [s.ts for s in fine_nodes] + [s.ts for s in fine_guests], hours=True)
            add_coarse(db, "node", [_node_row(s, ids) for s in coarse_nodes])
            add_coarse(db, "guest", [_guest_row(s, ids) for s in coarse_guests])
            set_back(db, cid, [s.ts for s in coarse_nodes] + [s.ts for s in coarse_guests], hours=False)

    def frame(
        self, cid: str, kind: EntityKind, since: datetime, until: datetime, resolution: Resolution = "raw"
    ) -> pd.DataFrame:
        """Stored rows with ``since <= ts < until``, by ts and entity; contracts in ``domain.frames``."""
        table = {"raw": tables.samples, "hour": tables.hourly, "day": tables.daily}[resolution][kind]
        fields = fields_of(kind, raw=resolution == "raw")
        with reading(self._engine) as db:
            return frame_of(db, table, cid, kind, (epoch(since), epoch(until)), fields)

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
        wanted = fields_of(kind, raw=False, wanted=fields)
        window = (-(-epoch(since) // HOUR_S) * HOUR_S, epoch(until))
        with reading(self._engine) as db:
            rolled = frame_of(db, tables.hourly[kind], cid, kind, window, wanted)
            fresh = fresh_hours(db, cid, kind, window, wanted)
        return rolled if fresh.empty else merged(rolled, fresh[list(rolled.columns)])

    def last(self, cid: str, within: timedelta = timedelta(hours=1)) -> Samples:
        """The newest sample of every entity that has one within ``within`` of the newest of all."""
        nodes = self._newest(cid, "node", within)
        guests = self._newest(cid, "guest", within)
        return Samples(
            nodes=tuple(NodeSample(**row) for row in nodes), guests=tuple(GuestSample(**row) for row in guests)
        )

    def _newest(self, cid: str, kind: EntityKind, within: timedelta) -> list[dict[str, Any]]:
        table = tables.samples[kind]
        with reading(self._engine) as db:
            own = table.c.entity.in_(own_entities(cid, kind))
            newest = db.scalar(select(table.c.ts).where(own).order_by(table.c.ts.desc()).limit(1))
            if newest is None:
                return []
            window = (newest - int(within.total_seconds()), newest + 1)
            frame = frame_of(db, table, cid, kind, window, fields_of(kind, raw=True))
        frame = frame.drop_duplicates("node" if kind == "node" else "vmid", keep="last")
        frame["node"] = frame["node"].astype("str").fillna("")
        return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]

    def span(self, cid: str) -> tuple[datetime, datetime] | None:
        """The times of the first and the last stored sample or hour of a connection, None without any."""
        ends: list[int] = []
        with reading(self._engine) as db:
            for kind in METRICS:
                for table in (tables.samples[kind], tables.hourly[kind]):
                    own = table.c.entity.in_(own_entities(cid, kind))
                    first, last = db.execute(select(func.min(table.c.ts), func.max(table.c.ts)).where(own)).one()
                    ends += [] if first is None else [first, last]
        return (moment(min(ends)), moment(max(ends))) if ends else None

    def rollup(self, cid: str, now: datetime) -> int:
        """Roll up the full hours and days since the last time; how many hourly rows were written.

        Doing it again, or after older samples came in, gives the same rows.
        """
        with writing(self._engine) as db:
            return roll_up(db, cid, epoch(now))

    def prune(self, cid: str, settings: Settings, now: datetime) -> int:
        """Drop what is older than ``settings`` keep; samples only once they are rolled up. Rows dropped."""
        with writing(self._engine) as db:
            return prune_samples(db, cid, settings, epoch(now))


class _Ids:
    """Entity ids of one connection, made for whoever has none yet."""

    def __init__(self, db: Db, cid: str) -> None:
        self._db, self._cid = db, cid
        self._of: dict[tuple[EntityKind, str], int] = {}

    def know(self, kind: EntityKind, names: Iterable[str]) -> None:
        wanted = set(map(storable, names)) - {""}
        found = {name: i for i, name in entity_names(self._db, self._cid, kind).items()}
        missing = sorted(wanted - found.keys())
        if missing:
            rows = [{"connection": self._cid, "kind": kind, "name": name} for name in missing]
            self._db.execute(insert(tables.entities), rows)
            found = {name: i for i, name in entity_names(self._db, self._cid, kind).items()}
        self._of |= {(kind, name): i for name, i in found.items()}

    def node(self, name: str) -> int | None:
        return self._of.get(("node", storable(name)))

    def guest(self, vmid: int) -> int:
        return self._of["guest", str(vmid)]


_S = TypeVar("_S", NodeSample, GuestSample)


def _by_step(samples: tuple[_S, ...]) -> tuple[list[_S], list[_S]]:
    fine = [s for s in samples if s.step_s <= RAW_STEP_MAX_S]
    return fine, [s for s in samples if s.step_s > RAW_STEP_MAX_S]


def _node_row(sample: NodeSample, ids: _Ids) -> dict[str, int | None]:
    row: dict[str, int | None] = {"ts": sample.ts, "entity": ids.node(sample.node), "step_s": sample.step_s}
    return row | {column: encoded(read(sample), scale) for column, read, scale in _CODECS["node"]}


def _guest_row(sample: GuestSample, ids: _Ids) -> dict[str, int | None]:
    row: dict[str, int | None] = {
        "ts": sample.ts, "entity": ids.guest(sample.vmid), "step_s": sample.step_s,
        "node": ids.node(sample.node), "running": int(sample.running),
    }  # fmt: skip
    return row | {column: encoded(read(sample), scale) for column, read, scale in _CODECS["guest"]}


_CODECS: dict[EntityKind, list[tuple[str, Any, float]]] = {
    kind: [(field.column, attrgetter(field.name), field.scale) for field in raw_fields(kind)] for kind in METRICS
}


def _insert(db: Db, kind: EntityKind, rows: list[dict[str, int | None]]) -> None:
    if rows:
        db.execute(upsert(db, tables.samples[kind]), rows)
