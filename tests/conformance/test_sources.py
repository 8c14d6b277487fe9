"""Every metric source keeps the same promises. A new source is one more line in ``SOURCES``."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.observed import Entity, MetricSource, Samples
from proxbalance_core.errors import SourceError
from proxbalance_core.sources.proxmox import open_proxmox
from tests.support.pve_server import FakeCluster, PveServer, running

Factory = Callable[[Path], AbstractContextManager[MetricSource]]


def proxmox(version: int) -> Factory:
    @contextmanager
    def made(folder: Path) -> Iterator[MetricSource]:
        with running(PveServer(FakeCluster(version=version)), folder) as server:
            source = open_proxmox(server.options, server.secret)
            try:
                yield source
            finally:
                source.close()

    return made


# name -> a context manager that is given an empty folder and gives an open source
SOURCES: dict[str, Factory] = {
    "proxmox-8": proxmox(8),
    "proxmox-9": proxmox(9),
}


@pytest.fixture(scope="module", params=sorted(SOURCES))
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetricSource]:
    with SOURCES[request.param](tmp_path_factory.mktemp("source")) as made:
        yield made


def floats(value: object) -> dict[str, float]:
    return {
        field.name: number
        for field in dataclasses.fields(value)  # type: ignore[arg-type]
        if isinstance(number := getattr(value, field.name), float)
    }


def sensible(samples: Samples) -> None:
    for sample in (*samples.nodes, *samples.guests):
        assert isinstance(sample.ts, int)
        for name, number in floats(sample).items():
            assert not math.isinf(number), name
            assert not number < 0, name  # NaN is not less than zero
    for node in samples.nodes:
        assert not node.mem_used_bytes > node.mem_bytes * 1.01
    for guest in samples.guests:
        assert not guest.cpu_used_cores > guest.cpu_cores * 1.2 + 0.1


def entities(source: MetricSource) -> tuple[Entity, Entity]:
    inventory = source.snapshot_inventory()
    node = next(node for node in inventory.nodes if node.online)
    guest = next(guest for guest in inventory.guests if guest.running)
    return (
        Entity(kind="node", name=node.name),
        Entity(kind="guest", name=str(guest.vmid), vmid=guest.vmid, type=guest.type, node=guest.node),
    )


def test_it_says_what_it_is_and_what_it_may_do(source: MetricSource) -> None:
    description = source.describe()
    assert description.kind
    assert description.title
    assert isinstance(description.may_act, bool)
    assert description.missing_privileges == ()


def test_the_inventory_makes_a_snapshot(source: MetricSource) -> None:
    inventory = source.snapshot_inventory()
    assert inventory.cluster
    assert inventory.at.tzinfo is not None
    assert inventory.complete
    snapshot = ClusterSnapshot(
        cluster=inventory.cluster,
        taken_at=inventory.at,
        nodes=inventory.nodes,
        guests=inventory.guests,
        rules=inventory.rules,
    )
    assert ClusterSnapshot.from_dict(snapshot.to_dict()) is not None


def test_names_are_there_once(source: MetricSource) -> None:
    inventory = source.snapshot_inventory()
    assert len({node.name for node in inventory.nodes}) == len(inventory.nodes) > 0
    assert len({guest.vmid for guest in inventory.guests}) == len(inventory.guests) > 0
    assert {guest.node for guest in inventory.guests} <= {node.name for node in inventory.nodes}


def test_current_figures_are_of_now_and_sensible(source: MetricSource) -> None:
    samples = source.samples()
    sensible(samples)
    inventory = source.snapshot_inventory()
    newest = {sample.node: sample for sample in samples.nodes}
    assert set(newest) == {node.name for node in inventory.nodes if node.online}
    assert all(sample.cpu_pct == sample.cpu_pct and sample.mem_used_bytes > 0 for sample in newest.values())
    # percent, not fractions: a cluster that works has a node over 1
    assert any(sample.cpu_pct > 1 for sample in newest.values())
    running = {guest.vmid for guest in inventory.guests if guest.running}
    measured = {sample.vmid for sample in samples.guests if sample.cpu_used_cores == sample.cpu_used_cores}
    assert running <= measured


def test_a_stopped_guest_has_no_figures(source: MetricSource) -> None:
    stopped = [sample for sample in source.samples().guests if not sample.running]
    assert all(math.isnan(sample.cpu_used_cores) for sample in stopped)


def test_since_leaves_out_what_is_older(source: MetricSource) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    samples = source.samples(since)
    assert all(sample.ts >= since.timestamp() for sample in (*samples.nodes, *samples.guests))


@pytest.mark.parametrize("timeframe", ["hour", "day", "week", "month"])
@pytest.mark.parametrize("kind", [0, 1], ids=["node", "guest"])
def test_history_is_in_order_with_steps(source: MetricSource, kind: int, timeframe: str) -> None:
    entity = entities(source)[kind]
    samples = source.history(entity, timeframe)  # type: ignore[arg-type]
    sensible(samples)
    rows = samples.nodes if entity.kind == "node" else samples.guests
    assert rows
    times = [row.ts for row in rows]
    assert times == sorted(set(times))
    assert all(row.step_s > 0 for row in rows)
    assert all(later.ts >= earlier.ts + earlier.step_s for earlier, later in itertools.pairwise(rows))


def test_history_goes_back_a_week(source: MetricSource) -> None:
    node, guest = entities(source)
    for entity in (node, guest):
        samples = source.history(entity, "week")
        rows = samples.nodes or samples.guests
        assert rows[-1].ts - rows[0].ts > 5 * 86_400


def test_a_peak_is_not_below_its_mean(source: MetricSource) -> None:
    node, guest = entities(source)
    for row in source.history(node, "day").nodes:
        assert not row.cpu_max_pct < row.cpu_pct - 1e-6
    for sample in source.history(guest, "day").guests:
        assert not sample.cpu_max_cores < sample.cpu_used_cores - 1e-6


def test_it_can_be_asked_before_a_move(source: MetricSource) -> None:
    inventory = source.snapshot_inventory()
    guest = next(g for g in inventory.guests if g.running and g.type == "vm" and not g.lock and not g.pci_passthrough)
    target = next(node.name for node in inventory.nodes if node.online and node.name != guest.node)
    assert source.preconditions(guest.vmid, target).objections == ()
    bound = next(g for g in inventory.guests if g.running and g.pci_passthrough)
    assert source.preconditions(bound.vmid, target).objections
    assert source.snapshot_inventory(anew=(guest.vmid,)).guests == inventory.guests


def test_asking_before_a_move_changes_nothing(source: MetricSource) -> None:
    before = {guest.vmid: guest.node for guest in source.snapshot_inventory().guests}
    for vmid in (*before, 987_654):
        for node in source.snapshot_inventory().nodes[:2]:
            try:
                source.preconditions(vmid, node.name)
            except SourceError as error:
                assert error.message
    assert {guest.vmid: guest.node for guest in source.snapshot_inventory().guests} == before
