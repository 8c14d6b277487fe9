"""Frames for charts: the past of nodes and of generations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from proxbalance_core.store import Store

MOST_ROWS = 5_000
RAW_HOURS = 48
HOUR_S = 3600
COLUMNS = ("ts", "node", "cpu_pct", "mem_pct", "iowait_pct")
_MEASURED = ["cpu_pct", "mem_pct", "iowait_pct"]


def node_history(store: Store, cid: str, now: datetime, span: timedelta) -> pd.DataFrame:
    """Samples up to 48 h, hourly means beyond and before the first of them, thinned to :data:`MOST_ROWS`."""
    since, end = now - span, now + timedelta(seconds=1)
    fine = store.samples.frame(cid, "node", since, end) if span <= timedelta(hours=RAW_HOURS) else pd.DataFrame()
    begins = end if fine.empty else datetime.fromtimestamp(int(fine["ts"].min()) // HOUR_S * HOUR_S, UTC)
    # Of the time before the collector ran there are the hours that were filled from the source's own history.
    hours = store.samples.hourly(cid, "node", since, begins)
    rows = pd.concat([_usage(frame) for frame in (hours, fine) if len(frame)] or [_usage(hours)], ignore_index=True)
    rows = _thinned(rows, span)
    return rows.assign(ts=pd.to_datetime(rows["ts"], unit="s", utc=True))


def _usage(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ts": frame["ts"], "node": frame["node"].astype("str"), "cpu_pct": frame["cpu_pct"],
            "mem_pct": 100.0 * frame["mem_used_bytes"] / frame["mem_bytes"], "iowait_pct": frame["iowait_pct"],
        }
    )  # fmt: skip


def _thinned(rows: pd.DataFrame, span: timedelta) -> pd.DataFrame:
    """Means of ever longer steps until the rows are few enough; a gap stays a gap."""
    nodes = rows["node"].nunique()
    if len(rows) <= MOST_ROWS or not nodes:
        return rows.reset_index(drop=True)
    slots = max(1, MOST_ROWS // nodes - 1)
    step = int(np.ceil(span.total_seconds() / slots / 60.0)) * 60
    kept = rows.assign(ts=rows["ts"] // step * step).groupby(["ts", "node"], as_index=False)[_MEASURED].mean()
    return kept[list(COLUMNS)]


def score_history(store: Store, cid: str, now: datetime, span: timedelta) -> pd.DataFrame:
    """One row for each generation, oldest first."""
    glances = list(reversed(store.generations.list(cid, now - span, limit=MOST_ROWS, until=now)))
    names = ("cluster_health", "predicted_health", "imbalance", "strain", "recommendation_count", "skipped_count")
    made: dict[str, object] = {"ts": pd.to_datetime([glance.at for glance in glances], utc=True)}
    made |= {name: np.array([getattr(glance, name) for glance in glances], dtype=float) for name in names}
    return pd.DataFrame(made)
