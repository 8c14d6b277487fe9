"""``n_minus_1``: each node lost in turn, its guests placed on the rest by the planner's search."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.failover import NMinusOne, NodeLoss
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.whatif import Started, Unplaced
from proxbalance_core.domain.wording import counted, listed
from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import Bools, Floats
from proxbalance_core.plan.board import Rules
from proxbalance_core.plan.outage import Outage, start_rules, without_nodes
from proxbalance_core.recommend.constraints import MEM_LIMIT
from proxbalance_core.whatif.settling import starts, unplaced

MOST_NAMED = 3
Progress = Callable[[float], object]


def n_minus_1(
    snapshot: ClusterSnapshot, settings: Settings | None = None, on_progress: Progress | None = None
) -> NMinusOne:
    """Whether the rest would carry each node's running guests: memory, storage and rules.

    Parameters
    ----------
    snapshot : ClusterSnapshot
    settings : Settings
    on_progress : callable, optional
        Called with the share of the work done (0..1).
    """
    settings = settings or Settings()
    view = View.of(snapshot, settings)
    rules = start_rules(view.rules)
    at_risk = [n for n, node in enumerate(snapshot.nodes) if node.online]
    losses = []
    for done, n in enumerate(at_risk, 1):
        losses.append(_loss(view, rules, n))
        if on_progress is not None:
            on_progress(done / len(at_risk))
    ranked = tuple(sorted(losses, key=_weakness))
    return NMinusOne(
        cluster=snapshot.cluster, taken_at=snapshot.taken_at, settings=settings.to_dict(),
        holds=all(loss.holds for loss in ranked), weakest=ranked[0].node if ranked else None,
        summary=_overall(ranked), nodes=ranked, notes=tuple(_notes(snapshot, view)),
    )  # fmt: skip


def _weakness(loss: NodeLoss) -> tuple[int, float, float, str]:
    return -len(loss.unplaced), -loss.missing_bytes, loss.headroom_bytes, loss.node


def _loss(view: View, rules: Rules, n: int) -> NodeLoss:
    found = without_nodes(view.state, rules, [n])
    started, left = starts(view, found), unplaced(view, found)
    room = _room(found)
    headroom, largest = float(np.maximum(room, 0.0).sum()), float(max(room.max(initial=0.0), 0.0))
    placed, taking = found.after.placed, _taking(found)
    busiest, cpu = _highest(placed.cpu_level, taking)
    fullest, mem = _highest(placed.mem_level, taking)
    names = view.arrays.node.names
    return NodeLoss(
        node=names[n], holds=not left, running=len(started) + len(left), started=started, unplaced=left,
        missing_bytes=found.missing_bytes, headroom_bytes=headroom, largest_guest_bytes=largest,
        busiest_node=None if busiest is None else names[busiest], cpu_pct=cpu,
        fullest_node=None if fullest is None else names[fullest], mem_pct=mem,
        summary=_sentence(names[n], started, left, headroom),
    )  # fmt: skip


def _taking(found: Outage) -> Bools:
    """The nodes that are left and take guests, [N]."""
    node = found.after.placed.arrays.node
    taking = np.asarray(node.online & node.measured & ~node.maintenance)
    taking[list(found.lost)] = False
    return taking


def _room(found: Outage) -> Floats:
    """Memory under the limit on each node that is left, below 0 where it is over, [nodes] bytes."""
    taking = _taking(found)
    limits, placed = found.rules.constraints.mem_limits, found.after.placed
    return np.asarray((MEM_LIMIT * limits - placed.mem_used_bytes())[taking])


def _highest(level: Floats, taking: Bools) -> tuple[int | None, float | None]:
    if not taking.any():
        return None, None
    n = int(np.where(taking, level, -np.inf).argmax())
    return n, round(float(level[n]), 2)


def _sentence(name: str, started: tuple[Started, ...], left: tuple[Unplaced, ...], headroom: float) -> str:
    count = len(started) + len(left)
    if not count:
        return f"{name} has no running guests: nothing would have to start elsewhere."
    if not left:
        what = f"all its {count} running guests" if count > 1 else "its running guest"
        return f"If {name} failed, {what} would start elsewhere, and {headroom / GIB:.1f} GB of memory would be left."
    who = f"{len(left)} of its {count} running guests" if count > 1 else "its running guest"
    return f"If {name} failed, {who} would have no place: {'; '.join(_why(left))}."


def _why(left: tuple[Unplaced, ...]) -> Iterator[str]:
    """What keeps those without a place from one, by cause."""
    short = [row for row in left if row.missing_bytes is not None]
    disks = [row for row in left if row.missing_bytes is None and row.reason == "local_disk"]
    other = [row for row in left if row not in short and row not in disks]
    if short:
        missing = sum(row.missing_bytes or 0.0 for row in short)
        yield f"{missing / GIB:.1f} GB of memory are missing for {_named(short)}"
    if disks:
        yield f"the disks of {_named(disks)} are on the node itself"
    if other:
        yield f"storage, devices, rules, cores or maintenance keep {_named(other)} off every other node"


def _named(rows: list[Unplaced]) -> str:
    names = [f"{row.name or row.type} ({row.vmid})" for row in rows[:MOST_NAMED]]
    more = len(rows) - MOST_NAMED
    return listed([*names, f"{more} more"] if more > 0 else names)


def _overall(ranked: tuple[NodeLoss, ...]) -> str:
    if not ranked:
        return "No node is online."
    if len(ranked) == 1:
        return f"{ranked[0].node} is the only node online: there is no rest that could take its guests."
    fail = [loss for loss in ranked if not loss.holds]
    if not fail:
        left = ranked[0].headroom_bytes / GIB
        return f"Any one node may be lost. The tightest is {ranked[0].node}: {left:.1f} GB of memory would be left."
    if len(fail) == len(ranked):
        return f"No node may be lost without guests staying down. {fail[0].summary}"
    lead = f"{len(ranked) - len(fail)} of {len(ranked)} nodes may be lost; {fail[0].node} is the weakest."
    return f"{lead} {fail[0].summary}"


def _notes(snapshot: ClusterSnapshot, view: View) -> Iterator[str]:
    unchecked = [node.name for node in snapshot.nodes if node.online and node.storages is None]
    if unchecked:
        yield f"Storage was not checked on {listed(unchecked)}: its storages are not known."
    running = [guest for guest in snapshot.guests if guest.running]
    by_hand = sum(not guest.ha.managed for guest in running)
    if by_hand:
        yield (
            f"Of {counted(len(running), 'running guest')} {by_hand} are not under HA: "
            "they would have to be started elsewhere by hand."
        )
    online, votes = sum(node.online for node in snapshot.nodes), len(snapshot.nodes)
    if online == votes == 2:
        yield "With 2 nodes the loss of either loses quorum, unless there is a QDevice."
    elif online > 1 and 2 * (online - 1) <= votes:
        yield (
            f"{online - 1} of {votes} nodes would be left online: without a QDevice the cluster has no quorum then, "
            "and nothing starts by itself."
        )
    local = sum(any(disk.local_copy for disk in guest.disks) for guest in running)
    if local:
        yield f"Replicas of local disks aren't known here: {counted(local, 'guest')} with such disks count as lost."
