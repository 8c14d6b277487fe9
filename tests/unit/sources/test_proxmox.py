"""The whole source against our own server."""

from __future__ import annotations

import logging
import math
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from urllib3.exceptions import InsecureRequestWarning

from proxbalance_core.domain.observed import Entity
from proxbalance_core.errors import (
    AuthenticationFailed,
    MalformedResponse,
    PermissionMissing,
    SourceError,
    SourceUnavailable,
)
from proxbalance_core.sources.proxmox import ProxmoxOptions, ProxmoxSource, certificate_fingerprint
from proxbalance_core.sources.proxmox.client import MAX_CALLS, ProxmoxClient
from tests.support.pve_server import PASSWORD, SECRET, USER, FakeCluster, PveServer, Running, running

Opened = Callable[..., ProxmoxSource]


def client(pve: Running, **more: str) -> ProxmoxClient:
    secret = more.pop("secret", pve.secret)
    return ProxmoxClient(ProxmoxOptions.read({**pve.options, **more}), secret)


def test_description_names_what_is_missing_and_the_command(pve: Running, opened: Opened) -> None:
    pve.server.privileges = {"Sys.Audit"}
    found = opened(pve, act="on").describe()
    assert found.missing_privileges == ("VM.Audit", "Datastore.Audit", "VM.Migrate")
    assert not found.may_act
    assert (
        "pveum acl modify /vms --users collector@pve --tokens 'collector@pve!proxbalance' --roles PVEAuditor"
        in found.notes[0]
    )
    assert "VM.Migrate" in found.notes[2]


def test_description(pve: Running, opened: Opened) -> None:
    found = opened(pve).describe()
    assert (found.kind, found.version, found.cluster, found.may_act) == ("proxmox", "9.1.4", "lab", True)
    assert found.fingerprint == certificate_fingerprint("127.0.0.1", pve.port)
    assert found.missing_privileges == found.notes == ()


def test_a_token_that_sees_no_guests_has_an_incomplete_inventory(pve: Running, opened: Opened) -> None:
    pve.server.privileges = {"Sys.Audit", "Datastore.Audit"}
    inventory = opened(pve).snapshot_inventory()
    assert inventory.guests == ()
    assert not inventory.complete
    assert "VM.Audit" in " ".join(inventory.notes)


def test_the_time_zone_is_the_nodes_own(pve: Running, opened: Opened) -> None:
    source = opened(pve)
    assert source.snapshot_inventory().timezone == "Europe/Vienna"
    pve.server.cluster.timezone = "Asia/Tokyo"
    assert source.snapshot_inventory().timezone == "Europe/Vienna", "it is asked for once"


@pytest.mark.parametrize("told", ["Nowhere/Land", "", "../etc/passwd"])
def test_a_time_zone_that_nobody_knows_is_none(pve: Running, opened: Opened, told: str) -> None:
    pve.server.cluster.timezone = told
    inventory = opened(pve).snapshot_inventory()
    assert (inventory.timezone, inventory.notes, inventory.complete) == (None, (), True)


def test_a_time_zone_that_may_not_be_read_is_no_fault(pve: Running, opened: Opened) -> None:
    pve.server.faults.status, pve.server.faults.only = 501, "/time$"
    inventory = opened(pve).snapshot_inventory()
    assert (inventory.timezone, inventory.notes, inventory.complete) == (None, (), True)


