"""Patterns of a connection's past, and the hours of one node or guest."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from proxbalance_core.services import backtesting

if TYPE_CHECKING:
    import pandas as pd

    from proxbalance_core.domain.forecasts import ForecastAccuracy
    from proxbalance_core.domain.patterns import Patterns
    from proxbalance_core.features.arrays import Floats
    from proxbalance_core.features.course import Course
    from proxbalance_core.services.workbench import Workbench

METRICS = ("cpu", "mem", "iowait")


def patterns(bench: Workbench, cid: str, days: int = 28) -> Patterns:
    """Daily, weekly and bursty patterns over the last ``days``.

    Raises
    ------
    NotEnoughHistory
        Under three days are stored, or the cluster is a single moment.
    """
    from proxbalance_core.whatif.patterns import cluster_patterns

    return cluster_patterns(_course(bench, cid, days))


def heatmap(bench: Workbench, cid: str, entity: str, *, metric: str, statistic: str, days: int = 28) -> Floats:
    """One node (``node/pve1``) or guest (``guest/101``) by weekday and hour, [7, 24]; NaN where nothing was measured.

    Parameters
    ----------
    metric : {"cpu", "mem", "iowait"}
        Of a guest there is no iowait.
    statistic : {"mean", "p95", "count"}
    """
    from proxbalance_core.features.calendar import Calendar

    course = _course(bench, cid, days)
    calendar = Calendar.of(course.start, course.hours, ZoneInfo(course.snapshot.timezone))
    return calendar.heatmap(_series(course, entity, metric), statistic)


def forecasts(bench: Workbench, cid: str, days: int = 28) -> ForecastAccuracy:
    """How the forecasts of the last days did, beside simple ones.

    Raises
    ------
    NotEnoughHistory
        Under five days are stored, or the cluster is a single moment.
    """
    from proxbalance_core.whatif.accuracy import forecast_accuracy

    return forecast_accuracy(_course(bench, cid, days))


def past_forecast(bench: Workbench, cid: str, entity: str, days: int = 28) -> pd.DataFrame:
    """One node's or guest's CPU of the judged days: ts, came, level, low, high [percent]; NaN where not measured."""
    import pandas as pd

    from proxbalance_core.forecast.accuracy import banded, by_day, judged_days
    from proxbalance_core.whatif.accuracy import series_of

    course = _course(bench, cid, days)
    values, entities, _ = series_of(course)
    one, count = values[:, [entities.index(entity)]], judged_days(course.hours)
    band = banded(one, count)
    begin = pd.Timestamp(course.at(course.hours - count * 24))
    made = {"came": by_day(one, count), "level": band.level, "low": band.low, "high": band.high}
    return pd.DataFrame(
        {"ts": pd.date_range(begin, periods=count * 24, freq="h")} | {key: value.ravel() for key, value in made.items()}
    )


def _course(bench: Workbench, cid: str, days: int) -> Course:
    return backtesting.course(bench, cid, days)


def _series(course: Course, entity: str, metric: str) -> Floats:
    """The hours of one entity [percent of what it has]."""
    from proxbalance_core.whatif.patterns import node_hours

    kind, _, name = entity.partition("/")
    if kind == "guest":
        at = next(i for i, guest in enumerate(course.snapshot.guests) if str(guest.vmid) == name)
        guest = course.snapshot.guests[at]
        values, size = (course.mem, guest.mem_bytes) if metric == "mem" else (course.cores, guest.cpu_cores)
        return np.asarray(100.0 * values[:, at] / size)
    n = next(i for i, node in enumerate(course.snapshot.nodes) if node.name == name)
    return course.iowait_pct[:, n] if metric == "iowait" else node_hours(course)[metric == "mem"][:, n]
