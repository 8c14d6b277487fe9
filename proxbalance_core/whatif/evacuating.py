"""The plan that empties nodes: their guests leave, nobody else moves unless room has to be made."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from proxbalance_core.engine.planning import Planned, planned, surest_first
from proxbalance_core.engine.view import View
from proxbalance_core.plan.order import ordered
from proxbalance_core.plan.outage import without_nodes
from proxbalance_core.plan.search import Found, scattered
from proxbalance_core.recommend.constraints import Constraints, Ruling
from proxbalance_core.recommend.eligibility import Eligibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Evacuation:
    """The plan, and who is left on the nodes [positions]; ``widely`` when it took moves of others to make room."""

    planned: Planned
    left: frozenset[int]
    widely: bool = False


def evacuation(view: View, eligible: Eligibility, emptied: frozenset[int], chosen: Mapping[int, int]) -> Evacuation:
    """Empty the nodes ``emptied`` [positions] with guests ``chosen`` on their nodes first.

    As an assessment does it, but that guests of other nodes stay: the least bad place for each, the largest first, room
    made by one that can go elsewhere, then on to the fixpoint. Where that leaves someone, they are packed as tightly as
    they go; where that does too, the whole cluster is planned as an assessment does, which may make the room. What
    leaves fewest is taken. Who would be parted from one that a rule holds it together with stays, too.
    """
    while True:
        made = _emptied(view, eligible, emptied, chosen)
        parted = (_parted(view, made) & eligible.dutiful) - set(chosen)
        if not parted:
            return made
        eligible = replace(eligible, dutiful=eligible.dutiful - parted)


def _parted(view: View, made: Evacuation) -> frozenset[int]:
    """Who moves away from those whom a rule holds it together with: they would be on more nodes than today."""
    home, end = view.placed.node_of, made.planned.found.target_of
    parted: set[int] = set()

    def home_of(g: int) -> int:
        return int(home[g])

    def end_of(g: int) -> int:
        return end.get(g, home_of(g))

    for group in view.placed.groups.together:
        before, after = ({at(g) for g in group.guests} for at in (home_of, end_of))
        if len(after) > len(before):
            parted.update(g for g in group.guests if g in end)
    return frozenset(parted)


def _emptied(view: View, eligible: Eligibility, emptied: frozenset[int], chosen: Mapping[int, int]) -> Evacuation:
    """The best of the three, whom it parts not looked at."""
    duty = replace(eligible, dutiful=_bound_to_leave(view, eligible, emptied))
    rules = replace(view.rules, constraints=_held_to(view.constraints, chosen), first=tuple(chosen.items()))
    calm = replace(view, rules=replace(rules, duties_only=True))
    best = Evacuation(planned=(made := planned(calm, duty, None)), left=left_on(view, emptied, made))
    if not best.left - set(duty.on_duty):
        return best
    packed = _packed(calm, duty, emptied)
    if packed is not None and set(chosen) <= set(packed.found.target_of):
        best = min(best, Evacuation(planned=packed, left=left_on(view, emptied, packed)), key=_count)
    if not best.left - set(duty.on_duty):
        return best
    wide = planned(replace(view, rules=rules), eligible, None)
    return min(best, Evacuation(planned=wide, left=left_on(view, emptied, wide), widely=True), key=_count)


def _count(made: Evacuation) -> int:
    return len(made.left)


def _bound_to_leave(view: View, eligible: Eligibility, emptied: frozenset[int]) -> frozenset[int]:
    """Whose duty it is because of these nodes: their guests and the units of those."""
    here = {int(g) for g in np.flatnonzero(np.isin(view.placed.node_of, list(emptied)))}
    return frozenset(
        g for g in eligible.dutiful if g in here or not here.isdisjoint(view.constraints.unit_of.get(g, ()))
    )


def _held_to(constraints: Constraints, chosen: Mapping[int, int]) -> Constraints:
    """The same constraints where a chosen guest may go to its node alone."""
    twin = copy(constraints)
    twin.fixed = constraints.fixed.copy()
    for g, n in chosen.items():
        own = twin.fixed[g, n]
        twin.fixed[g] = Ruling.NOT_ALLOWED
        twin.fixed[g, n] = own
    return twin


def left_on(view: View, emptied: frozenset[int], made: Planned) -> frozenset[int]:
    """Who a plan leaves on the nodes [positions], but for templates."""
    here = np.flatnonzero(np.isin(view.placed.node_of, list(emptied)))
    guests, gone = view.snapshot.guests, made.found.target_of
    return frozenset(int(g) for g in here if int(g) not in gone and not guests[g].template)


def _packed(view: View, duty: Eligibility, emptied: frozenset[int]) -> Planned | None:
    """The guests placed as those of a node that fails would be, which packs them tightly; None without an order."""
    staying = np.ones(len(view.placed.node_of), dtype=bool)
    staying[sorted(duty.dutiful - set(duty.on_duty))] = False
    out = without_nodes(view.state, view.rules, emptied, staying)
    first = [g for g, _ in view.rules.first]
    order = ordered(view.placed, view.constraints, out.target_of, view.settings.max_parallel_per_node, first)
    if order.dropped:
        return None
    total = out.after.field.total()
    found = Found(
        target_of=out.target_of, kind_of=dict.fromkeys(out.target_of, "maintenance_evacuation"),
        group_of={}, passed=frozenset(), balanced=False, scattered=scattered(out.after.placed, view.rules),
        duties_total=total, total=total, cost=0.0,
    )  # fmt: skip
    return Planned(found=found, order=surest_first(view, found, order))