def test_inventory(pve: Running, opened: Opened) -> None:
    pve.server.cluster.nodes["pve3"].maintenance = True
    inventory = opened(pve).snapshot_inventory()
    guests = {guest.vmid: guest for guest in inventory.guests}
    assert (inventory.cluster, inventory.quorate, inventory.complete, inventory.notes) == ("lab", True, True, ())
    assert inventory.crs is not None and inventory.crs.ha == "static"
    assert [node.maintenance for node in inventory.nodes] == [False, False, True]
    assert inventory.nodes[0].cpu_model == "AMD EPYC 7302P"
    assert inventory.nodes[0].pve_version == "9.1.4"
    assert {s.name: s.shared for s in inventory.nodes[0].storages or ()} == {
        "ceph-rbd": True, "local": False, "local-lvm": False,
    }  # fmt: skip
    assert guests[100].tags == ("web", "exclude_firewall")
    assert guests[100].cpu_type == "x86-64-v2-AES"
    assert guests[100].disks[0].shared
    assert guests[101].pci_passthrough
    assert any(disk.passthrough for disk in guests[102].disks)
    assert any(disk.bind_mount for disk in guests[103].disks)
    assert guests[104].ha.managed and guests[104].ha.state == "started"
    assert guests[106].usb_passthrough
    assert guests[107].status == "stopped"
    assert guests[108].template
    assert any(disk.cdrom for disk in guests[109].disks)
    assert (guests[110].lock, guests[110].snapshots) == ("backup", 2)
    assert [rule.name for rule in inventory.rules] == ["apart", "licence"]


def test_groups_of_8_become_rules(tmp_path: Path, opened: Opened) -> None:
    with running(PveServer(FakeCluster(version=8)), tmp_path) as pve:
        inventory = opened(pve).snapshot_inventory()
    (rule,) = inventory.rules
    assert (rule.name, rule.strict, rule.guests, rule.nodes) == ("licence", True, (106,), ("pve1",))
    assert inventory.complete


def test_a_standalone_node_is_its_own_cluster(tmp_path: Path, opened: Opened) -> None:
    with running(PveServer(FakeCluster(nodes=1)), tmp_path) as pve:
        assert opened(pve).snapshot_inventory().cluster == "pve1"


def test_a_dead_node(pve: Running, opened: Opened) -> None:
    source = opened(pve)
    source.snapshot_inventory()
    pve.server.cluster.nodes["pve2"].online = False
    inventory = source.snapshot_inventory()
    assert [node.status for node in inventory.nodes] == ["online", "offline", "online"]
    statuses = {guest.status for guest in inventory.guests if guest.node == "pve2"}
    assert statuses == {"unknown"}
    samples = source.samples()
    assert {sample.node for sample in samples.nodes} == {"pve1", "pve3"}
    assert all(sample.node != "pve2" for sample in samples.guests)


def test_a_node_that_does_not_answer_leaves_the_rest(pve: Running, opened: Opened) -> None:
    pve.server.faults.unreachable = {"pve2"}
    inventory = opened(pve).snapshot_inventory()
    assert not inventory.complete
    assert [node.status for node in inventory.nodes] == ["online", "unknown", "online"]
    assert len(inventory.guests) == 12
    (note,) = inventory.notes
    assert "pve2" in note


def test_a_node_that_does_not_answer_has_no_sample_on_8(tmp_path: Path, opened: Opened) -> None:
    with running(PveServer(FakeCluster(version=8)), tmp_path) as pve:
        pve.server.faults.unreachable = {"pve2"}
        samples = opened(pve).samples()
    assert {sample.node for sample in samples.nodes} == {"pve1", "pve3"}
    assert "pve2" in samples.notes[0]


def test_samples_have_pressure_on_9_alone(pve: Running, tmp_path: Path, opened: Opened) -> None:
    assert opened(pve).samples().nodes[0].cpu_some_pct == 1.5
    (tmp_path / "8").mkdir()
    with running(PveServer(FakeCluster(version=8)), tmp_path / "8") as old:
        sample = opened(old).samples().nodes[0]
    assert math.isnan(sample.cpu_some_pct)
    assert sample.iowait_pct > 0 and sample.load_avg_1m > 0


