"""What the synthetic cluster answers at Proxmox's URLs."""

from __future__ import annotations

from typing import Any

from tests.support.pve_server.cluster import GIB, FakeCluster, FakeGuest, FakeNode

VERSIONS = {8: "8.4.1", 9: "9.1.4"}


def node_figures(cluster: FakeCluster, node: FakeNode, now: float) -> dict[str, Any]:
    if not node.online:
        return {}
    return {
        "cpu": cluster.node_cpu(node, now),
        "maxcpu": node.cpus,
        "mem": int(cluster.node_mem(node, now)),
        "maxmem": node.mem,
        "disk": 10 * GIB,
        "maxdisk": 100 * GIB,
        "uptime": 5000,
    }


def resources(cluster: FakeCluster, now: float, may: dict[str, bool]) -> list[dict[str, Any]]:
    """``/cluster/resources``: what may not be seen is silently absent."""
    rows: list[dict[str, Any]] = []
    for node in cluster.nodes.values():
        status = "online" if node.online else "offline"
        row = {"id": f"node/{node.name}", "type": "node", "node": node.name, "status": status, "level": ""}
        rows.append(row | node_figures(cluster, node, now))
        if may["Datastore.Audit"]:
            rows += [storage(node, *each) for each in STORAGES]
    if may["VM.Audit"]:
        rows += [guest_row(cluster, guest, now) for guest in cluster.guests.values()]
    if may["Sys.Audit"]:
        rows.append(
            {"sdn": "localnetwork", "status": "ok", "type": "sdn", "node": "pve1", "id": "sdn/pve1/localnetwork"}
        )
    return rows


STORAGES = (
    ("local", "dir", 0, "iso,vztmpl,backup"),
    ("local-lvm", "lvmthin", 0, "images,rootdir"),
    ("ceph-rbd", "rbd", 1, "images,rootdir"),
)


def storage(node: FakeNode, name: str, kind: str, shared: int, content: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"storage/{node.name}/{name}", "type": "storage", "node": node.name, "storage": name,
        "plugintype": kind, "content": content, "shared": shared,
    }  # fmt: skip
    if node.online:
        return row | {"status": "available", "disk": 200 * GIB, "maxdisk": 2000 * GIB}
    return row | {"status": "unknown", "disk": 0, "maxdisk": 0}


def guest_row(cluster: FakeCluster, guest: FakeGuest, now: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"{guest.kind}/{guest.vmid}", "type": guest.kind, "node": guest.node, "vmid": guest.vmid,
    }  # fmt: skip
    if not cluster.nodes[guest.node].online:
        return row | {"status": "unknown"}
    count = cluster.guest_counter(guest, now)
    row |= {
        "name": guest.name,
        "status": guest.status,
        "template": int(guest.template),
        "cpu": cluster.guest_cpu(guest, now),
        "maxcpu": guest.cores,
        "mem": int(cluster.guest_mem(guest, now)),
        "maxmem": guest.mem,
        "disk": 0,
        "maxdisk": 32 * GIB,
        "uptime": int(now - guest.started) if guest.status == "running" else 0,
        "netin": count,
        "netout": count,
        "diskread": count,
        "diskwrite": count,
    }
    if cluster.version >= 9:
        row["memhost"] = row["mem"] if guest.kind == "qemu" else 0
    more = {"tags": guest.tags, "pool": guest.pool, "lock": guest.lock, "hastate": "started" if guest.ha else ""}
    return row | {key: value for key, value in more.items() if value}


def cluster_status(cluster: FakeCluster) -> list[dict[str, Any]]:
    head: list[dict[str, Any]] = []
    if len(cluster.nodes) > 1:  # a standalone node has no cluster row
        head = [{"type": "cluster", "id": "cluster", "name": cluster.name, "nodes": len(cluster.nodes), "quorate": 1}]
    return head + [
        {"type": "node", "id": f"node/{node.name}", "name": node.name, "nodeid": i, "online": int(node.online),
         "local": int(i == 0), "ip": f"192.0.2.{i % 250}", "level": ""}
        for i, node in enumerate(cluster.nodes.values())
    ]  # fmt: skip


def node_status(cluster: FakeCluster, node: FakeNode, now: float) -> dict[str, Any]:
    load = f"{cluster.node_cpu(node, now) * node.cpus:.2f}"
    used = int(cluster.node_mem(node, now))
    return {
        "cpu": cluster.node_cpu(node, now),
        "wait": cluster.node_iowait(node, now),
        "loadavg": [load, load, load],
        "memory": {"total": node.mem, "used": used, "free": node.mem - used},
        "cpuinfo": {
            "cpus": node.cpus,
            "cores": node.cpus // 2,
            "sockets": 1,
            "model": "AMD EPYC 7302P",
            "mhz": "3000.0",
        },
        "pveversion": f"pve-manager/{VERSIONS[cluster.version]}/0123456789abcdef",
        "uptime": 5000,
    }


def ha_resources(cluster: FakeCluster) -> list[dict[str, Any]]:
    rows = []
    for guest in cluster.guests.values():
        if guest.ha:
            sid = f"{'vm' if guest.kind == 'qemu' else 'ct'}:{guest.vmid}"
            row = {"sid": sid, "type": sid[:2], "state": "started", "digest": "0"}
            rows.append(row | ({"group": "licence"} if cluster.version < 9 and guest.vmid == 106 else {}))
    return rows


def manager_status(cluster: FakeCluster) -> dict[str, Any]:
    modes = {node.name: "maintenance" if node.maintenance else "active" for node in cluster.nodes.values()}
    states = {
        node.name: "maintenance" if node.maintenance else "online" if node.online else "unknown"
        for node in cluster.nodes.values()
    }
    return {
        "manager_status": {"master_node": "pve1", "node_status": states, "service_status": {}},
        "lrm_status": {name: {"mode": mode, "state": "active"} for name, mode in modes.items()},
        "quorum": {"node": "pve1", "quorate": "1"},
    }


def config(guest: FakeGuest) -> dict[str, Any]:
    more = {"tags": guest.tags, "lock": guest.lock, "template": 1 if guest.template else None, "name": guest.name}
    return guest.config | {key: value for key, value in more.items() if value} | {"digest": "0"}


def snapshots(guest: FakeGuest) -> list[dict[str, Any]]:
    taken = [{"name": f"snap{i + 1}", "snaptime": 1_700_000_000 + i, "vmstate": 0} for i in range(guest.snapshots)]
    return [*taken, {"name": "current", "description": "You are here!", "running": 1}]


def preconditions(cluster: FakeCluster, guest: FakeGuest) -> dict[str, Any]:
    """Before a migration: qemu's keys have underscores, lxc's hyphens."""
    others = [name for name, node in cluster.nodes.items() if name != guest.node and node.online]
    local = [str(value) for key, value in guest.config.items() if str(value).startswith("local") and key != "sata0"]
    if guest.kind == "lxc":
        # an allowed node may be listed as not allowed, with nothing against it
        return {
            "running": int(guest.status == "running"),
            "allowed-nodes": others,
            "not-allowed-nodes": {others[0]: {}},
        }
    return {
        "running": int(guest.status == "running"),
        "allowed_nodes": others,
        "not_allowed_nodes": {others[0]: {}} if others else {},
        "local_disks": [{"volid": text.split(",")[0]} for text in local],
        "local_resources": [key for key in guest.config if key.startswith(("hostpci", "usb"))],
        "mapped-resources": [],
    }
