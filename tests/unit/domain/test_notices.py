"""Quiet hours, and how long is waited between tries."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from proxbalance_core.domain.notices import Target, next_try_s

BERLIN = ZoneInfo("Europe/Berlin")


def target(begin: str | None = None, end: str | None = None, **more: object) -> Target:
    quiet = [None if text is None else time.fromisoformat(text) for text in (begin, end)]
    return Target(id="t", title="T", kind="chat", quiet_from=quiet[0], quiet_to=quiet[1], **more)  # type: ignore[arg-type]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00+00:00")


@pytest.mark.parametrize(
    ("begin", "end", "now", "until"),
    [
        ("22:00", "07:00", "10T20:59", None),
        ("22:00", "07:00", "10T21:00", "11T06:00"),  # 22:00 in Berlin
        ("22:00", "07:00", "11T02:00", "11T06:00"),
        ("22:00", "07:00", "11T06:00", None),
        ("12:00", "13:00", "11T11:30", "11T12:00"),
        ("22:00", "07:00", "29T00:30", "29T05:00"),  # the clock went forward: 7 o'clock is 5 in UTC
        (None, None, "11T02:00", None),
        ("08:00", "08:00", "11T02:00", None),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(
    begin: str | None, end: str | None, now: str, until: str | None
) -> None:
    found = target(begin, end).quiet_until(at(now), BERLIN)
    assert found == (None if until is None else at(until))


def test_what_is_urgent_is_told_at_night() -> None:
    night = at("11T02:00")
    assert target("22:00", "07:00").due("recommendations.urgent", night, BERLIN) == night
    assert target("22:00", "07:00").due("node.overloaded", night, BERLIN) == at("11T06:00")


def test_a_target_wants_its_events_of_its_cluster_while_it_is_on() -> None:
    assert target().wants("lab", "node.overloaded")
    assert not target().wants("lab", "recommendations.generated")
    assert not target(cluster="other").wants("lab", "node.overloaded")
    assert not target(on=False).wants("lab", "node.overloaded")


def test_tries_are_ever_further_apart_up_to_an_hour() -> None:
    assert [next_try_s(n, 0.5) for n in (1, 2, 3)] == [30.0, 60.0, 120.0]
    assert next_try_s(50, 0.5) == 3600.0
    assert timedelta(seconds=next_try_s(1, 0.0)) < timedelta(seconds=next_try_s(1, 1.0)) <= timedelta(seconds=36)
