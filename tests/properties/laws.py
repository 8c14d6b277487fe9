"""What the law tests share: the plan as moves, and documents with their rows or bytes changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from proxbalance_core import Assessment, ClusterSnapshot, Settings, evaluate

MODES = ("sequential", "independent", "optimal")
PLANNING = ("sequential", "optimal")
DUTIES = ("maintenance_evacuation", "affinity_repair")
GAINS = ("balance", "forecast")
Moves = list[tuple[int, str]]
Document = dict[str, Any]


def steps(found: Assessment) -> Moves:
    """Every step of the plan, in order, temporary ones too."""
    return [(step.vmid, step.target) for step in sorted(found.plan.steps, key=lambda step: step.step)]


def units(found: Assessment) -> list[Moves]:
    """The steps in order; steps of one affinity unit (or swap) that follow each other count as one."""
    group = {rec.vmid: rec.group for rec in found.recommendations if rec.group}
    out: list[Moves] = []
    last: str | None = None
    for vmid, target in steps(found):
        if out and last is not None and group.get(vmid) == last:
            out[-1].append((vmid, target))
        else:
            out.append([(vmid, target)])
        last = group.get(vmid)
    return out


def kinds(found: Assessment, *wanted: str) -> Moves:
    """First to last place of the guests of these kinds, in the order of their last step."""
    chosen = [rec for rec in found.recommendations if rec.kind in wanted]
    return [(rec.vmid, rec.target) for rec in sorted(chosen, key=lambda rec: (max(rec.steps, default=0), rec.vmid))]


def duty_moves(found: Assessment) -> Moves:
    """The duties' moves, and those of the members that go with them: a unit is moved as one or not at all."""
    units = {rec.group for rec in found.recommendations if rec.kind in DUTIES and rec.group}
    chosen = [rec for rec in found.recommendations if rec.kind in DUTIES or rec.group in units]
    return [(rec.vmid, rec.target) for rec in sorted(chosen, key=lambda rec: (max(rec.steps, default=0), rec.vmid))]


def cost(snapshot: ClusterSnapshot, settings: Settings, moves: Moves) -> float:
    """Price of ``moves`` alone [points]."""
    if not moves:
        return 0.0
    judged = evaluate(snapshot, settings, moves)
    return judged.objective - judged.strain


def shuffled(document: Document, seed: int) -> Document:
    """The same cluster with its rows (and tags, disks, storages, members) in another order."""
    rng = Random(seed)

    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            items = [(key, mixed(item)) for key, item in value.items()]
            rng.shuffle(items)
            return dict(items)
        return value

    out = mixed(document)
    for key in ("nodes", "guests", "rules"):
        rows = list(out.get(key, []))
        rng.shuffle(rows)
        out[key] = rows
    return out


def doubled(document: Document) -> Document:
    """Twice the bytes of RAM, use and storage."""

    def twice(value: Any, key: str = "", inside: str = "") -> Any:
        if isinstance(value, dict):
            return {name: twice(item, name, key) for name, item in value.items()}
        if isinstance(value, list):
            return [twice(item, key, inside) for item in value]
        grows = key.endswith("_bytes") or (inside == "mem_used_bytes" and key != "trend_confidence")
        return value * 2 if grows and isinstance(value, (int, float)) else value

    return dict(twice(document))


def without_traffic(document: Document) -> Document:
    """No disk traffic: its iowait is made of bytes."""
    guests = [{k: v for k, v in guest.items() if not k.startswith("disk_")} for guest in document["guests"]]
    return document | {"guests": guests}


def numbers(value: Any) -> Iterator[float]:
    """Every number in a document."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("summary", "commands"):
                yield from numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


def unfounded(sentence: str, names: list[str], facts: list[float]) -> list[str]:
    """Numbers in ``sentence`` that no fact, rounded as shown, is equal to."""
    for name in sorted(names, key=len, reverse=True):
        sentence = sentence.replace(name, " ")
    shown = re.findall(r"(?<![\w.])\d+(?:\.\d+)?", sentence)
    return [text for text in shown if not any(_same(text, fact) for fact in facts)]


def _same(text: str, fact: float) -> bool:
    decimals = len(text.partition(".")[2])
    return abs(abs(fact) - float(text)) <= 0.5 * 10**-decimals + 1e-6
