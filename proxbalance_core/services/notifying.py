"""Events on their way out: which go where, when they may be told, tried until they are taken or a day has passed."""

from __future__ import annotations

import dataclasses
import random
import re
import secrets as tokens
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from proxbalance_core.domain.notices import (
    EVENTS,
    TRIED_FOR,
    USUAL,
    Delivery,
    Sent,
    Target,
    TargetKind,
    next_try_s,
)
from proxbalance_core.errors import ConfigError
from proxbalance_core.present import notices
from proxbalance_core.services.preferences import timezone_of

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

LONGEST_TITLE, LONGEST_URL = 60, 2000
GONE = "The target's address is gone from the secrets; make it again."
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_PREFIX = "notify:"
_TEST = "A test of ProxBalance: if you can read this, it works."


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetWish:
    """A target as it is wished for: address, which events, quiet hours like "22:00-07:00"; not yet checked."""

    title: str
    kind: str
    url: str
    events: tuple[str, ...] = USUAL
    cluster: str | None = None
    quiet: str = ""


def add(bench: Workbench, wish: TargetWish) -> tuple[Target, str | None]:
    """Keep a target; what happened before it is not told to it. With it, a webhook's new signing key, told this once.

    Raises
    ------
    ConfigError
        Title, address, event, cluster or hours can't be.
    """
    from proxbalance_core.notify import chat, webhook

    title = wish.title.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise ConfigError(f"A target needs a title of at most {LONGEST_TITLE} characters.")
    if wish.kind not in ("webhook", "chat"):
        raise ConfigError("A target is a webhook or a chat (whatever Apprise has an address for).")
    unknown = [event for event in wish.events if event not in EVENTS]
    if unknown or not wish.events:
        raise ConfigError(f"Events to send are some of {', '.join(EVENTS)}.")
    if len(wish.url) > LONGEST_URL:
        raise ConfigError(f"An address has at most {LONGEST_URL} characters.")
    url = webhook.checked(wish.url) if wish.kind == "webhook" else chat.checked(wish.url)
    quiet = quiet_hours(wish.quiet)
    cluster = None if wish.cluster is None else bench.connection(wish.cluster).id
    target = Target(
        id=tokens.token_hex(4), title=title, kind=cast(TargetKind, wish.kind), events=wish.events, cluster=cluster,
        quiet_from=quiet[0], quiet_to=quiet[1], seen=bench.store.notices.newest_event(),
    )  # fmt: skip
    key = tokens.token_urlsafe(32) if wish.kind == "webhook" else None
    bench.secrets.put(_PREFIX + target.id, {"url": url} | ({"key": key} if key else {}))
    bench.store.notices.put(target)
    return target, key


def quiet_hours(text: str) -> tuple[time | None, time | None]:
    """``"22:00-07:00"`` as two times; empty is none.

    Raises
    ------
    ConfigError
        It is written otherwise.
    """
    if not text.strip():
        return None, None
    parts = [part.strip() for part in re.split("[-–]", text.strip())]
    if len(parts) != 2 or not all(_CLOCK.fullmatch(part) for part in parts):
        raise ConfigError("Quiet hours are written like 22:00-07:00.")
    begin, end = (time.fromisoformat(part) for part in parts)
    return begin, end


def switch(bench: Workbench, target: str, on: bool) -> None:
    """Send to a target or leave it be; what happens while it is off is not told later."""
    found = named(bench, target)
    bench.store.notices.put(dataclasses.replace(found, on=on, seen=bench.store.notices.newest_event()))


def remove(bench: Workbench, target: str) -> None:
    """Forget a target, its address and what was on its way to it."""
    found = named(bench, target)
    bench.store.notices.remove(found.id)
    bench.secrets.remove(_PREFIX + found.id)


def named(bench: Workbench, target: str) -> Target:
    """The target with an id, or with a title that only one has.

    Raises
    ------
    ConfigError
        There is none.
    """
    every = bench.store.notices.targets()
    found = [one for one in every if one.id == target] or [one for one in every if one.title == target]
    if len(found) != 1:
        raise ConfigError(f"There is no target '{target[:60]}' ({', '.join(one.id for one in every) or 'none yet'}).")
    return found[0]


