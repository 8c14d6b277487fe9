"""What a what-if may not ask for, each refused with one sentence before anything is worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import singledispatch

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
from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.wording import listed
from proxbalance_core.errors import ChangeInvalid

MOST_CORES, MOST_BYTES = 8192.0, 2.0**50
MOST_NEW_GUESTS, MOST_USE_FACTOR = 1000, 100.0
MOST_NAMED = 8


def refuse_impossible(snapshot: ClusterSnapshot, changes: Sequence[Change]) -> None:
    """Raise :class:`ChangeInvalid` for the first thing in ``changes`` that can't be."""
    named = _Named(snapshot, changes)
    for sentence in (*_together(snapshot, changes), *(s for change in changes for s in _faults(change, named))):
        raise ChangeInvalid(sentence)


def refuse_impossible_guest(guest: NewGuest) -> None:
    """The same for a new guest by itself."""
    for sentence in _new_guest(guest):
        raise ChangeInvalid(sentence)


def refuse_unknown_nodes(snapshot: ClusterSnapshot, nodes: Sequence[str]) -> None:
    """The same for nodes that are to be emptied."""
    if not nodes:
        raise ChangeInvalid("Say which node is to be emptied.")
    named = _Named(snapshot, ())
    for sentence in (s for name in nodes for s in named.not_online(name, "emptied")):
        raise ChangeInvalid(sentence)


def refuse_target(snapshot: ClusterSnapshot, node: str, who: str) -> None:
    """The same for a node that ``who`` is to be moved to."""
    for sentence in _Named(snapshot, ()).not_measured(node, who):
        raise ChangeInvalid(sentence)


class _Named:
    """The nodes and guests that changes may speak of."""

    def __init__(self, snapshot: ClusterSnapshot, changes: Sequence[Change]) -> None:
        self.cluster, self.nodes = snapshot.cluster, {node.name: node for node in snapshot.nodes}
        self.added = {change.node for change in changes if isinstance(change, AddNode)}
        self.vmids = {guest.vmid for guest in snapshot.guests}

    def no_node(self, name: str) -> Iterator[str]:
        if name not in self.nodes and name not in self.added:
            names = sorted(self.nodes)
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            there = ", ".join(names[:MOST_NAMED]) or "none is known"
            yield f"There is no node '{name}' in cluster '{self.cluster}' ({there}{more})."

    def not_online(self, name: str, what: str) -> Iterator[str]:
        yield from self.no_node(name)
        if name in self.nodes and not self.nodes[name].online:
            yield f"Node '{name}' is {self.nodes[name].status} already, it can't be {what}."

    def not_measured(self, name: str, who: str) -> Iterator[str]:
        """Why ``who`` can't be moved to the node: what it would carry then could not be told."""
        yield from self.no_node(name)
        node = self.nodes.get(name)
        if node is not None and not node.measured:
            state = "has no current figures" if node.online else f"is {node.status}"
            yield f"Node '{name}' {state}: {who} can't be moved there."

    def no_guest(self, vmid: int) -> Iterator[str]:
        if vmid not in self.vmids:
            yield f"There is no guest {vmid} in cluster '{self.cluster}'."


def _together(snapshot: ClusterSnapshot, changes: Sequence[Change]) -> Iterator[str]:
    """What the changes can't be all at once."""
    added = [change.node for change in changes if isinstance(change, AddNode)]
    lost = [change.node for change in changes if isinstance(change, LoseNode)]
    drained = [change.node for change in changes if isinstance(change, DrainNode)]
    for what, names in (("added", added), ("lost or drained", [*lost, *drained])):
        for name, times in Counter(names).items():
            if times > 1:
                yield f"Node '{name}' can be {what} only once."
    online = {node.name for node in snapshot.nodes if node.online} | set(added)
    taking = {node.name for node in snapshot.nodes if node.measured and not node.maintenance} | set(added)
    for what, names, left in (("lost", lost, online), ("lost or drained", [*lost, *drained], taking)):
        gone = sorted(set(names) & online)
        if gone and not left - set(names):
            yield f"With {listed(gone)} {what} no node would be left for the guests."
    if sum(isinstance(change, Consolidate) for change in changes) > 1:
        yield "The guests can be consolidated on one number of nodes only."
    for change in changes:
        if isinstance(change, Consolidate) and not 1 <= change.nodes < len(taking - {*lost, *drained}):
            most = len(taking - {*lost, *drained}) - 1
            fewer = f"say 1 to {most}" if most > 1 else "say 1" if most == 1 else "there are none to spare"
            yield f"Guests can be consolidated on fewer nodes than there are: {fewer}, not {change.nodes}."


