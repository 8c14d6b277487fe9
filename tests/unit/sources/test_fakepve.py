"""The source against fakepve, which someone else wrote after Proxmox's own schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from proxbalance_core.domain.observed import Preconditions
from proxbalance_core.errors import AuthenticationFailed, MalformedResponse, PermissionMissing, SourceUnavailable
from proxbalance_core.sources.proxmox import ProxmoxSource, certificate_fingerprint, open_proxmox

Connect = Callable[..., ProxmoxSource]
TOKEN = "collector@pve!proxbalance"


@pytest.fixture
def connect(fakepve: Any, fakepve_cafile: str) -> Iterator[Connect]:
    made: list[ProxmoxSource] = []
    fakepve.apitokens[TOKEN] = "token-secret"
    fakepve.users["collector@pve"] = "password"

    def open_one(secret: str = "token-secret", **options: str) -> ProxmoxSource:
        given = {"host": f"127.0.0.1:{fakepve.port}", "token_id": TOKEN, "ca_file": fakepve_cafile, **options}
        made.append(open_proxmox(given, secret))
        return made[-1]

    yield open_one
    for source in made:
        source.close()


@pytest.fixture
def guests(fakepve: Any) -> Any:
    fakepve.add_node("pve2")
    disk = {"scsi0": "local-lvm:vm-100-disk-0,size=8G", "memory": "2048", "cores": 2, "sockets": 2, "tags": "a;b"}
    fakepve.add_vm(100, "web", status="running", config=disk)
    fakepve.add_vm(101, "gpu", node="pve2", config={"hostpci0": "0000:01:00.0", "memory": "1024"})
    fakepve.add_ct(200, "dns", node="pve2", status="running", config={"rootfs": "local-lvm:vm-200-disk-0,size=4G"})
    return fakepve


def test_inventory_of_what_fakepve_holds(guests: Any, connect: Connect) -> None:
    inventory = connect().snapshot_inventory()
    found = {guest.vmid: guest for guest in inventory.guests}
    assert inventory.cluster == "fakecluster"
    assert inventory.complete, inventory.notes
    assert [node.name for node in inventory.nodes] == ["pve1", "pve2"]
    assert (found[100].type, found[100].cpu_cores, found[100].tags) == ("vm", 4, ("a", "b"))
    assert found[100].disks[0].size_bytes == 8 * 2**30
    assert found[101].pci_passthrough and found[101].status == "stopped"
    assert (found[200].type, found[200].disks[0].storage) == ("ct", "local-lvm")


def test_samples_from_fakepve(guests: Any, connect: Connect) -> None:
    samples = connect().samples()
    assert {sample.cpu_pct for sample in samples.nodes} == {2.0}
    assert {sample.vmid for sample in samples.guests if sample.running} == {100, 200}
    used = {sample.vmid: sample.cpu_used_cores for sample in samples.guests}
    assert used[100] == pytest.approx(0.08)


def test_ticket_and_token(guests: Any, connect: Connect) -> None:
    assert connect(token_id="", user="collector@pve", secret="password").describe().version == "9.0.10"
    assert connect().describe().version == "9.0.10"


@pytest.mark.parametrize("options", [{"secret": "wrong"}, {"token_id": "", "user": "collector@pve", "secret": "wrong"}])
def test_wrong_secrets(fakepve: Any, connect: Connect, options: dict[str, str]) -> None:
    with pytest.raises(AuthenticationFailed):
        connect(**options).describe()


def test_a_ticket_that_was_revoked_is_renewed(fakepve: Any, connect: Connect) -> None:
    source = connect(token_id="", user="collector@pve", secret="password")
    source.snapshot_inventory()
    fakepve.revoke_tickets()
    assert source.snapshot_inventory().complete


def test_a_second_factor_is_explained(fakepve: Any, connect: Connect) -> None:
    fakepve.tfa = True
    with pytest.raises(AuthenticationFailed, match="API token"):
        connect(token_id="", user="collector@pve", secret="password").describe()


def test_missing_privileges(guests: Any, connect: Connect) -> None:
    guests.grant("collector@pve", "/", "Sys.Audit")
    found = connect().describe()
    assert found.missing_privileges == ("VM.Audit", "Datastore.Audit")
    inventory = connect().snapshot_inventory()
    assert inventory.guests == () and not inventory.complete


def test_no_privilege_at_all(guests: Any, connect: Connect) -> None:
    guests.grant("someone@pve", "/", "Sys.Audit")
    found = connect().describe()
    assert found.missing_privileges == ("Sys.Audit", "VM.Audit", "Datastore.Audit")
    with pytest.raises(PermissionMissing) as caught:
        connect()._reading.node("pve1")
    assert caught.value.facts["privilege"] == "Sys.Audit"


def test_an_offline_node(guests: Any, connect: Connect) -> None:
    guests.set_node_offline("pve2")
    inventory = connect().snapshot_inventory()
    assert [node.status for node in inventory.nodes] == ["online", "offline"]
    assert {guest.status for guest in inventory.guests if guest.node == "pve2"} == {"unknown"}


def test_lost_quorum_is_told(fakepve: Any, connect: Connect) -> None:
    fakepve.lose_quorum()
    assert connect().snapshot_inventory().quorate is False


def test_a_lock_is_told(guests: Any, connect: Connect) -> None:
    guests.snapshot_lock(100)
    assert {guest.vmid: guest.lock for guest in connect().snapshot_inventory().guests}[100] == "snapshot"


def test_tls(fakepve: Any, connect: Connect) -> None:
    with pytest.raises(SourceUnavailable, match="fingerprint"):
        connect(ca_file="").describe()
    pin = certificate_fingerprint("127.0.0.1", fakepve.port)
    assert connect(ca_file="", fingerprint=pin).describe().fingerprint == pin


def test_a_page_in_the_way(fakepve: Any, connect: Connect) -> None:
    fakepve.fail("GET", "/cluster/resources", 200, "login", html=True)
    with pytest.raises(MalformedResponse, match="JSON"):
        connect().samples()


def test_an_error_of_proxmox(fakepve: Any, connect: Connect) -> None:
    fakepve.fail("GET", "/cluster/resources", 500, "got timeout")
    with pytest.raises(SourceUnavailable, match="got timeout"):
        connect().samples()


def test_a_slow_network(fakepve: Any, connect: Connect) -> None:
    fakepve.time_scale = 1.0
    fakepve.slow_network(2.0)
    with pytest.raises(SourceUnavailable, match="did not answer"):
        connect(timeout_s="0.3").samples()


def test_dropped_connections(fakepve: Any, connect: Connect) -> None:
    fakepve.flaky_network(drop_rate=1.0)
    with pytest.raises(SourceUnavailable):
        connect().samples()


def test_preconditions_of_a_container(guests: Any, connect: Connect) -> None:
    source = connect()
    assert source.preconditions(200, "pve1") == Preconditions()
    guests.cts[0].lock = "backup"
    assert source.preconditions(200, "pve1").objections == ("Proxmox refuses: CT is locked (backup).",)
    guests.cts[0].lock = None
    guests.grant("collector@pve", "/", "Sys.Audit", "VM.Audit")
    with pytest.raises(PermissionMissing):
        connect().preconditions(200, "pve1")
