from __future__ import annotations

import dataclasses
import math

import pytest

from proxbalance_core.domain.units import GIB
from proxbalance_core.errors import MalformedResponse, SettingInvalid, SettingMissing, SourceError
from proxbalance_core.sources.proxmox import Address, ProxmoxOptions
from proxbalance_core.sources.proxmox.answers import HaResource, HaRule, Resource, RrdRow, rows, to_flag, to_number
from proxbalance_core.sources.proxmox.configs import GuestConfig, decode_config, decode_disk, size_bytes, split_tags
from proxbalance_core.sources.proxmox.decode import decode_node_history, steps
from proxbalance_core.sources.proxmox.rules import ha_rules, maintained_nodes
from proxbalance_core.sources.proxmox.sparing import ConfigShelf, RateMeter


@pytest.mark.parametrize(
    ("given", "number"),
    [("8", 8), (8, 8), (True, 1), ("current=2048", 2048), ("0.12", 0.12), (" 3 ", 3), ("current=512,max=1024", 512)],
)
def test_numbers_in_every_dress(given: object, number: float) -> None:
    assert to_number(given) == number


@pytest.mark.parametrize("given", [None, "", "none", [], {}, "nan", "inf", "a=1"])
def test_what_is_no_number_is_not_measured(given: object) -> None:
    assert math.isnan(to_number(given))


@pytest.mark.parametrize(("given", "flag"), [(0, False), (1, True), ("0", False), ("1", True), (None, False)])
def test_flags(given: object, flag: bool) -> None:
    assert to_flag(given) is flag


@pytest.mark.parametrize("text", ["Web;DB", "web,db", "web db", " web;; db,web "])
def test_tags_are_split_by_any_of_the_signs(text: str) -> None:
    assert split_tags(text) == ("web", "db")


@pytest.mark.parametrize(
    ("text", "size"), [("32G", 32 * GIB), ("528K", 528 * 1024), ("1T", 1024 * GIB), ("4096", 4096)]
)
def test_sizes(text: str, size: float) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize(
    ("text", "guest", "what"),
    [
        ("ceph:vm-1-disk-0,size=8G", "vm", ("ceph", True, False, False, False)),
        ("file=ceph:vm-1-disk-0,size=8G", "vm", ("ceph", True, False, False, False)),
        ("local:1/vm-1-disk-0.qcow2,size=8G", "vm", ("local", False, False, False, False)),
        ("/dev/disk/by-id/x,size=8G", "vm", (None, False, True, False, False)),
        ("local:iso/d.iso,media=cdrom", "vm", ("local", False, False, False, True)),
        ("cdrom,media=cdrom", "vm", (None, False, False, False, True)),
        ("/mnt/x,mp=/x", "ct", (None, False, False, True, False)),
        ("/mnt/x,mp=/x,shared=1", "ct", (None, True, False, True, False)),
        ("/dev/sdb1,mp=/x", "ct", (None, False, True, False, False)),
    ],
)
def test_disks(text: str, guest: str, what: tuple[object, ...]) -> None:
    disk = decode_disk("x", text, guest, frozenset({"ceph"}))  # type: ignore[arg-type]
    assert (disk.storage, disk.shared, disk.passthrough, disk.bind_mount, disk.cdrom) == what


def test_a_config() -> None:
    config = decode_config(
        {"cpu": "host,flags=+aes", "usb0": "spice", "usb1": "host=1:2", "lock": "backup", "ide2": "none,media=cdrom"},
        "vm",
        frozenset(),
    )
    assert (config.cpu_type, config.lock, config.usb_passthrough, config.disks) == ("host", "backup", True, ())
    assert not decode_config({"usb0": "spice,usb3=1"}, "vm", frozenset()).usb_passthrough
    assert decode_config({"cpu": "cputype=kvm64"}, "vm", frozenset()).cpu_type == "kvm64"
    assert decode_config({"dev0": "/dev/dri/card0"}, "ct", frozenset()).pci_passthrough


