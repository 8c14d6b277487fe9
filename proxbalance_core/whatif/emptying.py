"""Fewer nodes: which can be emptied with the least strain, one after the other."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import known
from proxbalance_core.engine.view import View
from proxbalance_core.plan.outage import Outage, without_nodes
from proxbalance_core.recommend.eligibility import Barrier, eligibility

MOST_TRIED = 4  # of those with the least memory to move, at each step


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """The nodes to empty in order, how many they are short of, and what keeps others: (node, vmid, why)."""

    nodes: tuple[str, ...] = ()
    short: int = 0
    held: tuple[tuple[str, int, str], ...] = ()


def emptied(
    snapshot: ClusterSnapshot, settings: Settings, nodes_left: int, needed: frozenset[str] = frozenset()
) -> Emptied:
    """Choose nodes to empty until ``nodes_left`` are left, or no more can be; those ``needed`` by name stay.

    At each step the few nodes with the least memory to move are tried, their guests placed on the others by the
    planner's search; the one that leaves the least strain and costs the fewest moves is taken.
    """
    view = View.of(snapshot, settings)
    held, names = _held(view), view.arrays.node.names
    templates = np.array([guest.template for guest in snapshot.guests], dtype=bool)
    state, rules = view.state, view.rules
    chosen: list[int] = []
    while state.field.nodes > nodes_left:
        able = [int(n) for n in np.flatnonzero(state.field.scope) if int(n) not in held and names[n] not in needed]
        tried = sorted(able, key=lambda n: (_memory_on(state.placed.node_of, view, n), n))
        outcomes: list[Outage] = []
        for n in tried:
            found = without_nodes(state, rules, {n}, templates, settle=False)
            if not (found.homeless or found.barred):
                outcomes.append(found)
            if len(outcomes) == MOST_TRIED:
                break
        if not outcomes:
            break
        best = min(outcomes, key=lambda found: (_objective(view, found), min(found.lost)))
        chosen += best.lost
        state, rules = best.after, best.rules
    kept = [(names[n], snapshot.guests[g].vmid, barrier.detail) for n, (g, barrier) in sorted(held.items())]
    short = max(state.field.nodes - nodes_left, 0)
    return Emptied(nodes=tuple(names[n] for n in chosen), short=short, held=tuple(kept))


def _objective(view: View, found: Outage) -> float:
    """What plans minimise: the strain, and the price of all moves so far [points]."""
    moved = found.after.placed.node_of != view.placed.node_of
    return found.after.field.total() + float(view.rules.move_cost[moved].sum())


def _held(view: View) -> dict[int, tuple[int, Barrier]]:
    """The nodes [positions] that can't be emptied because of a guest, the first of each, with what keeps it."""
    node = view.arrays.node
    everywhere = view.placed.copy()
    leaving = dataclasses.replace(node, maintenance=np.ones(len(node.names), dtype=bool))
    everywhere.arrays = dataclasses.replace(view.arrays, node=leaving)
    barriers = eligibility(view.snapshot, everywhere, view.constraints, view.settings).on_duty
    held: dict[int, tuple[int, Barrier]] = {}
    for g, barrier in sorted(barriers.items()):
        if barrier.reason != "template":
            held.setdefault(int(view.placed.node_of[g]), (g, barrier))
    return held


def _memory_on(node_of: np.ndarray, view: View, n: int) -> float:
    """Memory in use by the guests of a node [bytes]."""
    used = view.arrays.guest.mem_used_bytes[node_of == n, 0]
    return float(sum(value for value in used if known(value)))