@singledispatch
def _faults(change: Change, named: _Named) -> Iterator[str]:
    raise AssertionError(f"{type(change).__name__} is not checked")


@_faults.register
def _(change: LoseNode, named: _Named) -> Iterator[str]:
    yield from named.not_online(change.node, "lost")


@_faults.register
def _(change: DrainNode, named: _Named) -> Iterator[str]:
    yield from named.not_online(change.node, "drained")


@_faults.register
def _(change: AddNode, named: _Named) -> Iterator[str]:
    if not change.node.strip():
        yield "A new node needs a name."
    if not change.node.isprintable():
        yield "The name of a new node has a character that can't be shown."
    if change.node in named.nodes:
        yield f"There is a node '{change.node}' already."
    if change.like is not None:
        if change.like not in named.nodes:
            yield from named.no_node(change.like)
        elif not named.nodes[change.like].online:
            yield f"Node '{change.like}' is {named.nodes[change.like].status}: nothing can be like it."
    elif None in (change.cpu_cores, change.mem_bytes) and not any(node.online for node in named.nodes.values()):
        yield f"New node '{change.node}' needs cores and memory: no node is online that it could be like."
    yield from _sizes(change.cpu_cores, change.mem_bytes)


@_faults.register
def _(change: AddMemory, named: _Named) -> Iterator[str]:
    yield from named.no_node(change.node)
    yield from _memory(change.mem_bytes)


@_faults.register
def _(change: AddCores, named: _Named) -> Iterator[str]:
    yield from named.no_node(change.node)
    yield from _cores(change.cpu_cores)


@_faults.register
def _(change: AddGuest, named: _Named) -> Iterator[str]:
    if change.node is not None:
        yield from named.no_node(change.node)
    if not 1 <= change.count <= MOST_NEW_GUESTS:
        yield f"New guests are 1 to {MOST_NEW_GUESTS:,} at a time, not {change.count:,}."
    yield from _new_guest(change.guest)


@_faults.register
def _(change: GrowGuest, named: _Named) -> Iterator[str]:
    yield from named.no_guest(change.vmid)
    yield from _sizes(change.cpu_cores, change.mem_bytes)
    if not 0 < change.use_factor <= MOST_USE_FACTOR:
        yield f"A use factor is more than 0 and at most {MOST_USE_FACTOR:g}, not {change.use_factor:g}."


@_faults.register
def _(change: MoveGuest, named: _Named) -> Iterator[str]:
    yield from named.no_guest(change.vmid)
    yield from named.not_measured(change.target, f"guest {change.vmid}")


@_faults.register
def _(change: Consolidate, named: _Named) -> Iterator[str]:
    yield from ()


def _new_guest(guest: NewGuest) -> Iterator[str]:
    yield from _cores(guest.cpu_cores)
    yield from _memory(guest.mem_bytes)
    for use in (guest.cpu_use, guest.mem_use):
        if use is not None and not 0 <= use <= 1:
            yield f"A share of use is between 0 and 1 (0 and 100 %), not {use:g}."
    if guest.disk_bytes is not None:
        yield from _bytes(guest.disk_bytes, "A disk")
        if guest.storage is None:
            yield "A disk of that size needs the storage that it is to lie on."


def _sizes(cores: float | None, memory: float | None) -> Iterator[str]:
    """Cores and bytes that may be left out."""
    if cores is not None:
        yield from _cores(cores)
    if memory is not None:
        yield from _memory(memory)


def _cores(cores: float) -> Iterator[str]:
    if not 0 < cores <= MOST_CORES:
        yield f"Cores are more than 0 and at most {MOST_CORES:,.0f}, not {cores:g}."


def _memory(size: float) -> Iterator[str]:
    yield from _bytes(size, "Memory")


def _bytes(size: float, what: str) -> Iterator[str]:
    if not 0 < size <= MOST_BYTES:
        yield f"{what} is more than 0 and at most {MOST_BYTES / GIB:,.0f} GB, not {size / GIB:,.3g} GB."
