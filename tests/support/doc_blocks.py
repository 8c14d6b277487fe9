"""The blocks of docs/*.md that are made from the code."""

from __future__ import annotations

import copy
import json
from typing import Any

from proxbalance_core import (
    AddMemory,
    ClusterSnapshot,
    LoseNode,
    NewGuest,
    Settings,
    assess,
    drain,
    n_minus_1,
    place,
    what_if,
)
from proxbalance_core.domain.settings import DESIGN, Spec, specs
from proxbalance_core.domain.units import GIB
from proxbalance_core.errors import ProxBalanceError
from tests.support import api_blocks, backtest_blocks, engine_blocks, scoring_blocks
from tests.support.compact_json import compact
from tests.support.example import snapshot as example_snapshot

WIDTH = 100
Document = dict[str, Any]
GROUPS = {
    "thresholds": "Thresholds",
    "time": "Time",
    "profile": "Profile and sliders",
    "points": "Points",
    "plan": "Plans",
    "collection": "Collecting and keeping",
}


def example_assessment() -> Document:
    """What the engine says of the example."""
    return assess(ClusterSnapshot.from_dict(example_snapshot())).to_dict()


def example_whatif() -> Document:
    """What the engine says of the example without its second node and with more memory in the first."""
    changes = [LoseNode(node="pve2"), AddMemory(node="pve1", mem_bytes=64 * GIB)]
    return what_if(ClusterSnapshot.from_dict(example_snapshot()), None, changes).to_dict()


def example_place() -> Document:
    """Where a new guest would be best in the example."""
    wish = NewGuest(name="mail", cpu_cores=4, mem_bytes=8 * GIB, storage="ceph", disk_bytes=32 * GIB)
    return place(ClusterSnapshot.from_dict(example_snapshot()), None, wish).to_dict()


def example_n_minus_1() -> Document:
    """Each node of the example lost in turn."""
    return n_minus_1(ClusterSnapshot.from_dict(example_snapshot())).to_dict()


def example_drain() -> Document:
    """The first node of the example emptied, with one guest shut down."""
    return drain(ClusterSnapshot.from_dict(example_snapshot()), None, "pve1", {102: "shut down"}).to_dict()


def _fence(value: Any) -> str:
    return f"```json\n{compact(value, width=WIDTH)}\n```"


def snapshot_block() -> str:
    """The example snapshot with its first guests."""
    document = example_snapshot()
    document["nodes"], document["guests"] = document["nodes"][:1], document["guests"][:2]
    return _fence(document)


def summary_block() -> str:
    return _fence(example_assessment()["summary"])


def node_block() -> str:
    return _fence(_cut(example_assessment()["nodes"][0], 3))


def recommendation_block() -> str:
    recommendation = example_assessment()["recommendations"][0]
    del recommendation["score_details"]
    return _fence(_cut(recommendation, 1))


def _cut(value: Any, most: int) -> Any:
    """``value`` with its lists cut after ``most`` entries."""
    if isinstance(value, dict):
        return {key: _cut(item, most) for key, item in value.items()}
    return [_cut(item, most) for item in value[:most]] if isinstance(value, list) else value


def skips_block() -> str:
    return _fence(example_assessment()["skipped"][:2])


def plan_block() -> str:
    document = example_assessment()
    return _fence({"plan": document["plan"], "improvement": document["batch_impact"]["improvement"]})


def whatif_block() -> str:
    document = example_whatif()
    for key in ("settings", "plan"):
        del document[key]
    for side in ("before", "after", "advised"):
        for key in ("nodes", "violations"):
            del document[side][key]
    return _fence(document | {key: document[key][:1] for key in ("nodes", "moves", "notes")})


def place_block() -> str:
    document = example_place()
    del document["settings"]
    return _fence(document | {"nodes": document["nodes"][:1]})


def n_minus_1_block() -> str:
    document = example_n_minus_1()
    del document["settings"]
    return _fence(_cut(document, 1))


def drain_block() -> str:
    document = example_drain()
    del document["settings"]
    return _fence(document | {"guests": document["guests"][:1], "nodes": document["nodes"][:1]})


