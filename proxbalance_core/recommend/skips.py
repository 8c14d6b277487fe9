"""Everyone who is not recommended, with the reason, judged on the state after the plan (engine, section 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from proxbalance_core.domain.cluster import Guest
from proxbalance_core.domain.results import Skip
from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.recommend.clashes import Clash
from proxbalance_core.recommend.constraints import Constraints
from proxbalance_core.recommend.eligibility import Barrier, Eligibility
from proxbalance_core.recommend.rulings import all_for_storage, refusals, refusals_in_words
from proxbalance_core.scoring.placed import Placed

LEAST_SHOWN = 0.01
WORTH = 1e-6  # points that a move has to relieve over its price
WITH_FIGURES = frozenset({"insufficient_improvement", "no_relief", "deferred", "cluster_balanced"})
RULED_OUT = frozenset({"pinned", "affinity_blocked", "no_suitable_target"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prospects:
    """What a guest that stays could get, on the state after the plan; [G] or [G, N], NaN where nothing.

    ``best`` is the position of the best target (-1: none), ``gain`` the score improvement and
    ``largest`` its largest value over the hours ahead, ``relief`` and ``cost`` in points. ``paying`` [G] is in how many
    of the ``days`` that may come it pays, ``needed`` of which have to agree; 0 where it doesn't pay in the mean.
    """

    own_score: Floats
    best: np.ndarray
    best_score: Floats
    gain: Floats
    largest: Floats
    relief: Floats
    cost: Floats
    paying: Ints
    days: int
    needed: int

    def agreed(self, g: int) -> bool:
        """Whether enough of the days that may come speak for moving ``g``; what costs nothing needs no agreement."""
        return int(self.paying[g]) >= self.needed or float(self.cost[g]) <= 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterPlan:
    """What the plan did, as far as those who stay are concerned: names by position."""

    passed: frozenset[int]
    dropped: dict[int, str]
    balanced: bool
    scattered: frozenset[int]
    took_place: dict[int, str]
    capped: bool


def skip_of(g: int, guest: Guest, after: AfterPlan, eligible: Eligibility, world: World) -> Skip:
    """Why guest ``g`` [position] stays where it is."""
    barrier = with_clash(g, _barrier(g, after, eligible, world), world.clashes)
    common = {"vmid": guest.vmid, "name": guest.name or "", "type": guest.type, "node": guest.node}
    told = {"reason": barrier.reason, "detail": barrier.detail, "would_change": barrier.would_change}
    if barrier.reason in WITH_FIGURES:
        return Skip(**common, **told, **_figures(g, world))  # type: ignore[arg-type]
    own = world.prospects.own_score[g]
    return Skip(**common, **told, current_score=None if np.isnan(own) else round(float(own), 2))  # type: ignore[arg-type]


def with_clash(g: int, barrier: Barrier, clashes: tuple[Clash, ...]) -> Barrier:
    """Where rules that can't all hold keep a guest from its place, they are named."""
    clash = next((clash for clash in clashes if g in clash.guests), None)
    if clash is None or barrier.reason not in RULED_OUT:
        return barrier
    return replace(barrier, detail=f"{barrier.detail} {clash.sentence}", would_change="without one of these rules")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """The state after the plan and its rules; ``clashes`` are rules that can't all hold."""

    placed: Placed
    constraints: Constraints
    settings: Settings
    prospects: Prospects
    clashes: tuple[Clash, ...] = ()


def reason_of(g: int, after: AfterPlan, eligible: Eligibility, world: World) -> str:
    """The reason of :func:`skip_of` alone, without its sentences."""
    early = _settled(g, after, eligible, world)
    if early is not None:
        return early.reason
    if after.balanced:
        return "cluster_balanced"
    if world.prospects.best[g] < 0:
        return _no_target(g, world.placed, world.constraints).reason
    verdict = _verdict(g, after, world)
    return "no_relief" if verdict == "disputed" else verdict


