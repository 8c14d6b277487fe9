"""A connection's stored past, replayed under other settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from proxbalance_core.domain.results import Mode
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import NotEnoughHistory

if TYPE_CHECKING:
    from proxbalance_core.domain.backtests import Backtest
    from proxbalance_core.features.course import Course
    from proxbalance_core.services.workbench import Workbench

MOST_DAYS = 90
OnProgress = Callable[[float], object]


def course(bench: Workbench, cid: str, days: int, until: datetime | None = None) -> Course:
    """The last ``days`` of a connection up to ``until`` (the newest), as far as they are stored.

    Raises
    ------
    NotEnoughHistory
        An imported snapshot is a single moment.
    """
    import pandas as pd

    from proxbalance_core.domain.frames import HOURLY
    from proxbalance_core.features.course import course_of
    from proxbalance_core.features.measured import History

    connection = bench.connection(cid)
    if connection.source == "file":
        raise NotEnoughHistory(f"'{connection.title}' is a single moment; this needs its history.", hours=0)
    snapshot = bench.snapshot(connection.id)
    now = min(until, snapshot.taken_at) if until is not None else snapshot.taken_at
    first = now - timedelta(days=days)
    hourly = bench.store.samples.hourly
    return course_of(
        snapshot,
        History(
            node_hours=hourly(connection.id, "node", first, now, tuple(HOURLY["node"].columns)),
            guest_hours=hourly(connection.id, "guest", first, now, tuple(HOURLY["guest"].columns)),
            node_raw=pd.DataFrame(),
            guest_raw=pd.DataFrame(),
        ),
        int(now.timestamp()),
    )


def run(
    bench: Workbench,
    cid: str,
    profiles: Mapping[str, Settings],
    *,
    days: int = 30,
    mode: Mode = "sequential",
    on_progress: OnProgress | None = None,
) -> Backtest:
    """Replay the last ``days`` of a connection under each of ``profiles``.

    Raises
    ------
    NotEnoughHistory
        Under three days of it are stored.
    """
    from proxbalance_core.whatif.backtest import backtest

    return backtest(course(bench, cid, days), profiles, mode, on_progress)
