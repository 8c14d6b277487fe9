"""Tokens of the HTTP API: made, checked, revoked. A secret is told once and kept as its digest."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from proxbalance_core.domain.tokens import SCOPES, ApiToken, Scope, closed
from proxbalance_core.errors import ConfigError, ScopeMissing, TokenRefused

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

PREFIX = "pxb"
LONGEST_TITLE, MOST_TOKENS = 60, 200
SECRET_BYTES = 32
# How exactly "last used" is known: a write for every request would be too many.
USED_EVERY = timedelta(minutes=1)
# Held against what nobody has, so that an unknown token takes as long to refuse as a wrong secret.
_NOBODYS = hashlib.sha256(secrets.token_bytes(SECRET_BYTES)).hexdigest()
_ABSENT = "This needs an API token: send 'Authorization: Bearer' with one that was made under Settings, API tokens."


def add_token(bench: Workbench, title: str, scopes: Iterable[str]) -> tuple[ApiToken, str]:
    """A new token, and the text that its holder sends: the only time that it is told.

    Raises
    ------
    ConfigError
        The title is empty, too long or not printable, a scope is unknown or none is given, or there are too many.
    """
    title, wanted = title.strip(), tuple(scopes)
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise ConfigError(f"A token's title has 1 to {LONGEST_TITLE} printable characters.")
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        said = f", not '{unknown[0]}'" if unknown else ""
        raise ConfigError(f"A token has one or more of the scopes {', '.join(SCOPES)}{said}.")
    if sum(token.revoked_at is None for token in bench.store.tokens.list()) >= MOST_TOKENS:
        raise ConfigError(f"There are {MOST_TOKENS} tokens already; revoke those that nobody uses.")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken(id=secrets.token_hex(4), title=title, scopes=closed(wanted), created_at=bench.clock())
    bench.store.tokens.add(token, _digest(secret))
    return token, f"{PREFIX}_{token.id}_{secret}"


def tokens(bench: Workbench) -> tuple[ApiToken, ...]:
    """All tokens, oldest first, the revoked ones too."""
    return bench.store.tokens.list()


def revoke_token(bench: Workbench, named: str) -> ApiToken:
    """Refuse a token from now on, by its id or by its title where that is the only one of that name.

    Raises
    ------
    ConfigError
        There is none.
    """
    known = bench.store.tokens.list()
    found = [token for token in known if token.id == named]
    found = found or [token for token in known if token.title == named and token.revoked_at is None]
    if len(found) != 1:
        said = f"There are several tokens '{named}'" if found else f"There is no token '{named}'"
        raise ConfigError(f"{said}; name one by its id.")
    bench.store.tokens.revoke(found[0].id, bench.clock())
    return found[0]


def admitted(bench: Workbench, shown: str | None, wanted: Scope) -> ApiToken:
    """The token that was ``shown``, when it is one of ours, not revoked, and covers ``wanted``.

    Raises
    ------
    TokenRefused, ScopeMissing
        With one sentence; ``token`` is its id where the secret was right.
    """
    if not shown:
        raise TokenRefused(_ABSENT, token=None)
    prefix, _, rest = shown.partition("_")
    tid, _, secret = rest.partition("_")
    kept = bench.store.tokens.get(tid) if prefix == PREFIX and tid.isalnum() else None
    right = hmac.compare_digest(_digest(secret), kept[1] if kept else _NOBODYS)
    if kept is None or not right:
        raise TokenRefused("This is no API token of this ProxBalance.", token=None)
    token = kept[0]
    if token.revoked_at is not None:
        raise TokenRefused(f"This token was revoked at {token.revoked_at:%Y-%m-%d %H:%M} UTC.", token=tid)
    if not token.allows(wanted):
        has = " and ".join(token.scopes)
        raise ScopeMissing(
            f"This needs a token with the scope '{wanted}'; this one has {has}.", scope=wanted, token=tid
        )
    return _remembered(bench, token)


def _remembered(bench: Workbench, token: ApiToken) -> ApiToken:
    now = bench.clock()
    if token.last_used_at is None or abs(now - token.last_used_at) >= USED_EVERY:
        bench.store.tokens.used(token.id, now)
        return dataclasses.replace(token, last_used_at=now)
    return token


def _digest(secret: str) -> str:
    """A digest without salt or stretching is enough: the secret is 256 random bits, nobody guesses those."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