def improvement_of(g: int, reason: str, world: World) -> float | None:
    """The ``score_improvement`` of :func:`skip_of` for a guest [position] that stays for ``reason`` [points]."""
    p = world.prospects
    if reason not in WITH_FIGURES or p.best[g] < 0:
        return None
    return _two(_two(p.own_score[g]) - _two(p.best_score[g]))


def _figures(g: int, world: World) -> dict[str, object]:
    p, names = world.prospects, world.placed.arrays.node.names
    if p.best[g] < 0:
        return {"current_score": _two(p.own_score[g])}
    return {
        "current_score": _two(p.own_score[g]),
        "best_target": names[int(p.best[g])],
        "best_target_score": _two(p.best_score[g]),
        "score_improvement": improvement_of(g, "deferred", world),
        "strain_relief": round(float(p.relief[g]), 6),
    }


def _two(value: float) -> float:
    return round(float(value), 2)


def _settled(g: int, after: AfterPlan, eligible: Eligibility, world: World) -> Barrier | None:
    """What keeps guest ``g`` whatever it could gain."""
    placed, constraints = world.placed, world.constraints
    if g in eligible.dutiful and _still_bound(g, world):
        return unmet_duty(g, after.dropped.get(g), after.scattered, eligible, placed, constraints)
    early = eligible.plain.get(g)
    if early is not None and not (early.reason == "recurring_spike" and after.balanced):
        return early
    if g in after.scattered and _spread(g, placed, constraints):
        return _scattered(g, placed, constraints)
    if g in after.dropped:
        detail = f"It was worth moving, but {after.dropped[g]}."
        return Barrier(reason="deferred", detail=detail, would_change="when there is more room")
    return None


def _barrier(g: int, after: AfterPlan, eligible: Eligibility, world: World) -> Barrier:
    early = _settled(g, after, eligible, world)
    if early is not None:
        return early
    if after.balanced:
        spread = world.settings.balanced_spread_pct
        detail = (
            f"No node is over a threshold, now or in the hours ahead, and they differ by less than {spread:g} points."
        )
        return Barrier(reason="cluster_balanced", detail=detail, would_change="when a node passes a threshold")
    if world.prospects.best[g] < 0:
        return _no_target(g, world.placed, world.constraints)
    return _not_worth_it(g, after, world)


def unmet_duty(
    g: int,
    dropped: str | None,
    scattered: frozenset[int],
    eligible: Eligibility,
    placed: Placed,
    constraints: Constraints,
) -> Barrier:
    """Why guest ``g``, whose duty it is to move, is where it was in ``placed``, after the plan.

    ``dropped`` is why its move had no order, if it had one; ``scattered`` are those whose unit is spread over nodes.
    """
    early = eligible.on_duty.get(g)
    if early is not None:
        return early
    if g in scattered and _spread(g, placed, constraints):
        return _scattered(g, placed, constraints)
    if dropped is not None:
        detail = f"It has to move, but {dropped}."
        return Barrier(reason="no_suitable_target", detail=detail, would_change="when there is more room")
    return _no_target(g, placed, constraints)


def _still_bound(g: int, world: World) -> bool:
    from proxbalance_core.recommend.eligibility import duty_bound

    return g in duty_bound(world.placed)


def _spread(g: int, placed: Placed, constraints: Constraints) -> bool:
    return len({int(placed.node_of[u]) for u in constraints.unit_of[g]}) > 1


def _scattered(g: int, placed: Placed, constraints: Constraints) -> Barrier:
    unit = constraints.unit_of[g]
    vmids, node_of = placed.arrays.guest.vmids, placed.node_of
    other = next(u for u in unit if node_of[u] != node_of[g])
    where = placed.arrays.node.names[int(node_of[other])]
    detail = f"It belongs with guest {vmids[other]}, which is on {where}; they move together or not at all."
    return Barrier(reason="affinity_blocked", detail=detail, would_change="when they are on one node")


