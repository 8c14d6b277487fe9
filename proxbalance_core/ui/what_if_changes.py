"""The controls of a what-if: what is to change, picked and filled in plainly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.domain.changes import (
    AddCores,
    AddGuest,
    AddMemory,
    AddNode,
    Change,
    Consolidate,
    DrainNode,
    GrowGuest,
    LoseNode,
    MoveGuest,
    NewGuest,
)
from proxbalance_core.domain.units import GIB, known
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.what_if import next_name

if TYPE_CHECKING:
    from proxbalance_core.domain.cluster import ClusterSnapshot, Guest

KINDS = {
    "lose": "A node fails",
    "drain": "A node is drained",
    "node": "A new node",
    "size": "More RAM or cores",
    "guests": "New guests",
    "grow": "A guest grows",
    "move": "Guests moved by hand",
    "fewer": "Fewer nodes",
}
OWN_SIZE, ANYWHERE, UNCHECKED = "A size of its own", "Where it is best", "Not checked"
LEAST_GB, MOST_GB, MOST_CORES, MOST_MOVED, MOST_NEW = 0.25, 65_536.0, 4_096.0, 12, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What may be chosen from: node names, and guests by their label."""

    nodes: tuple[str, ...]
    online: tuple[str, ...]
    measured: tuple[str, ...]
    taking: tuple[str, ...]
    guests: dict[str, Guest]
    storages: tuple[str, ...]
    tags: tuple[str, ...]

    @classmethod
    def of(cls, snapshot: ClusterSnapshot) -> Choices:
        """The nodes, guests, storages and tags of a cluster; templates are no guests to move."""
        guests = {guest_label(g.type, g.vmid, g.name): g for g in snapshot.guests if not g.template}
        return cls(
            nodes=tuple(node.name for node in snapshot.nodes),
            online=tuple(node.name for node in snapshot.nodes if node.online),
            measured=tuple(node.name for node in snapshot.nodes if node.measured),
            taking=tuple(node.name for node in snapshot.nodes if node.measured and not node.maintenance),
            guests=guests,
            storages=tuple(sorted({s.name for node in snapshot.nodes for s in node.storages or ()})),
            tags=tuple(sorted({tag for guest in snapshot.guests for tag in guest.tag_set})),
        )


def pick(choices: Choices) -> tuple[Change, ...]:
    """The changes that are picked now."""
    kinds = st.pills(
        "What changes",
        list(KINDS),
        key="whatif_kinds",
        selection_mode="multi",
        default=["lose"],
        format_func=KINDS.__getitem__,
        bind="query-params",
        help="Pick one or several: they are worked out together.",
    )
    asked: list[Change] = []
    with st.grid(columns=2, min_column_width=420, gap="small"):
        for kind in KINDS:
            if kind in kinds:
                with st.container(border=True, key=f"whatif_{kind}", height="stretch"):
                    asked += _FORMS[kind](choices)
    return tuple(asked)


def _lose(choices: Choices) -> list[Change]:
    names = _nodes("Nodes that fail at once", "lose", choices.online, first=True)
    return [LoseNode(node=name) for name in names]


def _drain(choices: Choices) -> list[Change]:
    names = _nodes("Nodes that are drained for maintenance", "drain", choices.online)
    return [DrainNode(node=name) for name in names]


def _nodes(title: str, key: str, names: Sequence[str], *, first: bool = False) -> list[str]:
    chosen = kept(f"whatif_{key}_nodes", names)
    default = list(names[:1]) if first and chosen is None else None
    return list(
        st.multiselect(
            title, names, key=f"whatif_{key}_nodes", default=default, placeholder="Choose", bind="query-params"
        )
    )


def kept(key: str, names: Sequence[str]) -> list[str] | None:
    """What was chosen before; what has gone since falls out of it."""
    chosen = st.session_state.get(key)
    if chosen is not None and any(name not in names for name in chosen):
        st.session_state[key] = [name for name in chosen if name in names]
    return chosen


def _new_node(choices: Choices) -> list[Change]:
    left, right = st.columns(2)
    with left:
        name = st.text_input("Name of the new node", value=next_name(choices.nodes), key="whatif_node_name")
    with right:
        like = st.selectbox("It is like", [*choices.online, OWN_SIZE], key="whatif_node_like")
    if like != OWN_SIZE:
        return [AddNode(node=name.strip(), like=like)]
    with left:
        cores = _cores("Cores", "node_cores", 32)
    with right:
        memory = _gigabytes("Memory [GB]", "node_memory", 256)
    return [AddNode(node=name.strip(), cpu_cores=cores, mem_bytes=memory)]


def _size(choices: Choices) -> list[Change]:
    names = _nodes("Nodes that get more", "size", choices.nodes, first=True)
    left, right = st.columns(2)
    with left:
        memory = _gigabytes("More RAM in each [GB]", "size_memory", 64, least=0.0)
    with right:
        cores = _cores("More cores in each", "size_cores", 0, least=0.0)
    more: list[Change] = [AddMemory(node=name, mem_bytes=memory) for name in names if memory]
    return more + [AddCores(node=name, cpu_cores=cores) for name in names if cores]


