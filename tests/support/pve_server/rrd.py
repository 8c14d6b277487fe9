"""RRD answers with the exact steps of Proxmox VE 8 and 9: row time is the start, gaps are missing keys."""

from __future__ import annotations

from tests.support.pve_server.cluster import FakeCluster, FakeGuest, FakeNode

STEPS = {
    8: {"hour": (60, 70), "day": (1800, 70), "week": (10_800, 70), "month": (43_200, 70), "year": (604_800, 70)},
    9: {"hour": (60, 60), "day": (60, 1440), "week": (1800, 336), "month": (1800, 1440), "year": (21_600, 1440)},
}
PARTS = 4  # instants that a consolidated row is made of


def rrd_rows(cluster: FakeCluster, owner: FakeNode | FakeGuest, timeframe: str, cf: str, now: float) -> list[dict]:
    step, count = STEPS[cluster.version][timeframe]
    end = int(now) // step * step
    rows = []
    for index in range(count):
        start = end - (count - index) * step
        times = [start + step * (part + 0.5) / PARTS for part in range(PARTS)]
        row: dict[str, float] = {"time": start}
        if index % 23 != 11:  # now and then nothing was measured
            row |= _values(cluster, owner, times, max if cf == "MAX" else _mean)
        rows.append(row)
    return rows


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _values(cluster: FakeCluster, owner: FakeNode | FakeGuest, times: list[float], fold) -> dict[str, float]:
    if isinstance(owner, FakeNode):
        if not owner.online:
            return {}
        row = {
            "cpu": fold([cluster.node_cpu(owner, t) for t in times]),
            "maxcpu": owner.cpus,
            "iowait": fold([cluster.node_iowait(owner, t) for t in times]),
            "loadavg": fold([cluster.node_cpu(owner, t) * owner.cpus for t in times]),
            "memused": fold([cluster.node_mem(owner, t) for t in times]),
            "memtotal": owner.mem,
            "netin": 1000.0,
            "netout": 2000.0,
            "swaptotal": 0,
            "swapused": 0,
        }
        if cluster.version >= 9:
            row |= {f"pressure{key}": 1.5 for key in ("cpusome", "iosome", "iofull", "memorysome", "memoryfull")}
            row["memavailable"] = owner.mem - row["memused"]
        return row
    row = {"maxcpu": owner.cores, "maxmem": owner.mem, "maxdisk": 32 * 2**30, "disk": 0}
    if owner.status != "running":
        return row
    rate = cluster.guest_rate(owner)
    row |= {
        "cpu": fold([cluster.guest_cpu(owner, t) for t in times]),
        "mem": fold([cluster.guest_mem(owner, t) for t in times]),
        **dict.fromkeys(("netin", "netout", "diskread", "diskwrite"), rate),
    }
    if cluster.version >= 9:
        row["memhost"] = row["mem"] * 1.02 if owner.kind == "qemu" else 0
        row |= {f"pressure{kind}{how}": 0.1 for kind in ("cpu", "io", "memory") for how in ("some", "full")}
    return row