def test_rates_from_the_second_round_on(tmp_path: Path, opened: Opened) -> None:
    server = PveServer(FakeCluster())
    start, began = time.time(), time.time()
    server.clock = lambda: start + (time.time() - began)
    for guest in server.cluster.guests.values():
        guest.started = start - 1000
    with running(server, tmp_path) as pve:
        source = opened(pve)
        first = {sample.vmid: sample for sample in source.samples().guests}
        time.sleep(1.0)
        second = {sample.vmid: sample for sample in source.samples().guests}
        assert math.isnan(first[100].net_in_bps)
        assert second[100].net_in_bps == pytest.approx(10_100, rel=0.2)
        server.cluster.guests[100].started = server.clock()  # restarted: its counters begin at nothing
        assert math.isnan({sample.vmid: sample for sample in source.samples().guests}[100].net_in_bps)


def test_configs_are_read_sparingly(pve: Running, opened: Opened) -> None:
    source = opened(pve)
    source.snapshot_inventory()
    asked = pve.server.requests
    del asked[:]
    source.snapshot_inventory()
    assert not [path for path in asked if path.endswith("/config")]
    pve.server.cluster.guests[105].tags = "new"
    inventory = source.snapshot_inventory()
    assert [path for path in asked if path.endswith("/config")] == ["nodes/pve1/qemu/105/config"]
    assert {guest.vmid: guest.tags for guest in inventory.guests}[105] == ("new",)
    del asked[:]
    source.snapshot_inventory(anew=(101, 103))
    # Asked side by side: which comes first is nobody's promise.
    assert sorted(path.split("/")[3] for path in asked if path.endswith("/config")) == ["101", "103"]


def test_history_of_a_guest_without_its_place(pve: Running, opened: Opened) -> None:
    source = opened(pve)
    assert source.history(Entity(kind="guest", name="103", vmid=103), "hour").guests
    with pytest.raises(SourceError, match="999"):
        source.history(Entity(kind="guest", name="999", vmid=999), "hour")


@pytest.mark.parametrize(("version", "steps"), [(8, (60, 1800, 10800, 43200)), (9, (60, 60, 1800, 1800))])
def test_steps_are_those_of_the_version(tmp_path: Path, opened: Opened, version: int, steps: tuple[int, ...]) -> None:
    with running(PveServer(FakeCluster(version=version)), tmp_path) as pve:
        source = opened(pve)
        found = [source.history(Entity(kind="node", name="pve1"), frame) for frame in ("hour", "day", "week", "month")]
    assert tuple(samples.nodes[0].step_s for samples in found) == steps


# --- faults -------------------------------------------------------------------------------------------------------


def test_a_password_gets_a_ticket_over_the_pinned_connection(pve: Running) -> None:
    pin = certificate_fingerprint("127.0.0.1", pve.port)
    given = {"host": f"127.0.0.1:{pve.port}", "user": USER, "fingerprint": pin}
    with_pin = ProxmoxClient(ProxmoxOptions.read(given), PASSWORD)
    assert with_pin.get("version")["version"] == "9.1.4"
    pve.server.ticket = "PVE:renewed"  # the old one is refused: one new login
    assert with_pin.get("version")["version"] == "9.1.4"
    assert pve.server.requests.count("access/ticket") == 2
    with_pin.close()


def test_whoever_signs_in_with_a_password_asks_checked_hosts_only(pve: Running) -> None:
    given = {"host": f"127.0.0.1:{pve.port}", "user": USER, "ca_file": pve.ca_file}
    with_ca = ProxmoxClient(ProxmoxOptions.read(given), PASSWORD)
    with warnings.catch_warnings():
        warnings.simplefilter("error", InsecureRequestWarning)
        assert with_ca.get("version")["version"] == "9.1.4"
    with_ca.close()


def test_a_wrong_pin_sends_nothing(pve: Running) -> None:
    given = {"host": f"127.0.0.1:{pve.port}", "user": USER, "fingerprint": "00" * 32}
    with pytest.raises(SourceUnavailable, match="not the pinned one"):
        ProxmoxClient(ProxmoxOptions.read(given), PASSWORD).get("version")
    assert pve.server.requests == []


