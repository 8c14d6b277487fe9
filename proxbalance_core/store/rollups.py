"""Samples to hours, hours to days: idempotent, and never a finer row replaced by a coarser one.

The daily 95th percentile is that of the day's hourly means. Days are UTC days.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from sqlalchemy import Connection as Db
from sqlalchemy import delete, func, select

from proxbalance_core.domain.settings import Settings
from proxbalance_core.store.engine import upsert
from proxbalance_core.store.groups import Groups
from proxbalance_core.store.metrics import METRICS, EntityKind, Field, Metric, encoded
from proxbalance_core.store.rounds import DAY_S, HOUR_S, Ints, Shelf, add_rows, rows_between
from proxbalance_core.store.tables import rollup_marks, rounds

SLOT_S = 300
# Whoever covers at least half of an hour stands above whoever doesn't; then the finer step counts.
_HALF_HOUR_S, _STANDING = 1800, 1_000_000
_CHUNK_S = 12 * HOUR_S
_NEVER = 2**53
Columns = dict[str, Ints]


def roll_up(db: Db, cid: str, now: int) -> int:
    """Write the rollups of all full hours and days since the marks; how many hourly rows."""
    end_hour, end_day = now // HOUR_S * HOUR_S, now // DAY_S * DAY_S
    marks = _marks(db, cid)
    written = 0
    for kind in METRICS:
        raw, hours, days = (Shelf(cid, kind, span_s) for span_s in (0, HOUR_S, DAY_S))
        for since in range(_first(db, raw, marks[0], HOUR_S), end_hour, _CHUNK_S):
            made = _hours(rows_between(db, raw, (since, min(since + _CHUNK_S, end_hour))), METRICS[kind])
            add_rows(db, hours, made)
            written += len(made["ts"])
        for since in range(_first(db, hours, marks[1], DAY_S), end_day, 30 * DAY_S):
            window = (since, min(since + 30 * DAY_S, end_day))
            add_rows(db, days, _days(rows_between(db, hours, window), METRICS[kind]))
    _mark(db, cid, max(end_hour, marks[0]), max(end_day, marks[1]))
    return written


def _marks(db: Db, cid: str) -> tuple[int, int]:
    marks = rollup_marks
    row = db.execute(select(marks.c.hour_ts, marks.c.day_ts).where(marks.c.connection == cid)).first()
    return (0, 0) if row is None else (row.hour_ts, row.day_ts)


def _mark(db: Db, cid: str, hour: int, day: int) -> None:
    db.execute(upsert(db, rollup_marks), [{"connection": cid, "hour_ts": hour, "day_ts": day}])


def _first(db: Db, shelf: Shelf, mark: int, span_s: int) -> int:
    """Where to begin: at the mark, or where there is something at all."""
    found = db.scalar(select(func.min(rounds.c.ts)).where(shelf.between(mark)))
    return _NEVER if found is None else found // span_s * span_s


def set_back(db: Db, cid: str, first: int, *, hours: bool) -> None:
    """Rows from this time on have come: what was rolled up from there on is to be done again."""
    hour, day = _marks(db, cid)
    back_hour = min(hour, first // HOUR_S * HOUR_S) if hours else hour
    back_day = min(day, first // DAY_S * DAY_S)
    if (back_hour, back_day) != (hour, day):
        _mark(db, cid, back_hour, back_day)


def fresh_hours(db: Db, cid: str, kind: EntityKind, window: tuple[int, int], fields: Sequence[Field]) -> Columns:
    """Hours of what is not rolled up yet, the running hour too; only ``fields`` (a quantile takes its time)."""
    since = max(window[0], _marks(db, cid)[0])
    names = {field.name for field in fields}
    metrics = [
        dataclasses.replace(
            metric,
            max_field=metric.max_field if metric.max_field in names else None,
            p95_field=metric.p95_field if metric.p95_field in names else None,
        )
        for metric in METRICS[kind]
        if names & {metric.field, metric.max_field, metric.p95_field}
    ]
    return _hours(rows_between(db, Shelf(cid, kind, 0), (since, max(since, window[1]))), metrics)


def _hours(raw: Columns, metrics: Sequence[Metric]) -> Columns:
    """Means and peaks by hour and entity; a gap has no row."""
    by = Groups(raw["ts"] // HOUR_S * HOUR_S, raw["entity"])
    made = _taken_together(by, raw, metrics, _own_peak)
    covered = np.minimum(HOUR_S, by.distinct(raw["ts"] // SLOT_S) * SLOT_S) if len(by) else by.sizes
    return made | {"n": by.sizes, "standing": _standing(covered, made["step_s"])}


def _days(hours: Columns, metrics: Sequence[Metric]) -> Columns:
    by = Groups(hours["ts"] // DAY_S * DAY_S, hours["entity"])
    made = _taken_together(by, hours, metrics, lambda metric: metric.max_column if metric.max_field else None)
    n = by.total(hours["n"]).astype(np.int64) if len(by) else by.sizes
    return made | {"n": n, "standing": np.zeros(len(by), dtype=np.int64)}


def add_coarse(db: Db, cid: str, kind: EntityKind, rows: Columns) -> None:
    """Means over long steps: to the hours at once, each hour of a longer step marked with it."""
    first = rows["ts"] // HOUR_S * HOUR_S
    count = -(-(rows["ts"] + rows["step_s"] - first) // HOUR_S)
    row = np.repeat(np.arange(len(first)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    spread = {name: values[row] for name, values in rows.items()} | {"ts": first[row] + nth * HOUR_S}
    by = Groups(spread["ts"], spread["entity"])
    made = _taken_together(by, spread, METRICS[kind], _own_peak)
    # Two half hours make an hour.
    covered = np.minimum(HOUR_S, by.sizes * made["step_s"])
    made |= {"n": by.sizes, "standing": _standing(covered, made["step_s"])}
    add_rows(db, Shelf(cid, kind, HOUR_S), made)


def _own_peak(metric: Metric) -> str | None:
    """The sample's own maximum within its step, where sources have one."""
    return metric.max_column if metric.peak else None


