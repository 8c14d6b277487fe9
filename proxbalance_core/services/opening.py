"""From a connection to its metric source, and the sources that are open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.observed import MetricSource
from proxbalance_core.errors import ConfigError
from proxbalance_core.services.paths import DataPaths

SECRET = "secret"


def open_source(
    connection: Connection, secrets: Mapping[str, str], paths: DataPaths, clock: Callable[[], datetime]
) -> MetricSource:
    """The source of a live connection.

    Raises
    ------
    ConfigError
        For one that has nothing to ask: an imported snapshot or trace; or an option that can't be read.
    SourceError
        There is no secret.
    """
    if connection.source == "synthetic":
        from proxbalance_core.sources.synthetic import SyntheticSource

        return SyntheticSource(paths.demo_seed, paths.demo_state(connection.id), clock)
    if connection.source == "proxmox":
        from proxbalance_core.sources.proxmox import open_proxmox

        return open_proxmox(dict(connection.options), secrets.get(SECRET, ""))
    raise ConfigError(f"Connection '{connection.title}' is an imported file: there is nothing to collect from.")


class OpenSources:
    """The sources of a workbench, each opened once. Safe to use from several threads."""

    def __init__(self, make: Callable[[Connection], MetricSource]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._open: dict[str, tuple[tuple[tuple[str, str], ...], MetricSource]] = {}

    def get(self, connection: Connection) -> MetricSource:
        """The source of a connection; opened anew when its options were changed, be it by another process."""
        with self._lock:
            kept = self._open.get(connection.id)
            if kept is not None and kept[0] == connection.options:
                return kept[1]
            self._close(connection.id)
            made = self._make(connection)
            self._open[connection.id] = (connection.options, made)
            return made

    def forget(self, cid: str) -> None:
        """Close the source of a connection; it is opened anew when it is asked next."""
        with self._lock:
            self._close(cid)

    def close(self) -> None:
        """Close them all."""
        for cid in tuple(self._open):
            self.forget(cid)

    def _close(self, cid: str) -> None:
        kept = self._open.pop(cid, None)
        if kept is not None:
            kept[1].close()