def test(bench: Workbench, target: str) -> Sent:
    """Send a line to a target at once, past its switches and quiet hours."""
    return send_message(bench, target, "ProxBalance", _TEST)


def send_message(
    bench: Workbench, target: str, title: str, text: str, attachment: tuple[str, bytes] | None = None
) -> Sent:
    """Send a text (to a chat with a file, if there is one) to a target at once."""
    found = named(bench, target)
    now = bench.clock()
    made = Delivery(
        key=tokens.token_hex(16), target=found.id, cluster="", event="message", at=now, due_at=now,
        first_due_at=now, payload={"title": title, "text": text},
    )  # fmt: skip
    if found.kind == "webhook":
        return _hooked(bench, found, made)
    from proxbalance_core.notify import chat

    url = bench.secrets.get(_PREFIX + found.id).get("url")
    return chat.send(url, title, text, attachment) if url else Sent(fault=GONE, retry=False)


def turn(bench: Workbench, chance: Callable[[], float] = random.random) -> int:
    """Put what happened since into the outbox, and send what is due; how many deliveries were tried."""
    for target in bench.store.notices.targets():
        _post(bench, target)
    due = bench.store.notices.due(bench.clock())
    by_target: dict[str, list[Delivery]] = {}
    for found in due:
        by_target.setdefault(found.target, []).append(found)
    known = {target.id: target for target in bench.store.notices.targets()}
    for target in (known[tid] for tid in by_target if tid in known):
        for part in _parts(target, by_target[target.id]):
            bench.store.notices.update(_tried(bench, target, part, chance))
    return len(due)


def _parts(target: Target, found: list[Delivery]) -> Iterator[list[Delivery]]:
    """A chat is told all that is due in one message, a webhook event by event."""
    if target.kind == "chat":
        yield found
    else:
        yield from ([one] for one in found)


def _post(bench: Workbench, target: Target) -> None:
    """New events of one target, with its bookmark in the same transaction: none is lost, none is posted twice."""
    new = bench.store.notices.events_after(target.seen)
    if not new:
        return
    now = bench.clock()
    zone = ZoneInfo(timezone_of(bench.store, None))
    made = [
        Delivery(
            key=f"{target.id}-{event.id}", target=target.id, cluster=cid, event=event.event, at=event.at,
            payload=event.payload, due_at=due, first_due_at=due,
        )
        for cid, event in new
        if target.wants(cid, event.event)
        for due in (target.due(event.event, now, zone),)
    ]  # fmt: skip
    bench.store.notices.post(dataclasses.replace(target, seen=new[-1][1].id), made)


def _tried(bench: Workbench, target: Target, part: list[Delivery], chance: Callable[[], float]) -> Iterable[Delivery]:
    came = _hooked(bench, target, part[0]) if target.kind == "webhook" else _chatted(bench, target, part)
    now = bench.clock()
    return [_after(found, came, now, chance()) for found in part]


def _after(found: Delivery, came: Sent, now: datetime, chance: float) -> Delivery:
    attempts = found.attempts + 1
    if came.fault is None:
        return dataclasses.replace(found, state="sent", attempts=attempts, last_error="", done_at=now)
    if not came.retry or now - found.first_due_at >= TRIED_FOR:
        return dataclasses.replace(found, state="given_up", attempts=attempts, last_error=came.fault, done_at=now)
    later = now + timedelta(seconds=next_try_s(attempts, chance))
    return dataclasses.replace(found, attempts=attempts, last_error=came.fault, due_at=later)


def _hooked(bench: Workbench, target: Target, found: Delivery) -> Sent:
    from proxbalance_core.notify import webhook

    kept = bench.secrets.get(_PREFIX + target.id)
    if "url" not in kept or "key" not in kept:
        return Sent(fault=GONE, retry=False)
    stamp = str(int(bench.clock().timestamp()))
    return webhook.send(kept["url"], kept["key"], found.key, stamp, notices.document(found))


def _chatted(bench: Workbench, target: Target, part: list[Delivery]) -> Sent:
    from proxbalance_core.notify import chat

    url = bench.secrets.get(_PREFIX + target.id).get("url")
    if not url:
        return Sent(fault=GONE, retry=False)
    titles = {connection.id: connection.title for connection in bench.connections()}
    return chat.send(url, *notices.message(part, titles, ZoneInfo(timezone_of(bench.store, None))))
