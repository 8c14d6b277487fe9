"""The workbench: all that pages and commands may ask of ProxBalance, over one data folder."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from proxbalance_core.domain.connections import LIVE, CollectorPlace, Connection, ConnectionStatus, stale_after_s
from proxbalance_core.domain.observed import Inventory, MetricSource
from proxbalance_core.domain.records import Event, GenerationGlance
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import AuthenticationFailed, ConfigError, SnapshotNotFound, SourceError
from proxbalance_core.services import assessing, changes, histories, rounds
from proxbalance_core.services.assessing import Generation, KeptGeneration, OnProgress
from proxbalance_core.services.changes import Changes
from proxbalance_core.services.connecting import ConnectionCheck, ConnectionWish
from proxbalance_core.services.locks import is_held_here, is_locked
from proxbalance_core.services.opening import OpenSources, open_source
from proxbalance_core.services.paths import DataPaths, data_paths
from proxbalance_core.services.secrets import Secrets

if TYPE_CHECKING:
    import pandas as pd

    from proxbalance_core.domain.cluster import ClusterSnapshot
    from proxbalance_core.services.diagnostics import Diagnostics
    from proxbalance_core.services.editing import ConnectionChange
    from proxbalance_core.services.importing import TracePreview
    from proxbalance_core.store import Store

__all__ = [
    "Changes",
    "ConnectionCheck",
    "ConnectionStatus",
    "ConnectionWish",
    "Generation",
    "KeptGeneration",
    "Workbench",
]

DEMO = "demo"


class Workbench:
    """One data folder with its store, secrets and sources. Safe to use from several threads."""

    def __init__(self, paths: DataPaths, store: Store, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self.paths, self.store, self.secrets, self.clock = paths, store, secrets, clock
        self._sources = OpenSources(self._open)
        self._busy: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)

    @classmethod
    def open(cls, data_dir: Path | None = None, *, clock: Callable[[], datetime] | None = None) -> Workbench:
        """Open the data folder: as given, else as ``PROXBALANCE_DATA`` names it, else the checkout's or the user's.

        Where ``PROXBALANCE_DATABASE`` is the URL of a PostgreSQL database, that takes the place of the file in it.

        Raises
        ------
        ConfigError, StoreError
            When the folder or its database can't be used.
        """
        from proxbalance_core.store import open_store

        paths = data_paths(data_dir)
        return cls(paths, open_store(paths.database), Secrets(paths.secrets), clock or (lambda: datetime.now(UTC)))

    def close(self) -> None:
        """Give back connections to clusters and to the database."""
        self._sources.close()
        self.store.close()

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # connections

    def connections(self) -> tuple[Connection, ...]:
        """All connections, oldest first."""
        return self.store.connections.list()

    def connection(self, cid: str) -> Connection:
        """One connection by its id, or by its title where that is the only one of that name.

        Raises
        ------
        ConfigError
            There is none.
        """
        found = self.store.connections.get(cid)
        titled = [c for c in self.connections() if c.title == cid] if found is None else [found]
        if len(titled) != 1:
            known = ", ".join(c.id for c in self.connections()) or "none is configured"
            raise ConfigError(f"There is no connection '{cid}' ({known}).", cid=cid)
        return titled[0]

    def ensure_demo(self) -> Connection:
        """The demo's connection, made when no connection is configured."""
        configured = self.connections()
        if configured:
            return next((c for c in configured if c.source == "synthetic"), configured[0])
        return self.add_demo()

    def add_demo(self) -> Connection:
        """The demo's connection, made when it isn't there."""
        found = self.store.connections.get(DEMO)
        if found is not None:
            return found
        demo = Connection(
            id=DEMO, title="Demo cluster", source="synthetic", created_at=self.clock(),
            options=(("migration_bandwidth_bps", "1153433600"),),
        )  # fmt: skip
        self.store.connections.put(demo)
        return demo

    def test_connection(self, wish: ConnectionWish) -> ConnectionCheck:
        """Try what was filled in, step by step, and say what to do about whatever fails."""
        from proxbalance_core.services.connecting import check

        return check(wish, self)

    def add_connection(self, wish: ConnectionWish, tested: ConnectionCheck | None = None) -> Connection:
        """Test (unless just ``tested``) and save a connection; its secret goes to the keyring or the secrets file.

        With ``wish.replaces`` that connection is changed: what was collected stays.

        Raises
        ------
        ConfigError
            When a step of the test fails, or the cluster is connected already.
        """
        from proxbalance_core.services.connecting import add

        made = add(wish, self, tested)
        with self._busy[made.id]:
            self._sources.forget(made.id)
        return made

    def edit_connection(self, cid: str, change: ConnectionChange, tested: ConnectionCheck | None = None) -> Connection:
        """Change a saved connection; its id and all that was collected stay. ``editing.changed`` is what to test.

        Raises
        ------
        ConfigError
            When a step of the test fails; then all is as it was.
        """
        from proxbalance_core.services.editing import edit

        return edit(self, cid, change, tested)

    def remove_connection(self, cid: str) -> None:
        """Remove a connection with everything stored of it, and its secret."""
        connection = self.connection(cid)
        with self._busy[connection.id]:
            self._sources.forget(connection.id)
            self.store.connections.remove(connection.id)
            self.secrets.remove(connection.id)
            self.paths.demo_state(connection.id).unlink(missing_ok=True)

    def source(self, connection: Connection) -> MetricSource:
        """The metric source of a connection."""
        return self._sources.get(connection)

    def _open(self, connection: Connection) -> MetricSource:
        secrets = self.secrets.get(connection.id) if connection.source == "proxmox" else {}
        return open_source(connection, secrets, self.paths, self.clock)

    # collecting

    def status(self, cid: str) -> ConnectionStatus:
        """How collecting goes. An imported file is never stale: it says how things were."""
        connection = self.connection(cid)
        kept = self.store.status.get(connection.id)
        live = connection.source in LIVE
        last = kept.last_success if live else connection.created_at
        age = (self.clock() - last).total_seconds() if last is not None else None
        limit = stale_after_s(self.settings(connection.id).interval_s)
        return ConnectionStatus(
            cid=connection.id, title=connection.title, source=connection.source, last_success=last,
            last_attempt=kept.last_attempt if live else connection.created_at, last_error=kept.last_error,
            error_kind=kept.error_kind, stale=live and (age is None or age > limit), age_s=age,
            collector=self._collector(connection.id), rounds=kept.rounds,
        )  # fmt: skip

    def _collector(self, cid: str) -> CollectorPlace:
        if is_held_here(self.paths.lock(cid)):
            return "running here"
        return "running elsewhere" if is_locked(self.paths.lock(cid)) else "stopped"

    def collect(self, cid: str, on_progress: OnProgress | None = None, anew: Collection[int] = ()) -> Inventory:
        """One round; on the first one with back-fill. Configs of the vmids in ``anew`` are read now.

        Raises
        ------
        SourceError
            When the cluster can't be read; what was known stays.
        """
        connection = self.connection(cid)
        with self._busy[connection.id]:
            source = self._source_or_told(connection)
            try:
                return rounds.collect_round(self.store, connection, source, self.clock, on_progress, anew)
            except AuthenticationFailed:
                self._sources.forget(connection.id)  # the secret may be another one by the next round
                raise

    def _source_or_told(self, connection: Connection) -> MetricSource:
        try:
            return self.source(connection)
        except (SourceError, ConfigError) as error:
            if connection.source in LIVE:
                rounds.failed(self.store, connection.id, self.clock(), error)
            raise

    def fresh(self, cid: str, on_progress: OnProgress | None = None) -> None:
        """Collect when the data are older than ``interval_s`` and nobody else does."""
        connection = self.connection(cid)
        with self._busy[connection.id]:
            if self._collection_due(connection):
                self.collect(connection.id, on_progress)

    def backfill(self, cid: str, on_progress: OnProgress | None = None) -> tuple[str, ...]:
        """Fetch what the source remembers once more; notes of what could not be read."""
        connection = self.connection(cid)
        with self._busy[connection.id]:
            source = self.source(connection)
            inventory = source.snapshot_inventory()
            return rounds.backfill(self.store, connection, source, self.clock(), inventory, on_progress)

    # assessing

    def snapshot(self, cid: str, inventory: Inventory | None = None) -> ClusterSnapshot:
        """The cluster as the store knows it now; ``inventory`` is one that was just read, in place of the kept one."""
        connection = self.connection(cid)
        return assessing.snapshot_of(self.store, connection, self._moment(connection), inventory)

    def _moment(self, connection: Connection) -> datetime:
        """The time a snapshot speaks of: of a trace its end, of a live cluster that of the last round."""
        if connection.source == "trace":
            span = self.store.samples.span(connection.id)
            return span[1] if span else self.clock()
        return self.store.status.get(connection.id).last_success or self.clock()

    def regenerate(self, cid: str, on_progress: OnProgress | None = None) -> Generation:
        """Run the engine; collects first when the data are older than ``interval_s``."""
        connection = self.connection(cid)
        with self._busy[connection.id]:
            self.fresh(connection.id, _part(on_progress, 0.0, 0.7))
            snapshot = assessing.snapshot_of(self.store, connection, self._moment(connection))
            return assessing.generate(self.store, connection, snapshot, self.clock(), _part(on_progress, 0.7, 1.0))

    def _collection_due(self, connection: Connection) -> bool:
        if connection.source not in LIVE or self._collector(connection.id) == "running elsewhere":
            return False
        last = self.store.status.get(connection.id).last_success
        return last is None or (self.clock() - last).total_seconds() > self.settings(connection.id).interval_s

    def latest(self, cid: str) -> Generation | None:
        """The newest generation that is there in full, None before the first."""
        kept = self.store.generations.latest(self.connection(cid).id)
        return assessing.opened(kept) if kept is not None and kept.in_full else None

    def generation(self, generation: int) -> KeptGeneration:
        """One generation, whole as long as it is.

        Raises
        ------
        SnapshotNotFound
            When it is gone, or too little is left of it.
        """
        return assessing.kept_of(self.store.generations.get(generation))

    def generations(self, cid: str, limit: int = 100, until: datetime | None = None) -> tuple[GenerationGlance, ...]:
        """The newest generations (of those made by ``until``), newest first."""
        return self.store.generations.list(self.connection(cid).id, limit=limit, until=until)

    def changes(self, cid: str, until: datetime | None = None) -> Changes:
        """What the newest generation (of those made by ``until``) recommends otherwise than the one before."""
        pair = self.generations(cid, limit=2, until=until)
        if len(pair) < 2:
            return Changes(previous_at=None)
        try:
            after, before = (self.store.generations.get(glance.id).assessment for glance in pair)
        except SnapshotNotFound:
            return Changes(previous_at=None)
        return changes.compare(before, after, pair[1].at)

    def changes_between(self, before: int, after: int) -> Changes:
        """What one generation of a cluster recommends otherwise than an earlier one, and which levels moved."""
        return changes.between(self.store, before, after)

    # settings and wishes

    def settings(self, cid: str) -> Settings:
        """The settings in force."""
        return self.store.settings.get(cid)

    def save_settings(self, cid: str, settings: Settings, who: str) -> None:
        """Put settings in force; those before stay in the history. What is in force already changes nothing."""
        now = self.clock()
        before = self.store.settings.get(cid).to_dict()
        changed = {key: value for key, value in settings.to_dict().items() if before[key] != value}
        if not changed:
            return
        self.store.settings.put(cid, settings, who, now)
        told = Event(at=now, event="settings.changed", payload={"who": who, "changed": changed})
        self.store.events.append(cid, told)

    def mute(self, cid: str, vmid: int, until: datetime | None) -> None:
        """Leave a guest alone until a time; None lifts it."""
        self.store.wishes.mute(cid, vmid, until)

    def set_maintenance(self, cid: str, node: str, on: bool) -> None:
        """Plan as if a node were in maintenance (advice only)."""
        self.store.wishes.maintenance(cid, node, on)

    # frames

    def node_history(self, cid: str, hours: int, until: datetime | None = None) -> pd.DataFrame:
        """The nodes' own past (up to ``until``): ts, node, cpu_pct, mem_pct, iowait_pct; 5,000 rows at most."""
        connection = self.connection(cid)
        end = until or self._moment(connection)
        return histories.node_history(self.store, connection.id, end, timedelta(hours=hours))

    def score_history(self, cid: str, hours: int, until: datetime | None = None) -> pd.DataFrame:
        """The generations' figures: ts, cluster_health, predicted_health, imbalance, strain, recommendation_count."""
        end = until or self.clock()
        return histories.score_history(self.store, self.connection(cid).id, end, timedelta(hours=hours))

    # files

    def import_snapshot(self, name: str, content: bytes) -> str:
        """An offline connection from a snapshot file; its id."""
        from proxbalance_core.services.importing import import_snapshot

        return import_snapshot(self, name, content)

    def preview_trace(self, name: str, content: bytes) -> TracePreview:
        """What a CSV or Parquet file holds and what its columns seem to be."""
        from proxbalance_core.services.importing import preview_trace

        return preview_trace(name, content)

    def import_trace(self, name: str, content: bytes, mapping: dict[str, str] | None = None) -> str:
        """An offline connection from a table of measurements (``mapping``: field to column); its id."""
        from proxbalance_core.services.importing import import_trace

        return import_trace(self, name, content, mapping)

    # diagnostics

    def diagnostics(self, cid: str) -> Diagnostics:
        """Versions, ages, gaps and what to do."""
        from proxbalance_core.services.diagnostics import diagnose

        with self._busy[self.connection(cid).id]:
            return diagnose(self, self.connection(cid))

    def debug_bundle(self, cid: str) -> bytes:
        """A zip for a bug report; names and secrets are taken out."""
        from proxbalance_core.services.diagnostics import bundle

        with self._busy[self.connection(cid).id]:
            return bundle(self, self.connection(cid))


def _part(on_progress: OnProgress | None, start: float, end: float) -> OnProgress | None:
    """Progress of a part of the work, told as progress of the whole."""
    if on_progress is None:
        return None
    return lambda fraction: on_progress(start + (end - start) * fraction)