def _standing(covered_s: Ints, step_s: Ints) -> Ints:
    return np.where(covered_s >= _HALF_HOUR_S, _STANDING - step_s, covered_s)


def _taken_together(
    by: Groups, rows: Columns, metrics: Sequence[Metric], peak_of: Callable[[Metric], str | None]
) -> Columns:
    """Of each group the mean, the maximum of the peaks (or of the means) and the 95th percentile."""
    made: Columns = {"ts": by.ts, "entity": by.entity}
    if not len(by):
        return made | {name: values[:0] for name, values in rows.items() if name not in made}
    made["step_s"] = encoded(by.highest(rows["step_s"]), 1.0)
    if "node" in rows:
        made["node"] = encoded(by.last(rows["node"]), 1.0)
    for metric in metrics:
        values = rows[metric.column]
        made[metric.column] = encoded(by.mean(values), 1.0)
        if metric.max_field:
            highest, peak = by.highest(values), peak_of(metric)
            highest = highest if peak is None else np.fmax(highest, by.highest(rows[peak]))
            made[metric.max_column] = encoded(highest, 1.0)
        if metric.p95_field:
            made[metric.p95_column] = encoded(by.quantile(values, 0.95), 1.0)
    return made


def prune_samples(db: Db, cid: str, settings: Settings, now: int) -> int:
    """Delete by age; samples and hours only below the marks, at whole hours and days. How many times of a kind."""
    hour, day = _marks(db, cid)
    ends = {
        0: min(hour, (now - settings.retention_raw_hours * HOUR_S) // HOUR_S * HOUR_S),
        HOUR_S: min(day, (now - settings.retention_hourly_days * DAY_S) // DAY_S * DAY_S),
        DAY_S: now - settings.retention_daily_days * DAY_S,
    }
    own = rounds.c.connection == cid
    return sum(
        db.execute(delete(rounds).where(own, rounds.c.span_s == span_s, rounds.c.ts < end)).rowcount
        for span_s, end in ends.items()
    )
