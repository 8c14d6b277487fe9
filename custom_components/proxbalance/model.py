"""What the coordinator knows of a cluster, as values that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

LIVE = ("proxmox", "synthetic")
URGENCIES = ("none", "low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A recommendation at a glance; ``gain`` in points."""

    vmid: int
    name: str
    source: str
    target: str
    gain: float

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Move:
        """From a recommendation of the API."""
        return cls(
            vmid=int(told["vmid"]),
            name=str(told["name"]),
            source=str(told["source"]),
            target=str(told["target"]),
            gain=float(told["score_improvement"]),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.vmid}): {self.source} → {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How the app looks after the cluster."""

    title: str
    source: str
    stale: bool
    collector: str
    generation: int | None
    generated_at: datetime | None
    last_error: str | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> State:
        """From a cluster of ``/info``."""
        at = told.get("last_generation_at")
        return cls(
            title=str(told["title"]),
            source=str(told["source"]),
            stale=bool(told["stale"]),
            collector=str(told["collector"]),
            generation=told.get("last_generation"),
            generated_at=dt_util.parse_datetime(at) if at else None,
            last_error=told.get("last_error"),
        )

    @property
    def stopped(self) -> bool:
        """Whether nobody reads a cluster that could be read."""
        return self.collector == "stopped" and self.source in LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The registry's quantities; None is "not measured"."""

    cluster: dict[str, float | None] = field(default_factory=dict)
    nodes: dict[str, dict[str, float | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Figures:
        """From ``/quantities``; a node is named by itself."""
        made = cls()
        for row in rows:
            held = made.cluster if row["node"] is None else made.nodes.setdefault(str(row["node"]), {})
            held[str(row["key"])] = row["value"]
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event for the event entity: the app's number for it, its type and a few figures."""

    id: int
    type: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterData:
    """One look at the cluster; ``moves`` are what is recommended, the largest gain first."""

    version: str
    scopes: tuple[str, ...]
    state: State
    figures: Figures
    moves: tuple[Move, ...]
    next_node: str | None
    happenings: tuple[Happening, ...] = ()


def happenings_of(events: Iterable[Mapping[str, Any]], moves: Iterable[Move]) -> tuple[Happening, ...]:
    """What the event entity tells, oldest first: events of the app that speak of recommendations."""
    known = {move.vmid: move for move in moves}
    found = ((int(event["id"]), _told(str(event["event"]), event["payload"], known)) for event in events)
    return tuple(Happening(id=number, type=told[0], attributes=told[1]) for number, told in found if told is not None)


def _told(event: str, payload: Mapping[str, Any], moves: Mapping[int, Move]) -> tuple[str, dict[str, Any]] | None:
    """The type and the figures of an event, None where it doesn't speak of recommendations."""
    if event == "recommendations.cleared":
        return "cleared", {"previous_count": payload.get("previous_count")}
    if event == "recommendations.urgent":
        told = payload.get("recommendations", ())
        return "urgent", _best(told, moves) | {"count": len(told), "summary": str(payload.get("summary", ""))}
    if event != "recommendations.changed":
        return None
    rows = {key: payload.get(key, ()) for key in ("new", "changed_targets", "removed")}
    counts = {f"{key}_count": len(of) for key, of in rows.items()}
    first = next((of for of in rows.values() if of), ())
    return "new" if rows["new"] else "changed", counts | _best(first, moves)


def _best(rows: Iterable[Mapping[str, Any]], moves: Mapping[int, Move]) -> dict[str, Any]:
    """The row whose move gains most; a move that no longer stands has no gain."""

    def gain(row: Mapping[str, Any]) -> float:
        move = moves.get(int(row["vmid"]))
        return -1.0 if move is None else move.gain

    best = max(rows, key=gain, default=None)
    if best is None:
        return {}
    told = {key: best.get(key) for key in ("vmid", "name", "source", "target", "cause") if best.get(key) is not None}
    return told | {"gain": gain(best) if gain(best) >= 0 else None}


def urgency_of(figures: Figures) -> str | None:
    """The cluster's urgency as a word."""
    level = figures.cluster.get("urgency")
    return None if level is None else URGENCIES[int(level)]
