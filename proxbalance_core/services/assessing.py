"""From the store to a snapshot, and from a snapshot to a stored generation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.documents import iso
from proxbalance_core.domain.observed import Inventory
from proxbalance_core.domain.records import StoredGeneration
from proxbalance_core.domain.results import GuestOptions
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import SnapshotNotFound, StaleData
from proxbalance_core.services.feedback import follow as advised
from proxbalance_core.services.happenings import happened
from proxbalance_core.services.outcomes import track
from proxbalance_core.services.preferences import timezone_of
from proxbalance_core.services.shadowing import follow

if TYPE_CHECKING:
    from proxbalance_core.store import Store

# Forecasts look at 14 days; windows need 7.
HOURS_WANTED = 24 * 15
RAW_WANTED = timedelta(hours=2)
OnProgress = Callable[[float], bool]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptGeneration:
    """One engine run, as long as it is kept: its settings and what came out, after 48 hours in brief."""

    id: int
    cid: str
    at: datetime
    settings: Settings
    assessment: dict[str, Any]
    engine_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generation(KeptGeneration):
    """One engine run with what went in and what came out, whole."""

    snapshot: ClusterSnapshot


def snapshot_of(
    store: Store, connection: Connection, now: datetime, inventory: Inventory | None = None
) -> ClusterSnapshot:
    """The cluster of a connection as the store knows it at ``now``, or with a newer ``inventory`` than it has.

    Raises
    ------
    StaleData
        Before the first collection.
    """
    from proxbalance_core.domain.frames import HOURLY
    from proxbalance_core.features.assemble import Remembered, assemble
    from proxbalance_core.features.measured import History
    from proxbalance_core.forecast.hourly import forecast_scenarios

    cid = connection.id
    if connection.source == "file":
        return _imported(store, connection)
    inventory = inventory or store.inventories.get(cid)
    if inventory is None:
        raise StaleData(f"Nothing has been collected from '{connection.title}' yet.", cid=cid)
    first, end = now - timedelta(hours=HOURS_WANTED), now + timedelta(seconds=1)
    history = History(
        node_hours=store.samples.hourly(cid, "node", first, end, tuple(HOURLY["node"].columns)),
        guest_hours=store.samples.hourly(cid, "guest", first, end, tuple(HOURLY["guest"].columns)),
        node_raw=store.samples.frame(cid, "node", now - RAW_WANTED, end),
        guest_raw=store.samples.frame(cid, "guest", now - RAW_WANTED, end),
    )
    bandwidth = connection.option("migration_bandwidth_bps")
    remembered = Remembered(
        moves=store.migrations.list(cid, now - timedelta(days=30)),
        mutes=store.wishes.mutes(cid),
        maintained=store.wishes.maintained(cid),
        outcomes=store.outcomes.list(cid),
        timezone=timezone_of(store, inventory.timezone),
        storage_levels=store.levels.list(cid, now - timedelta(days=30)),
        migration_bandwidth_bps=float(bandwidth) if bandwidth else float("nan"),
    )
    return assemble(inventory, history, now, remembered, forecast_scenarios)


def _imported(store: Store, connection: Connection) -> ClusterSnapshot:
    """The imported snapshot, with the mutes and maintenance said since."""
    import dataclasses

    kept = store.generations.latest(connection.id)
    if kept is None or kept.snapshot is None:
        raise SnapshotNotFound(f"The snapshot of '{connection.title}' is gone; import the file again.")
    snapshot = ClusterSnapshot.from_dict(kept.snapshot)
    mutes, maintained = store.wishes.mutes(connection.id), store.wishes.maintained(connection.id)
    return dataclasses.replace(
        snapshot,
        nodes=tuple(
            dataclasses.replace(node, maintenance=True) if node.name in maintained else node for node in snapshot.nodes
        ),
        guests=tuple(
            dataclasses.replace(guest, muted_until=mutes[guest.vmid]) if guest.vmid in mutes else guest
            for guest in snapshot.guests
        ),
    )


def generate(
    store: Store, connection: Connection, snapshot: ClusterSnapshot, at: datetime, on_progress: OnProgress | None = None
) -> Generation:
    """Run the engine over ``snapshot`` with the connection's settings and keep what it says."""
    from proxbalance_core import assess

    settings = store.settings.get(connection.id)
    began = time.perf_counter()
    assessment = assess(snapshot, settings, on_progress=on_progress)
    seconds = time.perf_counter() - began
    document = assessment.to_dict() | {"generated_at": iso(at), "engine_seconds": round(seconds, 4)}
    before = store.generations.latest(connection.id)
    made = store.generations.add(connection.id, at, snapshot, settings, document, seconds)
    store.events.append(connection.id, *happened(None if before is None else before.assessment, document, at))
    follow(store, connection.id, snapshot, assessment, at)
    advised(store, connection.id, document, {guest.vmid: guest.node for guest in snapshot.guests}, at)
    track(store, connection.id, snapshot, at)
    return Generation(
        id=made, cid=connection.id, at=at, snapshot=snapshot, settings=settings, assessment=document,
        engine_seconds=seconds,
    )  # fmt: skip


def kept_of(kept: StoredGeneration) -> KeptGeneration:
    """A stored generation as values, whole as long as it is.

    Raises
    ------
    SnapshotNotFound
        When too little is left of it.
    """
    if kept.in_full:
        return opened(kept)
    if "settings" not in kept.assessment:
        raise SnapshotNotFound(f"Of generation {kept.id} too little is left to show it.", id=kept.id)
    return KeptGeneration(
        id=kept.id, cid=kept.cid, at=kept.at.astimezone(UTC), settings=Settings.from_dict(kept.assessment["settings"]),
        assessment=kept.assessment, engine_seconds=kept.engine_seconds,
    )  # fmt: skip


def options_of(generation: Generation, vmid: int) -> GuestOptions:
    """Every node for one guest, as of a generation."""
    from proxbalance_core import options

    return options(generation.snapshot, generation.settings, vmid)


def opened(kept: StoredGeneration) -> Generation:
    """A stored generation as values.

    Raises
    ------
    SnapshotNotFound
        When only its main figures are left.
    """
    if kept.snapshot is None or kept.settings is None:
        raise SnapshotNotFound(
            f"Of generation {kept.id} only the main figures are left; whole ones are kept for 48 hours.", id=kept.id
        )
    return Generation(
        id=kept.id, cid=kept.cid, at=kept.at.astimezone(UTC), snapshot=ClusterSnapshot.from_dict(kept.snapshot),
        settings=Settings.from_dict(kept.settings), assessment=kept.assessment, engine_seconds=kept.engine_seconds,
    )  # fmt: skip
