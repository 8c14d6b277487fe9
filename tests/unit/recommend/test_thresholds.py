"""Threshold suggestions: each adjustment, the clamps, the three points and the confidence."""

from __future__ import annotations

from typing import Any

import pytest

from proxbalance_core.domain.results import ThresholdSuggestion
from proxbalance_core.domain.settings import Settings
from proxbalance_core.recommend.thresholds import threshold_suggestions
from tests.unit.recommend.cluster_of import cluster, node


def suggested(nodes: list[dict[str, Any]], **settings: float) -> dict[str, ThresholdSuggestion]:
    found = threshold_suggestions(cluster(nodes, []), Settings(**settings))  # type: ignore[arg-type]
    return {s.key.removesuffix("_threshold"): s for s in found}


def like(count: int, cpu: float, mem: float, iowait: float | None = 1.0, days: float = 7.0) -> list[dict[str, Any]]:
    more = {} if iowait is None else {"iowait": {"current_pct": iowait}}
    return [{**node(f"pve{i}", cpu, mem, history_days=days), "iowait": {}, **more} for i in range(count)]


@pytest.mark.parametrize(
    ("count", "cpu", "mem", "iowait", "expected"),
    [
        (6, 35.0, 20.0, 1.0, {"cpu": 70.0, "mem": 80.0, "iowait": 35.0}),  # size 0, even 10, load 0
        (2, 35.0, 20.0, 1.0, {"iowait": 25.0}),  # -10 + 10: as it is, and 30 - 10 + 5
        (4, 20.0, 20.0, 1.0, {}),  # -5 + 10 - 5 = 0; iowait -5 + 5 - 2.5 = -2.5: under 3
        (16, 55.0, 20.0, 1.0, {"cpu": 85.0, "mem": 90.0, "iowait": 40.0}),  # +5 +10 +10, clamped (85, 95, 45)
        (6, 20.0, 20.0, 31.0, {"mem": 75.0, "iowait": 17.5}),  # even 10, idle -5, iowait -15: CPU a third
        (6, 20.0, 20.0, 15.0, {"cpu": 63.3, "mem": 75.0}),  # 5 - 5/3
        (6, 35.0, 20.0, None, {"cpu": 70.0, "mem": 80.0}),  # iowait isn't measured: nothing said of it
    ],
)
def test_points_add_up(count: int, cpu: float, mem: float, iowait: float | None, expected: dict[str, float]) -> None:
    assert {k: s.suggested for k, s in suggested(like(count, cpu, mem, iowait)).items()} == expected


def test_one_uneven_load_is_enough() -> None:
    nodes = like(6, 35.0, 20.0)
    nodes[0]["mem"] = {"current_pct": 90.0}
    assert suggested(nodes)["cpu"].suggested == 55.0


def test_the_week_counts_where_it_is_known() -> None:
    nodes = like(6, 35.0, 20.0)
    for row in nodes:
        row["cpu"] = {"current_pct": 5.0, "avg_7d_pct": 75.0}
    assert suggested(nodes)["cpu"].suggested == 85.0


def test_reasoning_tells_each_step() -> None:
    lines = suggested(like(16, 55.0, 20.0))["mem"].reasoning
    assert lines[0] == "Start at 70 %." and lines[1] == "Cluster of 16 nodes: +5 points."
    assert lines[-1] == "Kept within 50 to 90 %."


@pytest.mark.parametrize(
    ("count", "days", "confidence"), [(6, 7.0, "high"), (6, 5.0, "medium"), (1, 7.0, "medium"), (6, 1.0, "low")]
)
def test_confidence(count: int, days: float, confidence: str) -> None:
    found = suggested(like(count, 75.0, 20.0, days=days))
    assert {s.confidence for s in found.values()} == {confidence}


def test_near_enough_is_not_shown() -> None:
    assert set(suggested(like(6, 35.0, 20.0), cpu_threshold=67.1, mem_threshold=77.0)) == {"mem", "iowait"}


def test_nothing_measured_nothing_suggested() -> None:
    assert threshold_suggestions(cluster([{"name": "pve1", "status": "offline"}], []), Settings()) == ()
