"""Patterns and forecasts of a connection's past, and the hours of one node or guest."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from proxbalance_core.services.backtesting import course

if TYPE_CHECKING:
    import pandas as pd

    from proxbalance_core.domain.forecasts import ForecastAccuracy
    from proxbalance_core.domain.patterns import Patterns
    from proxbalance_core.features.arrays import Floats
    from proxbalance_core.features.course import Course
    from proxbalance_core.services.workbench import Workbench

DAYS = 28


def patterns(bench: Workbench, cid: str, days: int = DAYS, past: Course | None = None) -> Patterns:
    """Daily, weekly and bursty patterns over the last ``days``; ``past`` is their hours, where they are read already.

    Raises
    ------
    NotEnoughHistory
        Under three days are stored, or the cluster is a single moment.
    """
    from proxbalance_core.whatif.patterns import cluster_patterns

    return cluster_patterns(past or course(bench, cid, days), bench.settings(cid))


def forecasts(bench: Workbench, cid: str, days: int = DAYS, past: Course | None = None) -> ForecastAccuracy:
    """How the forecasts of the last days did, beside simple ones; ``past`` as above.

    Raises
    ------
    NotEnoughHistory
        Under five days are stored, or the cluster is a single moment.
    """
    from proxbalance_core.whatif.accuracy import forecast_accuracy

    return forecast_accuracy(past or course(bench, cid, days))


def heatmap(past: Course, entity: str, metric: str, statistic: str) -> Floats:
    """One node (``node/pve1``) or guest (``guest/101``) by weekday and hour, [7, 24]; NaN where nothing was measured.

    Parameters
    ----------
    metric : {"cpu", "mem", "iowait"}
        Of a guest there is no iowait.
    statistic : {"mean", "p95", "count"}
    """
    from proxbalance_core.features.calendar import Calendar

    calendar = Calendar.of(past.start, past.hours, ZoneInfo(past.snapshot.timezone))
    return calendar.heatmap(_series(past, entity, metric), statistic)


def past_forecast(past: Course, entity: str) -> pd.DataFrame:
    """One node's or guest's CPU of the judged days: ts, came, level, low, high [percent]; NaN where not measured."""
    import pandas as pd

    from proxbalance_core.forecast.accuracy import banded, by_day, judged_days

    values, days = _series(past, entity, "cpu")[:, None], judged_days(past.hours)
    band = banded(values, days)
    begin = pd.Timestamp(past.at(past.hours - days * 24))
    made = {"came": by_day(values, days), "level": band.level, "low": band.low, "high": band.high}
    return pd.DataFrame(
        {"ts": pd.date_range(begin, periods=days * 24, freq="h")} | {key: value.ravel() for key, value in made.items()}
    )


def _series(past: Course, entity: str, metric: str) -> Floats:
    """The hours of one entity [percent of what it has]."""
    kind, _, name = entity.partition("/")
    if kind == "guest":
        at = next(i for i, guest in enumerate(past.snapshot.guests) if str(guest.vmid) == name)
        return (past.guest_mem_pct() if metric == "mem" else past.guest_cpu_pct())[:, at]
    n = next(i for i, node in enumerate(past.snapshot.nodes) if node.name == name)
    return past.iowait_pct[:, n] if metric == "iowait" else past.as_it_was()[metric == "mem"][:, n]
