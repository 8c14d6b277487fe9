"""The small cluster of docs/formats.md: its nodes' figures are the sums of its guests' and their own."""

from __future__ import annotations

from typing import Any

GIB = 2**30
CORES, RAM_GB = 16, 64
OWN_CORES, OWN_GB = 0.4, 3.0
Document = dict[str, Any]

# vmid, name, node, vCPUs, GB given, cores used (current, 24 h, 7 d, highest hour), GB used, what else is to be said
GUESTS: tuple[tuple[int, str, str, int, int, tuple[float, float, float, float], float, Document], ...] = (
    (100, "web", "pve1", 6, 16, (5.2, 4.6, 4.4, 5.8), 9.0, {"tags": ["exclude_front"]}),
    (101, "shop", "pve1", 6, 16, (4.4, 4.2, 4.0, 5.4), 10.0, {}),
    (102, "backup", "pve1", 4, 8, (2.4, 2.0, 1.8, 3.6), 5.0, {"pci_passthrough": True}),
    (103, "web-2", "pve2", 4, 8, (1.2, 1.1, 1.0, 1.6), 5.0, {"tags": ["exclude_front"]}),
    (104, "wiki", "pve3", 4, 8, (3.2, 3.0, 2.8, 3.8), 6.0, {}),
    (105, "old-test", "pve3", 2, 4, (0.0, 0.0, 0.0, 0.0), 0.0, {"status": "stopped"}),
)
WINDOWS = ("current", "avg_24h", "avg_7d", "max_7d")


def snapshot() -> Document:
    """The document of the example."""
    return {
        "format": "proxbalance.snapshot/1",
        "cluster": "lab",
        "taken_at": "2026-02-08T10:30:00Z",
        "timezone": "Europe/Berlin",
        "quorate": True,
        "nodes": [_node(name) for name in ("pve1", "pve2", "pve3")],
        "guests": [_guest(*row) for row in GUESTS],
        "rules": [
            {"name": "licence", "kind": "node-affinity", "strict": True, "guests": [104], "nodes": ["pve2", "pve3"]}
        ],
    }  # fmt: skip


def _node(name: str) -> Document:
    here = [row for row in GUESTS if row[2] == name]
    cores = [OWN_CORES + sum(row[5][i] for row in here) for i in range(len(WINDOWS))]
    used = OWN_GB + sum(row[6] for row in here)
    return {
        "name": name,
        "status": "online",
        "history_days": 7.0,
        "cpu_cores": CORES,
        "mem_bytes": RAM_GB * GIB,
        "cpu": {f"{key}_pct": round(100 * value / CORES, 2) for key, value in zip(WINDOWS, cores, strict=True)}
        | {"std_7d_pct": 6.0},
        "mem": {"current_pct": round(100 * used / RAM_GB, 4)},
        "iowait": {"current_pct": 1.5},
        "storages": [
            {
                "name": "ceph", "type": "rbd", "shared": True, "content": ["images", "rootdir"],
                "total_bytes": 4000 * GIB, "used_bytes": 1200 * GIB,
            }
        ],
    }  # fmt: skip


def _guest(
    vmid: int, name: str, node: str, cores: int, gigabytes: int, cpu: tuple[float, ...], used: float, more: Document
) -> Document:
    return {
        "vmid": vmid,
        "name": name,
        "type": "vm",
        "node": node,
        "status": "running",
        "history_days": 7.0,
        "cpu_cores": cores,
        "mem_bytes": gigabytes * GIB,
        "cpu_used_cores": dict(zip(WINDOWS, cpu, strict=True)) | {"std_7d": 0.4},
        "mem_used_bytes": {"current": int(used * GIB)},
        "disks": [{"key": "scsi0", "storage": "ceph", "size_bytes": 32 * GIB, "shared": True}],
        **more,
    }
