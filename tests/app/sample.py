"""A small cluster with one hot node, for the app's tests; its guests carry the most hostile names."""

from __future__ import annotations

from typing import Any

from proxbalance_core import ClusterSnapshot

GB = 2**30
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "$\\LaTeX$ :material/home: **b**",
    "=cmd|' /C calc'!A0",
    ":red[loud] `code` ~~gone~~ # head",
)


def windows(value: float, unit: str) -> dict[str, float]:
    names = ("current", "avg_24h", "avg_7d", "p95_7d", "max_7d")
    found = {f"{name}{unit}": value for name in names}
    return found | {f"std_7d{unit}": value * 0.1}


def node(name: str, cpu_pct: float, mem_pct: float) -> dict[str, Any]:
    return {
        "name": name,
        "status": "online",
        "history_days": 7.0,
        "cpu_cores": 32,
        "mem_bytes": 128 * GB,
        "cpu": windows(cpu_pct, "_pct"),
        "mem": windows(mem_pct, "_pct"),
        "iowait": windows(2.0, "_pct"),
        "storages": [
            {
                "name": "ceph",
                "type": "rbd",
                "shared": True,
                "active": True,
                "content": ["images", "rootdir"],
                "total_bytes": 4096 * GB,
                "used_bytes": 1024 * GB,
            }
        ],
    }


def guest(vmid: int, where: str, name: str, cores: float, **more: Any) -> dict[str, Any]:
    return {
        "vmid": vmid,
        "name": name,
        "type": "ct" if vmid % 2 else "vm",
        "node": where,
        "status": "running",
        "history_days": 7.0,
        "cpu_cores": 8,
        "cpu_used_cores": windows(cores, ""),
        "mem_bytes": 8 * GB,
        "mem_used_bytes": windows(4.0 * GB, ""),
        "disk_read_bps": 1e6,
        "disk_write_bps": 1e6,
        "net_in_bps": 1e5,
        "net_out_bps": 1e5,
        "disks": [{"key": "scsi0", "storage": "ceph", "size_bytes": 32 * GB, "shared": True}],
    } | more


def document(cluster: str = "lab") -> dict[str, Any]:
    """A ``proxbalance.snapshot/1`` document: pve1 is hot, pve2 and pve3 have room, pve4 is in maintenance."""
    hot = [guest(100 + place, "pve1", HOSTILE[place % len(HOSTILE)], 4.0) for place in range(7)]
    calm = [guest(200 + place, "pve2", f"app-{place}", 2.0) for place in range(4)]
    odd = [
        guest(300, "pve3", HOSTILE[0], 1.0, status="stopped"),
        guest(301, "pve3", "tagged", 3.0, tags=["ignore"]),
        guest(302, "pve3", HOSTILE[1], 3.0, ha={"managed": True, "state": "started"}),
        guest(400, "pve4", HOSTILE[2], 2.0),
    ]
    nodes = [node("pve1", 88.0, 66.0), node("pve2", 27.0, 40.0), node("pve3", 22.0, 35.0), node("pve4", 8.0, 20.0)]
    nodes[3]["maintenance"] = True
    return {
        "format": "proxbalance.snapshot/1",
        "cluster": cluster,
        "taken_at": "2026-02-08T10:30:00Z",
        "timezone": "Europe/Berlin",
        "quorate": True,
        "nodes": nodes,
        "guests": [*hot, *calm, *odd],
    }


def snapshot() -> ClusterSnapshot:
    return ClusterSnapshot.from_dict(document())
