"""``select``: any set of moves taken together: what they lead to, what they break, and their order."""

from __future__ import annotations

from collections.abc import Iterable

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import Kind, Recommendation
from proxbalance_core.domain.selections import Selection
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.evaluate import judged
from proxbalance_core.engine.explain import Trip, sides, trips
from proxbalance_core.engine.planning import NO_ORDER, Planned, surest_first
from proxbalance_core.engine.view import View
from proxbalance_core.plan.impact import batch_impact, node_scores, picture
from proxbalance_core.plan.order import order_moves
from proxbalance_core.plan.search import Found
from proxbalance_core.plan.walk import Walk
from proxbalance_core.recommend.conflicts import PickedMove, conflicts
from proxbalance_core.recommend.constraints import MEM_LIMIT_IN_ORDER, Ruling
from proxbalance_core.recommend.rulings import ruling_in_words
from proxbalance_core.recommend.violations import made_worse, violations
from proxbalance_core.scoring.placed import Placed

NOT_MEASURED = "its node has no current figures"


def select(
    snapshot: ClusterSnapshot,
    settings: Settings | None = None,
    moves: Iterable[tuple[int, str]] = (),
    told: Assessment | None = None,
) -> Selection:
    """Judge ``moves`` of (vmid, target) as a whole.

    Parameters
    ----------
    snapshot : ClusterSnapshot
    settings : Settings
    moves : iterable of (int, str)
        Any moves, recommended or not; of several for one guest the last counts, and one to its own node is none.
    told : Assessment, optional
        Where a move is one of its recommendations, the plan gives that one's reason.

    Raises
    ------
    SnapshotInvalid
        For a guest or a node that is not there.
    """
    settings = settings or Settings()
    start = View.of(snapshot, settings)
    after = View.of(snapshot.with_moves(moves := tuple(moves)), settings)
    judgement = judged(start, after)
    found = _found(start, after, told)
    planned = _planned(start, after.placed, found)
    walk = Walk(start.state, start.rules, sorted({leg.guest for leg in planned.order.legs}))
    stops = list(walk.steps(planned.order.legs))
    taken = trips(start, found, stops)
    plan = planned.drawn(start, taken, [stop.relief for stop in stops], walk.ahead.total())
    before = node_scores(start.placed, start.rules.scale, settings, start.field)
    return Selection(
        impact=batch_impact(
            picture(start.placed, settings, before, start.field),
            picture(after.placed, settings, judgement.nodes, after.field),
        ),
        conflicts=conflicts(start.placed, start.constraints, settings, _picked(found, taken)),
        violations=judgement.violations,
        broken=made_worse(violations(start.placed, start.constraints), judgement.violations),
        plan=plan,
        cost=round(judgement.objective - judgement.strain, 6),
        gigabytes=plan.curve[-1].gigabytes,
    )


def _found(start: View, after: View, told: Assessment | None) -> Found:
    """The moves as a search would have found them."""
    home, there = start.placed.node_of, after.placed.node_of
    target_of = {g: int(there[g]) for g in range(len(home)) if home[g] != there[g]}
    names, vmids = start.arrays.node.names, start.arrays.guest.vmids
    known = {(r.vmid, r.target): r for r in told.recommendations} if told else {}
    ours = {g: known.get((int(vmids[g]), names[n])) for g, n in target_of.items()}
    total = start.field.total()
    return Found(
        target_of=target_of, kind_of={g: _kind(found) for g, found in ours.items()},
        group_of={g: found.group for g, found in ours.items() if found and found.group},
        passed=frozenset(), balanced=False, scattered=frozenset(), duties_total=total, total=total,
        cost=float(sum(start.rules.move_cost[g] for g in target_of)),
    )  # fmt: skip


def _kind(found: Recommendation | None) -> Kind:
    # What a forecast is worth depends on the moves around it: worked out anew, like any gain.
    return "balance" if found is None or found.kind == "forecast" else found.kind


def _planned(start: View, end: Placed, found: Found) -> Planned:
    """The moves in an order; those without one say why in the words of the placement that all lead to."""
    measured = start.arrays.node.measured
    dropped = {g: (n, NOT_MEASURED) for g, n in found.target_of.items() if not measured[start.placed.node_of[g]]}
    able = {g: n for g, n in found.target_of.items() if g not in dropped}
    while True:
        order = order_moves(start.placed, start.constraints, able, start.settings.max_parallel_per_node)
        if not order.dropped:
            return Planned(found=found, order=surest_first(start, found, order), dropped=dropped)
        # Anew without them: who was to wait on a temporary node must not be left there.
        dropped |= {g: (n := able.pop(g), _why(start, end, g, n)) for g in order.dropped}


def _why(start: View, end: Placed, g: int, n: int) -> str:
    """Why guest ``g`` can't go to ``n`` even when all the others have moved."""
    without = end.copy()
    without.move(g, int(start.placed.node_of[g]))
    ruling = start.constraints.ruling(g, n, without, limit=MEM_LIMIT_IN_ORDER)
    if ruling == Ruling.FREE:
        return NO_ORDER
    return f"{start.arrays.node.names[n]} {ruling_in_words(ruling, g, n, without, start.constraints)}"


def _picked(found: Found, taken: list[Trip]) -> list[PickedMove]:
    """The moves with what each gains, in their order; one that has no order gains nothing."""
    gains = dict.fromkeys((trip.guest for trip in taken), 0.0) | dict.fromkeys(found.target_of, 0.0)
    for trip in taken:
        source, target = sides(trip)
        gains[trip.guest] = round(source.total - target.total, 2)
    return [PickedMove(guest=g, target=found.target_of[g], gain=gain) for g, gain in gains.items()]
