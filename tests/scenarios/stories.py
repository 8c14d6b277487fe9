"""The cluster of every scenario, by its folder's name. ``python -m tests.scenarios.regenerate`` writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.scenarios.builder import CEPH, GIB, LVM, MIB, ROOM, Cluster, day, disk, flat

STORIES: dict[str, Callable[[], Cluster]] = {}


def story(folder: str, /, **keywords: Any) -> Callable[[Callable[..., Cluster]], Callable[..., Cluster]]:
    """Registers a cluster under a folder's name; ``keywords`` tell twins apart."""

    def keep(make: Callable[..., Cluster]) -> Callable[..., Cluster]:
        STORIES[folder] = lambda: make(**keywords)
        return make

    return keep


def hot(nodes: dict[str, dict[str, Any]] | None = None, **guest_102: Any) -> Cluster:
    """pve1 at 80 % CPU by guests 101 (locked: it stays) and 102 of 4.5 cores; pve2 at 8 % and pve3 at 14 %."""
    changes = nodes or {}
    cluster = Cluster()
    for name in ("pve1", "pve2", "pve3"):
        cluster.node(name, **changes.get(name, {}))
    cluster.guest(101, "pve1", 8.0, lock="backup").guest(102, "pve1", 4.5, **guest_102)
    return cluster.guest(201, "pve2", 1.0, lock="backup").guest(301, "pve3", 2.0, lock="backup")


@story("001-hot-node-cools")
def hot_node() -> Cluster:
    return hot()


@story("002-hot-node-alone-guests-idle")
def hot_host() -> Cluster:
    cluster = Cluster().node("pve1", own=12.8).node("pve2").node("pve3")
    cluster.guest(101, "pve1", 0.05).guest(102, "pve1", 0.05)
    return cluster.guest(201, "pve2", 1.0).guest(301, "pve3", 2.0)


@story("003-maintenance-empties-a-node", full=0.0)
@story("004-maintenance-does-not-fit", full=52.0)
def maintenance(full: float) -> Cluster:
    cluster = Cluster().node("pve1", maintenance=True).node("pve2").node("pve3")
    cluster.guest(101, "pve1", 2.0, 12.0).guest(102, "pve1", 1.0, 12.0)
    for vmid, on in ((201, "pve2"), (301, "pve3")):
        cluster.guest(vmid, on, 1.0, 4.0 + full, lock="backup")
    return cluster


@story("005-apart-is-repaired", second="pve1")
@story("006-apart-is-kept", second="pve2")
def apart(second: str) -> Cluster:
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    cluster.guest(101, "pve1", 1.0, tags=["exclude_web"]).guest(102, second, 1.0, tags=["exclude_web"])
    return cluster.guest(301, "pve3", 1.0)


@story("007-unit-moves-together", lock=None)
@story("008-unit-held-by-a-locked-member", lock="backup")
def unit(lock: str | None) -> Cluster:
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    cluster.guest(101, "pve1", 3.0, tags=["affinity_app"]).guest(102, "pve1", 3.0, tags=["affinity_app"], lock=lock)
    cluster.guest(103, "pve1", 7.0, lock="backup").guest(201, "pve2", 1.0, lock="backup")
    return cluster.guest(301, "pve3", 2.0, lock="backup")


@story("009-pin-chooses-the-node", pins=["pin_pve1", "pin_pve3"])
@story("010-pin-holds-the-guest", pins=["pin_pve1"])
def pinned(pins: list[str]) -> Cluster:
    return hot(tags=pins)


@story("011-swap-helps", lock=None)
@story("012-swap-is-blocked", lock="backup")
def swap(lock: str | None) -> Cluster:
    """pve2 has cores to spare and no memory: 101 fits only when 201 goes the other way."""
    cluster = Cluster().node("pve1").node("pve2")
    cluster.guest(101, "pve1", 5.0, 10.0).guest(102, "pve1", 7.8, 30.0, lock="backup")
    return cluster.guest(201, "pve2", 0.2, 10.0, lock=lock).guest(202, "pve2", 1.0, 42.4, lock="backup")


@story("013-tomorrow-is-hot", high=1.0)
@story("014-today-is-hot-tomorrow-is-not", high=0.0)
def ahead(high: float) -> Cluster:
    """The coming day decides: hot from hour 8 to 18 (013), or calm after a hot hour now (014)."""
    cluster = Cluster()
    for name in ("pve1", "pve2", "pve3"):
        cluster.node(name, next_24h={"own_cpu_cores": [[0.3] * 24]})
    for vmid, peak, calm in ((101, 8.0, 1.5), (102, 4.5, 1.0)):
        now = calm if high else peak
        cluster.guest(vmid, "pve1", now, lock="backup" if vmid == 101 else None)
        cluster.guests[-1] |= {"next_24h": day(calm, peak if high else calm, 8, 18)}
    for vmid, on in ((201, "pve2"), (301, "pve3")):
        cluster.guest(vmid, on, 1.0, lock="backup", next_24h=day(1.0, 1.0, 0, 0))
    return cluster


