"""The time zone: chosen for the whole app, else the cluster's own, else UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from proxbalance_core.errors import SettingInvalid
from proxbalance_core.services import preferences
from proxbalance_core.services.workbench import ConnectionWish, Workbench
from tests.support.pve_server import SECRET, FakeCluster, PveServer, running

NOW = datetime(2026, 2, 9, 10, 30, 20, tzinfo=UTC)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench.open(tmp_path / "data", clock=lambda: NOW) as made:
        yield made


def test_until_someone_chooses_it_is_the_clusters_own_or_utc(bench: Workbench) -> None:
    assert preferences.zone_of(bench, "Europe/Vienna") == ZoneInfo("Europe/Vienna")
    assert preferences.zone_of(bench, None) == ZoneInfo("UTC")


def test_a_choice_holds_for_every_cluster_and_can_be_taken_back(bench: Workbench) -> None:
    preferences.choose_timezone(bench, "Asia/Tokyo")
    assert preferences.zone_of(bench, "Europe/Vienna") == ZoneInfo("Asia/Tokyo")
    preferences.choose_timezone(bench, None)
    assert preferences.zone_of(bench, "Europe/Vienna") == ZoneInfo("Europe/Vienna")


def test_a_zone_that_is_not_there_is_refused_and_one_that_is_lost_is_no_obstacle(bench: Workbench) -> None:
    with pytest.raises(SettingInvalid, match="no time zone 'Moon/Crater'"):
        preferences.choose_timezone(bench, "Moon/Crater")
    bench.store.preferences.put("timezone", "Moon/Crater")
    assert preferences.zone_of(bench, None) == ZoneInfo("UTC")


def test_the_snapshot_and_its_sentences_are_of_the_chosen_zone(bench: Workbench) -> None:
    bench.ensure_demo()
    bench.regenerate("demo")
    guest = bench.snapshot("demo").guests[0]
    preferences.choose_timezone(bench, "Asia/Tokyo")
    bench.mute("demo", guest.vmid, NOW + timedelta(days=1))
    told = bench.regenerate("demo")
    assert told.snapshot.timezone == "Asia/Tokyo"
    (skip,) = [skip for skip in told.assessment["skipped"] if skip["vmid"] == guest.vmid]
    assert skip["would_change"] == "from 2026-02-10 19:30 JST"


def test_proxmoxs_own_zone_reaches_the_snapshot(tmp_path: Path) -> None:
    with running(PveServer(FakeCluster()), tmp_path) as server, Workbench.open(tmp_path / "data") as bench:
        wish = ConnectionWish(title="Lab", options=tuple(server.options.items()), secret=SECRET)
        made = bench.add_connection(wish)
        bench.collect(made.id)
        assert bench.snapshot(made.id).timezone == "Europe/Vienna"
