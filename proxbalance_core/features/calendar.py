"""Full hours in a time zone: which hour of which weekday each is, across changes of summer time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.features.hourly import HOUR_S

WEEKDAYS, DAY_HOURS = 7, 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """``hour`` (0..23), ``weekday`` (0 is Monday) and ``day`` (counted from the first) of each hour, [H]."""

    hour: Ints
    weekday: Ints
    day: Ints

    @classmethod
    def of(cls, start: int, count: int, zone: tzinfo) -> Calendar:
        """The ``count`` hours from ``start`` [epoch s]."""
        local = [datetime.fromtimestamp(start + i * HOUR_S, UTC).astimezone(zone) for i in range(count)]
        first = local[0].date().toordinal() if local else 0
        return cls(
            hour=np.array([at.hour for at in local], dtype=np.intp),
            weekday=np.array([at.weekday() for at in local], dtype=np.intp),
            day=np.array([at.date().toordinal() - first for at in local], dtype=np.intp),
        )

    @property
    def weekend(self) -> Bools:
        return np.asarray(self.weekday >= 5)

    def heatmap(self, values: Floats, statistic: str) -> Floats:
        """One series [H] by weekday and hour, [7, 24]: "mean", "p95" or "count"; NaN (a count: 0) without a value."""
        made = np.zeros((WEEKDAYS, DAY_HOURS)) if statistic == "count" else np.full((WEEKDAYS, DAY_HOURS), np.nan)
        known = ~np.isnan(values)
        for weekday in range(WEEKDAYS):
            for hour in range(DAY_HOURS):
                cell = values[known & (self.weekday == weekday) & (self.hour == hour)]
                if len(cell):
                    made[weekday, hour] = _OF[statistic](cell)
        return made


def _p95(cell: Floats) -> float:
    return float(np.percentile(cell, 95))


def _mean(cell: Floats) -> float:
    return float(cell.mean())


_OF = {"mean": _mean, "p95": _p95, "count": len}
STATISTICS = tuple(_OF)