def settings_block() -> str:
    """Every setting by group."""
    parts = []
    for group, title in GROUPS.items():
        rows = [_setting(key, spec) for key, spec in specs().items() if spec.group == group]
        head = ["| key | default | unit | range | meaning | source |", "|---|---|---|---|---|---|"]
        parts.append("\n".join([f"### {title}", "", *head, *rows]))
    return "\n\n".join(parts)


def _setting(key: str, spec: Spec) -> str:
    default = json.dumps(getattr(Settings(), key)) if spec.low is None else f"{getattr(Settings(), key):,.9g}"
    span = "" if spec.low is None else f"{spec.low:,.9g} to {spec.high:,.9g}"
    source = "[scoring](scoring.md)" if spec.source == DESIGN else spec.source
    return f"| `{key}` | {default} | {spec.unit} | {span} | {spec.about} | {source} |"


def refusals_block() -> str:
    """What is refused and the sentence that it is refused with, as the reader says it."""
    rows = [f"| {what} | `{_refused(path, value)}` |" for what, path, value in REFUSALS]
    return "\n".join(["| refused | sentence |", "|---|---|", *rows])


HOURS = [0.5] * 24
REFUSALS: tuple[tuple[str, str, Any], ...] = (
    ("another format", "format", "proxbalance.snapshot/2"),
    ("an unknown key", "nodes.0.cpus", 16),
    ("a missing key", "guests.0.vmid", ...),
    ("an unknown word", "guests.0.status", "asleep"),
    ("a guest on an unknown node", "guests.0.node", "pve9"),
    ("a vmid twice", "guests.1.vmid", 100),
    ("a node twice", "nodes.1.name", "pve1"),
    ("a rule twice", "rules.1", {"name": "licence", "kind": "node-affinity"}),
    ("negative bytes, cores, bps, counts, days, std", "guests.0.mem_bytes", -1),
    ("NaN or infinity", "nodes.0.cpu.current_pct", float("nan")),
    ("a time without its zone", "taken_at", "2026-02-08T10:30:00"),
    ("a time zone that isn't one", "timezone", "Mars/Olympus"),
    ("an online node without cores or memory", "nodes.0.cpu_cores", ...),
    ("a guest of known status without name, cores, memory", "guests.0.name", ...),
    ("a scenario that is not 24 long", "guests.0.next_24h", {"cpu_cores": [HOURS[:23]]}),
    ("more than 5 scenarios, or none", "guests.0.next_24h", {"cpu_cores": [HOURS] * 6}),
    ("different numbers of scenarios", "guests.*.next_24h", [{"cpu_cores": [HOURS]}, {"cpu_cores": [HOURS, HOURS]}]),
    ("a resource-affinity rule without its side", "rules.0", {"name": "x", "kind": "resource-affinity"}),
)


def _refused(path: str, value: Any) -> str:
    document = copy.deepcopy(example_snapshot())
    if "*" in path:
        for i, item in enumerate(value):
            _set(document, path.replace("*", str(i)), item)
    else:
        _set(document, path, value)
    try:
        ClusterSnapshot.from_dict(document)
    except ProxBalanceError as error:
        return str(error)
    raise AssertionError(f"{path} was not refused")


def _set(document: Document, path: str, value: Any) -> None:
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in way:
        place = place[part]
    if value is ...:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value


def faults_block() -> str:
    """The one sentence of a settings file with three faults."""
    try:
        Settings.from_dict({"cpu_treshold": 60, "mem_threshold": 170, "include_ha": "yes"})
    except ProxBalanceError as error:
        return f"```\n{error}\n```"
    raise AssertionError("nothing was refused")


BLOCKS = {
    "example-snapshot": snapshot_block,
    "example-summary": summary_block,
    "example-node": node_block,
    "example-recommendation": recommendation_block,
    "example-skips": skips_block,
    "example-plan": plan_block,
    "example-whatif": whatif_block,
    "example-place": place_block,
    "example-n-1": n_minus_1_block,
    "example-drain": drain_block,
    "settings": settings_block,
    "refusals": refusals_block,
    "setting-faults": faults_block,
    **scoring_blocks.BLOCKS,
    **engine_blocks.BLOCKS,
    **backtest_blocks.BLOCKS,
    **api_blocks.BLOCKS,
}
