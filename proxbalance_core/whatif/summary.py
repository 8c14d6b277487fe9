"""The sentences on top: what was changed, whether everyone has a place, what to do, and how the cluster is then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
)
from proxbalance_core.domain.results import Evaluation
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.whatif import Unplaced, WhatIf
from proxbalance_core.domain.wording import counted, listed
from proxbalance_core.whatif.verdict import turned

MOST_BROKEN, MOST_NAMED = 3, 6


def summary(made: WhatIf) -> str:
    """What becomes of the cluster, in a few sentences of plain text."""
    lead = listed(list(_phrases(made.changes))) or "as it is today"
    fits = "; ".join(_places(made)) or "everything has its place"
    return " ".join([f"{lead[0].upper()}{lead[1:]}: {fits}.", *_advice(made), *_state(made)])


def _phrases(changes: tuple[Change, ...]) -> Iterator[str]:
    """The changes in a few words each."""
    lost = [change.node for change in changes if isinstance(change, LoseNode)]
    drained = [change.node for change in changes if isinstance(change, DrainNode)]
    moved = [change for change in changes if isinstance(change, MoveGuest)]
    if lost:
        yield f"without {_few(lost)}"
    if drained:
        yield f"with {_few(drained)} drained"
    yield from (phrase for change in changes if (phrase := _phrase(change)))
    many = len({change.vmid for change in moved})
    if moved:
        one = f"guest {moved[-1].vmid} on {moved[-1].target}"
        yield f"with {one if many == 1 else f'{many} guests moved by hand'}"


def _phrase(change: Change) -> str:
    match change:
        case AddNode():
            return f"with the new node {change.node}"
        case AddMemory():
            return f"with {change.mem_bytes / GIB:g} GB more in {change.node}"
        case AddCores():
            return f"with {change.cpu_cores:g} more cores in {change.node}"
        case AddGuest():
            many = "a new guest" if change.count == 1 else f"{change.count} new guests"
            return f"with {many} of {change.guest.cpu_cores:g} cores and {change.guest.mem_bytes / GIB:g} GB"
        case GrowGuest():
            return f"with guest {change.vmid} at {listed(list(_growth(change)))}"
        case Consolidate():
            return f"on {counted(change.nodes, 'node')}"
    return ""


def _growth(change: GrowGuest) -> Iterator[str]:
    if change.cpu_cores is not None:
        yield f"{change.cpu_cores:g} cores"
    if change.mem_bytes is not None:
        yield f"{change.mem_bytes / GIB:g} GB"
    if change.use_factor != 1.0 or (change.cpu_cores is None and change.mem_bytes is None):
        yield f"{change.use_factor:g} times its load"


def _places(made: WhatIf) -> Iterator[str]:
    """Who has found a place, who hasn't, and what doesn't hold any more."""
    drained = {row.node for row in made.nodes if row.fate == "drained"}
    for what, new in (("running guest", False), ("new guest", True)):
        placed = [row.target for row in made.started if (row.source is None) is new]
        left = [row for row in made.unplaced if (row.node is None) is new and row.node not in drained]
        if left:
            have = "has" if len(left) == 1 else "have"
            yield f"{len(left)} of {counted(len(placed) + len(left), what)} {have} no place{_missing(left)}"
        elif len(placed) == 1:
            yield f"the {what} starts on {placed[0]}"
        elif placed:
            yield f"all {len(placed)} {what}s start{'' if new else ' elsewhere'}"
    yield from _emptied(made, sorted(drained))
    yield from (violation.detail for violation in made.broken[:MOST_BROKEN])
    if len(made.broken) > MOST_BROKEN:
        yield f"{len(made.broken) - MOST_BROKEN} more rules don't hold"


def _emptied(made: WhatIf, drained: list[str]) -> Iterator[str]:
    left = [row for row in made.unplaced if row.node in drained]
    empty = [name for name in drained if name not in {row.node for row in left}]
    moves = sum(move.source in drained for move in made.moves)
    fewer = next((change.nodes for change in made.changes if isinstance(change, Consolidate)), None)
    if empty:
        yield f"{_few(empty)} can be emptied in {counted(moves, 'move')}" if moves else f"{_few(empty)} without guests"
    if left:
        where = _few(sorted({str(row.node) for row in left}))
        yield f"{counted(len(left), 'guest')} can't leave {where}{_missing(left)}"
    taking = sum(node.status == "online" for node in made.after.nodes)
    if fewer is not None and taking > fewer:
        yield "no node can be emptied" if not drained else f"no more nodes can be emptied, {taking} are left"


def _few(names: list[str]) -> str:
    """Names as long as a reader counts them at a glance, else how many."""
    return listed(names) if len(names) <= MOST_NAMED else counted(len(names), "node")


def _missing(rows: Sequence[Unplaced]) -> str:
    missing = sum(row.missing_bytes or 0.0 for row in rows)
    return f" ({missing / GIB:.1f} GB of memory are missing)" if missing else ""


def _advice(made: WhatIf) -> Iterator[str]:
    count = len(made.moves)
    be = "is" if count == 1 else "are"
    yield f"{counted(count, 'move')} {be} advised then." if count else "No move is advised then."


def _state(made: WhatIf) -> Iterator[str]:
    """The fullest node in the end, and the cluster's health on the way."""
    loads = [
        (max(node.cpu_pct or 0.0, node.mem_pct or 0.0), node) for node in made.advised.nodes if node.status == "online"
    ]
    if not loads:
        yield "No node is left that could take guests."
        return
    _, fullest = max(loads, key=lambda pair: (pair[0], pair[1].name))
    worse = [node.name for node in turned(made.before, made.advised)]
    passes = f"; {_few(worse)} {'passes' if len(worse) == 1 else 'pass'} a threshold" if worse else ""
    after = "The" if not made.moves else "After it the" if len(made.moves) == 1 else "After them the"
    yield (
        f"{after} fullest node is {fullest.name} "
        f"(CPU {fullest.cpu_pct or 0.0:.0f} %, memory {fullest.mem_pct or 0.0:.0f} %)"
        f"{passes}{_health(made.before, made.after, made.advised)}."
    )


def _health(before: Evaluation, after: Evaluation, advised: Evaluation) -> str:
    stages = [side.cluster_health for side in (before, after, advised)]
    today, then, end = (None if value is None else f"{value:.0f}" for value in stages)
    if today is None or then is None or end is None:
        return ""
    if today == then:
        changed = f"goes from {today} to {end} with the moves" if end != then else f"stays at {today}"
    else:
        changed = f"goes from {today} to {then}" + (f", and with the moves to {end}" if end != then else "")
    return f"; cluster health {changed}"
