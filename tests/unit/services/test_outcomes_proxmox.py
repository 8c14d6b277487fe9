"""A migration done in Proxmox, behind our back, gets its outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proxbalance_core.services.connecting import ConnectionWish
from proxbalance_core.services.workbench import Workbench
from tests.support.pve_server import SECRET, FakeCluster, PveServer, running


class Clock:
    late = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.late


def test_it_is_noticed_followed_and_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("proxbalance_core.sources.proxmox.source.time.time", lambda: clock().timestamp())
    server = PveServer(FakeCluster(version=9), lambda: clock().timestamp())
    with running(server, tmp_path) as pve, Workbench.open(tmp_path / "data", clock=clock) as bench:
        wish = ConnectionWish(title="lab", options=tuple(pve.options.items()), secret=SECRET)
        bench.add_connection(wish)
        before = bench.regenerate("lab")
        guest = pve.server.cluster.guests[100]
        source = guest.node
        pve.server.cluster.move(guest, "pve1", clock().timestamp())
        for minutes in (2, 12, 40, 130):
            clock.late = timedelta(minutes=minutes)
            bench.regenerate("lab")
        (found,) = bench.store.outcomes.records("lab")
        assert (found.vmid, found.source, found.target, found.origin) == (100, source, "pve1", "observed")
        assert (found.generation, found.recommendation) == (before.id, None)
        assert [check.after_s for check in found.checks] == [300, 1800, 7200]
        assert all(check.fault is None and not check.others for check in found.checks)
        nodes = {node.name: node for node in bench.snapshot("lab").nodes}
        assert found.checks[-1].loads.target_cpu_pct == nodes["pve1"].cpu.current_pct
        assert found.verdict in ("improved", "expected", "worse")
        assert abs(found.checks[-1].points - found.realised_points) < 1e-9
        kinds = [event.event for event in bench.store.events.list("lab")]
        assert "migration.observed" in kinds
