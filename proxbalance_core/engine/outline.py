"""The decisions and figures of an assessment in less time, for those who only hold it against another.

Left out is whatever explains: reasons, alternatives and times of moves, why a guest stays in words, conflicts and
advisories, and which move of a wave goes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.outlines import NodeMark, Outline
from proxbalance_core.domain.plans import MoveGlance, SideCounts
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import GIB
from proxbalance_core.engine.assess import decided, lit
from proxbalance_core.engine.explain import transfer
from proxbalance_core.engine.outlook import prospects
from proxbalance_core.engine.planning import Planned
from proxbalance_core.engine.view import View
from proxbalance_core.forecast.crossings import crossings
from proxbalance_core.plan.impact import DECIMALS, health_of, node_scores
from proxbalance_core.plan.order import Leg
from proxbalance_core.plan.walk import Walk
from proxbalance_core.recommend.eligibility import Eligibility
from proxbalance_core.recommend.skips import AfterPlan, World, improvement_of, reason_of
from proxbalance_core.scoring.rows import node_totals, pair_totals
from proxbalance_core.scoring.targets import score_nodes


def outlined(snapshot: ClusterSnapshot, settings: Settings) -> Outline:
    """What :func:`assess` would say in mode ``sequential``, in outline.

    Raises
    ------
    WorsePlan
        As in ``assess``.
    """
    view, eligible, plan = decided(snapshot, settings, "sequential", lambda _: True, sorted_waves=False)
    legs, names = plan.order.legs, view.arrays.node.names
    walk = Walk(view.state, view.rules, sorted({leg.guest for leg in legs}))
    moves = _moves(view, plan, walk)
    reasons, staying = _staying(view, eligible, plan, walk)
    nodes = node_scores(view.placed, view.rules.scale, settings, view.field)
    return Outline(
        counts=SideCounts(
            recommendations=len(moves), skipped=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
            cluster_health=health_of(walk.placed, settings), strain=round(walk.ahead.total(), DECIMALS),
            steps=len(legs), gigabytes=round(sum((transfer(view, leg.guest)[0] / GIB for leg in legs), 0.0), 2),
        ),
        moves=tuple(
            MoveGlance(
                vmid=(guest := snapshot.guests[g]).vmid, name=guest.name or "", source=names[view.placed.node_of[g]],
                target=names[target], score_improvement=gain, before_improvement=None,
            )
            for g, (target, gain) in moves.items()
        ),
        nodes=tuple(
            NodeMark(name=n.name, score=n.score, light=n.light) for n in lit(nodes, crossings(snapshot, settings))
        ),
        staying=staying, health=health_of(view.placed, settings),
    )  # fmt: skip


def _moves(view: View, plan: Planned, walk: Walk) -> dict[int, tuple[int, float]]:
    """Where each guest [position] of the plan ends, and by how much its score improves; takes the walk to its end."""
    before: dict[int, float] = {}
    moves: dict[int, tuple[int, float]] = {}
    for legs in _apart(plan.order.legs):
        scores = score_nodes(walk.placed, view.rules.scale, view.settings)
        guests, targets = np.array([leg.guest for leg in legs]), np.array([leg.target for leg in legs])
        own, there = node_totals(scores), pair_totals(scores, guests, targets).tolist()
        for leg, after in zip(legs, there, strict=True):
            before.setdefault(leg.guest, float(own[leg.source]))
            moves[leg.guest] = leg.target, round(before[leg.guest] - after, 2)
        walk.pass_over(legs)
    return moves


def _apart(legs: list[Leg]) -> Iterator[list[Leg]]:
    """The legs in order, in runs in which none changes a node that a later one comes to: a node's score is its own."""
    run, changed = list[Leg](), set[int]()
    for leg in legs:
        if not changed.isdisjoint((leg.source, leg.target)):
            yield run
            run, changed = [], set()
        run.append(leg)
        changed.update((leg.source, leg.target))
    if run:
        yield run


def _staying(
    view: View, eligible: Eligibility, plan: Planned, walk: Walk
) -> tuple[Counter[str], dict[int, float | None]]:
    """How many stay for which reason, and what each of them could gain."""
    gone, found = {leg.guest for leg in plan.order.legs}, plan.found
    world = World(
        placed=walk.placed, constraints=view.constraints, settings=view.settings, prospects=prospects(view, walk.state)
    )
    after = AfterPlan(
        passed=found.passed, dropped={g: why for g, (_, why) in plan.dropped.items()}, balanced=found.balanced,
        scattered=found.scattered, took_place={}, capped=False,
    )  # fmt: skip
    reasons: Counter[str] = Counter()
    staying: dict[int, float | None] = {}
    for g, guest in enumerate(view.snapshot.guests):
        if g not in gone:
            reason = reason_of(g, after, eligible, world)
            reasons[reason] += 1
            staying[guest.vmid] = improvement_of(g, reason, world)
    return reasons, staying
