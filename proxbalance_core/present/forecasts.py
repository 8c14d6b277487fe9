"""Past forecasts beside what came, and their error beside simple ones."""

from __future__ import annotations

from datetime import tzinfo
from typing import cast

import altair as alt_
import pandas as pd

from proxbalance_core.domain.forecasts import ForecastAccuracy, SeriesForecast
from proxbalance_core.present import words
from proxbalance_core.present.charts import SERIES, on_the_wall
from proxbalance_core.present.details import Table
from proxbalance_core.present.patterns import label

BASE = "same hour yesterday"


def headline(found: ForecastAccuracy) -> str:
    """How ours did beside "the same hour yesterday", and whether its interval holds."""
    by_name = {one.name: one for one in found.forecasters}
    ours, base = found.forecasters[0].mase, by_name[BASE].mase
    if ours is None or not base:
        return f"Over the last {words.count(found.days, 'day')} there was nothing to judge: no load changed."
    share = 100.0 * (1.0 - ours / base)
    side = f"{share:.0f} % less" if share >= 0.5 else f"{-share:.0f} % more" if share <= -0.5 else "as much"
    return (
        f"Over the last {words.count(found.days, 'day')} the forecast erred {side} than “{BASE}”; "
        f"{words.percent(found.coverage_pct)} of the hours came within its {found.nominal_pct:g} % interval."
    )


def table(found: ForecastAccuracy) -> Table:
    """Every way to forecast, the least error first."""
    titles: dict[str, str | None] = {
        "name": "Forecast", "mase": "Error (MASE, 1 = yesterday's)", "peak": "Highest hour missed by [points]",
    }  # fmt: skip
    ranked = sorted(found.forecasters, key=lambda one: (one.mase is None, one.mase))
    rows = [(one.name.capitalize(), words.number(one.mase, 2), words.number(one.peak_error_pct)) for one in ranked]
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def of_series(found: SeriesForecast) -> str:
    """How one node's or guest's forecast did."""
    error = (
        "its load hardly changed, so there is no error to scale" if found.mase is None else f"error {found.mase:.2f}"
    )
    return f"{label(found)}: {error}, {words.percent(found.coverage_pct)} of the hours within the interval."


def chart(frame: pd.DataFrame, title: str, zone: tzinfo) -> alt_.LayerChart:
    """What came as a line, each day's forecast dashed with its interval behind it.

    Parameters
    ----------
    frame : DataFrame
        ``ts`` (UTC time), ``came``, ``level``, ``low``, ``high`` [percent]; NaN breaks a line.
    """
    rows = frame.assign(ts=on_the_wall(frame["ts"], zone))
    x = alt_.X("ts:T", title=None, scale=alt_.Scale(type="utc"), axis=alt_.Axis(format="%d %b", tickCount=7))
    names = ["what came", "forecast made the day before"]
    long = rows.melt(["ts"], ["came", "level"], "what", "value")
    long["what"] = long["what"].map({"came": names[0], "level": names[1]})
    band = (
        alt_.Chart(rows)
        .mark_area(opacity=0.2, color=SERIES[1])
        .encode(x=x, y=alt_.Y("low:Q", title="CPU [%]"), y2="high:Q")
    )
    lines = (
        alt_.Chart(long)
        .mark_line()
        .encode(
            x=x,
            y="value:Q",
            color=alt_.Color(
                "what:N", title=None, legend=alt_.Legend(orient="top"),
                scale=alt_.Scale(domain=names, range=list(SERIES[:2])),
            ),
            strokeDash=alt_.StrokeDash("what:N", legend=None, scale=alt_.Scale(domain=names, range=[[1, 0], [5, 3]])),
            tooltip=[
                alt_.Tooltip("utcyearmonthdatehoursminutes(ts):T", title="Time", format="%Y-%m-%d %H:%M"),
                alt_.Tooltip("what:N", title="Line"), alt_.Tooltip("value:Q", title="CPU %", format=".1f"),
            ],
        )
    )  # fmt: skip
    says = f"{title}: CPU of the last {len(frame) // 24} days and what was forecast, with the 80 % interval."
    return cast(alt_.LayerChart, alt_.layer(band, lines).properties(height=260, description=says))
