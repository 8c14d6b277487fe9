"""Windows of many series at once: means, spread and peaks of hourly means, and a trend that no day fools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.cluster import Confidence, CpuUse, MemUse, NodeMetric
from proxbalance_core.features.arrays import Bools, Floats
from proxbalance_core.features.hourly import DAY_HOURS, WEEK_HOURS

WEEK_DAYS = 7
# A slope over fewer days than this is not one; under MIN_SURE_DAYS nobody should rely on it.
MIN_TREND_DAYS, MIN_SURE_DAYS = 2, 3
HIGH_R2, MEDIUM_R2 = 0.7, 0.4
COARSE_SHARE = 0.25
_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Windows:
    """Windows of S series, [S] each, in the unit of the series; trend per day, ``r2`` 0..1."""

    current: Floats
    avg_24h: Floats
    avg_7d: Floats
    std_7d: Floats
    p95_7d: Floats
    max_7d: Floats
    trend_per_day: Floats
    r2: Floats
    history_days: Floats
    coarse: Bools

    def confidence(self, i: int) -> Confidence | None:
        """How far the trend of series ``i`` can be trusted; None without a trend."""
        if not np.isfinite(self.trend_per_day[i]):
            return None
        if self.history_days[i] < MIN_SURE_DAYS or self.r2[i] < MEDIUM_R2:
            return "low"
        sure = self.r2[i] >= HIGH_R2
        if self.coarse[i]:
            return "medium" if sure else "low"
        return "high" if sure else "medium"

    def node_metric(self, i: int) -> NodeMetric:
        """Series ``i`` [percent] as a node's windows."""
        return NodeMetric(
            current_pct=_short(self.current[i]), avg_24h_pct=_short(self.avg_24h[i]),
            avg_7d_pct=_short(self.avg_7d[i]), std_7d_pct=_short(self.std_7d[i]), p95_7d_pct=_short(self.p95_7d[i]),
            max_7d_pct=_short(self.max_7d[i]), trend_pct_per_day=_short(self.trend_per_day[i]),
            trend_confidence=self.confidence(i),
        )  # fmt: skip

    def cpu_use(self, i: int) -> CpuUse:
        """Series ``i`` [cores] as a guest's windows."""
        return CpuUse(
            current=_short(self.current[i]), avg_24h=_short(self.avg_24h[i]), avg_7d=_short(self.avg_7d[i]),
            std_7d=_short(self.std_7d[i]), p95_7d=_short(self.p95_7d[i]), max_7d=_short(self.max_7d[i]),
            trend_per_day=_short(self.trend_per_day[i]), trend_confidence=self.confidence(i),
        )  # fmt: skip

    def mem_use(self, i: int) -> MemUse:
        """Series ``i`` [bytes] as a guest's windows."""
        return MemUse(
            current=_whole(self.current[i]), avg_24h=_whole(self.avg_24h[i]), avg_7d=_whole(self.avg_7d[i]),
            std_7d=_whole(self.std_7d[i]), p95_7d=_whole(self.p95_7d[i]), max_7d=_whole(self.max_7d[i]),
            trend_per_day=_whole(self.trend_per_day[i]), trend_confidence=self.confidence(i),
        )  # fmt: skip


def windows(values: Floats, current: Floats, coarse: Bools | None = None, *, trend: bool = True) -> Windows:
    """Windows of the last 7 days.

    Parameters
    ----------
    values : (hours, series)
        Hourly means up to the last full hour, NaN for gaps; only the last 168 hours count.
    current : (series,)
        The present level, which is a window of its own.
    coarse : (hours, series), optional
        Which of the values were spread from longer steps: they hide peaks and lower confidence.
    trend : bool
        Without it the trends, which take most of the time, are left out (NaN).
    """
    week = _last_week(values)
    known = np.isfinite(week)
    count = known.sum(axis=0)
    unknown = np.full(week.shape[1], np.nan)
    slope, r2 = trends(week) if trend else (unknown, np.zeros(week.shape[1]))
    return Windows(
        current=current,
        avg_24h=_mean(week[-DAY_HOURS:]),
        avg_7d=_mean(week),
        std_7d=_spread(week),
        p95_7d=_quantile(week, 0.95),
        max_7d=np.fmax.reduce(week, axis=0),
        trend_per_day=slope,
        r2=r2,
        history_days=count / DAY_HOURS,
        coarse=_mostly_coarse(coarse, known),
    )


