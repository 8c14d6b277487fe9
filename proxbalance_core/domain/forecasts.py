"""How good past forecasts were: the value of ``proxbalance.forecasts/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

FORECASTS_FORMAT = "proxbalance.forecasts/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecasterScore:
    """One way to forecast, judged on the same days as the others.

    ``mase`` is the median over all series of the mean absolute error, as a share of what "the same hour yesterday" errs
    by on the days before (under 1 is better than that); ``peak_error_pct`` by how much the highest hour of a day is
    missed, in percent of what the guest or node has. None where nothing could be judged.
    """

    name: str
    mase: float | None
    peak_error_pct: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesForecast:
    """One node's or guest's CPU: how the forecast did, and how often the hours came within its interval."""

    entity: str
    name: str
    mase: float | None
    coverage_pct: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastAccuracy:
    """Forecasts of the last ``days`` days, each made from the hours before its day alone.

    ``nominal_pct`` of the hours should lie in the interval, ``coverage_pct`` did; the interval is made of the errors of
    the days before. ``forecasters`` begins with ours.
    """

    cluster: str
    begins: datetime
    ends: datetime
    days: int
    forecasters: tuple[ForecasterScore, ...]
    nominal_pct: float
    coverage_pct: float | None
    series: tuple[SeriesForecast, ...]

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.forecasts/1`` document."""
        from proxbalance_core.domain.documents import plain

        return {"format": FORECASTS_FORMAT, **plain(self)}