def test_a_self_signed_certificate_is_refused_with_its_fingerprint(pve: Running) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        client(pve, ca_file="").get("version")
    assert certificate_fingerprint("127.0.0.1", pve.port) in str(caught.value)
    assert caught.value.fingerprint  # type: ignore[attr-defined]
    assert pve.server.requests == []


def test_switching_the_check_off_is_said(pve: Running, opened: Opened) -> None:
    assert "not checked" in opened(pve, ca_file="", verify="off").describe().notes[0]


def test_a_missing_ca_file(pve: Running) -> None:
    with pytest.raises(SourceUnavailable, match=r"CA file /nowhere\.pem"):
        client(pve, ca_file="/nowhere.pem").get("version")


def test_a_wrong_token(pve: Running) -> None:
    with pytest.raises(AuthenticationFailed, match="collector@pve!proxbalance"):
        client(pve, secret="guessed").get("version")


def test_a_wrong_password(pve: Running) -> None:
    with pytest.raises(AuthenticationFailed, match="password of collector@pve"):
        client(pve, token_id="", user=USER, secret="guessed").get("version")


def test_a_missing_privilege_is_named(pve: Running) -> None:
    pve.server.privileges = set()
    with pytest.raises(PermissionMissing) as caught:
        client(pve).get("nodes/pve1/status")
    assert caught.value.facts["privilege"] == "Sys.Audit"
    assert caught.value.facts["path"] == "/nodes/pve1"
    assert "pveum acl modify /nodes/pve1" in str(caught.value)


@pytest.mark.parametrize("fault", ["html", "half_json", "broken_off"])
def test_what_is_no_answer(pve: Running, fault: str) -> None:
    setattr(pve.server.faults, fault, True)
    with pytest.raises(MalformedResponse):
        client(pve).get("version")


@pytest.mark.parametrize("status", [500, 502, 595, 596])
def test_the_server_can_not(pve: Running, status: int) -> None:
    pve.server.faults.status = status
    with pytest.raises(SourceUnavailable) as caught:
        client(pve).get("nodes/pve1/status")
    assert caught.value.facts["status"] == status


def test_slow_answers(pve: Running) -> None:
    pve.server.faults.delay_s = 3
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match=r"within 0\.3 s"):
        client(pve, timeout_s="0.3").get("version")
    assert time.monotonic() - began < 2


def test_a_dropped_connection_is_tried_once_more(pve: Running) -> None:
    pve.server.faults.drops = 1
    assert client(pve).get("version")["version"] == "9.1.4"
    pve.server.faults.drops = 2
    with pytest.raises(SourceUnavailable):
        client(pve).get("version")


def test_another_host_of_the_cluster_takes_over(pve: Running) -> None:
    found = client(pve, host=f"127.0.0.1:1,127.0.0.1:{pve.port}")
    assert found.get("version")["version"] == "9.1.4"
    assert found.address.port == pve.port


def test_a_wrong_token_is_not_tried_on_all_hosts(pve: Running) -> None:
    both = f"127.0.0.1:{pve.port},localhost:{pve.port}"
    with pytest.raises(AuthenticationFailed):
        client(pve, host=both, secret="guessed").get("version")
    assert pve.server.requests == ["version"]


def test_at_most_six_calls_at_once(pve: Running) -> None:
    pve.server.faults.delay_s = 0.05
    found = client(pve)
    threads = [threading.Thread(target=found.get, args=("version",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 < pve.server.most_at_once <= MAX_CALLS


def test_no_secret_is_shown(pve: Running, caplog: pytest.LogCaptureFixture, opened: Opened) -> None:
    caplog.set_level(logging.DEBUG)
    source = opened(pve)
    source.snapshot_inventory()
    shown = [caplog.text, repr(source), repr(source.options), repr(client(pve))]
    pve.server.faults.status = 500
    with pytest.raises(SourceUnavailable) as caught:
        client(pve).get("version")
    shown += [str(caught.value), repr(caught.value.facts)]
    assert all(SECRET not in text for text in shown)
