from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from proxbalance_core.domain.tokens import ApiToken, Scope, closed
from proxbalance_core.present.tokens import GRANTS, allowance, standing

NOW = datetime(2026, 2, 9, 10, 30, tzinfo=UTC)
TOKEN = ApiToken(id="0a", title="Home", scopes=("read",), created_at=NOW - timedelta(days=2))


@pytest.mark.parametrize(
    ("scopes", "said"),
    [
        (("scrape",), "May read metrics alone"),
        (("read",), "May read"),
        (("read", "write"), "May read and change"),
        (("read", "write", "act"), "May read, change and migrate"),
    ],
)
def test_what_a_token_may_do(scopes: tuple[Scope, ...], said: str) -> None:
    assert allowance(replace(TOKEN, scopes=scopes)) == said


def test_how_a_token_fares() -> None:
    assert standing(TOKEN, NOW, UTC) == "Made 2 days ago, never used"
    assert standing(replace(TOKEN, last_used_at=NOW - timedelta(hours=1)), NOW, UTC) == "Last used 1 hour ago"
    assert standing(replace(TOKEN, revoked_at=NOW), NOW, UTC).startswith("revoked 2026-02-09 10:30")


def test_what_can_be_granted_is_what_scopes_there_are() -> None:
    assert all(closed(grant.scopes) == grant.scopes for grant in GRANTS.values())
    assert closed(("act", "nonsense")) == ("read", "act")
