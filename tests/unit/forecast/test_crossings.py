"""Crossings: which rises count, when they cross, and how sure that is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.results import Forecast
from proxbalance_core.domain.settings import Settings
from proxbalance_core.forecast.crossings import crossings

GB = 2**30


def cluster(
    cpu: dict[str, Any] | None = None, guests: list[dict[str, Any]] | None = None, **more: Any
) -> ClusterSnapshot:
    node = {
        "name": "pve1", "status": "online", "cpu_cores": 16, "mem_bytes": 100 * GB, "history_days": 7.0,
        "cpu": {"current_pct": 50.0, **(cpu or {})}, "mem": {"current_pct": 60.0}, **more,
    }  # fmt: skip
    return ClusterSnapshot.from_dict(
        {
            "format": "proxbalance.snapshot/1", "cluster": "lab", "taken_at": "2026-02-08T10:30:00Z",
            "nodes": [node], "guests": guests or [],
        }
    )  # fmt: skip


def rise(per_day: float = 10.0, confidence: str = "high", **more: float) -> dict[str, Any]:
    return {"trend_pct_per_day": per_day, "trend_confidence": confidence, **more}


def hours(forecast: Forecast, when: str, snapshot: ClusterSnapshot) -> float:
    return float((getattr(forecast, when) - snapshot.taken_at) / timedelta(hours=1))


def test_time_is_what_is_left_over_the_rate() -> None:
    snapshot = cluster(rise())
    (found,) = crossings(snapshot, Settings())
    assert (found.entity, found.metric, found.current_value, found.threshold) == ("node/pve1", "cpu", 50.0, 60.0)
    assert hours(found, "crossing_at", snapshot) == 24.0
    assert hours(found, "crossing_earliest", snapshot) == pytest.approx(24 / 1.25, abs=0.01)
    assert hours(found, "crossing_latest", snapshot) == pytest.approx(24 / 0.75, abs=0.01)
    assert found.summary == (
        "The CPU level of pve1 is 50.0 %; at 10.0 points a day it passes 60 % in 24.0 h (between 19.2 and 32.0 h)."
    )


def test_medium_confidence_is_less_sure() -> None:
    snapshot = cluster(rise(confidence="medium"))
    (found,) = crossings(snapshot, Settings())
    assert hours(found, "crossing_earliest", snapshot) == pytest.approx(16.0, abs=0.01)
    assert hours(found, "crossing_latest", snapshot) == pytest.approx(48.0, abs=0.01)


def test_a_spread_gives_the_interval() -> None:
    calm, wild = (
        crossings(cluster(rise(4.0, std_7d_pct=s) | {"current_pct": 55.0}), Settings())[0] for s in (8.2, 30.0)
    )
    assert calm.crossing_earliest > wild.crossing_earliest and calm.crossing_latest < wild.crossing_latest
    snapshot = cluster(rise(std_7d_pct=10.0))
    (line,) = crossings(snapshot, Settings())  # all its spread is the rise itself: 10 * 7 / sqrt(12) = 20.2
    assert line.crossing_earliest == line.crossing_at == line.crossing_latest
    assert hours(wild, "crossing_latest", snapshot) <= 12 * hours(wild, "crossing_at", snapshot), "it ends"


@pytest.mark.parametrize(
    ("per_day", "urgency"), [(21.0, "high"), (20.0, "medium"), (6.67, "medium"), (6.0, "low"), (5.0, "low")]
)
def test_urgency(per_day: float, urgency: str) -> None:
    (found,) = crossings(cluster(rise(per_day)), Settings())
    assert found.urgency == urgency


@pytest.mark.parametrize(
    ("cpu", "more"),
    [
        (rise(4.9), {}),  # after more than 48 h
        (rise(-10.0), {}),
        (rise(confidence="low"), {}),
        (rise() | {"current_pct": 61.0}, {}),  # it has crossed
        (rise(), {"history_days": 2.9}),
        (rise(), {"maintenance": True}),
        (rise(), {"status": "offline"}),
    ],
)
def test_what_is_no_crossing(cpu: dict[str, Any], more: dict[str, Any]) -> None:
    assert crossings(cluster(cpu, **more), Settings()) == ()


def test_the_level_is_the_weighted_mean_of_the_windows() -> None:
    (found,) = crossings(cluster(rise() | {"avg_24h_pct": 58.0, "avg_7d_pct": 53.0}), Settings())
    assert found.current_value == pytest.approx(0.5 * 50 + 0.3 * 58 + 0.2 * 53)


def test_memory_and_iowait_cross_their_own_thresholds() -> None:
    snapshot = cluster(
        mem={"current_pct": 60.0, "avg_24h_pct": 20.0, **rise()}, iowait={"current_pct": 25.0, **rise(20.0)}
    )
    assert [(f.metric, f.current_value, f.threshold) for f in crossings(snapshot, Settings())] == [
        ("iowait", 25.0, 30.0),
        ("mem", 60.0, 70.0),
    ]


def grower(cpu: float = 3.0, given: float = 8.0, per_day: float = 1.0, **more: Any) -> dict[str, Any]:
    return {
        "vmid": 101, "name": "db", "type": "vm", "node": "pve1", "status": "running",
        "cpu_cores": given, "mem_bytes": 8 * GB, "history_days": 7.0,
        "cpu_used_cores": {"current": cpu, "trend_per_day": per_day, "trend_confidence": "high"},
        "mem_used_bytes": {"current": 4 * GB}, **more,
    }  # fmt: skip


def test_a_guest_that_outgrows_its_node() -> None:
    snapshot = cluster(guests=[grower()])  # 1.6 cores are left under 60 % of 16
    (found,) = crossings(snapshot, Settings())
    assert found.entity == "guest/101" and found.rate_per_day == 6.25
    assert hours(found, "crossing_at", snapshot) == pytest.approx(1.6 * 24, abs=0.01)
    assert found.summary.startswith("db (101) grows on pve1, whose CPU level is 50.0 %;")


@pytest.mark.parametrize(
    "guest",
    [grower(given=4.0), grower(per_day=0.07), grower(status="stopped"), grower(history_days=1.0)],
    ids=["its own cores end first", "under half a point a day", "stopped", "young"],
)
def test_a_guest_that_does_not(guest: dict[str, Any]) -> None:
    assert (
        crossings(
            cluster({"current_pct": 59.9} if guest["cpu_used_cores"]["trend_per_day"] < 1 else {}, [guest]), Settings()
        )
        == ()
    )


def test_a_guest_whose_memory_grows() -> None:
    guest = grower(
        per_day=0.0,
        mem_bytes=40 * GB,
        mem_used_bytes={"current": 20 * GB, "trend_per_day": 10 * GB, "trend_confidence": "medium"},
    )
    (found,) = crossings(cluster(guests=[guest]), Settings())
    assert (found.metric, found.rate_per_day, found.confidence) == ("mem", 10.0, "medium")


def test_the_soonest_comes_first() -> None:
    snapshot = cluster(rise(8.0), guests=[grower(per_day=2.0)])
    assert [f.entity for f in crossings(snapshot, Settings())] == ["guest/101", "node/pve1"]
