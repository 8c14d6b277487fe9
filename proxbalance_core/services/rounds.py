"""One round of collecting: inventory, samples, moves that happened; and the back-fill before the first one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from proxbalance_core.domain.connections import NOTES, CollectorStatus, Connection, stale_after_s
from proxbalance_core.domain.documents import iso
from proxbalance_core.domain.observed import Entity, Inventory, MetricSource, Samples, StorageLevel, Timeframe
from proxbalance_core.domain.records import Event, MoveRecord
from proxbalance_core.errors import AuthenticationFailed, ProxBalanceError, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from proxbalance_core.store import Store

OnProgress = Callable[[float], bool]
Clock = Callable[[], datetime]
DEMO_HISTORY = timedelta(days=30)
# The week first: it is what windows and confidence need; the month is for charts.
_BACKFILL: tuple[Timeframe, ...] = ("week", "month")
_CHUNK = 48
# Storages fill slowly: four levels a day tell their growth.
LEVELS_EVERY_S = 6 * 3600
# Answers that are stored together: each time anew, all hours they touch are written again.
_STORED_TOGETHER = 240
# As many as a source lets through at once; it holds the others back itself.
_AT_ONCE = 6


def collect_round(
    store: Store,
    connection: Connection,
    source: MetricSource,
    clock: Clock,
    on_progress: OnProgress | None = None,
    anew: Collection[int] = (),
) -> Inventory:
    """Collect once and keep what was found; a failure is kept in the status and raised.

    What was known stays: guests that an incomplete answer lacks are kept as ``unknown``. Configs are read in
    turns, those of the vmids in ``anew`` now.
    """
    cid = connection.id
    status = dataclasses.replace(store.status.get(cid), last_attempt=clock())
    unread: tuple[str, ...] = ()
    before = store.inventories.get(cid)
    try:
        inventory = _known_kept(before, source.snapshot_inventory(anew))
        # Until a round was whole: a back-fill that was interrupted begins anew, and writes the same rows.
        if before is None:
            unread = backfill(store, connection, source, clock(), inventory, on_progress)
            store.levels.add(cid, source.storage_history())
        samples = source.samples(_since(status, connection))
    except SourceError as error:
        failed(store, cid, clock(), error)
        raise
    # After the last sample, not before the first call: a round that took minutes speaks of its end.
    now = clock()
    inventory = dataclasses.replace(inventory, notes=(*inventory.notes, *unread))
    _keep(store, cid, inventory, samples, now)
    if _known_stale(store, cid):
        back = {"after_failures": status.consecutive_failures}
        store.events.append(cid, Event(at=now, event="data.back", payload=back))
    store.status.put(cid, _succeeded(status, now, inventory, samples))
    return inventory


def failed(store: Store, cid: str, now: datetime, error: ProxBalanceError) -> None:
    """Keep in the status that a round failed, and why; what was collected before stays."""
    status = store.status.get(cid)
    told = dataclasses.replace(
        status, last_attempt=now, last_error=error.message, error_kind=type(error).__name__,
        consecutive_failures=status.consecutive_failures + 1,
    )  # fmt: skip
    store.status.put(cid, told)
    last = status.last_success
    limit = stale_after_s(store.settings.get(cid).interval_s)
    if (last is None or (now - last).total_seconds() > limit) and not _known_stale(store, cid):
        stale = {"last_success": None if last is None else iso(last), "error": error.message}
        store.events.append(cid, Event(at=now, event="data.stale", payload=stale))


def _known_stale(store: Store, cid: str) -> bool:
    """Whether it was told that figures are old, and not yet that they are fresh again."""
    last = store.events.newest(cid, "data.stale", "data.back")
    return last is not None and last.event == "data.stale"


def _succeeded(status: CollectorStatus, now: datetime, inventory: Inventory, samples: Samples) -> CollectorStatus:
    """A round that reached the cluster; what it could not read is still told."""
    notes = (*inventory.notes, *samples.notes)
    return dataclasses.replace(
        status, last_success=now, last_error=" ".join(notes) or None, error_kind=NOTES if notes else None,
        consecutive_failures=0, rounds=status.rounds + 1,
    )  # fmt: skip


def _since(status: CollectorStatus, connection: Connection) -> datetime | None:
    # Proxmox knows the present alone; the demo also tells what happened while nobody looked.
    if connection.source != "synthetic" or status.last_success is None:
        return None
    # A minute may have begun between the last question and the end of its round.
    return status.last_success - timedelta(minutes=2)


def _keep(store: Store, cid: str, inventory: Inventory, samples: Samples, now: datetime) -> None:
    before = store.inventories.get(cid)
    store.samples.add(cid, samples)
    store.inventories.put(cid, inventory)
    last = store.levels.newest(cid)
    if last is None or now.timestamp() - last >= LEVELS_EVERY_S:
        store.levels.add(cid, _levels(inventory, now))
    if before is not None:
        moved = tuple(_moves(before, inventory))
        store.migrations.add(cid, *moved)
        events = [
            Event(
                at=move.at,
                event="migration.observed",
                payload={"vmid": move.vmid, "source": move.source, "target": move.target},
            )
            for move in moved
        ]
        store.events.append(cid, *events)
    # Not in the first round: whoever waits for the first page should not wait for the rollup of a month.
    if before is not None and (before.at.hour != now.hour or store.status.get(cid).rounds == 1):
        tidy(store, cid, now)


def _levels(inventory: Inventory, now: datetime) -> Iterator[StorageLevel]:
    """How full each storage is: a shared one once, as the first node that sees it says."""
    seen: set[tuple[str, str]] = set()
    for node in inventory.nodes:
        for storage in node.storages or ():
            key = (storage.name, "" if storage.shared else node.name)
            if storage.active and key not in seen:
                seen.add(key)
                yield StorageLevel(
                    ts=int(now.timestamp()), storage=storage.name, node=key[1], used_bytes=storage.used_bytes,
                    total_bytes=storage.total_bytes,
                )  # fmt: skip


def tidy(store: Store, cid: str, now: datetime) -> None:
    """Roll up full hours and drop what is older than the settings keep."""
    store.samples.rollup(cid, now)
    store.samples.prune(cid, store.settings.get(cid), now)
    store.generations.prune(cid, now)
    store.events.prune(cid, now)
    store.advice.prune(cid, now)
    store.levels.prune(cid, now)


def _moves(before: Inventory, after: Inventory) -> Iterator[MoveRecord]:
    was = {guest.vmid: guest.node for guest in before.guests}
    for guest in after.guests:
        source = was.get(guest.vmid)
        if source is not None and source != guest.node:
            yield MoveRecord(at=after.at, vmid=guest.vmid, source=source, target=guest.node)


def _known_kept(before: Inventory | None, found: Inventory) -> Inventory:
    """``found``; where it says itself that it may lack guests or nodes, those known before stay as unknown."""
    if found.complete or before is None:
        return found
    there, nodes = {guest.vmid for guest in found.guests}, {node.name for node in found.nodes}
    guests = [dataclasses.replace(g, status="unknown") for g in before.guests if g.vmid not in there]
    gone = [dataclasses.replace(n, status="unknown") for n in before.nodes if n.name not in nodes]
    return dataclasses.replace(found, guests=(*found.guests, *guests), nodes=(*found.nodes, *gone))


def backfill(
    store: Store,
    connection: Connection,
    source: MetricSource,
    now: datetime,
    inventory: Inventory,
    on_progress: OnProgress | None = None,
) -> tuple[str, ...]:
    """Fetch what the source remembers; notes of what it could not tell.

    The running minute is left to the round that follows.
    """
    if connection.source == "synthetic":
        store.samples.add(connection.id, source.samples(now - DEMO_HISTORY))
        return ()
    unread: list[SourceError] = []
    waiting: list[Samples] = []
    entities = list(_entities(inventory))
    total = len(entities) * len(_BACKFILL)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="backfill") as pool:
        for place, timeframe in enumerate(_BACKFILL):
            for start in range(0, len(entities), _CHUNK):
                chunk = entities[start : start + _CHUNK]
                told = list(pool.map(lambda entity, wanted=timeframe: _told(source, entity, wanted), chunk))
                silent = [answer for answer in told if isinstance(answer, SourceError)]
                unread += silent
                waiting += [answer for answer in told if isinstance(answer, Samples)]
                done = (place * len(entities) + start + len(chunk)) / total
                stopped = (on_progress is not None and not on_progress(done)) or _hopeless(silent, chunk)
                if stopped or len(waiting) >= _STORED_TOGETHER or start + _CHUNK >= len(entities):
                    _add(store, connection.id, waiting)
                if stopped:
                    return _summed_up(unread)
    return _summed_up(unread)


def _add(store: Store, cid: str, waiting: list[Samples]) -> None:
    nodes = tuple(row for rows in waiting for row in rows.nodes)
    guests = tuple(row for rows in waiting for row in rows.guests)
    waiting.clear()
    store.samples.add(cid, Samples(nodes=nodes, guests=guests))


def _told(source: MetricSource, entity: Entity, timeframe: Timeframe) -> Samples | SourceError:
    """One entity's history; what one guest can't tell must not cost the others theirs."""
    try:
        return source.history(entity, timeframe)
    except AuthenticationFailed:
        raise
    except SourceError as error:
        return error


def _hopeless(failed: Sequence[SourceError], chunk: Sequence[Entity]) -> bool:
    """Nobody answered at all: the others would only wait for the same timeout."""
    return len(failed) == len(chunk) and all(isinstance(error, SourceUnavailable) for error in failed)


def _summed_up(unread: Sequence[SourceError]) -> tuple[str, ...]:
    if not unread:
        return ()
    count = len({getattr(error, "path", "") or error.message for error in unread})
    return (f"The past of {count} nodes or guests could not be read. The first: {unread[0].message}",)


def _entities(inventory: Inventory) -> Iterator[Entity]:
    for node in inventory.nodes:
        if node.online:
            yield Entity(kind="node", name=node.name)
    online = {node.name for node in inventory.nodes if node.online}
    for guest in inventory.guests:
        if guest.node in online and not guest.template:
            yield Entity(kind="guest", name=guest.label, vmid=guest.vmid, type=guest.type, node=guest.node)