@story("015-memory-hot", gib=22.0)
@story("016-memory-under-its-threshold", gib=10.0)
def memory(gib: float) -> Cluster:
    cluster = Cluster().node("pve1").node("pve2")
    cluster.guest(101, "pve1", 0.5, 30.0, lock="backup").guest(102, "pve1", 0.5, gib)
    return cluster.guest(103, "pve1", 0.5, 4.0, lock="backup").guest(201, "pve2", 0.5, 12.0, lock="backup")


@story("017-iowait-is-shared-out", tags=[])
@story("018-iowait-of-an-exempt-guest", tags=["io_exempt"])
def iowait(tags: list[str]) -> Cluster:
    """Each writer of 150 MB/s stands for 7.5 points of pve1's 33 % iowait."""
    cluster = Cluster().node("pve1", iowait=33.0).node("pve2").node("pve3")
    for vmid in (101, 102):
        cluster.guest(vmid, "pve1", 0.5, disk_write_bps=150 * MIB, tags=tags)
    cluster.guests[0]["lock"] = "backup"
    return cluster.guest(201, "pve2", 0.5, lock="backup").guest(301, "pve3", 0.6, lock="backup")


@story("019-cooldown-is-over", at="2026-02-07T04:00:00Z")
@story("020-cooldown", at="2026-02-08T08:30:00Z")
def cooled(at: str) -> Cluster:
    return hot(moves=[{"at": at, "from": "pve2", "to": "pve1"}])


@story("021-mute-has-ended", until="2026-02-08T10:00:00Z")
@story("022-muted", until="2026-02-15T00:00:00Z")
def muted(until: str) -> Cluster:
    return hot(muted_until=until)


@story("023-ha-included")
@story("024-ha-left-alone")
def ha_managed() -> Cluster:
    return hot(ha={"managed": True, "state": "started"})


@story("025-storage-on-one-other-node", holders=("pve1", "pve3"))
@story("026-storage-on-no-other-node", holders=("pve1",))
def storages(holders: tuple[str, ...]) -> Cluster:
    nas = {"name": "nas", "type": "nfs", "shared": True, "active": True, "content": ["images"]} | ROOM
    nodes = {name: {"storages": [CEPH | ROOM, LVM | ROOM, nas]} for name in holders}
    return hot(nodes, disks=[disk("nas", shared=True)])


@story("027-local-disk-is-copied", snapshots=0)
@story("028-snapshots-on-a-local-disk", snapshots=2)
def local_disk(snapshots: int) -> Cluster:
    return hot(disks=[disk("local-lvm")], snapshots=snapshots)


@story("029-cdrom-on-shared-storage", shared=True)
@story("030-cdrom-on-this-node", shared=False)
def cdrom(shared: bool) -> Cluster:
    iso = {"name": "iso", "type": "dir", "shared": shared, "active": True, "content": ["iso"]} | ROOM
    nodes = {name: {"storages": [CEPH | ROOM, LVM | ROOM, iso]} for name in ("pve1", "pve2", "pve3")}
    drive = {"key": "ide2", "storage": "iso", "size_bytes": GIB, "shared": shared, "cdrom": True}
    return hot(nodes, disks=[disk(), drive])


@story("031-cpu-host-onto-its-like", model="AMD EPYC 7302P")
@story("032-cpu-host-onto-another-model", model="Intel Xeon 6226R")
def cpu_host(model: str) -> Cluster:
    return hot({name: {"cpu_model": model} for name in ("pve2", "pve3")}, cpu_type="host")


@story("033-another-goes-for-the-passthrough-guest", held=(101,))
@story("034-passthrough-everywhere", held=(101, 102))
def passthrough(held: tuple[int, ...]) -> Cluster:
    cluster = hot()
    for guest in cluster.guests:
        if guest["vmid"] in held:
            guest |= {"pci_passthrough": True, "lock": None}
    return cluster


@story("035-bind-mount-shared", shared=True)
@story("036-bind-mount-of-one-node", shared=False)
def bind_mount(shared: bool) -> Cluster:
    return hot(type="ct", disks=[disk(key="rootfs"), {"key": "mp0", "bind_mount": True, "shared": shared}])


@story("037-stopped-leaves-for-maintenance", on="pve1")
@story("038-stopped-stays-where-it-is", on="pve2")
def stopped(on: str) -> Cluster:
    cluster = Cluster().node("pve1", maintenance=True).node("pve2").node("pve3")
    cluster.guest(101, on, 0.0, 4.0, status="stopped")
    return cluster.guest(201, "pve2", 1.0).guest(301, "pve3", 1.2)


