"""Changes to a cluster that a what-if may ask about; any number of them compose.

Whatever their order in the list, nodes and guests are changed first, then guests are moved by hand, then nodes are
lost and new guests find a place (not on a node that is chosen to be emptied).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseNode:
    """A node is offline at once: its running guests start elsewhere."""

    node: str
    kind: Literal["lose_node"] = "lose_node"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainNode:
    """A node goes into maintenance: its guests are moved away."""

    node: str
    kind: Literal["drain_node"] = "drain_node"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNode:
    """A new, idle node: of the cores and bytes given, else ``like`` another (None: like most nodes of the cluster)."""

    node: str
    like: str | None = None
    cpu_cores: float | None = None
    mem_bytes: float | None = None
    kind: Literal["add_node"] = "add_node"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMemory:
    """More RAM in a node [bytes]."""

    node: str
    mem_bytes: float
    kind: Literal["add_memory"] = "add_memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCores:
    """More cores in a node."""

    node: str
    cpu_cores: float
    kind: Literal["add_cores"] = "add_cores"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGuest:
    """A guest that is yet to be made.

    ``cpu_use`` and ``mem_use`` are the shares of its cores and memory that it will use (None: what running guests
    of the cluster use on average); ``storage`` where its disk of ``disk_bytes`` (None: no check of room) is to lie.
    """

    cpu_cores: float
    mem_bytes: float
    name: str = "new guest"
    type: Literal["vm", "ct"] = "vm"
    cpu_use: float | None = None
    mem_use: float | None = None
    storage: str | None = None
    disk_bytes: float | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddGuest:
    """``count`` new guests, on ``node`` or (None) each where the planner's search puts it."""

    guest: NewGuest
    node: str | None = None
    count: int = 1
    kind: Literal["add_guest"] = "add_guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowGuest:
    """A guest is given other cores or memory (None: as it is), and works ``use_factor`` times as hard.

    Used memory grows in proportion to what is given; nothing uses more than it has.
    """

    vmid: int
    cpu_cores: float | None = None
    mem_bytes: float | None = None
    use_factor: float = 1.0
    kind: Literal["grow_guest"] = "grow_guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveGuest:
    """A guest is moved by hand; nothing is asked whether it may."""

    vmid: int
    target: str
    kind: Literal["move_guest"] = "move_guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidate:
    """All guests on ``nodes`` nodes: the others, chosen for the least strain, are emptied."""

    nodes: int
    kind: Literal["consolidate"] = "consolidate"


Change = (
    LoseNode | DrainNode | AddNode | AddMemory | AddCores | AddGuest | GrowGuest | MoveGuest | Consolidate
)  # fmt: skip
