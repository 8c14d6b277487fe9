"""Where events are sent, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Literal

TargetKind = Literal["webhook", "chat"]
DeliveryState = Literal["waiting", "sent", "given_up"]
# What can be sent, and what a new target asks for: an assessment every ten minutes is nobody's news.
EVENTS = (
    "recommendations.urgent", "recommendations.changed", "recommendations.cleared", "recommendations.generated",
    "node.overloaded", "capacity.warning", "data.stale", "data.back", "migration.observed", "settings.changed",
    "recommendation.feedback",
)  # fmt: skip
USUAL = (
    "recommendations.urgent", "recommendations.changed", "node.overloaded", "capacity.warning", "data.stale",
    "data.back",
)  # fmt: skip
# These are told in quiet hours too.
URGENT = frozenset({"recommendations.urgent", "data.stale"})
TRIED_FOR = timedelta(days=1)
FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place that events are sent to; its address and signing key are kept with the secrets.

    ``cluster`` None is every cluster; ``quiet_from`` to ``quiet_to`` are hours of the day in the app's time zone, both
    None without quiet hours. ``seen`` is the id of the last event that was looked at.
    """

    id: str
    title: str
    kind: TargetKind
    events: tuple[str, ...] = USUAL
    cluster: str | None = None
    quiet_from: time | None = None
    quiet_to: time | None = None
    on: bool = True
    seen: int = 0

    def wants(self, cluster: str, event: str) -> bool:
        return self.on and event in self.events and self.cluster in (None, cluster)

    def due(self, event: str, now: datetime, zone: tzinfo) -> datetime:
        """When an event of ``now`` may be told: at once, or when the quiet hours end."""
        end = None if event in URGENT else self.quiet_until(now, zone)
        return now if end is None else end

    def quiet_until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet hours that ``now`` lies in end; None outside of them."""
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return None
        local = now.astimezone(zone)
        clock, over_midnight = local.time(), self.quiet_from > self.quiet_to
        inside = (
            (clock >= self.quiet_from or clock < self.quiet_to)
            if over_midnight
            else self.quiet_from <= clock < self.quiet_to
        )
        if not inside:
            return None
        day = local.date() + timedelta(days=int(over_midnight and clock >= self.quiet_from))
        return datetime.combine(day, self.quiet_to, tzinfo=zone).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one target; ``key`` is the same however often it is tried.

    It is tried for a day from ``first_due_at`` on; quiet hours come before that.
    """

    key: str
    target: str
    cluster: str
    event: str
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    state: DeliveryState = "waiting"
    due_at: datetime
    first_due_at: datetime
    attempts: int = 0
    last_error: str = ""
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of one try: taken, or a sentence that says why not, and whether another try makes sense."""

    fault: str | None = None
    retry: bool = True


def next_try_s(attempts: int, chance: float) -> float:
    """Seconds to the next try: doubled each time up to an hour, 20 % off either way so that none march in step."""
    base = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts - 1, 10))
    return base * (0.8 + 0.4 * chance)