def _no_target(g: int, placed: Placed, constraints: Constraints) -> Barrier:
    ruled = refusals(g, placed, constraints)
    shown = refusals_in_words(ruled, g, placed, constraints)
    change = "when one of these changes"
    if all_for_storage(ruled):
        return Barrier(reason="storage_incompatible", detail=f"No node has its storage: {shown}.", would_change=change)
    detail = f"No node can take it: {shown}." if ruled else "There is no other node."
    return Barrier(reason="no_suitable_target", detail=detail, would_change=change if ruled else "with another node")


def _verdict(g: int, after: AfterPlan, world: World) -> str:
    """Which gate keeps guest ``g`` from its best target: a reason, or "disputed" where the days don't agree."""
    p = world.prospects
    relief = float(p.relief[g])
    worth = relief > float(p.cost[g]) + WORTH
    enough = max(float(p.largest[g]), relief) >= world.settings.min_score_improvement
    if g in after.passed or (worth and enough and (p.agreed(g) or g in world.constraints.unit_of)):
        return "deferred"
    if not enough:
        return "insufficient_improvement"
    return "disputed" if worth else "no_relief"


def _not_worth_it(g: int, after: AfterPlan, world: World) -> Barrier:
    p, s, verdict = world.prospects, world.settings, _verdict(g, after, world)
    target = world.placed.arrays.node.names[int(p.best[g])]
    gain = _two(p.own_score[g]) - _two(p.best_score[g])
    relief, cost = float(p.relief[g]), float(p.cost[g])
    strained = f"when {world.placed.arrays.node.names[int(world.placed.node_of[g])]} is under more strain"
    if verdict == "deferred":
        return _deferred(g, after, world)
    if verdict == "disputed":
        return _disputed(g, target, world)
    if verdict == "insufficient_improvement":
        detail = (
            f"The best node, {target}, would {_score_then(gain)} and {_cluster_then(relief)}; "
            f"the minimum is {s.min_score_improvement:g}."
        )
        least = math.floor(100.0 * max(float(p.largest[g]), relief)) / 100.0
        worth = relief > cost + WORTH and least > 0
        change = f"from a minimum improvement of {least:.2f} points" if worth else strained
        return Barrier(reason="insufficient_improvement", detail=detail, would_change=change)
    detail = f"On {target} it would {_cluster_then(relief, ' points')}, and the move costs {cost:.2f}."
    change = f"with a move cost under {relief:.2f} points" if relief >= LEAST_SHOWN else strained
    return Barrier(reason="no_relief", detail=detail, would_change=change)


def _score_then(gain: float) -> str:
    return f"improve its score by {gain:.2f} points" if gain >= 0 else f"make its score {-gain:.2f} points worse"


def _cluster_then(relief: float, unit: str = "") -> str:
    points = _two(relief)
    return (
        f"relieve the cluster by {abs(points):.2f}{unit}"
        if points >= 0
        else f"strain the cluster by {-points:.2f}{unit} more"
    )


def _disputed(g: int, target: str, world: World) -> Barrier:
    """Worth it in the mean of the days that may come, but not in enough of them."""
    p = world.prospects
    detail = (
        f"On {target} it would relieve the cluster by {float(p.relief[g]):.2f} points in the mean, for a move that "
        f"costs {float(p.cost[g]):.2f}, but it clearly pays in {int(p.paying[g])} of the {p.days} days that may "
        f"come, and {p.needed} have to agree."
    )
    return Barrier(reason="no_relief", detail=detail, would_change="when more of the days that may come call for it")


def _deferred(g: int, after: AfterPlan, world: World) -> Barrier:
    if after.capped:
        detail = f"The plan already has the {world.settings.max_moves} moves that max_moves allows."
        return Barrier(reason="deferred", detail=detail, would_change="with more moves allowed (max_moves)")
    other = after.took_place.get(g)
    detail = (
        f"It was worth moving, until {other} took its place in the plan."
        if other
        else "It was worth moving before the plan; after the plan it isn't."
    )
    return Barrier(reason="deferred", detail=detail, would_change=f"without {other}" if other else None)
