"""What the browser is told to draw as the cluster map; the scripts in ``ui/assets`` read these fields by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from proxbalance_core.present.shifts import Shift

Size = Literal["cpu", "memory", "disk", "network", "allocated"]
Group = Literal["node", "pool", "tag", "type"]
Sureness = Literal["high", "medium", "low"]
SIZES: dict[Size, str] = {
    "cpu": "CPU used",
    "memory": "Memory used",
    "disk": "Disk I/O",
    "network": "Network",
    "allocated": "Memory given",
}
GROUPS: dict[Group, str] = {"node": "Node", "pool": "Pool", "tag": "Tag", "type": "Type"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the map shows: bubbles by ``size``, circles by ``group``, some ``nodes`` (empty: all), now or predicted."""

    size: Size = "cpu"
    group: Group = "node"
    nodes: tuple[str, ...] = ()
    predicted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RingPart:
    """One category of a node's penalty, as a part of the ring around it [turns]."""

    title: str
    colour: str
    begins: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A circle that holds guests: a node, or a group.

    ``radius`` holds its bubbles, in their unit; ``ring`` and ``after`` (the predicted penalty) are turns. A node can be
    opened by its ``key``; a group has no ring and can't.
    """

    key: str
    title: str
    opens: bool
    tone: str
    state: str
    radius: float
    ring: tuple[RingPart, ...]
    after: float | None
    lines: tuple[str, ...]
    shifts: tuple[Shift, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """A guest in the circle ``place`` (its position in the list), at ``x``, ``y`` from its middle.

    The radius of the largest bubble is 1; coordinates have the same unit. A ``ghost`` is where a guest is now that the
    plan moves elsewhere.
    """

    key: str
    vmid: int
    title: str
    name: str
    place: int
    x: float
    y: float
    radius: float
    type: str
    state: str
    moves: bool
    ghost: bool
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """The moves from one node to another; ``source`` and ``target`` are positions in the list of places."""

    key: str
    title: str
    source: int
    target: int
    vmids: tuple[int, ...]
    sureness: Sureness
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One entry of the legend: ``kind`` says what is drawn (ring, arrow, bubble), ``look`` in which colour or style."""

    kind: str
    look: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a screen reader calls the parts, with how to get about in them."""

    places: str
    bubbles: str
    arrows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMap:
    """The whole drawing; ``even`` circles are all as large as the fullest needs, others as large as each needs."""

    title: str
    even: bool
    predicted: bool
    places: tuple[Place, ...]
    bubbles: tuple[Bubble, ...]
    arrows: tuple[Arrow, ...]
    legend: tuple[Sign, ...]
    labels: Labels
