"""Recorded answers of real Proxmox 6 to 9, which are the truth; they stay outside this repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core.domain.cluster import HaState
from proxbalance_core.domain.units import GIB
from proxbalance_core.sources.proxmox.answers import (
    ClusterOptions,
    NodeStatus,
    Resource,
    RrdRow,
    StatusRow,
    Version,
    one,
    rows,
)
from proxbalance_core.sources.proxmox.configs import decode_config
from proxbalance_core.sources.proxmox.decode import (
    GUEST_TYPES,
    decode_crs,
    decode_guest,
    decode_guest_history,
    decode_node,
    decode_node_history,
    decode_node_sample,
    decode_storages,
)

RECORDED = Path(__file__).parents[4] / "shared" / "pve-fixtures"
pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="the recorded answers (../shared/pve-fixtures) are not here"
)


def answer(name: str) -> Any:
    document = json.loads((RECORDED / name).read_text(encoding="utf-8"))
    if isinstance(document, dict) and "body" in document:
        document = document["body"]
    return document["data"] if isinstance(document, dict) and "data" in document else document


def names(pattern: str) -> list[str]:
    return sorted(str(path.relative_to(RECORDED)) for path in RECORDED.glob(pattern)) or ["absent"]


@pytest.mark.parametrize("name", names("*/**/cluster.resources*.json") + names("*/*CLUSTER*.json"))
def test_every_list_of_resources_decodes(name: str) -> None:
    given = answer(name)
    found = rows(Resource, given if isinstance(given, list) else [given], name)
    assert found
    decode_storages(found)
    for row in found:
        if row.type == "node" and row.node:  # one recording's fields were cut to a node's id
            node = decode_node(row, None, None, False)
            assert node.name
            assert not node.online or node.cpu_cores > 0
        if row.type in GUEST_TYPES:
            guest = decode_guest(row, None, True, HaState())
            assert guest.vmid > 0
            assert guest.status in ("running", "stopped")


def test_resources_of_8_4() -> None:
    found = rows(Resource, answer("DataDog-integrations-core/cluster.resources.json"), "")
    guests = {row.vmid: decode_guest(row, None, True, HaState()) for row in found if row.type in GUEST_TYPES}
    assert guests[101].tags == ("tag0", "test", "testtag")
    assert guests[101].type == "ct"
    assert guests[101].pool == "pool-1"
    node = next(row for row in found if row.type == "node")
    sample = decode_node_sample(node, 0, None, None)
    assert sample.cpu_pct == pytest.approx(1.59579617)
    assert sample.cpu_cores == 72
    (storage,) = decode_storages(found)[node.node or ""]
    assert (storage.name, storage.type, storage.shared, storage.active) == ("local", "dir", False, True)
    assert "rootdir" in storage.content


def test_templates_and_tags_with_signs_in_them() -> None:
    found = rows(Resource, answer("go-proxmox/recorded/cluster.resources.json"), "")
    guests = {row.vmid: decode_guest(row, None, True, HaState()) for row in found if row.type in GUEST_TYPES}
    assert guests[101].template
    assert guests[102].tags == ("go-proxmox+cloud-init",)


def test_versions() -> None:
    assert one(Version, answer("DataDog-integrations-core/version.json"), "").major == 8
    assert one(Version, answer("fog-proxmox/identity_read_version/version.json"), "").major == 6


def test_cluster_status_names_the_cluster() -> None:
    found = rows(StatusRow, answer("go-proxmox/recorded/cluster.status.json"), "")
    assert [row.name for row in found if row.type == "cluster"] == ["clustername"]
    assert all(row.online for row in found if row.type == "node")


def test_node_status_has_its_load_as_strings() -> None:
    status = one(NodeStatus, answer("go-proxmox/recorded/nodes.node1.status.json"), "")
    assert status.loadavg == (0.0, 0.0, 0.0)
    sample = decode_node_sample(Resource(type="node", node="node1"), 0, status, None)
    assert sample.cpu_pct == pytest.approx(0.260552370)
    assert sample.mem_used_bytes == 8095399936
    assert sample.iowait_pct == 0


@pytest.mark.parametrize("version", [8, 9])
def test_node_history(version: int) -> None:
    mean = rows(RrdRow, answer(f"rcourtman-Pulse/rrd/pve{version}_node_rrddata.json"), "")
    history = decode_node_history("minipc", mean, mean)
    assert len(history) > 5
    assert {sample.step_s for sample in history} == {60} or version == 8
    assert all(0 <= sample.cpu_pct <= 100 and 0 < sample.mem_used_bytes < sample.mem_bytes for sample in history)
    assert all((sample.cpu_some_pct == sample.cpu_some_pct) is (version == 9) for sample in history)


def test_first_node_row_of_9_in_our_units() -> None:
    mean = rows(RrdRow, answer("rcourtman-Pulse/rrd/pve9_node_rrddata.json"), "")
    first = decode_node_history("minipc", mean, ())[0]
    assert first.ts == 1785168420
    assert first.cpu_pct == pytest.approx(18.5322399620351)
    assert first.cpu_cores == 4
    assert first.iowait_pct == pytest.approx(0.0552583403)
    assert first.load_avg_1m == pytest.approx(0.776666667)
    assert first.cpu_some_pct == pytest.approx(1.99333333)
    assert first.net_out_bps == pytest.approx(249650.6)
    assert first.cpu_max_pct != first.cpu_max_pct


@pytest.mark.parametrize("name", ["pve8_guest", "pve9_lxc", "pve9_qemu"])
def test_guest_history(name: str) -> None:
    mean = rows(RrdRow, answer(f"rcourtman-Pulse/rrd/{name}_rrddata.json"), "")
    history = decode_guest_history(100, "minipc", mean, mean)
    assert history
    ran = [sample for sample in history if sample.running]
    assert ran
    assert all(sample.cpu_max_cores == sample.cpu_used_cores for sample in ran)
    assert all(0 < sample.mem_used_bytes <= sample.mem_bytes for sample in ran)


def test_a_stopped_guest_has_rows_without_figures() -> None:
    mean = rows(RrdRow, answer("go-proxmox/recorded/nodes.node1.qemu.101.rrddata_timeframe_hour.json"), "")
    history = decode_guest_history(101, "node1", mean, ())
    assert len(history) == 70
    assert not any(sample.running for sample in history)
    assert all(sample.cpu_used_cores != sample.cpu_used_cores for sample in history)


def test_rows_with_their_time_alone_are_gaps() -> None:
    mean = rows(RrdRow, answer("fog-proxmox/compute_nodes/nodes.pve.rrddata_cf_AVERAGE_timeframe_hour.json"), "")
    assert len(mean) == 70
    assert len(decode_node_history("pve", mean, ())) == 8


def test_container_with_bind_mount_and_raw_device() -> None:
    config = decode_config(answer("go-proxmox/recorded/nodes.node1.lxc.101.config.json"), "ct", frozenset())
    disks = {disk.key: disk for disk in config.disks}
    assert disks["mp0"].bind_mount
    assert disks["rootfs"].storage == "vmstore"
    assert disks["rootfs"].size_bytes == 30 * GIB
    assert config.pci_passthrough


@pytest.mark.parametrize("name", names("proxmox-qemu-server/config/*.json"))
def test_every_vm_config_decodes(name: str) -> None:
    given = answer(name)["config"]
    config = decode_config(given, "vm", frozenset({"rbd-store", "cifs-store", "krbd-store"}))
    assert config.pci_passthrough is any(key.startswith("hostpci") for key in given)
    keys = {disk.key for disk in config.disks}
    assert keys <= set(given)
    for disk in config.disks:
        assert disk.cdrom or disk.storage is not None or disk.passthrough


def test_config_of_many_storages() -> None:
    given = answer("proxmox-qemu-server/config/aio.json")["config"]
    disks = {disk.key: disk for disk in decode_config(given, "vm", frozenset({"rbd-store"})).disks}
    assert disks["scsi0"].storage == "local"
    assert disks["scsi10"].shared
    assert disks["scsi10"].size_bytes == 104858 * 1024
    assert disks["scsi0"].local_copy


@pytest.mark.parametrize("name", names("fog-proxmox/*/*config*.json"))
def test_configs_of_old_proxmox_decode(name: str) -> None:
    config = decode_config(answer(name), "ct" if ".lxc." in name else "vm", frozenset())
    assert all(disk.key != "ide2" for disk in config.disks)


def test_crs_with_auto_rebalance() -> None:
    config = answer("proxmox-pve-ha-manager/test-crs-dynamic-auto-rebalance1/datacenter.cfg")
    crs = decode_crs(one(ClusterOptions, config, ""))
    assert (crs.ha, crs.auto_rebalance) == ("dynamic", True)


def test_containers_with_a_vmid_of_text() -> None:
    found = rows(Resource, answer("go-proxmox/recorded/nodes.node1.lxc.json"), "")
    assert all(isinstance(row.vmid, int) for row in found)
