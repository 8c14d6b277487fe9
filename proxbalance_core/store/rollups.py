"""Samples to hours, hours to days: idempotent, and never a finer row replaced by a coarser one.

The daily 95th percentile is that of the day's hourly means. Days are UTC days.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection as Db
from sqlalchemy import delete, select

from proxbalance_core.domain.settings import Settings
from proxbalance_core.store import tables
from proxbalance_core.store.engine import upsert
from proxbalance_core.store.metrics import METRICS, EntityKind, Field, Metric, encoded_column, raw_fields, rollup_fields
from proxbalance_core.store.reading import entity_names, frame_of, own_entities

HOUR_S, DAY_S = 3600, 86_400
SLOT_S = 300
# Whoever covers at least half of an hour stands above whoever doesn't; then the finer step counts.
_HALF_HOUR_S, _STANDING = 1800, 1_000_000
_CHUNK_S = 12 * HOUR_S
_NEVER = 2**53


def roll_up(db: Db, cid: str, now: int) -> int:
    """Write the rollups of all full hours and days since the marks."""
    end_hour, end_day = now // HOUR_S * HOUR_S, now // DAY_S * DAY_S
    marks = _marks(db, cid)
    written = 0
    for kind in METRICS:
        for since in range(_first(db, cid, kind, marks[0], HOUR_S), end_hour, _CHUNK_S):
            window = (since, min(since + _CHUNK_S, end_hour))
            written += _write(db, cid, kind, "hourly", _hours_of_raw(db, cid, kind, window, METRICS[kind]))
        for since in range(_first(db, cid, kind, marks[1], DAY_S), end_day, 30 * DAY_S):
            _write(db, cid, kind, "daily", _days(db, cid, kind, (since, min(since + 30 * DAY_S, end_day))))
    _mark(db, cid, max(end_hour, marks[0]), max(end_day, marks[1]))
    return written


def _marks(db: Db, cid: str) -> tuple[int, int]:
    marks = tables.rollup_marks
    row = db.execute(select(marks.c.hour_ts, marks.c.day_ts).where(marks.c.connection == cid)).first()
    return (0, 0) if row is None else (row.hour_ts, row.day_ts)


def _mark(db: Db, cid: str, hour: int, day: int) -> None:
    db.execute(upsert(db, tables.rollup_marks), [{"connection": cid, "hour_ts": hour, "day_ts": day}])


def _first(db: Db, cid: str, kind: EntityKind, mark: int, span: int) -> int:
    """Where to begin: at the mark, or where there is something at all."""
    table = (tables.samples if span == HOUR_S else tables.hourly)[kind]
    own = table.c.entity.in_(own_entities(cid, kind))
    found = db.scalar(select(table.c.ts).where(own, table.c.ts >= mark).order_by(table.c.ts).limit(1))
    return _NEVER if found is None else found // span * span


def set_back(db: Db, cid: str, times: Sequence[int], *, hours: bool) -> None:
    """Rows of these times have come: what was rolled up from there on is to be done again."""
    if not times:
        return
    first = min(times)
    hour, day = _marks(db, cid)
    back_hour = min(hour, first // HOUR_S * HOUR_S) if hours else hour
    back_day = min(day, first // DAY_S * DAY_S)
    if (back_hour, back_day) != (hour, day):
        _mark(db, cid, back_hour, back_day)


def fresh_hours(db: Db, cid: str, kind: EntityKind, window: tuple[int, int], fields: tuple[Field, ...]) -> pd.DataFrame:
    """Hours of what is not rolled up yet, the running hour too; only ``fields`` (a quantile takes its time)."""
    since = max(window[0], _marks(db, cid)[0])
    names = {field.name for field in fields}
    metrics = tuple(
        dataclasses.replace(
            metric,
            max_field=metric.max_field if metric.max_field in names else None,
            p95_field=metric.p95_field if metric.p95_field in names else None,
        )
        for metric in METRICS[kind]
        if names & {metric.field, metric.max_field, metric.p95_field}
    )
    return _hours_of_raw(db, cid, kind, (since, max(since, window[1])), metrics)


def _hours_of_raw(
    db: Db, cid: str, kind: EntityKind, window: tuple[int, int], metrics: tuple[Metric, ...]
) -> pd.DataFrame:
    wanted = {name for metric in metrics for name in (metric.field, metric.peak)}
    fields = tuple(field for field in raw_fields(kind) if field.name in wanted)
    return in_hours(frame_of(db, tables.samples[kind], cid, kind, window, fields), kind, metrics)


def in_hours(raw: pd.DataFrame, kind: EntityKind, metrics: tuple[Metric, ...]) -> pd.DataFrame:
    """Means and peaks by hour and entity, with ``n``, ``step_s`` and ``standing``; a gap has no row."""
    name = _name(kind)
    hour = raw["ts"] // HOUR_S * HOUR_S
    slots = raw["ts"] // SLOT_S
    made = _aggregated(raw.assign(ts=hour), kind, metrics, {metric.field: metric.peak for metric in metrics})
    by = raw.assign(ts=hour, slot=slots).groupby(["ts", name], observed=True, sort=True)
    covered = np.minimum(HOUR_S, by["slot"].nunique().to_numpy() * SLOT_S)
    made["standing"] = _standing(covered, made["step_s"].to_numpy())
    made.insert(2, "n", by.size().to_numpy().astype(np.int64))
    return made


def _standing(covered_s: Any, step_s: Any) -> Any:
    return np.where(covered_s >= _HALF_HOUR_S, _STANDING - step_s, covered_s).astype(np.int64)


def _name(kind: EntityKind) -> str:
    return "vmid" if kind == "guest" else "node"


def _aggregated(
    rows: pd.DataFrame, kind: EntityKind, metrics: tuple[Metric, ...], peaks: dict[str, str | None]
) -> pd.DataFrame:
    """Group by ts and entity: mean of all, maximum of ``peaks`` (or of the means), 95th percentile."""
    name = _name(kind)
    by = rows.groupby(["ts", name], observed=True, sort=True)
    steps = by["step_s"].max()
    columns: dict[str, Any] = {
        "ts": steps.index.get_level_values(0).to_numpy(),
        name: steps.index.get_level_values(1),
        "step_s": steps.to_numpy(),
    }
    if kind == "guest":
        columns["node"] = by["node"].last().array
    means = by[[metric.field for metric in metrics]].mean()
    for metric in metrics:
        columns[metric.field] = means[metric.field].to_numpy()
        if metric.max_field:
            highest = by[metric.field].max().to_numpy()
            peak = peaks.get(metric.field)
            columns[metric.max_field] = highest if peak is None else np.fmax(highest, by[peak].max().to_numpy())
        if metric.p95_field:
            columns[metric.p95_field] = by[metric.field].quantile(0.95).to_numpy()
    return pd.DataFrame(columns)


def _days(db: Db, cid: str, kind: EntityKind, window: tuple[int, int]) -> pd.DataFrame:
    hours = frame_of(db, tables.hourly[kind], cid, kind, window, rollup_fields(kind))
    hours["ts"] = hours["ts"] // DAY_S * DAY_S
    made = _aggregated(hours, kind, METRICS[kind], {metric.field: metric.max_field for metric in METRICS[kind]})
    counts = hours.groupby(["ts", _name(kind)], observed=True, sort=True)["n"].sum()
    made.insert(2, "n", counts.to_numpy())
    made["standing"] = 0
    return made


def add_coarse(db: Db, kind: EntityKind, rows: list[dict[str, int | None]]) -> None:
    """Means over long steps: to the hours at once, each hour of a longer step marked with it."""
    if not rows:
        return
    spread = [
        row | {"ts": hour}
        for row in rows
        for hour in range((row["ts"] or 0) // HOUR_S * HOUR_S, (row["ts"] or 0) + (row["step_s"] or 0), HOUR_S)
        if hour + HOUR_S > (row["ts"] or 0)
    ]
    db.execute(upsert(db, tables.hourly[kind], keep_if="standing"), _coarse_hours(pd.DataFrame(spread), kind))


def _coarse_hours(rows: pd.DataFrame, kind: EntityKind) -> list[dict[str, Any]]:
    """Encoded hourly rows of encoded coarse ones; two half hours make an hour."""
    by = rows.astype("float64").groupby(["entity", "ts"])
    made: dict[str, Any] = {"n": by.size(), "step_s": by["step_s"].max()}
    made["standing"] = _standing(np.minimum(HOUR_S, made["n"] * made["step_s"]), made["step_s"])
    if kind == "guest":
        made["node"] = by["node"].last()
    for metric in METRICS[kind]:
        made[metric.column] = by[metric.column].mean()
        if metric.max_field:
            highest = by[metric.column].max()
            made[metric.max_column] = np.fmax(highest, by[metric.max_column].max()) if metric.peak else highest
        if metric.p95_field:
            made[metric.p95_column] = by[metric.column].quantile(0.95)
    return _records({name: values for name, values in pd.DataFrame(made).reset_index().items()})


def _records(columns: dict[Any, Any]) -> list[dict[str, Any]]:
    lists = [encoded_column(np.asarray(values, dtype=float), 1.0) for values in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def _write(db: Db, cid: str, kind: EntityKind, span: str, made: pd.DataFrame) -> int:
    if made.empty:
        return 0
    table = (tables.hourly if span == "hourly" else tables.daily)[kind]
    ids = {name: i for i, name in entity_names(db, cid, kind).items()}
    columns: dict[str, Any] = {"entity": made[_name(kind)].astype("str").map(ids)}
    columns |= {name: made[name] for name in ("ts", "n", "step_s", "standing")}
    if kind == "guest":
        nodes = {name: i for i, name in entity_names(db, cid, "node").items()}
        columns["node"] = made["node"].astype("object").map(nodes).astype("float64")
    columns |= {field.column: made[field.name] * field.scale for field in rollup_fields(kind)}
    db.execute(upsert(db, table, keep_if="standing"), _records(columns))
    return len(made)


def prune_samples(db: Db, cid: str, settings: Settings, now: int) -> int:
    """Delete by age; samples and hours only below the marks, at whole hours and days."""
    hour, day = _marks(db, cid)
    raw_end = min(hour, (now - settings.retention_raw_hours * HOUR_S) // HOUR_S * HOUR_S)
    hourly_end = min(day, (now - settings.retention_hourly_days * DAY_S) // DAY_S * DAY_S)
    daily_end = now - settings.retention_daily_days * DAY_S
    dropped = 0
    for kind in METRICS:
        for table, end in (
            (tables.samples[kind], raw_end),
            (tables.hourly[kind], hourly_end),
            (tables.daily[kind], daily_end),
        ):
            own = table.c.entity.in_(own_entities(cid, kind))
            dropped += db.execute(delete(table).where(table.c.ts < end, own)).rowcount
    return dropped
