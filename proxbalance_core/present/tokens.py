"""API tokens in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from proxbalance_core.domain.tokens import ApiToken, Scope
from proxbalance_core.domain.wording import listed
from proxbalance_core.present import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What may be given to a token, as it is chosen."""

    title: str
    about: str
    scopes: tuple[Scope, ...]


GRANTS: dict[str, Grant] = {
    "read": Grant(title="Read", about="See everything and ask what-ifs. Changes nothing.", scopes=("read",)),
    "write": Grant(title="Read and change", about="Assess again and change settings, too.", scopes=("read", "write")),
    "scrape": Grant(title="Metrics alone", about="For Prometheus: /metrics and nothing else.", scopes=("scrape",)),
}
_ALLOWANCES: dict[Scope, str] = {"scrape": "metrics", "read": "read", "write": "change", "act": "migrate"}


def allowance(token: ApiToken) -> str:
    """What it may do, in a few words."""
    named = [_ALLOWANCES[scope] for scope in token.scopes]
    return f"May {listed(named)}" if named != ["metrics"] else "May read metrics alone"


def standing(token: ApiToken, now: datetime, zone: tzinfo) -> str:
    """When it was used last, or that it is revoked."""
    if token.revoked_at is not None:
        return f"revoked {words.exact(token.revoked_at, zone)}"
    if token.last_used_at is None:
        return f"Made {words.ago(token.created_at, now)}, never used"
    return f"Last used {words.ago(token.last_used_at, now)}"
