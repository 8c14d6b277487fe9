"""Events as messages: plain text, made of their own facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from proxbalance_core.domain.documents import iso
from proxbalance_core.domain.notices import Delivery
from proxbalance_core.domain.records import Event
from proxbalance_core.present import events, words

MOST_LINES = 20
# What a chat service might read as markup, a mention or a line of its own.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
STATES = {"waiting": "Waiting", "sent": "Sent", "given_up": "Given up"}


def line(found: Delivery) -> str:
    """One event on one line."""
    told = events.sentence(Event(at=found.at, event=found.event, payload=dict(found.payload)))
    # A zero-width space after @ keeps a guest called @everyone from calling everyone.
    return _UNSAFE.sub(" ", told).replace("@", "@\u200b")


def message(found: Sequence[Delivery], title_of: Mapping[str, str], zone: tzinfo) -> tuple[str, str]:
    """Title and text of one message about one event or several, oldest first."""
    first = found[0]
    cluster = title_of.get(first.cluster, first.cluster)
    if len(found) == 1:
        return f"{cluster}: {events.EVENT_NAMES.get(first.event, first.event)}", line(first)
    lines = [f"{words.clock(one.at, zone)}: {line(one)}" for one in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"and {len(found) - MOST_LINES} more")
    clusters = {title_of.get(one.cluster, one.cluster) for one in found}
    return f"{', '.join(sorted(clusters))}: {words.count(len(found), 'event')}", "\n".join(lines)


def document(found: Delivery) -> dict[str, Any]:
    """What a webhook is sent: event, timestamp, cluster, data."""
    return {
        "event": found.event, "timestamp": iso(found.at), "cluster": found.cluster, "delivery": found.key,
        "data": dict(found.payload),
    }  # fmt: skip
