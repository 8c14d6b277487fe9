"""Links as Proxmox's web interface writes them itself."""

from __future__ import annotations

from proxbalance_core.present.proxmox_links import guest_page, node_page

WEB = "https://pve1:8006"


def test_a_guest_and_a_node() -> None:
    assert guest_page(WEB, "vm", 100) == "https://pve1:8006/#v1:0:=qemu%2F100"
    assert guest_page(WEB, "ct", 101) == "https://pve1:8006/#v1:0:=lxc%2F101"
    assert node_page(WEB, "pve2") == "https://pve1:8006/#v1:0:=node%2Fpve2"


def test_a_name_stays_behind_the_hash_whatever_it_holds() -> None:
    assert node_page(WEB, 'a"b:c/<d>') == "https://pve1:8006/#v1:0:=node%2Fa%22b%3Ac%2F%3Cd%3E"


def test_without_an_address_there_is_no_link() -> None:
    assert guest_page(None, "vm", 100) is None
    assert node_page(None, "pve1") is None