def test_unknown_keys_are_ignored_and_missing_ones_not_measured() -> None:
    (row,) = rows(Resource, [{"type": "qemu", "vmid": "101", "node": "a", "brand-new": {"x": 1}}], "x")
    assert row.vmid == 101
    assert math.isnan(row.cpu)


@pytest.mark.parametrize("answer", [None, "text", {"a": 1}, [1], ["x"]])
def test_what_is_no_list_of_objects_is_malformed(answer: object) -> None:
    with pytest.raises(MalformedResponse):
        rows(Resource, answer, "cluster/resources")


def test_the_step_may_change_inside_an_answer() -> None:
    assert steps([0, 10800, 21600, 23400, 25200]) == (10800, 10800, 1800, 1800, 1800)
    history = decode_node_history("a", [RrdRow(time=60, cpu=0.5), RrdRow(time=0, cpu=0.25), RrdRow(time=120)], ())
    assert [(sample.ts, sample.cpu_pct) for sample in history] == [(0, 25), (60, 50)]


def ask_of(answers: dict[str, object], status: int = 501):  # type: ignore[no-untyped-def]
    def ask(path: str) -> object:
        if path not in answers:
            raise SourceError("absent", status=status)
        return answers[path]

    return ask


RULES = [
    {"rule": "a", "type": "resource-affinity", "resources": "vm:1,ct:2", "affinity": "negative"},
    {"rule": "b", "type": "node-affinity", "resources": "vm:3", "nodes": "n1:2,n2", "strict": 1},
    {"rule": "c", "type": "node-affinity", "resources": "vm:3", "nodes": "n1", "disable": 1},
]


def test_rules_of_9() -> None:
    rules = ha_rules(ask_of({"cluster/ha/rules": RULES}, 500), ())
    assert [(r.name, r.affinity, r.strict, r.guests, r.nodes) for r in rules] == [
        ("a", "negative", True, (1, 2), ()),
        ("b", None, True, (3,), ("n1", "n2")),
    ]


def test_groups_of_8() -> None:
    members = (HaResource(sid="vm:7", group="g"), HaResource(sid="vm:8"))
    ask = ask_of({"cluster/ha/groups": [{"group": "g", "nodes": "n1:1,n2", "restricted": 0}]})
    (rule,) = ha_rules(ask, members)
    assert (rule.kind, rule.strict, rule.guests, rule.nodes) == ("node-affinity", False, (7,), ("n1", "n2"))


@pytest.mark.parametrize("status", [400, 404, 500, 501])
def test_neither_rules_nor_groups_is_no_error(status: int) -> None:
    assert ha_rules(ask_of({}, status), ()) == ()
    assert maintained_nodes(ask_of({}, status)) == frozenset()


def test_a_refusal_is_not_absence() -> None:
    with pytest.raises(SourceError):
        ha_rules(ask_of({}, 403), ())


def test_maintenance_is_read_from_either_place() -> None:
    answer = {
        "manager_status": {"node_status": {"a": "maintenance", "b": "online"}},
        "lrm_status": {"b": {"mode": "maintenance"}, "c": {"mode": "active"}, "d": None},
    }
    assert maintained_nodes(ask_of({"cluster/ha/status/manager_status": answer})) == {"a", "b"}


def test_a_rule_without_guests_is_left_out() -> None:
    assert ha_rules(ask_of({"cluster/ha/rules": [HaRule(rule="x", type="node-affinity").model_dump()]}), ()) == ()


def counted(count: float, **more: object) -> Resource:
    return Resource.model_validate(
        {"type": "qemu", "vmid": 1, "node": "a", "status": "running", "netin": count, "uptime": 100 + count, **more}
    )


def test_counters_become_rates_between_rounds() -> None:
    meter = RateMeter()
    assert meter.rates(counted(100), 0) == {}
    assert meter.rates(counted(700), 60) == {"netin": 10}


