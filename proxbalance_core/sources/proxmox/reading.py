"""The questions asked of a cluster, each answered or noted: one part that fails doesn't take the rest along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from proxbalance_core.domain.units import known
from proxbalance_core.errors import AuthenticationFailed, MalformedResponse, SourceError, SourceUnavailable
from proxbalance_core.sources.proxmox.answers import (
    NodeStatus,
    Resource,
    RrdRow,
    Snapshot,
    StatusRow,
    one,
    rows,
    table,
)
from proxbalance_core.sources.proxmox.client import MAX_CALLS, ProxmoxClient
from proxbalance_core.sources.proxmox.configs import GuestConfig, decode_config
from proxbalance_core.sources.proxmox.decode import API_TYPES, GUEST_TYPES

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K")
RECENT_S = 300.0


class Notes:
    """What could not be read in a round; nodes that did not answer are not asked again in it.

    ``unread`` are the vmids whose config was due and wasn't read.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.unread: tuple[int, ...] = ()
        self.silent: set[str] = set()
        self._lock = threading.Lock()

    def add(self, text: str) -> None:
        """Note a sentence once."""
        with self._lock:
            if text not in self.texts:
                self.texts.append(text)

    def mute(self, node: str, error: SourceError) -> None:
        """Note once that a node doesn't answer."""
        with self._lock:
            if node in self.silent:
                return
            self.silent.add(node)
        self.add(error.message if node in error.message else f"Node {node} does not answer: {error.message}")

    def attempt(self, read: Callable[[], T], otherwise: U, node: str = "") -> T | U:
        """What ``read`` gives; on a fault that isn't of the credentials ``otherwise``, and a note."""
        if node and node in self.silent:
            return otherwise
        try:
            return read()
        except AuthenticationFailed:
            raise
        except SourceUnavailable as error:
            if node and _silent(error):
                self.mute(node, error)
            else:
                self.add(error.message)
        except SourceError as error:
            self.add(error.message)
        return otherwise


def _silent(error: SourceUnavailable) -> bool:
    """No answer at all; a 500 is an answer, as for a guest that has just moved away."""
    status = getattr(error, "status", None)
    return status is None or status >= 595


class ClusterReading:
    """Typed questions over the client, up to 6 at once."""

    def __init__(self, client: ProxmoxClient) -> None:
        self._client = client
        self._pool = ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="proxmox")

    def ask(self, path: str, **params: str) -> Any:
        return self._client.get(path, **params)

    def side_by_side(self, keys: Iterable[K], read: Callable[[K], T]) -> dict[K, T]:
        """``read`` of every key, up to 6 at once."""
        keys = tuple(keys)
        return dict(zip(keys, self._pool.map(read, keys), strict=True))

    def resources(self) -> tuple[Resource, ...]:
        return rows(Resource, self.ask("cluster/resources"), "cluster/resources")

    def cluster(self) -> tuple[StatusRow, ...]:
        return rows(StatusRow, self.ask("cluster/status"), "cluster/status")

    def node(self, name: str) -> NodeStatus:
        path = f"nodes/{name}/status"
        return one(NodeStatus, self.ask(path), path)

    def recent(self, name: str, now_s: float) -> RrdRow | None:
        """The newest measured row of a node's RRD, None when it is older than five minutes."""
        path = f"nodes/{name}/rrddata"
        answer = self._client.get(path, timeframe="hour", cf="AVERAGE")
        if not isinstance(answer, list):
            raise MalformedResponse(f"Proxmox answered /{path} with something that isn't a list.", path=path)
        newest = rows(RrdRow, answer[-5:], path)
        good = [row for row in newest if known(row.cpu) and row.time > now_s - RECENT_S]
        return good[-1] if good else None

    def config(self, row: Resource, shared_storages: frozenset[str]) -> GuestConfig:
        """A guest's config, and its snapshots where it stands on one."""
        kind = GUEST_TYPES[row.type]
        base = f"nodes/{row.node}/{row.type}/{row.vmid}"
        config = decode_config(table(self.ask(f"{base}/config"), f"{base}/config"), kind, shared_storages)
        if not config.has_snapshots:
            return config
        taken = rows(Snapshot, self.ask(f"{base}/snapshot"), f"{base}/snapshot")
        return GuestConfig(
            disks=config.disks,
            cpu_type=config.cpu_type,
            lock=config.lock,
            pci_passthrough=config.pci_passthrough,
            usb_passthrough=config.usb_passthrough,
            has_snapshots=True,
            snapshots=sum(1 for snapshot in taken if snapshot.name != "current"),
        )

    def history(self, base: str, timeframe: str, cf: str) -> tuple[RrdRow, ...]:
        path = f"{base}/rrddata"
        return rows(RrdRow, self._client.get(path, timeframe=timeframe, cf=cf), path)

    def guest_base(self, node: str, kind: str, vmid: int) -> str:
        return f"nodes/{node}/{API_TYPES[kind]}/{vmid}"

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()
