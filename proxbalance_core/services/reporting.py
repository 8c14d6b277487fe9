"""The monthly report of a connection, and the files it leaves the app as."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from proxbalance_core.domain.outcomes import accuracy
from proxbalance_core.domain.records import apart_at_most
from proxbalance_core.domain.reports import NodeMonth, Report, SettingsMonth
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import ConfigError, NotEnoughHistory
from proxbalance_core.services.preferences import timezone_of
from proxbalance_core.services.success import success

if TYPE_CHECKING:
    from proxbalance_core.domain.feedback import Advice
    from proxbalance_core.domain.notices import Sent
    from proxbalance_core.domain.records import Event, SettingsChange
    from proxbalance_core.services.workbench import Workbench

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_DAYS = 31
_MOST_EVENTS = 100_000


def report(bench: Workbench, cid: str, month: str | None = None) -> Report:
    """The report of ``month`` ("2026-02"; None: the last whole one, else the running one).

    Raises
    ------
    ConfigError
        ``month`` is no month, or hasn't begun.
    NotEnoughHistory
        Nothing was assessed in it.
    """
    connection = bench.connection(cid)
    store, now = bench.store, bench.clock()
    inventory = store.inventories.get(connection.id)
    zone_name = timezone_of(store, None if inventory is None else inventory.timezone)
    zone = ZoneInfo(zone_name)
    month = month or _newest(bench, connection.id, zone)
    since, end = bounds(month, zone)
    if since > now:
        raise ConfigError(f"{month} has not begun yet.")
    until = min(end, now)
    glances = [g for g in store.generations.list(connection.id, since, limit=_MOST_EVENTS, until=until) if g.at < until]
    if not glances:
        raise NotEnoughHistory(f"Nothing was assessed in {month}.", hours=0)
    outcomes = store.outcomes.records(connection.id, since, until=until)
    advice = store.advice.between(connection.id, since, until)
    opinions = store.feedback.list(connection.id, since, until)
    events = [e for e in store.events.list(connection.id, since, limit=_MOST_EVENTS) if e.at < until]
    return Report(
        cluster=connection.title, month=month, timezone=zone_name, since=since, until=until, complete=until == end,
        assessments=len(glances), success=success(bench, connection.id, since, until),
        health=store.scores.cluster(connection.id, since, until, marks=_DAYS),
        nodes=tuple(_nodes(bench, connection.id, since, until, events)),
        advice=_ended(advice), advice_by_reason=dict(Counter(found.reason for found in advice).most_common()),
        outcomes=outcomes, accuracy=accuracy(outcomes),
        feedback=dict(Counter(found.rating for found in opinions)),
        settings_changes=tuple(_settings(store.settings.history(connection.id), since, until)),
        gaps=tuple(_gaps(sorted(glance.at for glance in glances), since, until, now)),
    )  # fmt: skip


def send(bench: Workbench, found: Report, target: str) -> Sent:
    """Send a report to a target of notifications: what is in short, to a chat with the PDF.

    Raises
    ------
    ConfigError
        There is no such target.
    """
    from proxbalance_core.present import report as told
    from proxbalance_core.present import report_files
    from proxbalance_core.services.notifying import send_message

    text = "\n".join(told.sections(found)[0].sentences)
    name = f"proxbalance-{found.month}.pdf"
    return send_message(bench, target, told.title(found), text, (name, report_files.pdf(found)))


def bounds(month: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """When a month begins and ends in ``zone``.

    Raises
    ------
    ConfigError
        It is no month.
    """
    found = _MONTH.fullmatch(month)
    year, number = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1970 <= year <= 9998 and 1 <= number <= 12):
        raise ConfigError(f"'{month[:20]}' is no month; write it like 2026-02.")
    first = datetime(year, number, 1, tzinfo=zone)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return first.astimezone(UTC), after.astimezone(UTC)


def months(bench: Workbench, cid: str, zone: tzinfo) -> tuple[str, ...]:
    """The months that have assessments, newest first."""
    glances = bench.store.generations.list(cid, limit=_MOST_EVENTS)
    return tuple(dict.fromkeys(f"{glance.at.astimezone(zone):%Y-%m}" for glance in glances))


def _newest(bench: Workbench, cid: str, zone: tzinfo) -> str:
    running = f"{bench.clock().astimezone(zone):%Y-%m}"
    known = months(bench, cid, zone)
    return next((month for month in known if month != running), running)


def _ended(advice: Iterable[Advice]) -> dict[str, int]:
    return dict(Counter(found.how or "standing" for found in advice))


def _nodes(
    bench: Workbench, cid: str, since: datetime, until: datetime, events: Iterable[Event]
) -> Iterator[NodeMonth]:
    over = Counter(event.payload.get("node") for event in events if event.event == "node.overloaded")
    # One mark for each node: its means over the whole stretch.
    for mark in sorted(bench.store.scores.nodes(cid, since, until, marks=1), key=lambda mark: mark.node):
        yield NodeMonth(
            node=mark.node, suitability=mark.suitability, lowest_suitability=mark.lowest_suitability,
            cpu_pct=mark.cpu_pct, mem_pct=mark.mem_pct, overloaded=over[mark.node],
        )  # fmt: skip


def _settings(history: Iterable[SettingsChange], since: datetime, until: datetime) -> Iterator[SettingsMonth]:
    rows = sorted(history, key=lambda change: change.id)
    for before, after in zip([None, *rows], rows, strict=False):
        if since <= after.at < until:
            old, new = (Settings() if before is None else before.settings).to_dict(), after.settings.to_dict()
            keys = tuple(sorted(key for key in new if old[key] != new[key] and key != "profile"))
            yield SettingsMonth(at=after.at, who=after.who, keys=keys)


def _gaps(
    times: list[datetime], since: datetime, until: datetime, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Stretches without an assessment, longer than what the thinning of old ones leaves apart."""
    for before, after in zip([since, *times], [*times, until], strict=True):
        if after - before > apart_at_most(now - before):
            yield before, after
