"""A synthetic cluster: what it is made of, and its load as a pure function of time.

Deterministic in the seed. Its shape is what tests want to meet: HA guests, tags, a passthrough
guest, a bind mount, local disks, a stopped guest, a template, an old container whose vmid is a string.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

GIB = 2**30
DAY = 86_400


@dataclass
class FakeGuest:
    vmid: int
    kind: str  # qemu or lxc
    node: str
    name: str
    cores: int
    mem: int
    status: str = "running"
    template: bool = False
    lock: str | None = None
    tags: str = ""
    pool: str = ""
    ha: bool = False
    snapshots: int = 0
    config: dict[str, object] = field(default_factory=dict)
    started: float = 0.0


@dataclass
class FakeNode:
    name: str
    cpus: int
    mem: int
    online: bool = True
    maintenance: bool = False


def _wave(seed: int, now: float) -> float:
    """Between 0 and 1: a daily cycle with its own phase, and a faster ripple."""
    phase = seed * 0.618 % 1
    daily = 0.5 + 0.5 * math.sin(2 * math.pi * (now / DAY + phase))
    ripple = 0.5 + 0.5 * math.sin(2 * math.pi * (now / 700 + phase * 3))
    return 0.8 * daily + 0.2 * ripple


class FakeCluster:
    """Nodes, guests and their load. ``clock`` gives epoch seconds."""

    def __init__(self, nodes: int = 3, guests: int = 12, *, version: int = 9, name: str = "lab") -> None:
        self.version, self.name = version, name
        self.nodes = {f"pve{i + 1}": FakeNode(f"pve{i + 1}", 32, 128 * GIB) for i in range(nodes)}
        self.guests = {100 + i: self._guest(100 + i) for i in range(guests)}
        self._places: dict[str, list[FakeGuest]] = {}
        self._special()
        self.crs: dict[str, object] = {"ha": "static"}
        self.timezone = "Europe/Vienna"
        self.rules: list[dict[str, object]] = []
        self.tasks: dict[str, dict[str, object]] = {}
        self._rules()

    def _guest(self, vmid: int) -> FakeGuest:
        node = list(self.nodes)[vmid % len(self.nodes)]
        kind = "lxc" if vmid % 4 == 3 else "qemu"
        cores, mem = 2 + vmid % 3 * 2, (2 + vmid % 4 * 2) * GIB
        guest = FakeGuest(vmid, kind, node, f"guest-{vmid}", cores, mem)
        if kind == "qemu":
            guest.config = {
                "cores": cores,
                "sockets": 1,
                "memory": str(mem // 2**20),
                "cpu": "x86-64-v2-AES",
                "scsi0": f"ceph-rbd:vm-{vmid}-disk-0,iothread=1,size=32G",
                "ide2": "none,media=cdrom",
                "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
            }
        else:
            guest.config = {
                "cores": cores,
                "memory": mem // 2**20,
                "hostname": guest.name,
                "rootfs": f"local-lvm:vm-{vmid}-disk-0,size=8G",
            }
        return guest

    def _special(self) -> None:
        """The first dozen are the ones that tests look at."""
        guests = self.guests
        if len(guests) < 12:
            return
        guests[100].tags = "web;exclude_firewall"
        guests[101].config["hostpci0"] = "0000:01:00.0,pcie=1"
        guests[102].config["scsi1"] = "/dev/disk/by-id/ata-disk-1,size=1000G"
        guests[103].config["mp0"] = "/mnt/media,mp=/media"
        guests[104].ha = guests[105].ha = guests[106].ha = True
        guests[106].config["usb0"] = "host=1234:5678"
        guests[107].status = "stopped"
        guests[108].status, guests[108].template = "stopped", True
        guests[109].config["sata0"] = "local:iso/debian.iso,media=cdrom,size=600M"
        guests[110].lock, guests[110].snapshots = "backup", 2
        guests[110].config["parent"] = "snap2"

    def _rules(self) -> None:
        if len(self.guests) < 12:
            return
        first = next(iter(self.nodes))
        self.rules = [
            {"rule": "apart", "type": "resource-affinity", "resources": "vm:104,vm:105", "affinity": "negative"},
            {"rule": "licence", "type": "node-affinity", "resources": "vm:106", "nodes": f"{first}:2", "strict": 1},
            {
                "rule": "off", "type": "node-affinity", "resources": "vm:104", "nodes": first, "strict": 1,
                "disable": 1,
            },
        ]  # fmt: skip

    # --- load ---------------------------------------------------------------------------------------------------

    def guest_cpu(self, guest: FakeGuest, now: float) -> float:
        """A fraction of the guest's own cores."""
        return 0.05 + 0.6 * _wave(guest.vmid, now) if guest.status == "running" else 0.0

    def guest_mem(self, guest: FakeGuest, now: float) -> float:
        return guest.mem * (0.5 + 0.2 * _wave(guest.vmid + 7, now)) if guest.status == "running" else 0.0

    def guest_rate(self, guest: FakeGuest) -> float:
        """Bytes per second, on each of disk and network."""
        return 10_000.0 + guest.vmid

    def guest_counter(self, guest: FakeGuest, now: float) -> int:
        return int(self.guest_rate(guest) * max(0.0, now - guest.started)) if guest.status == "running" else 0

    def on(self, node: str) -> list[FakeGuest]:
        if not self._places:
            for guest in self.guests.values():
                self._places.setdefault(guest.node, []).append(guest)
        return self._places.get(node, [])

    def move(self, guest: FakeGuest, node: str, now: float) -> None:
        """The guest runs on another node from now on; its counters begin anew."""
        guest.node, guest.started = node, now
        self._places.clear()

    def node_cpu(self, node: FakeNode, now: float) -> float:
        """A fraction of the node's CPUs: its guests' and its own half core."""
        return (0.5 + sum(self.guest_cpu(g, now) * g.cores for g in self.on(node.name))) / node.cpus

    def node_mem(self, node: FakeNode, now: float) -> float:
        return 2 * GIB + sum(self.guest_mem(g, now) for g in self.on(node.name))

    def node_iowait(self, node: FakeNode, now: float) -> float:
        return 0.01 + 0.02 * _wave(len(node.name) + node.cpus, now)
