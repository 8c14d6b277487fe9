"""Frames of hourly rows as matrices (hours, series): a gap is NaN, never zero."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from proxbalance_core.features.arrays import Floats, Ints

HOUR_S = 3600
DAY_HOURS, WEEK_HOURS = 24, 168


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Full hours ``start + i * 3600`` for i in 0..count-1 [epoch s]; the last one ended at or before now."""

    start: int
    count: int

    @classmethod
    def before(cls, now: int, count: int) -> Hours:
        """The last ``count`` full hours."""
        return cls(start=now // HOUR_S * HOUR_S - count * HOUR_S, count=count)


def positions(frame: pd.DataFrame, key: str, series: Sequence[Hashable]) -> Ints:
    """The place of each row's ``key`` in ``series``, -1 for whoever isn't in it."""
    column = frame[key]
    wanted = pd.Index(list(series))
    if isinstance(column.dtype, pd.CategoricalDtype):
        places = wanted.get_indexer(column.cat.categories) if len(wanted) else np.full(len(column.cat.categories), -1)
        codes = column.cat.codes.to_numpy()
        return np.where(codes >= 0, np.append(places, -1)[codes], -1).astype(np.intp)
    if not len(wanted):
        return np.full(len(column), -1, dtype=np.intp)
    return np.asarray(wanted.get_indexer(pd.Index(column)), dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where the rows of a frame belong in a matrix of some hours and series."""

    hours: Hours
    width: int
    rows: npt.NDArray[np.bool_]
    hour_at: Ints
    series_at: Ints

    @classmethod
    def of(cls, frame: pd.DataFrame, key: str, series: Sequence[Hashable], hours: Hours) -> Places:
        """Places of the rows that lie in ``hours`` and whose ``key`` is in ``series``."""
        hour_at = (frame["ts"].to_numpy() - hours.start) // HOUR_S
        series_at = positions(frame, key, series)
        inside = (hour_at >= 0) & (hour_at < hours.count) & (series_at >= 0)
        return cls(
            hours=hours, width=len(series), rows=inside,
            hour_at=hour_at[inside].astype(np.intp), series_at=series_at[inside],
        )  # fmt: skip

    def matrix(self, values: npt.NDArray[np.generic], absent: float = np.nan) -> Floats:
        """(hours, series) of one value for each row of the frame; ``absent`` where there is no row."""
        made = np.full((self.hours.count, self.width), absent)
        made[self.hour_at, self.series_at] = values[self.rows]
        return made