@story("039-guest-of-a-maintained-node", template=False)
@story("040-template-on-a-maintained-node", template=True)
def template(template: bool) -> Cluster:
    cluster = Cluster().node("pve1", maintenance=True).node("pve2").node("pve3")
    cluster.guest(101, "pve1", 0.0, 4.0, status="stopped", template=template)
    return cluster.guest(201, "pve2", 1.0).guest(301, "pve3", 1.2)


@story("041-measured-guest-of-a-hot-node")
def measured() -> Cluster:
    return hot(name="web")


@story("042-guest-without-figures")
def not_measured() -> Cluster:
    return hot({"pve1": {"own": 4.8}}, cpu_used_cores={}, mem_used_bytes={})


@story("043-node-comes-back", status="online")
@story("044-source-is-offline", status="offline")
def offline(status: str) -> Cluster:
    return hot({"pve1": {"status": status}})


@story("045-two-hot-nodes", name="lab")
@story("046-one-move-allowed", name="lab")
def two_hot(name: str) -> Cluster:
    cluster = Cluster(name).node("pve1").node("pve2").node("pve3").node("pve4")
    for first, on in ((101, "pve1"), (201, "pve2")):
        cluster.guest(first, on, 8.0, lock="backup").guest(first + 1, on, 4.5 if first == 101 else 4.2)
    return cluster.guest(301, "pve3", 1.0, lock="backup").guest(401, "pve4", 1.0, lock="backup")


@story("047-only-pve3-may-take")
@story("048-only-pve2-may-give")
def allowed() -> Cluster:
    return hot()


@story("049-guests-are-counted")
@story("050-guests-are-not-counted")
def distribution() -> Cluster:
    cluster = Cluster().node("pve1").node("pve2")
    for vmid in range(101, 109):
        cluster.guest(vmid, "pve1", 0.05, 0.5)
    return cluster.guest(201, "pve2", 0.05, 0.5).guest(202, "pve2", 0.05, 0.5)


@story("051-one-node-over", heavy=9.0)
@story("052-all-alike", heavy=4.0)
def balanced(heavy: float) -> Cluster:
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    cluster.guest(101, "pve1", heavy, lock="backup").guest(102, "pve1", 4.0).guest(103, "pve1", 0.1)
    return cluster.guest(201, "pve2", 4.0).guest(202, "pve2", 4.1).guest(301, "pve3", 4.1).guest(302, "pve3", 4.0)


@story("053-the-fast-node-takes-it", fast=2.0)
@story("054-the-slow-nodes-can-not", fast=0.5)
def speed(fast: float) -> Cluster:
    """pve2 is half as fast as pve1: 4.5 cores would fill more than half of it on top of its own."""
    nodes = {"pve2": {"cpu_speed_factor": 0.5, "own": 3.0}, "pve3": {"cpu_speed_factor": fast, "own": 3.0}}
    return hot(nodes)


@story("055-memory-just-fits", gib=42.0)
@story("056-memory-over-the-limit", gib=44.0)
def memory_limit(gib: float) -> Cluster:
    """102 was given 12 GiB; 95 % of 64 GiB are 60.8: 2 + 4 + 42 + 12 is under it, 2 + 4 + 44 + 12 is over."""
    nodes = {name: {"own_gib": 2.0 + gib} for name in ("pve2", "pve3")}
    cluster = hot(nodes)
    cluster.guests[1] |= {"mem_bytes": 12 * GIB}
    return cluster


@story("057-n-1-does-not-hold", gib=46.0)
@story("058-n-1-holds", gib=10.0)
def n_1(gib: float) -> Cluster:
    cluster = Cluster()
    for i in (1, 2, 3):
        cluster.node(f"pve{i}")
        for j in (1, 2):
            cluster.guest(100 * i + j, f"pve{i}", 1.0, gib / 2)
    return cluster


@story("059-two-judged-alone-collide")
@story("060-two-in-turn-do-not-collide")
def collide() -> Cluster:
    """102 and 103 each see pve2 as the emptiest; both on it put it over its threshold."""
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    cluster.guest(101, "pve1", 5.5, lock="backup").guest(102, "pve1", 4.9).guest(103, "pve1", 4.9)
    return cluster.guest(201, "pve2", 1.0, lock="backup").guest(301, "pve3", 2.0, lock="backup")


@story("061-rule-turns-it-to-another-node", members=[102, 201])
@story("062-rule-leaves-no-node", members=[102, 201, 301])
def negative_rule(members: list[int]) -> Cluster:
    return hot().rule("apart", kind="resource-affinity", affinity="negative", guests=members)


@story("063-plain-tag", tags=["prod"])
@story("064-ignore-tag", tags=["Prod;IGNORE"])
def ignored(tags: list[str]) -> Cluster:
    return hot(tags=tags)