def trends(week: Floats) -> tuple[Floats, Floats]:
    """Slope per day and its r2 for each series of (168, series).

    The slope is the median over all pairs of the same hour on two days (Theil and Sen): a daily
    cycle can't look like a rise, nor can one bad hour. ``r2`` is what the slope explains of the variance
    that is left when each hour of day has lost its own mean. A weekly cycle is not told apart in 7 days.

    Source: measured in replays of real traces, against linear regression.
    """
    days = week.reshape(WEEK_DAYS, DAY_HOURS, week.shape[1])
    early, late = np.triu_indices(WEEK_DAYS, 1)
    slopes = (days[late] - days[early]) / (late - early)[:, None, None]
    slope = _quantile(slopes.reshape(len(early) * DAY_HOURS, week.shape[1]), 0.5)
    span = np.isfinite(days).any(axis=1).sum(axis=0)
    slope = np.where(span >= MIN_TREND_DAYS, slope, np.nan)
    return slope, _explained(days, slope)


def _explained(days: Floats, slope: Floats) -> Floats:
    known = np.isfinite(days)
    clock = np.where(known, np.arange(WEEK_DAYS)[:, None, None], np.nan)
    left = days - _mean(days)
    line = slope * (clock - _mean(clock))
    before = np.nansum(left**2, axis=(0, 1))
    after = np.nansum((left - line) ** 2, axis=(0, 1))
    tiny = before <= 1e-12 * np.nansum(days**2, axis=(0, 1))
    ratio = np.divide(after, before, out=np.ones_like(after), where=~tiny & (before > 0))
    r2: Floats = np.clip(1.0 - ratio, 0.0, 1.0)
    return np.where(np.isfinite(slope), r2, 0.0)


def _last_week(values: Floats) -> Floats:
    week = values[-WEEK_HOURS:]
    missing = WEEK_HOURS - len(week)
    return np.concatenate((np.full((missing, values.shape[1]), np.nan), week)) if missing else week


def _mean(values: Floats) -> Floats:
    """Mean over the first axis of what was measured; NaN of nothing."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return mean


def _spread(values: Floats) -> Floats:
    mean = _mean(values)
    spread: Floats = np.sqrt(_mean((values - mean) ** 2))
    return spread


def _quantile(values: Floats, share: float) -> Floats:
    """Quantile over the first axis of what was measured (linear); NaN of nothing. Sorted once for all."""
    ordered = np.sort(values, axis=0)
    count = np.isfinite(values).sum(axis=0)
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    place = share * np.maximum(count - 1, 0)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    below = np.take_along_axis(ordered, low[None], axis=0)[0]
    above = np.take_along_axis(ordered, high[None], axis=0)[0]
    made: Floats = below + (above - below) * (place - low)
    return np.where(count > 0, made, np.nan)


def _mostly_coarse(coarse: Bools | None, known: Bools) -> Bools:
    if coarse is None:
        return np.zeros(known.shape[1], dtype=bool)
    mask = coarse[-WEEK_HOURS:] & known[-len(coarse) :] if len(coarse) else known[:0]
    mostly: Bools = mask.sum(axis=0) > COARSE_SHARE * np.maximum(known.sum(axis=0), 1)
    return mostly


def _short(value: float) -> float:
    return round(float(value), _DIGITS)


def _whole(value: float) -> float:
    return float(np.rint(value))
