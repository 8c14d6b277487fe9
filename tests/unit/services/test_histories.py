"""The past for charts, from the first round on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from proxbalance_core.services.workbench import ConnectionWish, Workbench
from tests.support.pve_server import SECRET, FakeCluster, PveServer, running


def test_a_new_connection_has_the_past_that_proxmox_kept(tmp_path: Path) -> None:
    with running(PveServer(FakeCluster()), tmp_path) as server, Workbench.open(tmp_path / "data") as bench:
        made = bench.add_connection(ConnectionWish(title="Lab", options=tuple(server.options.items()), secret=SECRET))
        bench.collect(made.id)
        frame = bench.node_history(made.id, 24)
        assert frame["ts"].max() - frame["ts"].min() > timedelta(hours=22)
        assert frame.groupby("node")["ts"].agg(lambda times: times.is_unique and times.is_monotonic_increasing).all()
        assert not frame[["cpu_pct", "mem_pct"]].isna().any(axis=None)
        before = bench.node_history(made.id, 168)
        assert before["ts"].max() - before["ts"].min() > timedelta(days=6)


def test_before_the_first_round_there_is_nothing(tmp_path: Path) -> None:
    with Workbench.open(tmp_path / "data") as bench:
        bench.ensure_demo()
        assert bench.node_history("demo", 24).empty
