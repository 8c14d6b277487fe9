from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from proxbalance_core.domain.observed import Entity
from proxbalance_core.errors import MalformedResponse, MigrationFailed
from proxbalance_core.sources.synthetic import SyntheticSource
from proxbalance_core.sources.synthetic.signals import chance

SEED = Path(__file__).resolve().parents[3] / "data" / "demo_seed.json"
NOW = datetime(2026, 2, 9, 10, 30, 20, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_the_cast_is_as_large_and_varied_as_promised() -> None:
    found = SyntheticSource(SEED, clock=Clock()).snapshot_inventory()
    assert (len(found.nodes), len(found.guests)) == (5, 40)
    tags = {tag for guest in found.guests for tag in guest.tags}
    for prefix in ("exclude_", "affinity_", "pin_", "ignore", "io_exempt"):
        assert any(tag.startswith(prefix) for tag in tags), prefix
    assert any(guest.template for guest in found.guests)
    assert any(guest.ha.managed for guest in found.guests)
    assert any(guest.pci_passthrough for guest in found.guests)
    assert any(disk.local_copy for guest in found.guests for disk in guest.disks)


def test_the_same_time_gives_the_same_figures_however_it_is_asked() -> None:
    clock = Clock()
    all_of_them = SyntheticSource(SEED, clock=clock).samples(NOW - timedelta(hours=3))
    alone = SyntheticSource(SEED, clock=clock).samples()
    last = {row.vmid: row for row in all_of_them.guests if row.ts == alone.guests[0].ts}
    assert {row.vmid: row for row in alone.guests} == last


def test_thirty_days_by_the_hour_then_two_by_five_minutes_then_the_minute() -> None:
    rows = SyntheticSource(SEED, clock=Clock()).samples(NOW - timedelta(days=30)).nodes
    one = [row for row in rows if row.node == "pve1"]
    coarse, fives, fine = ([r for r in one if r.step_s == step] for step in (3600, 300, 0))
    assert len(coarse) == pytest.approx(28 * 24, abs=2)
    assert len(fives) == pytest.approx(45 * 12, abs=14)
    assert len(fine) == pytest.approx(3 * 60, abs=62)
    assert max(r.ts for r in coarse) + 3600 == min(r.ts for r in fives)
    assert max(r.ts for r in fives) + 300 == min(r.ts for r in fine)
    assert all(r.cpu_max_pct >= r.cpu_pct - 1e-9 for r in coarse + fives)


def test_one_node_is_hot_and_the_big_one_idles() -> None:
    rows = SyntheticSource(SEED, clock=Clock()).samples(NOW - timedelta(days=7)).nodes
    mean = {name: np.mean([r.cpu_pct for r in rows if r.node == name]) for name in ("pve3", "pve5")}
    assert mean["pve3"] > 65
    assert mean["pve5"] < 15


def test_a_migration_takes_its_time_moves_the_load_and_survives_a_restart(tmp_path: Path) -> None:
    clock, state = Clock(), tmp_path / "demo.state.json"
    source = SyntheticSource(SEED, state, clock)
    before = {row.node: row.cpu_pct for row in source.samples().nodes}
    task = source.migrate(110, "pve5")
    assert source.task(task) is None
    clock.now += timedelta(minutes=5)
    assert source.task(task) == "OK"
    again = SyntheticSource(SEED, state, clock)
    assert next(g.node for g in again.snapshot_inventory().guests if g.vmid == 110) == "pve5"
    after = {row.node: row.cpu_pct for row in again.samples().nodes}
    assert after["pve5"] > before["pve5"]
    assert after["pve3"] < before["pve3"]


def test_what_cannot_move_is_refused(tmp_path: Path) -> None:
    source = SyntheticSource(SEED, clock=Clock())
    for vmid, target in ((141, "pve5"), (148, "pve5"), (110, "nowhere"), (7, "pve1")):
        with pytest.raises(MigrationFailed):
            source.migrate(vmid, target)


def test_history_has_the_steps_of_proxmox_9() -> None:
    source = SyntheticSource(SEED, clock=Clock())
    week = source.history(Entity(kind="guest", name="gitlab", vmid=110), "week").guests
    assert len(week) == 336
    assert {row.step_s for row in week} == {1800}
    assert week[0].ts < week[-1].ts <= NOW.timestamp()


def test_a_torn_state_file_is_named(tmp_path: Path) -> None:
    state = tmp_path / "demo.state.json"
    state.write_text("{torn")
    with pytest.raises(MalformedResponse, match=r"demo\.state\.json"):
        SyntheticSource(SEED, state, Clock())


def test_chance_is_even() -> None:
    drawn = chance(1, 2, np.arange(100_000, dtype=np.int64))
    assert abs(drawn.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.02
