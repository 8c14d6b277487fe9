"""What a snapshot document may say, what is refused and how it is put, and that order doesn't matter."""

from __future__ import annotations

import copy
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot
from proxbalance_core.domain.cluster import Disk, Guest, Node
from proxbalance_core.errors import DataError, SnapshotInvalid
from tests.strategies.clusters import SWITCHES, Maker

GIB = 2**30
HOURS = [0.5] * 24
GOOD: dict[str, Any] = {
    "format": "proxbalance.snapshot/1",
    "cluster": "lab",
    "taken_at": "2026-02-08T10:30:00Z",
    "nodes": [
        {
            "name": "pve1", "status": "online", "cpu_cores": 16, "mem_bytes": 64 * GIB,
            "cpu": {"current_pct": 40.0, "std_7d_pct": 3.0}, "mem": {"current_pct": 50.0},
            "next_24h": {"own_cpu_cores": [HOURS, HOURS]},
            "storages": [{"name": "local", "total_bytes": 100 * GIB, "used_bytes": 10 * GIB}],
        },
        {"name": "pve2", "status": "offline"},
    ],
    "guests": [
        {
            "vmid": 100, "type": "vm", "node": "pve1", "status": "running", "name": "web", "cpu_cores": 2,
            "mem_bytes": 4 * GIB, "cpu_used_cores": {"current": 1.0}, "mem_used_bytes": {"current": 2 * GIB},
            "next_24h": {"cpu_cores": [HOURS, HOURS]}, "snapshots": 1, "disk_read_bps": 1.0,
            "disks": [{"key": "scsi0", "storage": "local", "size_bytes": 8 * GIB}],
            "moves": [{"at": "2026-02-07T09:00:00Z", "from": "gone", "to": "pve1"}],
        },
        {"vmid": 101, "type": "ct", "node": "pve2", "status": "unknown"},
    ],
    "rules": [{"name": "apart", "kind": "resource-affinity", "affinity": "negative", "guests": [100, 999]}],
    "outcomes": [
        {
            "at": "2026-02-01T08:00:00Z", "vmid": 100, "source": "pve2", "target": "pve1", "reason": "cpu_imbalance",
            "predicted_points": 40.0, "realised_points": -4.0,
        }
    ],
}  # fmt: skip
MISSING = type("Missing", (), {"__repr__": lambda _: "missing"})()


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good document with one place changed or (``MISSING``) taken out."""
    document = copy.deepcopy(GOOD)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in way:
        place = place[part]
    if value is MISSING:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return document


REFUSED: list[tuple[str, Any, str | None]] = [
    ("format", "proxbalance.snapshot/2", None),
    ("format", MISSING, None),
    ("cluster", MISSING, None),
    ("cluster", "", None),
    ("taken_at", MISSING, None),
    ("taken_at", "2026-02-08T10:30:00", None),
    ("timezone", "Mars/Olympus", None),
    ("timezone", "../../etc/passwd", None),
    ("colour", "red", None),
    ("crs", {"ha": "psychic"}, "crs.ha"),
    ("migration_bandwidth_bps", -1, None),
    ("migration_bandwidth_bps", 0, None),
    ("nodes.1.name", "pve1", None),
    ("nodes.0.name", MISSING, None),
    ("nodes.0.status", MISSING, None),
    ("nodes.0.status", "asleep", None),
    ("nodes.0.cpu_cores", MISSING, None),
    ("nodes.0.mem_bytes", MISSING, None),
    ("nodes.0.cpu_cores", 0, None),
    ("nodes.0.cpu_cores", -2, None),
    ("nodes.0.mem_bytes", -1, None),
    ("nodes.0.history_days", -0.5, None),
    ("nodes.0.cpu_speed_factor", 0, None),
    ("nodes.0.load_avg_1m", -1, None),
    ("nodes.0.cpu.std_7d_pct", -1, None),
    ("nodes.0.cpu.current_pct", math.nan, None),
    ("nodes.0.cpu.current_pct", math.inf, None),
    ("nodes.0.cpu.current_pct", "40", None),
    ("nodes.0.cpu.trend_confidence", "certain", None),
    ("nodes.0.cpu.median_pct", 1, None),
    ("nodes.0.storages.0.total_bytes", -1, None),
    ("nodes.0.next_24h.own_cpu_cores", [HOURS, HOURS[:23]], "nodes.0.next_24h.own_cpu_cores.1"),
    ("nodes.0.next_24h.own_cpu_cores", [], None),
    ("nodes.0.next_24h.own_cpu_cores", [HOURS] * 6, None),
    ("nodes.0.next_24h.own_cpu_cores", [HOURS, [-1.0, *HOURS[1:]]], "nodes.0.next_24h.own_cpu_cores.1"),
    ("guests.0.node", "pve9", None),
    ("guests.1.vmid", 100, None),
    ("guests.0.vmid", -1, None),
    ("guests.0.vmid", 100.5, None),
    ("guests.0.vmid", "100", None),
    ("guests.0.type", "jail", None),
    ("guests.0.status", "dreaming", None),
    ("guests.0.name", MISSING, None),
    ("guests.0.cpu_cores", MISSING, None),
    ("guests.0.mem_bytes", MISSING, None),
    ("guests.0.cpu_cores", -1, None),
    ("guests.0.mem_bytes", -1, None),
    ("guests.0.mem_used_bytes.current", -1, None),
    ("guests.0.cpu_used_cores.std_7d", -1, None),
    ("guests.0.disk_read_bps", -1, None),
    ("guests.0.snapshots", -1, None),
    ("guests.0.snapshots", 1.5, None),
    ("guests.0.tags", "web", None),
    ("guests.0.template", "yes", None),
    ("guests.0.disks.0.size_bytes", -1, None),
    ("guests.0.disks.0.key", MISSING, None),
    ("guests.0.muted_until", "2026-03-01T00:00:00", None),
    ("guests.0.moves.0.at", "2026-02-07T09:00:00", None),
    ("guests.0.moves.0.to", MISSING, None),
    ("guests.0.next_24h.cpu_cores", [HOURS], "guests.0.next_24h"),
    ("rules.0.kind", "friendship", None),
    ("rules.0.affinity", MISSING, None),
    ("rules.0.affinity", "neutral", None),
    ("rules.1", {"name": "apart", "kind": "node-affinity", "guests": [100], "nodes": ["pve1"]}, "rules.1.name"),
    ("outcomes.0.at", "2026-02-01T08:00:00", None),
    ("outcomes.0.reason", MISSING, None),
]


def test_the_good_document_is_read() -> None:
    snapshot = ClusterSnapshot.from_dict(GOOD)
    assert (snapshot.cluster, snapshot.timezone, snapshot.quorate) == ("lab", "UTC", None)
    assert snapshot.taken_at == datetime(2026, 2, 8, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(("path", "value", "named"), REFUSED, ids=[f"{p}-{v!r:.24}" for p, v, _ in REFUSED])
def test_refused_with_one_sentence_that_names_the_place(path: str, value: Any, named: str | None) -> None:
    with pytest.raises(SnapshotInvalid) as caught:
        ClusterSnapshot.from_dict(changed(path, value))
    assert caught.value.facts["path"] == (named or path)
    assert str(caught.value).startswith(f"{named or path}: ")
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, DataError)


@pytest.mark.parametrize("document", [None, [], "snapshot", 7])
def test_something_else_than_an_object_is_refused(document: Any) -> None:
    with pytest.raises(SnapshotInvalid, match="JSON object"):
        ClusterSnapshot.from_dict(document)


@pytest.mark.parametrize("path", ["cpu.trend_pct_per_day", "cpu.current_pct", "mem.current_pct"])
def test_percentages_and_trends_may_be_negative_and_pass_100(path: str) -> None:
    metric, key = path.split(".")
    for value in (-3.0, 140.0):
        snapshot = ClusterSnapshot.from_dict(changed(f"nodes.0.{path}", value))
        assert value in [getattr(getattr(node, metric), key) for node in snapshot.nodes]


def test_only_three_keys_are_needed() -> None:
    snapshot = ClusterSnapshot.from_dict({key: GOOD[key] for key in ("format", "cluster", "taken_at")})
    assert (snapshot.nodes, snapshot.guests, snapshot.rules, snapshot.outcomes) == ((), (), (), ())


def test_absent_is_not_measured_and_never_zero() -> None:
    node, guest = Node(name="a", status="unknown"), Guest(vmid=1, type="vm", node="a", status="unknown")
    assert math.isnan(node.cpu.current_pct)
    assert math.isnan(guest.mem_used_bytes.current)
    assert node.storages is None
    assert (node.cpu_speed_factor, guest.tags, guest.template) == (1.0, (), False)


def test_rules_and_moves_may_name_what_is_gone() -> None:
    snapshot = ClusterSnapshot.from_dict(GOOD)
    assert snapshot.rules[0].guests == (100, 999)
    assert snapshot.guests[0].moves[0].source_node == "gone"


@pytest.mark.parametrize("seed", range(5))
def test_round_trip(seed: int) -> None:
    snapshot = ClusterSnapshot.from_dict(Maker(seed, 5, 25, frozenset(SWITCHES)).document())
    written = snapshot.to_dict()
    assert ClusterSnapshot.from_dict(written).to_dict() == written


def test_what_was_not_measured_is_left_out_when_written() -> None:
    written = ClusterSnapshot.from_dict(GOOD).to_dict()
    assert "history_days" not in written["nodes"][0]
    assert "storages" not in written["nodes"][1]
    assert written["guests"][0]["moves"] == [{"at": "2026-02-07T09:00:00Z", "from": "gone", "to": "pve1"}]


def test_nothing_depends_on_the_order_of_rows() -> None:
    document = Maker(7, 5, 25, frozenset(SWITCHES)).document()
    backwards = {**document, **{key: document[key][::-1] for key in ("nodes", "guests", "rules")}}
    snapshot = ClusterSnapshot.from_dict(backwards)
    assert snapshot.to_dict() == ClusterSnapshot.from_dict(document).to_dict()
    assert [n.name for n in snapshot.nodes] == sorted(n["name"] for n in document["nodes"])
    assert [g.vmid for g in snapshot.guests] == sorted(g["vmid"] for g in document["guests"])


def test_a_node_is_measured_when_online_with_current_cpu_and_memory() -> None:
    snapshot = ClusterSnapshot.from_dict(GOOD)
    assert [n.measured for n in snapshot.nodes] == [True, False]
    assert not ClusterSnapshot.from_dict(changed("nodes.0.mem.current_pct", MISSING)).nodes[0].measured


@pytest.mark.parametrize(
    ("more", "copied"),
    [
        ({"storage": "local"}, True),
        ({"storage": "ceph", "shared": True}, False),
        ({"storage": "local", "cdrom": True}, False),
        ({"passthrough": True}, False),
        ({"storage": "local", "bind_mount": True}, False),
        ({}, False),
    ],
)
def test_which_disks_a_migration_copies(more: dict[str, Any], copied: bool) -> None:
    assert Disk(key="scsi0", **more).local_copy is copied


def test_guests_are_called_by_name_else_by_ha_id() -> None:
    guest = Guest(vmid=7, type="ct", node="a", status="unknown")
    assert (guest.sid, guest.label) == ("ct:7", "ct:7")