@pytest.mark.parametrize(
    "second", [counted(50), counted(700, node="b"), counted(700, uptime=3), counted(7, status="stopped")]
)
def test_a_reset_gives_no_rate(second: Resource) -> None:
    meter = RateMeter()
    meter.rates(counted(100), 0)
    assert meter.rates(second, 60) == {}


def test_configs_are_asked_for_over_a_quarter_of_an_hour() -> None:
    shelf = ConfigShelf()
    guests = tuple(Resource(type="qemu", vmid=vmid, node="a") for vmid in range(1, 901))
    assert len(shelf.due(guests, 0)) == 900
    for row in guests:
        shelf.put(row, GuestConfig(), 0)
    asked = []
    for minute in range(1, 31):
        due = shelf.due(guests, minute * 60)
        asked.append(len(due))
        for row in due:
            shelf.put(row, GuestConfig(), minute * 60)
    assert max(asked) <= 70
    assert sum(asked[:16]) >= 900


def test_a_changed_guest_is_asked_about_at_once() -> None:
    shelf = ConfigShelf()
    row = Resource(type="qemu", vmid=1, node="a")
    shelf.put(row, GuestConfig(), 0)
    assert shelf.due((row,), 1) == []
    assert len(shelf.due((row.model_copy(update={"tags": "x"}),), 1)) == 1
    assert len(shelf.due((row,), 1, {1})) == 1


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("pve1", ("pve1", 8006)),
        ("https://pve1:8443/", ("pve1", 8443)),
        ("fd00::1", ("fd00::1", 8006)),
        ("[fd00::1]:1", ("fd00::1", 1)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    parsed = Address.parse(text)
    assert (parsed.host, parsed.port) == address


def test_options() -> None:
    options = ProxmoxOptions.read({"host": "a, b:1", "token_id": "x@pve!t", "verify": "off", "fingerprint": "ab" * 32})
    assert [str(address) for address in options.addresses] == ["a:8006", "b:1"]
    assert options.authid == "x@pve!t"
    assert not options.verify
    assert options.fingerprint(options.addresses[1]) == ":".join(["AB"] * 32)


@pytest.mark.parametrize(
    ("text", "pinned"),
    [
        ("", ["", ""]),
        ("ab" * 32, ["AB", "AB"]),
        (f"{'ab' * 32}, {'cd' * 32}", ["AB", "CD"]),
        (f"[fd00::1]={'cd' * 32}, a:8006={'ab' * 32}", ["AB", "CD"]),
        (f"fd00::1={'cd' * 32}", ["", "CD"]),
    ],
)
def test_each_host_has_its_own_pin(text: str, pinned: list[str]) -> None:
    options = ProxmoxOptions.read({"host": "a, [fd00::1]", "token_id": "x@pve!t", "fingerprint": text})
    assert [options.fingerprint(address)[:2] for address in options.addresses] == pinned
    unchecked = dataclasses.replace(options, verify=False)
    assert not options.unchecked and unchecked.unchecked == ("" in pinned)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, SettingMissing),
        ({"host": "a,b", "user": "x@pve", "fingerprint": f"c={'ab' * 32}"}, SettingInvalid),
        ({"host": "a,b", "user": "x@pve", "fingerprint": f"a={'ab' * 32},{'cd' * 32}"}, SettingInvalid),
        ({"host": "a,b,c", "user": "x@pve", "fingerprint": f"{'ab' * 32},{'cd' * 32}"}, SettingInvalid),
        ({"host": "a"}, SettingMissing),
        ({"host": "a", "user": "x"}, SettingInvalid),
        ({"host": "a:99999", "user": "x@pve"}, SettingInvalid),
        ({"host": "a", "user": "x@pve", "fingerprint": "12"}, SettingInvalid),
        ({"host": "a", "user": "x@pve", "timeout_s": "soon"}, SettingInvalid),
    ],
)
def test_options_that_can_not_be_used(given: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        ProxmoxOptions.read(given)
