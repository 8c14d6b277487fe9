"""Figures of success of a connection, from what is stored."""

from __future__ import annotations

import statistics
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from proxbalance_core.domain.success import Success
from proxbalance_core.domain.units import NAN, known

if TYPE_CHECKING:
    from proxbalance_core.domain.records import ScoreRow
    from proxbalance_core.domain.settings import Settings
    from proxbalance_core.services.workbench import Workbench
    from proxbalance_core.store import Store
    from proxbalance_core.whatif.success import Evidence

DAYS = 30
_HOUR = timedelta(hours=1)
_MOST_GENERATIONS = 20_000


def success(bench: Workbench, cid: str, since: datetime | None = None, until: datetime | None = None) -> Success:
    """Every figure from ``since`` (30 days ago) to ``until`` (now), beside the stretch of the same length before."""
    from proxbalance_core.whatif.success import success as figures

    connection = bench.connection(cid)
    until = until or bench.clock()
    since = since or until - timedelta(days=DAYS)
    settings = bench.settings(connection.id)
    now = evidence(bench.store, connection.id, settings, since, until)
    before = evidence(bench.store, connection.id, settings, since - (until - since), since)
    return Success(cluster=connection.title, since=since, until=until, metrics=figures(now, before))


def evidence(store: Store, cid: str, settings: Settings, since: datetime, until: datetime) -> Evidence:
    """What is stored of a stretch of time."""
    from proxbalance_core.whatif.success import CHURN, Evidence

    glances = store.generations.list(cid, since, limit=_MOST_GENERATIONS, until=until)
    moves = store.migrations.list(cid, since - CHURN)
    return Evidence(
        since=since, until=until,
        advice=store.advice.between(cid, since, until),
        feedback=store.feedback.list(cid, since, until),
        outcomes=store.outcomes.records(cid, since, until=until),
        moves=tuple(move for move in moves if move.at < until),
        health=tuple((glance.at, glance.cluster_health) for glance in glances if glance.at < until),
        spreads=spreads(store.generations.scores(cid, since, until)),
        over=_over(store, cid, settings, since, until),
    )  # fmt: skip


def spreads(rows: tuple[ScoreRow, ...]) -> tuple[float, ...]:
    """Standard deviation of the nodes' scores in each assessment [points]; NaN under two measured nodes."""
    found = []
    for _, group in groupby(rows, key=lambda row: row.at):
        scores = [row.score for row in group if known(row.score)]
        found.append(statistics.pstdev(scores) if len(scores) > 1 else NAN)
    return tuple(found)


def _over(store: Store, cid: str, settings: Settings, since: datetime, until: datetime) -> np.ndarray:
    """Whether each node was over its CPU or memory threshold in each hour, [hours, nodes]; NaN: not measured."""
    import pandas as pd

    frame = store.samples.hourly(cid, "node", since, until)
    if frame.empty:
        return np.zeros((0, 0))
    mem_pct = 100.0 * frame["mem_used_bytes"] / frame["mem_bytes"]
    over = (frame["cpu_pct"] >= settings.cpu_threshold) | (mem_pct >= settings.mem_threshold)
    unknown = frame["cpu_pct"].isna() & mem_pct.isna()
    rows = pd.DataFrame({"ts": frame["ts"], "node": frame["node"].astype("str"), "over": over.astype(float)})
    rows.loc[unknown, "over"] = np.nan
    wide = rows.pivot_table(index="ts", columns="node", values="over", aggfunc="max", dropna=False)
    step = int(_HOUR.total_seconds())
    every = np.arange(int(wide.index.min()), int(wide.index.max()) + step, step)
    return wide.reindex(every).to_numpy(dtype=float)