def _guests(choices: Choices) -> list[Change]:
    first, second, third = st.columns(3)
    with first:
        count = int(st.number_input("How many", 1, MOST_NEW, 1, key="whatif_guests_count"))
    with second:
        where = st.selectbox("On which node", [ANYWHERE, *choices.online], key="whatif_guests_node")
    wish = guest_form(choices, "guests", (first, second, third))
    return [AddGuest(guest=wish, count=count, node=None if where == ANYWHERE else where)]


def guest_form(choices: Choices, key: str, places: Sequence[st.delta_generator.DeltaGenerator]) -> NewGuest:
    """A new guest's make in three columns."""
    first, second, third = places
    with third:
        kind = st.segmented_control("Type", ["VM", "CT"], default="VM", required=True, key=f"whatif_{key}_type")
    with first:
        cores = _cores("Cores", f"{key}_cores", 4)
        cpu = st.number_input("CPU it uses [%]", 0, 100, 30, key=f"whatif_{key}_cpu", help="Of the cores it is given.")
    with second:
        memory = _gigabytes("Memory [GB]", f"{key}_memory", 8)
        mem = st.number_input("Memory it uses [%]", 0, 100, 70, key=f"whatif_{key}_mem", help="Of what it is given.")
    with third:
        storage = st.selectbox("Storage of its disk", [UNCHECKED, *choices.storages], key=f"whatif_{key}_storage")
        disk = _gigabytes("Disk [GB]", f"{key}_disk", 32, off=storage == UNCHECKED)
    tags = st.multiselect(
        "Tags", choices.tags, key=f"whatif_{key}_tags", accept_new_options=True, placeholder="None",
        help="exclude_, affinity_ and pin_ tags decide where it may run.",
    )  # fmt: skip
    named = None if storage == UNCHECKED else storage
    return NewGuest(
        cpu_cores=cores, mem_bytes=memory, type="ct" if kind == "CT" else "vm", cpu_use=cpu / 100.0,
        mem_use=mem / 100.0, storage=named, disk_bytes=disk if named else None, tags=tuple(tags),
    )  # fmt: skip


def _grow(choices: Choices) -> list[Change]:
    label = st.selectbox(
        "Guest that grows", list(choices.guests), key="whatif_grow_guest", index=None, placeholder="Type to search"
    )
    if label is None:
        return []
    guest = choices.guests[label]
    first, second, third = st.columns(3)
    with first:
        cores = _cores("Its cores", f"grow_cores_{guest.vmid}", guest.cpu_cores)
    with second:
        memory = _gigabytes("Its memory [GB]", f"grow_memory_{guest.vmid}", guest.mem_bytes / GIB)
    with third:
        times = st.number_input("Times its load", 0.1, 20.0, 1.0, 0.1, key=f"whatif_grow_times_{guest.vmid}")
    # What was not touched stays as it is, also where the field can't show it: half a core, 128 MB.
    same_cores = cores == _within(guest.cpu_cores, 1.0, MOST_CORES)
    same_memory = memory == _within(guest.mem_bytes / GIB, LEAST_GB, MOST_GB) * GIB
    return [
        GrowGuest(
            vmid=guest.vmid, use_factor=float(times), cpu_cores=None if same_cores else cores,
            mem_bytes=None if same_memory else memory,
        )
    ]  # fmt: skip


def _move(choices: Choices) -> list[Change]:
    labels = st.multiselect(
        "Guests to move", list(choices.guests), key="whatif_move_guests", max_selections=MOST_MOVED,
        placeholder="Type to search",
    )  # fmt: skip
    asked: list[Change] = []
    for label in labels:
        guest = choices.guests[label]
        others = [name for name in choices.measured if name != guest.node]
        target = st.selectbox(
            f"{guest.vmid} from {guest.node} to", others, key=f"whatif_move_to_{guest.vmid}", index=None,
            placeholder="Choose a node",
        )  # fmt: skip
        if target is not None:
            asked.append(MoveGuest(vmid=guest.vmid, target=target))
    return asked


def _fewer(choices: Choices) -> list[Change]:
    most = len(choices.taking) - 1
    if most < 1:
        st.caption("With one node that takes guests there is none to spare.")
        return []
    left = st.number_input("Nodes that are left", 1, most, most, key="whatif_fewer_nodes", width=200)
    st.caption("The others are emptied, those whose guests fit best elsewhere first.")
    return [Consolidate(nodes=int(left))]


def _cores(title: str, key: str, value: float, *, least: float = 1.0) -> float:
    given = _within(value, least, MOST_CORES)
    return float(st.number_input(title, least, MOST_CORES, given, 1.0, format="%g", key=f"whatif_{key}"))


def _gigabytes(title: str, key: str, value: float, *, least: float = LEAST_GB, off: bool = False) -> float:
    """A size in GB, as bytes."""
    given = _within(value, least, MOST_GB)
    size = st.number_input(title, least, MOST_GB, given, 1.0, format="%g", key=f"whatif_{key}", disabled=off)
    return float(size) * GIB


def _within(value: float, least: float, most: float) -> float:
    """What a field begins with: a float within its bounds, the lowest for what was not measured."""
    return min(max(float(value), least), most) if known(value) else least


_FORMS: dict[str, Callable[[Choices], list[Change]]] = {
    "lose": _lose, "drain": _drain, "node": _new_node, "size": _size, "guests": _guests, "grow": _grow,
    "move": _move, "fewer": _fewer,
}  # fmt: skip
