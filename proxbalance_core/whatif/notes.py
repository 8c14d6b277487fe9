"""What an answer takes for granted, and what it can't know, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from proxbalance_core.domain.changes import AddCores, AddGuest, AddNode, Consolidate, LoseNode
from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.whatif import WhatIf
from proxbalance_core.domain.wording import counted
from proxbalance_core.whatif.emptying import Emptied
from proxbalance_core.whatif.guests import reckoned, reckoning
from proxbalance_core.whatif.topology import model_of

MOST_HELD = 5


def notes(made: WhatIf, today: ClusterSnapshot, final: ClusterSnapshot, chosen: Emptied) -> tuple[str, ...]:
    """The notes of an answer, besides those of the assessment."""
    return (*_lost(made, final), *_new(made, final), *_consolidated(made, chosen), *_sized(made, today))


def _lost(made: WhatIf, final: ClusterSnapshot) -> Iterator[str]:
    lost = {change.node for change in made.changes if isinstance(change, LoseNode)}
    if not lost:
        return
    online, votes = sum(node.online for node in final.nodes), len(final.nodes)
    if 2 * online <= votes:
        yield (
            f"{online} of {votes} nodes would be left online: without a QDevice the cluster has no quorum then, "
            "and nothing starts by itself."
        )
    by_ha = {guest.vmid for guest in final.guests if guest.ha.managed}
    by_hand = sum(started.source is not None and started.vmid not in by_ha for started in made.started)
    if by_hand:
        be, it = ("is", "it") if by_hand == 1 else ("are", "them")
        yield (
            f"{by_hand} of the guests that start elsewhere {be} not under HA: Proxmox doesn't start {it} by itself, "
            "someone has to."
        )
    stopped = sum(guest.node in lost and not guest.running for guest in final.guests)
    if stopped:
        needs = "doesn't run and needs" if stopped == 1 else "don't run and need"
        yield f"{counted(stopped, 'guest')} of the lost nodes {needs} no place."


def _new(made: WhatIf, final: ClusterSnapshot) -> Iterator[str]:
    for change in made.changes:
        wish = change.guest if isinstance(change, AddGuest) else None
        if wish is not None and None in (wish.cpu_use, wish.mem_use):
            yield reckoning(reckoned(final, wish))


def _consolidated(made: WhatIf, chosen: Emptied) -> Iterator[str]:
    if not any(isinstance(change, Consolidate) for change in made.changes):
        return
    for node, vmid, detail in chosen.held[:MOST_HELD]:
        yield f"{node} can't be emptied: guest {vmid} stays. {detail}"
    if len(chosen.held) > MOST_HELD:
        yield f"{counted(len(chosen.held) - MOST_HELD, 'more node')} can't be emptied because of a guest that stays."


def _sized(made: WhatIf, today: ClusterSnapshot) -> Iterator[str]:
    if any(isinstance(change, AddCores) for change in made.changes):
        yield "Pressure and iowait of a node with more cores stay as measured; more cores may ease them too."
    for change in made.changes:
        model = model_of(today, change) if isinstance(change, AddNode) else None
        if model is not None and isinstance(change, AddNode) and change.like is None:
            yield f"{change.node} is taken to be like {model.name}, as nothing else is said of it."
        elif model is None and isinstance(change, AddNode) and any(node.storages is not None for node in today.nodes):
            yield f"{change.node} has the shared storages of the cluster, and no local one."
