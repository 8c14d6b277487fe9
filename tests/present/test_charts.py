"""Charts of many nodes: six colours, the rest grey."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from proxbalance_core.present import charts

VIENNA = ZoneInfo("Europe/Vienna")
LIMITS = {"cpu_pct": 60.0, "mem_pct": 70.0}


def usage(nodes: int) -> pd.DataFrame:
    times = pd.date_range("2026-02-08", periods=4, freq="h", tz="UTC")
    return pd.DataFrame(
        [
            {"ts": ts, "node": f"pve{place}", "cpu_pct": 5.0 * place, "mem_pct": 69.0 if place == 0 else 10.0}
            for place in range(nodes)
            for ts in times
        ]
    )


def layers(nodes: int) -> list[dict[str, Any]]:
    frame = usage(nodes)
    chart = charts.usage_history(frame, "cpu_pct", "CPU", 60.0, charts.busiest(frame, LIMITS), VIENNA)
    return list(chart.to_dict()["layer"])


def test_the_six_nearest_to_a_limit_are_named() -> None:
    assert charts.busiest(usage(12), LIMITS) == ("pve0", "pve10", "pve11", "pve7", "pve8", "pve9")


def test_a_legend_has_six_entries_at_most_and_the_others_are_grey() -> None:
    grey, coloured, *_ = layers(12)
    assert len(coloured["encoding"]["color"]["scale"]["domain"]) == charts.MAX_SERIES
    assert "color" not in grey["encoding"]
    assert (grey["transform"][0]["filter"], coloured["transform"][0]["filter"]) == ("!datum.named", "datum.named")


def test_few_nodes_are_all_named() -> None:
    _, coloured, *_ = layers(3)
    assert coloured["encoding"]["color"]["scale"]["domain"] == ["pve0", "pve1", "pve2"]


def test_times_are_those_of_the_clock_on_the_wall() -> None:
    """Vega knows UTC and the browser's zone alone: the zone's own times are drawn as if they were UTC."""
    frame = usage(1)
    chart = charts.usage_history(frame, "cpu_pct", "CPU", 60.0, ["pve0"], VIENNA).to_dict()
    (rows,) = [rows for rows in chart["datasets"].values() if "ts" in rows[0]]
    assert rows[0]["ts"].startswith("2026-02-08T01:00:00")
    line = chart["layer"][1]["encoding"]
    assert line["x"]["scale"] == {"type": "utc"}
    assert [tip["timeUnit"] for tip in line["tooltip"] if "timeUnit" in tip] == ["utcyearmonthdatehoursminutes"]
    assert frame["ts"].iloc[0].hour == 0, "the rows given are left as they are"
