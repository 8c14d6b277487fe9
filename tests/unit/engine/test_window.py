"""The quietest time for a migration: found by hand, told only where waiting helps, in the right hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from proxbalance_core import ClusterSnapshot, assess
from proxbalance_core.engine.window import best_window
from proxbalance_core.present import words
from tests.scenarios.builder import Cluster
from tests.support.clusters import view

AT = datetime(2026, 2, 8, 10, 30, tzinfo=UTC)


def lab(*days: list[float]) -> ClusterSnapshot:
    """pve1 at 80 % by a locked guest and 102, whose coming ``days`` are given in cores."""
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    cluster.guest(101, "pve1", 8.0, lock="backup")
    cluster.guest(102, "pve1", 4.5, cpu_cores=10, next_24h={"cpu_cores": list(days)} if days else None)
    return ClusterSnapshot.from_dict(cluster.document())


def quiet_at(*hours: int) -> list[float]:
    return [0.5 if hour in hours else 4.5 for hour in range(24)]


def found(snapshot: ClusterSnapshot, seconds: float = 60.0) -> str | None:
    seen = view(snapshot)
    return best_window(seen.state, AT, 1, 1, seconds)


def test_it_is_the_quietest_hour() -> None:
    """Hour 0 begins at 11:00, the first full one after 10:30; hour 15 at 02:00 of the next day."""
    assert found(lab(quiet_at(15))) == "2026-02-09T02:00:00Z/2026-02-09T03:00:00Z"


def test_a_long_migration_needs_quiet_hours_in_a_row() -> None:
    lonely_and_pair = lab(quiet_at(3, 15, 16))
    assert found(lonely_and_pair, 5400.0) == "2026-02-09T02:00:00Z/2026-02-09T04:00:00Z"
    assert found(lonely_and_pair, 60.0) == "2026-02-08T14:00:00Z/2026-02-08T15:00:00Z", "of equals the first"


def test_the_days_that_may_come_count_alike() -> None:
    assert found(lab(quiet_at(15), quiet_at(15), quiet_at(3))) == "2026-02-09T02:00:00Z/2026-02-09T03:00:00Z"


@pytest.mark.parametrize("days", [(), ([4.5] * 24,), (quiet_at(0),), ([4.5] * 12 + [4.4] * 12,)])
def test_nothing_is_told_where_waiting_brings_nothing(days: tuple[list[float], ...]) -> None:
    assert found(lab(*days)) is None


def test_the_hours_are_those_of_the_snapshot_whatever_its_zone() -> None:
    half = timezone(timedelta(hours=5, minutes=30))
    seen = view(lab(quiet_at(15)))
    assert best_window(seen.state, AT.astimezone(half), 1, 1, 60.0) == found(lab(quiet_at(15)))
    full = datetime(2026, 2, 8, 11, 0, tzinfo=UTC)
    assert best_window(seen.state, full, 1, 1, 60.0) == found(lab(quiet_at(15))), "a full hour is its own begin"


def test_each_recommendation_carries_it_and_a_page_reads_it() -> None:
    (move,) = assess(lab(quiet_at(15))).recommendations
    assert move.best_window == "2026-02-09T02:00:00Z/2026-02-09T03:00:00Z"
    assert words.window(move.best_window, ZoneInfo("Europe/Vienna")) == "9 Feb, 03:00 to 04:00"


def test_by_hand_over_all_windows() -> None:
    rng = np.random.default_rng(4)
    day = np.round(rng.uniform(0.5, 9.0, 24), 2).tolist()
    seen = view(lab(day))
    state = seen.state
    busy = (state.field.hours[1] * 100.0 / 10 + state.field.cpu[0] + state.field.cpu[1]) / 3.0
    level = [busy[i : i + 3].mean() for i in range(22)]
    told = best_window(state, AT, 1, 1, 3 * 3600.0)
    begin = datetime(2026, 2, 8, 11, tzinfo=UTC) + timedelta(hours=int(np.argmin(level)))
    assert told is not None and told.startswith(begin.isoformat().replace("+00:00", "Z"))
