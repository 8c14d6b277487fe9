"""Proxmox's own answer before a migration: as recorded and documented, from our server, and from fakepve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core.domain.observed import Preconditions
from proxbalance_core.errors import PermissionMissing, SourceUnavailable
from proxbalance_core.sources.proxmox import ProxmoxSource
from proxbalance_core.sources.proxmox.preconditions import decode_preconditions, refused
from tests.support.pve_server import FakeCluster, PveServer, Running, running

Opened = Callable[..., ProxmoxSource]


@pytest.mark.parametrize(
    ("answer", "objections"),
    [
        ({"running": 1, "allowed_nodes": ["pve2"], "not_allowed_nodes": {"pve2": {}}}, ()),
        ({"running": 1, "local_disks": [], "local_resources": []}, ()),
        ({"running": 1, "allowed_nodes": [], "local_disks": [{"volid": "lvm:vm-1-disk-0", "cdrom": 0}]}, ()),
        (
            {"running": 0, "allowed_nodes": ["pve3"]},
            ("Proxmox doesn't list pve2 among the nodes it may go to.",),
        ),
        (
            {"not_allowed_nodes": {"pve2": {"unavailable_storages": ["local-lvm", "nas"]}}},
            ("pve2 lacks the storages: local-lvm, nas.",),
        ),
        (
            {"not_allowed_nodes": {"pve2": {"unavailable-resources": ["gpu"]}, "pve3": {}}},
            ("pve2 lacks the mapped devices: gpu.",),
        ),
        (
            {"not-allowed-nodes": {"pve2": {"blocking-ha-resources": [{"sid": "ct:7", "cause": "resource-affinity"}]}}},
            ("pve2 is ruled out by HA rules with: ct:7.",),
        ),
        ({"local_resources": ["hostpci0", "usb1"]}, ("It uses local devices: hostpci0, usb1.",)),
        (
            {"local_disks": [{"volid": "local:iso/a.iso", "cdrom": 1}]},
            ("The image in its CD-ROM drive is on this node alone: local:iso/a.iso.",),
        ),
        ({"running": 0, "mapped-resources": ["hostpci0"]}, ()),
        (
            {"running": "1", "mapped-resources": ["hostpci0", "hostpci1"],
             "mapped-resource-info": {"hostpci1": {"name": "gpu", "live-migration": 1}}},
            ("Its mapped devices can't move while it runs: hostpci0.",),
        ),
        ({"not_allowed_nodes": [], "allowed_nodes": None, "local_disks": ["odd"]}, ()),
    ],
)  # fmt: skip
def test_answers(answer: dict[str, Any], objections: tuple[str, ...]) -> None:
    assert decode_preconditions(answer, "pve2").objections == objections


def test_what_moves_along_is_a_note() -> None:
    found = decode_preconditions({"dependent-ha-resources": ["vm:5", "vm:6"]}, "pve2")
    assert found == Preconditions(notes=("Proxmox moves vm:5, vm:6 along, by an HA rule.",))


def test_refusals_are_answers_and_failures_are_not() -> None:
    locked = SourceUnavailable("...", status=500, said="VM is locked (backup)")
    assert refused(locked, "vm").objections == ("Proxmox refuses: VM is locked (backup).",)
    unknown = SourceUnavailable("...", status=501, said="Method 'GET /...' not implemented")
    assert refused(unknown, "ct") == Preconditions(known=False)
    for error, kind in ((unknown, "vm"), (SourceUnavailable("...", status=500, said="got timeout"), "ct")):
        with pytest.raises(SourceUnavailable):
            refused(error, kind)  # type: ignore[arg-type]


def test_our_server_is_asked(pve: Running, opened: Opened) -> None:
    source = opened(pve)
    assert source.preconditions(100, "pve1") == Preconditions()
    assert source.preconditions(103, "pve1") == Preconditions()
    assert source.preconditions(101, "pve1").objections == ("It uses local devices: hostpci0.",)
    assert "VM is locked (backup)" in source.preconditions(110, "pve1").objections[0]
    pve.server.cluster.nodes["pve1"].online = False
    assert source.preconditions(100, "pve1").objections == ("Proxmox doesn't list pve1 among the nodes it may go to.",)
    pve.server.privileges.discard("VM.Migrate")
    with pytest.raises(PermissionMissing, match=r"VM\.Migrate"):
        source.preconditions(100, "pve1")


def test_version_8_has_no_such_question_for_containers(tmp_path: Path, opened: Opened) -> None:
    with running(PveServer(FakeCluster(version=8)), tmp_path) as server:
        assert opened(server).preconditions(103, "pve1") == Preconditions(known=False)
        assert opened(server).preconditions(100, "pve1") == Preconditions()
