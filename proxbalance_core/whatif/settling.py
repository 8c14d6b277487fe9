"""Who has to find a place at once does: guests of lost nodes and new ones, together, by the planner's search."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.whatif import Started, Unplaced
from proxbalance_core.engine.view import View
from proxbalance_core.plan.outage import Outage, start_rules, without_nodes
from proxbalance_core.recommend.eligibility import held_by_its_node
from proxbalance_core.recommend.rulings import all_for_storage, refusals, refusals_in_words
from proxbalance_core.recommend.starts import bound_to_its_node, joins
from proxbalance_core.whatif.guests import NOWHERE, Waiting, settled_disks, with_waiting, without_waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The cluster when all have started that could, and those that couldn't."""

    snapshot: ClusterSnapshot
    started: tuple[Started, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()


def settled(snapshot: ClusterSnapshot, settings: Settings, lost: Sequence[str], guests: Sequence[Waiting]) -> Settled:
    """Without the ``lost`` nodes, and with new ``guests``."""
    if not lost and not guests:
        return Settled(snapshot=snapshot)
    whole = with_waiting(snapshot, guests)
    view = View.of(whole, settings)
    at = view.arrays.node_at
    fresh = {
        view.arrays.guest_at[w.guest.vmid]: frozenset() if w.node is None else frozenset({at[w.node]}) for w in guests
    }
    gone = [at[name] for name in (*lost, *([NOWHERE] if guests else []))]
    found = without_nodes(view.state, start_rules(view.rules, fresh), gone)
    return Settled(
        snapshot=_then(whole, view, found, frozenset(lost)),
        started=starts(view, found),
        unplaced=unplaced(view, found),
    )


def _then(whole: ClusterSnapshot, view: View, found: Outage, lost: frozenset[str]) -> ClusterSnapshot:
    moved = whole.with_moves((whole.guests[g].vmid, whole.nodes[n].name) for g, n in sorted(found.target_of.items()))
    nodes = tuple(dataclasses.replace(n, status="offline") if n.name in lost else n for n in moved.nodes)
    new = {g for g in found.target_of if whole.guests[g].node == NOWHERE}
    guests = tuple(
        settled_disks(guest, moved.nodes[view.arrays.node_at[guest.node]]) if g in new else guest
        for g, guest in enumerate(moved.guests)
    )
    return without_waiting(dataclasses.replace(moved, nodes=nodes, guests=guests))


def starts(view: View, found: Outage) -> tuple[Started, ...]:
    """Everyone who starts on another node, or for the first time; by vmid."""
    guests, names = view.snapshot.guests, view.arrays.node.names
    return tuple(_started(guests[g], names[n]) for g, n in sorted(found.target_of.items()))


def _started(guest: Guest, target: str) -> Started:
    source = None if guest.node == NOWHERE else guest.node
    return Started(vmid=guest.vmid, name=guest.name or "", type=guest.type, source=source, target=target)


def unplaced(view: View, found: Outage) -> tuple[Unplaced, ...]:
    """Everyone who found no place, with the reason and the memory that is missing; by vmid."""
    made = [_barred(view, found, g) for g in found.barred]
    for unit in found.homeless:
        made += [
            _homeless(view, found, g, unit.missing_bytes if g == unit.guests[0] else 0.0, unit.node)
            for g in unit.guests
        ]
    return tuple(sorted(made, key=lambda row: row.vmid))


def _row(guest: Guest, reason: str, detail: str) -> Unplaced:
    return Unplaced(
        vmid=guest.vmid, name=guest.name or "", type=guest.type,
        node=None if guest.node == NOWHERE else guest.node, reason=reason, detail=detail,
    )  # fmt: skip


def _barred(view: View, found: Outage, g: int) -> Unplaced:
    guest, constraints = view.snapshot.guests[g], found.rules.constraints
    bound = None if guest.node == NOWHERE else bound_to_its_node(guest, constraints)
    if bound is not None:
        held = held_by_its_node(guest, view.snapshot.nodes[view.arrays.node_at[guest.node]])
        return _row(guest, held.reason if held else "local_disk", bound)
    ruled = refusals(g, found.after.placed, constraints, joins(g, found.after.placed, constraints, found.lost))
    ruled = [(n, r) for n, r in ruled if n not in found.lost]
    shown = refusals_in_words(ruled, g, found.after.placed, constraints)
    reason = "storage_incompatible" if all_for_storage(ruled) else "no_suitable_target"
    return _row(guest, reason, f"No node can take it: {shown}." if ruled else "There is no other node.")


def _homeless(view: View, found: Outage, g: int, missing: float, node: int) -> Unplaced:
    guest, names = view.snapshot.guests[g], view.arrays.node.names
    detail = f"No node has the memory; {names[node]} comes nearest, {missing / GIB:.1f} GB are missing there."
    if not missing:
        detail = "It has to be with others that find no place."
    row = _row(guest, "no_suitable_target", detail)
    return dataclasses.replace(row, missing_bytes=missing, nearest=names[node])
