"""How fresh figures are, told with since when, why, and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from proxbalance_core.domain.connections import CollectorPlace, ConnectionStatus
from proxbalance_core.present.freshness import Freshness, collector_line, freshness

NOW = datetime(2026, 2, 8, 13, 30, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
REFUSED = "Proxmox refused the credentials of a@pve!b."
FRESH = ConnectionStatus(
    cid="lab", title="Lab", source="proxmox", last_success=NOW - timedelta(seconds=40), last_attempt=NOW,
    last_error=None, error_kind=None, stale=False, age_s=40.0, collector="running here", rounds=3,
)  # fmt: skip
OLD = replace(FRESH, last_success=NOW - timedelta(hours=3), stale=True, age_s=10_800.0)
NEVER = replace(FRESH, last_success=None, stale=True, age_s=None, rounds=0)


def told(status: ConnectionStatus, error: str | None = None, kind: str = "SourceUnavailable") -> Freshness:
    known = replace(status, last_error=error, error_kind=kind if error else None)
    return freshness(known, NOW, VIENNA)


def test_fresh_figures_need_no_word_more() -> None:
    found = told(FRESH)
    assert (found.level, found.word, found.banner, found.sentence) == ("ok", "Up to date", False, "")


def test_a_round_with_notes_has_reached_the_cluster() -> None:
    found = told(FRESH, "The past of 2 guests could not be read.", "notes")
    assert (found.level, found.word, found.banner) == ("warning", "Partly read", False)
    assert found.cause == "The past of 2 guests could not be read."


def test_one_failed_attempt_is_told_where_connections_are_and_not_on_every_page() -> None:
    found = told(FRESH, REFUSED, "AuthenticationFailed")
    assert (found.level, found.word, found.banner) == ("warning", "Not reached", False)
    assert "of 8 Feb 2026, 14:29 (40 seconds ago)" in found.sentence


def test_old_figures_after_failures_say_since_when_why_and_what_to_do() -> None:
    found = told(OLD, REFUSED, "AuthenticationFailed")
    assert (found.level, found.word, found.banner, found.fix) == ("error", "Not reached", True, True)
    assert "of 8 Feb 2026, 11:30 (3 hours ago)" in found.sentence
    assert found.cause == REFUSED
    assert "tried again by itself" in found.todo


@pytest.mark.parametrize(
    ("place", "todo"),
    [
        ("stopped", "python -m proxbalance_core collect --connection lab"),
        ("running elsewhere", "Another process"),
        ("running here", "Diagnostics"),
    ],
)
def test_old_figures_without_a_failure_ask_for_the_collector(place: CollectorPlace, todo: str) -> None:
    found = told(replace(OLD, collector=place))
    assert (found.level, found.word, found.banner, found.fix) == ("warning", "Old data", True, False)
    assert todo in found.todo


def test_notes_on_old_figures_are_old_figures() -> None:
    assert told(OLD, "Half of it.", "notes").word == "Old data"


def test_a_cluster_that_was_never_reached() -> None:
    found = told(NEVER, REFUSED, "AuthenticationFailed")
    assert (found.level, found.word, found.banner) == ("error", "Not reached", True)
    assert "Nothing has been read" in found.sentence


def test_a_cluster_that_is_being_read_for_the_first_time_is_no_fault() -> None:
    assert (told(NEVER).word, told(NEVER).banner, told(NEVER).todo) == ("Not read yet", False, "")
    assert "collect --connection lab" in told(replace(NEVER, collector="stopped")).todo


def test_a_file_is_never_old() -> None:
    assert told(replace(OLD, source="file")).level == "ok"


def test_who_collects_is_a_sentence() -> None:
    assert collector_line(FRESH) == "The collector runs in this app."
