from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proxbalance_core.sources.proxmox import ProxmoxSource, open_proxmox
from tests.support.pve_server import FakeCluster, PveServer, Running, running


@pytest.fixture
def pve(tmp_path: Path) -> Iterator[Running]:
    """A synthetic Proxmox VE 9 cluster of 3 nodes."""
    with running(PveServer(FakeCluster()), tmp_path) as server:
        yield server


@pytest.fixture
def opened() -> Iterator[Callable[..., ProxmoxSource]]:
    """Opens sources and closes them after the test."""
    made: list[ProxmoxSource] = []

    def open_one(server: Running, **options: str) -> ProxmoxSource:
        secret = options.pop("secret", server.secret)
        made.append(open_proxmox({**server.options, **options}, secret))
        return made[-1]

    yield open_one
    for source in made:
        source.close()
