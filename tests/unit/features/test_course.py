"""The hours of a cluster as matrices, and an hour of it as a snapshot."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from proxbalance_core.domain.cluster import ClusterSnapshot, PastMove
from proxbalance_core.features.assemble import assemble
from proxbalance_core.features.course import Course, course_of, eve_of
from proxbalance_core.forecast.hourly import forecast_scenarios
from tests.unit.features.test_assemble import (
    E_NOW,
    FULL_HOUR,
    GIB,
    NOW,
    WEEK,
    guest,
    guest_rows,
    history,
    inventory,
    joined,
)

MOVED = FULL_HOUR - 48 * 3600


def told(moved_at: int | None = MOVED) -> tuple[ClusterSnapshot, Course]:
    """Guest 100 moved to pve2 two days ago; guest 200 is gone, it used a core of pve1 for the whole week."""
    past = history(moved_at)
    gone = joined([past.guest_hours, guest_rows(200, "pve1", WEEK, 1.0)])
    past = dataclasses.replace(past, guest_hours=gone)
    snapshot = assemble(inventory(guest(100, "pve2")), past, NOW, None, forecast_scenarios)
    return snapshot, course_of(snapshot, past, E_NOW)


def test_hours_lie_in_the_order_of_the_snapshot() -> None:
    _, course = told()
    assert (course.hours, course.at(0).timestamp()) == (168, WEEK.start)
    assert course.cores[:, 0].tolist() == [3.0] * 168
    assert course.was_on[:, 0].tolist() == [0] * 120 + [1] * 48
    # What the guest that is gone used belongs to its node; pve1 has no other guest after the move.
    assert course.own_cores[[0, -1]].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert course.own_mem[0].tolist() == [20 * GIB, 20 * GIB]


def test_places_at_an_hour() -> None:
    _, course = told()
    assert [course.first_places(hour).tolist() for hour in (0, 119, 120, 167)] == [[0], [0], [1], [1]]
    course.was_on[:100] = -1
    assert course.first_places(50).tolist() == [0]
    course.was_on[:] = -1
    assert course.first_places(50).tolist() == [1]


def test_use_goes_with_the_guest() -> None:
    _, course = told()
    cpu, mem = course.used_pct(0, np.array([1]))
    assert (cpu.tolist(), mem.tolist()) == ([10.0, 40.0], [20.0, 24.0])


def test_the_last_eve_is_the_snapshot_of_that_moment() -> None:
    """As assembled at the full hour, but for what only samples tell."""
    past = history(MOVED)
    hours = dataclasses.replace(past, node_raw=past.node_raw.iloc[:0], guest_raw=past.guest_raw.iloc[:0])
    full = pd.Timestamp(FULL_HOUR, unit="s", tz="UTC").to_pydatetime()
    wanted = assemble(inventory(guest(100, "pve2")), hours, full, None, forecast_scenarios)
    course = course_of(wanted, hours, FULL_HOUR)
    found = eve_of(course, course.hours, forecast_scenarios).snapshot(np.array([1]), {})
    for mine, theirs in zip(found.nodes, wanted.nodes, strict=True):
        assert (mine.cpu, mine.mem, mine.next_24h) == (theirs.cpu, theirs.mem, theirs.next_24h)
    mine, theirs = found.guests[0], wanted.guests[0]
    assert dataclasses.replace(mine.cpu_used_cores, trend_per_day=0.0, trend_confidence=None) == dataclasses.replace(
        theirs.cpu_used_cores, trend_per_day=0.0, trend_confidence=None
    )
    assert (mine.mem_used_bytes.max_7d, mine.next_24h, mine.node) == (
        theirs.mem_used_bytes.max_7d,
        theirs.next_24h,
        "pve2",
    )


def test_an_eve_knows_nothing_of_later() -> None:
    snapshot, course = told()
    eve = eve_of(course, 100, forecast_scenarios)
    changed = dataclasses.replace(course, cores=np.where(np.arange(168)[:, None] < 100, course.cores, 99.0))
    again = eve_of(changed, 100, forecast_scenarios)
    assert again.snapshot(np.array([0]), {}).to_dict() == eve.snapshot(np.array([0]), {}).to_dict()
    move = PastMove(at=course.at(90), source_node="pve2", target_node="pve1")
    seen = eve.snapshot(np.array([0]), {0: [move]})
    assert (seen.taken_at, seen.guests[0].node, seen.guests[0].moves) == (course.at(100), "pve1", (move,))
    assert seen.nodes[0].cpu.current_pct == pytest.approx(40.0) and snapshot.guests[0].node == "pve2"


def test_a_gap_before_the_hour_is_a_node_that_was_not_reached() -> None:
    _, course = told()
    course.own_cores[99, 0] = np.nan
    course.cores[99, 0] = np.nan
    seen = eve_of(course, 100, forecast_scenarios).snapshot(np.array([0]), {})
    assert [node.status for node in seen.nodes] == ["unknown", "online"]
    assert (seen.guests[0].status, seen.guests[0].next_24h) == ("stopped", None)
