"""Who may ask the HTTP API for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Scope = Literal["scrape", "read", "write", "act"]
SCOPES: tuple[Scope, ...] = ("scrape", "read", "write", "act")
SCOPE_WORDS: dict[Scope, str] = {
    "scrape": "read /metrics, nothing else",
    "read": "read everything and ask what-ifs",
    "write": "collect, assess again and change settings",
    "act": "start migrations, once this version can",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is listed: never its secret. ``id`` is the public part of it; a revoked one stays in the list."""

    id: str
    title: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def allows(self, wanted: Scope) -> bool:
        """Whether its scopes cover ``wanted``; who may read may read /metrics too."""
        return wanted in self.scopes or (wanted == "scrape" and "read" in self.scopes)


def closed(scopes: tuple[str, ...]) -> tuple[Scope, ...]:
    """Known ``scopes`` in their order, with read for those that write or act: they are of no use without."""
    wanted = set(scopes) | ({"read"} if {"write", "act"} & set(scopes) else set())
    return tuple(scope for scope in SCOPES if scope in wanted)
