"""Hypothesis strategies for whole clusters: every tag, rule, gap and trouble that the format allows.

A seed and sizes are drawn, and the cluster is made from ``random.Random(seed)``: fast to draw. The
switches are drawn one by one, so that shrinking switches off what a failure doesn't need.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from proxbalance_core import ClusterSnapshot, Settings

GIB = 2**30
MIB = 2**20
TAKEN_AT = "2026-02-08T10:30:00Z"
HOUR_TAKEN = 10
Document = dict[str, Any]
SWITCHES = (
    "forecast",
    "tags",
    "rules",
    "gaps",
    "trouble",
    "special",
    "storages",
    "past",
    "traffic",
    "peaks",
    "uneven",
    "windows",
    "noise",
    "short",
)


class Maker:
    """One cluster document; ``on`` holds the names of the switches that are on."""

    def __init__(self, seed: int, nodes: int, guests: int, on: frozenset[str], fill: float = 0.5) -> None:
        self.rng = Random(seed)
        self.on = on
        self.fill = fill
        self.names = [f"pve{i + 1}" for i in range(nodes)]
        self.scenarios = self.rng.choice((1, 2, 3))
        self.guest_rows = [self._guest(100 + i, guests) for i in range(guests)]
        self.node_rows = [self._node(name) for name in self.names]

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def document(self) -> Document:
        out: Document = {"format": "proxbalance.snapshot/1", "cluster": "drawn", "taken_at": TAKEN_AT}
        out |= {"nodes": self.node_rows, "guests": self.guest_rows}
        if "rules" in self.on and self.guest_rows:
            out["rules"] = [self._rule(i) for i in range(self.rng.randint(1, 4))]
        if "past" in self.on:
            out["outcomes"] = [self._outcome() for _ in range(self.rng.randint(0, 8))]
        if self.chance(0.3):
            out |= {
                "quorate": True,
                "migration_bandwidth_bps": 117e6,
                "crs": {"ha": "static", "auto_rebalance": False},
            }
        return out

    # --- guests ---

    def _guest(self, vmid: int, guests: int) -> Document:
        rng = self.rng
        kind = rng.choice(("vm", "vm", "ct"))
        heavy = max(1, len(self.names) // 2) if self.chance(0.4) else len(self.names)
        row: Document = {
            "vmid": vmid,
            "name": f"guest-{vmid}",
            "type": kind,
            "node": rng.choice(self.names[:heavy]),
            "status": "running",
            "cpu_cores": rng.choice((1, 2, 4, 8)),
            "mem_bytes": rng.choice((1, 2, 4, 8, 16)) * GIB,
            "history_days": rng.choice((0.5, 7.0)) if "short" in self.on else 7.0,
        }
        self._use(row, guests)
        if "traffic" in self.on:
            for key in ("disk_read_bps", "disk_write_bps", "net_in_bps", "net_out_bps"):
                row[key] = rng.choice((0, 1, 20, 200)) * MIB * rng.random()
        if "storages" in self.on:
            row["disks"] = [self._disk(i, kind) for i in range(rng.randint(0, 3))]
        if "tags" in self.on:
            row["tags"] = self._tags()
        if "special" in self.on and self.chance(0.35):
            self._special(row)
        if "past" in self.on:
            self._past(row)
        return row

    def _use(self, row: Document, guests: int) -> None:
        rng = self.rng
        share = min(1.0, rng.random() ** 2 * self.fill * 2.2)
        level = row["cpu_cores"] * share
        mem = row["mem_bytes"] * rng.uniform(0.1, 1.0)
        row["cpu_used_cores"] = {"current": level}
        row["mem_used_bytes"] = {"current": mem}
        if "windows" in self.on:
            row["cpu_used_cores"] |= self._windows(level, row["cpu_cores"])
            row["mem_used_bytes"] |= {
                "avg_24h": mem,
                "avg_7d": mem * 0.98,
                "p95_7d": mem * 1.05,
                "max_7d": mem * 1.1,
            }
        if "gaps" in self.on and self.chance(0.15):
            use = row[rng.choice(("cpu_used_cores", "mem_used_bytes"))]
            use.pop(rng.choice(sorted(use)))
        if "forecast" in self.on and not ("gaps" in self.on and self.chance(0.2)):
            row["next_24h"] = {"cpu_cores": self._ahead(level, float(row["cpu_cores"]))}

    def _windows(self, level: float, most: float) -> Document:
        rng = self.rng
        week = min(most, level * rng.uniform(0.5, 1.5))
        return {
            "avg_24h": min(most, level * rng.uniform(0.6, 1.3)),
            "avg_7d": week,
            "std_7d": week * rng.uniform(0, 0.9),
            "p95_7d": min(most, week * rng.uniform(1, 3)),
            "max_7d": min(most, week * rng.uniform(1.5, 4)),
            "trend_per_day": rng.uniform(-0.2, 0.2),
            "trend_confidence": rng.choice(("high", "medium", "low")),
        }

    def _ahead(self, level: float, most: float) -> list[list[float]]:
        """Few distinct values: a low and a high part of the day, shifted from scenario to scenario."""
        rng, out = self.rng, []
        begin, length, high = (
            rng.randint(0, 23),
            rng.randint(1, 10),
            min(most, level * rng.choice((1.0, 1.5, 3.0))),
        )
        for _ in range(self.scenarios):
            out.append([high if (hour - begin) % 24 < length else level for hour in range(24)])
            begin = (begin + rng.randint(0, 1)) % 24
        return out

    def _disk(self, index: int, kind: str) -> Document:
        rng = self.rng
        storage = rng.choice(("ceph", "ceph", "ceph", "local-lvm"))
        prefix = "scsi" if kind == "vm" else "mp"
        disk: Document = {
            "key": f"{prefix}{index}",
            "storage": storage,
            "size_bytes": rng.choice((8, 32, 128)) * GIB,
        }
        disk["shared"] = storage == "ceph"
        if kind == "vm" and self.chance(0.1):
            disk |= {"cdrom": True, "storage": rng.choice(("ceph", "local-iso")), "size_bytes": GIB}
            disk["shared"] = disk["storage"] == "ceph"
        return disk

    def _tags(self) -> list[str]:
        rng, tags = self.rng, []
        for tag, share in (
            ("exclude_web", 0.12),
            ("exclude_db", 0.08),
            ("affinity_app", 0.06),
            ("affinity_shop", 0.05),
            ("ignore", 0.03),
            ("io_exempt", 0.06),
            ("no_auto_migrate", 0.05),
            ("plain", 0.2),
            ("auto-migrate-ok", 0.05),
        ):
            if self.chance(share):
                tags.append(tag)
        if self.chance(0.1):
            tags += [f"pin_{name}" for name in rng.sample(self.names, rng.randint(1, 2))]
        return tags

    def _special(self, row: Document) -> None:
        """One trait that keeps a guest where it is, or makes it dear to move."""
        rng = self.rng
        disks = row.setdefault("disks", [])
        bind = {"key": "mp9", "bind_mount": True, "shared": self.chance(0.4)}
        traits: tuple[Document, ...] = (
            {"status": "stopped"},
            {"status": "paused"},
            {"template": True, "status": "stopped"},
            {"lock": rng.choice(("backup", "migrate", "snapshot"))},
            {"ha": {"managed": True, "state": "started"}},
            {"pci_passthrough": True},
            {"usb_passthrough": True},
            {"disks": [*disks, {"key": "scsi9", "passthrough": True, "size_bytes": GIB}]},
            {"type": "ct", "disks": [*disks, bind]},
            {"snapshots": rng.randint(1, 4)},
            {"cpu_type": "host"},
            {"status": "unknown"},
        )
        row |= rng.choice(traits)
        if row["status"] == "unknown":
            for key in ("name", "cpu_used_cores", "mem_used_bytes", "next_24h"):
                row.pop(key, None)

    def _past(self, row: Document) -> None:
        rng = self.rng
        if self.chance(0.15):
            day = rng.choice(("2026-02-08T01:00:00Z", "2026-02-05T09:00:00Z"))
            row["moves"] = [{"at": day, "from": rng.choice((*self.names, "gone")), "to": row["node"]}]
        if self.chance(0.08):
            row["muted_until"] = rng.choice(("2026-02-10T00:00:00Z", "2026-02-01T00:00:00+01:00"))

    # --- nodes ---

    def _node(self, name: str) -> Document:
        rng = self.rng
        uneven = "uneven" in self.on
        cores, mem = (rng.choice((8, 16, 32)), rng.choice((32, 64, 128)) * GIB) if uneven else (16, 64 * GIB)
        row: Document = {"name": name, "status": "online", "cpu_cores": cores, "mem_bytes": mem}
        row["history_days"] = rng.choice((0.5, 2.9, 7.0)) if "short" in self.on else 7.0
        if uneven:
            row["cpu_speed_factor"] = rng.choice((0.75, 1.0, 1.4))
            row["cpu_model"] = rng.choice(("AMD EPYC 7302P", "Intel Xeon 6226R"))
        row |= self._measured(row)
        if "trouble" in self.on:
            self._trouble(row)
        if "storages" in self.on and self.chance(0.9):
            row["storages"] = self._storages()
        if "peaks" in self.on and self.chance(0.5):
            first = rng.randrange(24)
            hours = [(first + i) % 24 for i in range(rng.randint(1, 3))]
            hours = rng.choice((hours, [HOUR_TAKEN]))
            row["recurring_peak"] = {
                "hours": hours, "days": 7, "peak_pct": rng.uniform(40, 95), "rest_pct": rng.uniform(10, 60),
            }  # fmt: skip
        if self.chance(0.3):
            row["load_avg_1m"] = cores * rng.random() * 1.3
        if self.chance(0.2):
            row["pressure"] = {
                key: rng.uniform(0, 60) for key in ("cpu_some_pct", "mem_full_pct", "io_full_pct") if self.chance(0.7)
            }
        return row

    def _measured(self, node: Document) -> Document:
        """The node's windows: its guests' and what the host itself uses."""
        rng = self.rng
        here = [g for g in self.guest_rows if g["node"] == node["name"] and g["status"] == "running"]
        own = rng.uniform(0, 0.8)
        capacity = node["cpu_cores"] * node.get("cpu_speed_factor", 1.0)
        used = sum(g["mem_used_bytes"].get("current", 0.0) for g in here)
        level = [
            own + sum(g["cpu_used_cores"].get(key, g["cpu_used_cores"].get("current", 0.0)) for g in here)
            for key in ("current", "avg_24h", "avg_7d", "p95_7d", "max_7d")
        ]
        pct = [100 * value / capacity for value in level]
        if "noise" in self.on:
            pct = [value * rng.uniform(0.6, 1.4) for value in pct]
        mem = min(99.0, 100 * (used + rng.uniform(1, 3) * GIB) / node["mem_bytes"])
        out: Document = {
            "cpu": {"current_pct": pct[0]},
            "mem": {"current_pct": mem},
            "iowait": {"current_pct": rng.random() ** 3 * 45},
        }
        if "windows" in self.on:
            out["cpu"] |= self._node_windows(pct)
            out["mem"] |= self._node_windows([mem] * 5)
            out["iowait"] |= self._node_windows([out["iowait"]["current_pct"]] * 5)
        if "gaps" in self.on:
            self._gaps(out)
        if "forecast" in self.on and self.chance(0.7):
            out["next_24h"] = {"own_cpu_cores": self._ahead(own, 4.0)}
        return out

    def _node_windows(self, pct: list[float]) -> Document:
        rng = self.rng
        return {
            "avg_24h_pct": pct[1],
            "avg_7d_pct": pct[2],
            "std_7d_pct": pct[2] * rng.uniform(0, 0.6),
            "p95_7d_pct": pct[3],
            "max_7d_pct": min(100.0, max(pct[4], pct[3])),
            "trend_pct_per_day": rng.uniform(-1, 4),
            "trend_confidence": rng.choice(("high", "medium", "low")),
        }

    def _gaps(self, out: Document) -> None:
        rng = self.rng
        for metric in ("cpu", "mem", "iowait"):
            for key in sorted(out[metric]):
                if key != "current_pct" and self.chance(0.15):
                    del out[metric][key]
                    if key.startswith("trend"):
                        out[metric].pop("trend_pct_per_day", None)
                        out[metric].pop("trend_confidence", None)
                        break
        if self.chance(0.2):
            del out["iowait"]
        if self.chance(0.06):
            del out[rng.choice(("cpu", "mem"))]

    def _trouble(self, row: Document) -> None:
        rng = self.rng
        if self.chance(0.15):
            row["maintenance"] = True
        if self.chance(0.12):
            row["status"] = rng.choice(("offline", "unknown"))
            for key in ("cpu", "mem", "iowait", "next_24h"):
                row.pop(key, None)
            if self.chance(0.5):
                row.pop("cpu_cores")
                row.pop("mem_bytes")

    def _storages(self) -> list[Document]:
        rng, out = self.rng, []
        for name, kind, shared, share in (
            ("ceph", "rbd", True, 0.93),
            ("local-lvm", "lvmthin", False, 0.7),
            ("local-iso", "dir", False, 0.4),
        ):
            if self.chance(share):
                content = ["iso"] if name == "local-iso" else ["images", "rootdir"]
                total = rng.choice((200, 2000)) * GIB
                row = {
                    "name": name,
                    "type": kind,
                    "shared": shared,
                    "active": self.chance(0.95),
                    "content": content,
                }
                out.append(row | {"total_bytes": total, "used_bytes": total * rng.random()})
        return out

    # --- around ---

    def _rule(self, index: int) -> Document:
        rng = self.rng
        vmids = [g["vmid"] for g in self.guest_rows]
        members = rng.sample(vmids, min(len(vmids), rng.randint(1, 4)))
        rule: Document = {"name": f"rule-{index}", "strict": self.chance(0.5), "guests": members}
        if self.chance(0.1):
            rule["guests"] = [*members, 9999]
        if self.chance(0.4):
            nodes = rng.sample(self.names, rng.randint(1, len(self.names)))
            return rule | {"kind": "node-affinity", "nodes": nodes}
        return rule | {"kind": "resource-affinity", "affinity": rng.choice(("positive", "negative"))}

    def _outcome(self) -> Document:
        rng = self.rng
        source, target = rng.sample(self.names, 2)
        predicted = rng.uniform(5, 60)
        return {
            "at": "2026-02-01T08:00:00Z",
            "vmid": 100,
            "source": source,
            "target": target,
            "reason": "cpu_imbalance",
            "predicted_points": predicted,
            "realised_points": predicted * rng.uniform(0.2, 1.2),
        }


def document(
    seed: int, nodes: int, guests: int, on: frozenset[str] = frozenset(SWITCHES), fill: float = 0.5
) -> Document:
    """A valid snapshot document (``fill``: how busy, about the share of a core that is used)."""
    return Maker(seed, nodes, guests, on, fill).document()


@st.composite
def documents(
    draw: st.DrawFn, most_nodes: int = 12, most_guests: int = 60, without: frozenset[str] = frozenset()
) -> Document:
    """Valid snapshot documents; ``without`` names switches that stay off."""
    on = frozenset(name for name in SWITCHES if draw(st.booleans()) and name not in without)
    nodes, guests = draw(st.integers(2, most_nodes)), draw(st.integers(0, most_guests))
    fill = draw(st.sampled_from((0.1, 0.2, 0.5, 0.9)))
    return document(draw(st.integers(0, 2**31)), nodes, guests, on, fill)


def snapshots(**sizes: Any) -> st.SearchStrategy[ClusterSnapshot]:
    """Valid snapshots; the arguments are those of :func:`documents`."""
    return documents(**sizes).map(ClusterSnapshot.from_dict)


_FREE: dict[str, st.SearchStrategy[Any]] = {
    "cpu_threshold": st.sampled_from((40.0, 50.0, 60.0, 75.0)),
    "mem_threshold": st.sampled_from((50.0, 70.0, 85.0)),
    "iowait_threshold": st.sampled_from((21.0, 30.0, 45.0)),
    "cpu_threshold_offset_1": st.sampled_from((10.0, 20.0)),
    "mem_threshold_offset_1": st.sampled_from((0.0, 10.0, 20.0)),
    "mem_threshold_offset_2": st.sampled_from((12.0, 20.0)),
    "soft_edge_pct": st.sampled_from((0.0, 1.0, 5.0)),
    "penalty_multiplier": st.sampled_from((0.6, 1.0, 1.5, 3.0)),
    "cpu_sensitivity": st.sampled_from((0.0, 30.0, 50.0, 100.0)),
    "mem_sensitivity": st.sampled_from((0.0, 50.0, 75.0)),
    "iowait_sensitivity": st.sampled_from((25.0, 50.0, 100.0)),
    "memory_penalty_cap": st.sampled_from((0.0, 30.0, 60.0)),
    "mem_trend_rising_penalty": st.sampled_from((0.0, 5.0)),
    "plan_margin_pct": st.sampled_from((0.0, 5.0, 10.0)),
    "balance_weight": st.sampled_from((0.0, 0.25, 1.0)),
    "scenario_agreement_pct": st.sampled_from((0.0, 60.0, 100.0)),
    "move_cost_points": st.sampled_from((0.0, 1.0, 4.0, 12.0)),
    "move_cost_points_per_gb": st.sampled_from((0.0, 0.1)),
    "min_score_improvement": st.sampled_from((0.0, 5.0, 15.0, 25.0)),
    "cooldown_hours": st.sampled_from((0.0, 24.0, 96.0)),
    "swap_candidates": st.sampled_from((0, 3, 10)),
    "max_parallel_per_node": st.sampled_from((1, 2)),
    "include_ha": st.booleans(),
    "distribution_enabled": st.booleans(),
    "guest_count_threshold": st.sampled_from((1, 2, 4)),
    "allowed_sources": st.sampled_from((("pve1",), ("pve1", "pve2"))),
    "allowed_targets": st.sampled_from((("pve2",), ("pve2", "pve3"))),
}
_WEIGHTS = ((0.5, 0.3, 0.2), (0.3, 0.3, 0.4), (0.7, 0.2, 0.1), (0.9, 0.1, 0.0), (0.2, 0.3, 0.5))


@st.composite
def settings(draw: st.DrawFn, limited: bool = True) -> Settings:
    """Valid settings, a few of them off their default; ``limited`` allows ``max_moves``."""
    keys = draw(st.lists(st.sampled_from(sorted(_FREE)), unique=True, max_size=6))
    values = {key: draw(_FREE[key]) for key in keys}
    if draw(st.booleans()):
        values |= dict(zip(("weight_current", "weight_24h", "weight_7d"), draw(st.sampled_from(_WEIGHTS)), strict=True))
    if limited and draw(st.booleans()):
        values["max_moves"] = draw(st.integers(1, 4))
    return Settings(**values)
