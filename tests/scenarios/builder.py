"""Clusters in a few words: nodes and guests by cores and GiB, and everything else derived from them.

A node's figures are its guests' plus what the host itself uses, in every window, as a collector makes them.
"""

from __future__ import annotations

from typing import Any

GIB = 2**30
MIB = 2**20
MODEL = "AMD EPYC 7302P"
TAKEN_AT = "2026-02-08T10:30:00Z"
CEPH = {"name": "ceph", "type": "rbd", "shared": True, "active": True, "content": ["images", "rootdir"]}
LVM = {"name": "local-lvm", "type": "lvmthin", "shared": False, "active": True, "content": ["images", "rootdir"]}
ROOM = {"total_bytes": 2000 * GIB, "used_bytes": 500 * GIB}
Document = dict[str, Any]


def disk(storage: str = "ceph", gib: int = 20, **more: Any) -> Document:
    return {"key": "scsi0", "storage": storage, "size_bytes": gib * GIB, "shared": storage == "ceph"} | more


class Cluster:
    """Collects nodes and guests; :meth:`document` is the snapshot."""

    def __init__(self, name: str = "lab", **more: Any) -> None:
        self.top: Document = {"format": "proxbalance.snapshot/1", "cluster": name, "taken_at": TAKEN_AT} | more
        self.nodes: list[Document] = []
        self.guests: list[Document] = []
        self.rules: list[Document] = []
        self.own: dict[str, tuple[float, float]] = {}

    def node(self, name: str, own: float = 0.3, own_gib: float = 2.0, iowait: float = 1.0, **more: Any) -> Cluster:
        """A host of 16 cores and 64 GiB that itself uses ``own`` cores and ``own_gib``."""
        self.own[name] = (own, own_gib)
        self.nodes.append(
            {
                "name": name,
                "status": "online",
                "history_days": 7.0,
                "cpu_cores": 16,
                "mem_bytes": 64 * GIB,
                "cpu_model": MODEL,
                "iowait": flat(iowait, "_pct"),
                "storages": [CEPH | ROOM, LVM | ROOM],
            }
            | more
        )
        return self

    def guest(self, vmid: int, on: str, cores: float, gib: float = 4.0, **more: Any) -> Cluster:
        """A running VM that uses ``cores`` and ``gib``, and was given somewhat more."""
        self.guests.append(
            {
                "vmid": vmid,
                "name": f"guest-{vmid}",
                "type": "vm",
                "node": on,
                "status": "running",
                "history_days": 7.0,
                "cpu_cores": max(1, round(cores * 1.25 + 0.5)),
                "mem_bytes": round(gib * 1.2) * GIB,
                "cpu_used_cores": flat(cores),
                "mem_used_bytes": flat(gib * GIB),
                "disks": [disk()],
            }
            | more
        )
        return self

    def rule(self, name: str, **more: Any) -> Cluster:
        self.rules.append({"name": name, "strict": True} | more)
        return self

    def document(self) -> Document:
        nodes = [self._measured(node) for node in self.nodes]
        out = self.top | {"nodes": nodes, "guests": self.guests}
        return out | {"rules": self.rules} if self.rules else out

    def _measured(self, node: Document) -> Document:
        if node["status"] != "online":
            return {key: node[key] for key in ("name", "status")}
        here = [g for g in self.guests if g["node"] == node["name"] and g["status"] == "running"]
        own, own_gib = self.own[node["name"]]
        capacity = node["cpu_cores"] * node.get("cpu_speed_factor", 1.0)

        def total(use: str, window: str) -> float:
            return sum(g.get(use, {}).get(window, 0.0) for g in here)

        cpu = {w: round(100 * (own + total("cpu_used_cores", w)) / capacity, 3) for w in WINDOWS}
        mem = {w: round(100 * (own_gib * GIB + total("mem_used_bytes", w)) / node["mem_bytes"], 3) for w in WINDOWS}
        return {"cpu": windows(cpu, "_pct"), "mem": windows(mem, "_pct")} | node


WINDOWS = ("current", "avg_24h", "avg_7d", "p95_7d", "max_7d")


def flat(value: float, unit: str = "") -> Document:
    """The same in every window: a load that is steady."""
    return windows(dict.fromkeys(WINDOWS, value), unit)


def windows(values: dict[str, float], unit: str = "") -> Document:
    out = {f"{name}{unit}": value for name, value in values.items()}
    out[f"std_7d{unit}"] = round(abs(values["avg_7d"]) * 0.05, 4)
    slope = "trend_pct_per_day" if unit else "trend_per_day"
    return out | {slope: 0.0, "trend_confidence": "low"}


def day(level: float, high: float, begin: int, end: int) -> Document:
    """A coming day at ``level`` with ``high`` from hour ``begin`` up to ``end`` [cores]."""
    return {"cpu_cores": [[high if begin <= hour < end else level for hour in range(24)]]}
