"""From a connection to its metric source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.observed import MetricSource
from proxbalance_core.errors import ConfigError
from proxbalance_core.services.paths import DataPaths

LIVE = ("proxmox", "synthetic")
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