@story("065-a-steady-guest-fits", p95=4.5)
@story("066-idle-guest-of-a-busy-cluster", p95=0.02)
def steady(p95: float) -> Cluster:
    return hot(cpu_used_cores=flat(p95), cpu_cores=6)


@story("067-one-day-of-three-calls-for-it", busy=1)
@story("068-two-days-of-three-call-for-it", busy=2)
def days_that_may_come(busy: int) -> Cluster:
    """pve1 at 46 % now; in ``busy`` of the three days that may come guest 102 takes 5 cores from 8 to 18 o'clock."""
    quiet, loud = [1.0] * 24, [5.0 if 8 <= hour < 18 else 1.0 for hour in range(24)]
    ahead = {"cpu_cores": [quiet] * (3 - busy) + [loud] * busy}
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    cluster.guest(101, "pve1", 6.0, lock="backup").guest(102, "pve1", 1.0, cpu_cores=10, next_24h=ahead)
    return cluster.guest(201, "pve2", 4.0, lock="backup").guest(301, "pve3", 5.0, lock="backup")


@story("069-a-storage-fills-up", daily_gib=60.0)
@story("070-a-storage-stands-still", daily_gib=0.0)
def storage(daily_gib: float) -> Cluster:
    """local-lvm of pve1 holds 1,500 of 2,000 GiB, and grows by ``daily_gib`` a day; that of pve2 has room."""
    full = LVM | ROOM | {"used_bytes": 1500 * GIB, "history_days": 7.0} | {
        f"growth{bound}_bytes_per_day": share * daily_gib * GIB
        for bound, share in (("", 1.0), ("_low", 0.8), ("_high", 1.2))
    }  # fmt: skip
    other = {
        "name": "tank",
        "type": "zfspool",
        "shared": False,
        "active": True,
        "content": ["images", "rootdir"],
    } | ROOM
    cluster = Cluster().node("pve1", storages=[CEPH | ROOM, full, other]).node("pve2")
    cluster.guest(101, "pve1", 2.0, disks=[disk("local-lvm", 100)])
    return cluster.guest(201, "pve2", 2.0)


@story("071-tags-that-cant-all-hold", second=["affinity_app", "exclude_db"])
@story("072-tags-that-can-all-hold", second=["affinity_app"])
def clash(second: list[str]) -> Cluster:
    """101 and 102 are to stay together; with ``exclude_db`` on both they are to stay apart too."""
    first = ["affinity_app", *(["exclude_db"] if "exclude_db" in second else [])]
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    cluster.guest(101, "pve1", 2.0, tags=first).guest(102, "pve1", 2.0, tags=second)
    return cluster.guest(201, "pve2", 2.0).guest(301, "pve3", 2.0)


@story("073-a-peak-of-every-day-is-left-alone", hours=[10, 11])
@story("074-a-peak-that-stayed-on-is-relieved", hours=[7, 8])
@story("075-a-daily-peak-over-the-threshold-is-relieved", hours=[10, 11], neighbour=6.5)
def daily_peak(hours: list[int], neighbour: float = 4.4) -> Cluster:
    """pve1 at 58 % now (with a larger neighbour 72 %), at 10:30; every day so in ``hours``, else under 40 %."""
    high = round((0.3 + neighbour + 4.5) / 16 * 100, 1)
    peak = {"hours": hours, "days": 7, "peak_pct": high, "rest_pct": 40.0}
    cluster = Cluster().node("pve1", recurring_peak=peak).node("pve2").node("pve3")
    cluster.guest(101, "pve1", neighbour, lock="backup").guest(102, "pve1", 4.5)
    return cluster.guest(201, "pve2", 1.0, lock="backup").guest(301, "pve3", 2.0, lock="backup")


@story("076-room-in-memory-is-given-for-cpu", gib=43.0)
@story("077-memory-that-runs-out-is-not", gib=53.0, neighbour=7.5, until=20)
def memory_or_cpu(gib: float, neighbour: float = 6.0, until: int = 18) -> Cluster:
    """As 068, on a pve1 at 70 % memory, and 102 brings 5 GiB to a node of which a guest holds ``gib`` of 64 already."""
    quiet, loud = [1.0] * 24, [5.0 if 8 <= hour < until else 1.0 for hour in range(24)]
    ahead = {"cpu_cores": [quiet, loud, loud]}
    cluster = Cluster().node("pve1").node("pve2").node("pve3")
    cluster.guest(101, "pve1", neighbour, 38.0, lock="backup")
    cluster.guest(102, "pve1", 1.0, 5.0, cpu_cores=10, mem_bytes=5 * GIB, next_24h=ahead)
    cluster.guest(201, "pve2", 2.0, gib, lock="backup")
    return cluster.guest(301, "pve3", 5.0, gib, lock="backup")
