"""From what the search chose to a plan in an order that can be carried out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace

import numpy as np

from proxbalance_core.domain.plans import CurvePoint, Dropped, Plan, Step
from proxbalance_core.domain.units import GIB
from proxbalance_core.engine.explain import Trip, move_facts, situation, transfer
from proxbalance_core.engine.view import View
from proxbalance_core.plan.order import Leg, Order, order_moves
from proxbalance_core.plan.search import Found, members_of, search
from proxbalance_core.plan.walk import Stop, Walk
from proxbalance_core.recommend.commands import commands_of
from proxbalance_core.recommend.eligibility import Eligibility
from proxbalance_core.recommend.reasons import LABELS, reason_of
from proxbalance_core.scoring.confidence import confidence
from proxbalance_core.scoring.rows import node_rows, side, target_rows

MOST_RUNS = 50
NO_ORDER = "no order was found in which it fits"
NO_ROOM = "its disks don't fit beside those of the other moves"


@dataclass(slots=True, kw_only=True)
class Planned:
    """What was found, its order, and the guests [positions] that had no place in one."""

    found: Found
    order: Order
    dropped: dict[int, tuple[int, str]] = field(default_factory=dict)

    def drawn(self, view: View, told: list[Trip], walk: Walk) -> Plan:
        """The plan as a value: steps with their reasons and times, waves, curve and shell."""
        why = {trip.guest: LABELS[reason_of(situation(view, trip), view.settings).primary_reason] for trip in told}
        steps = tuple(_step(view, i + 1, leg, why[leg.guest]) for i, leg in enumerate(self.order.legs))
        waves: dict[int, list[int]] = {}
        for step in steps:
            waves.setdefault(step.wave, []).append(step.step)
        slowest = [max(steps[i - 1].estimated_seconds for i in numbers) for numbers in waves.values()]
        names = view.arrays.node.names
        return Plan(
            steps=steps,
            waves=tuple(tuple(numbers) for _, numbers in sorted(waves.items())),
            dropped=tuple(
                Dropped(vmid=view.snapshot.guests[g].vmid, target=names[n], reason=why)
                for g, (n, why) in sorted(self.dropped.items())
            ),
            estimated_seconds=round(sum(slowest), 1),
            downtime_seconds=round(sum(step.downtime_seconds for step in steps), 1),
            curve=_curve(view, told, walk),
            shell=_shell(view, steps),
        )

    def steps_of(self, plan: Plan, view: View, g: int) -> list[Step]:
        """The steps of one guest."""
        vmid = view.snapshot.guests[g].vmid
        return [step for step in plan.steps if step.vmid == vmid]


def planned(view: View, eligible: Eligibility, progress: object) -> Planned:
    """Search, order, and search again without what had no executable order, until all has one."""
    dropped: dict[int, tuple[int, str]] = {}
    told = progress if callable(progress) else (lambda _: True)
    for _ in range(MOST_RUNS):
        found = search(
            view.state,
            view.rules,
            eligible,
            frozenset(dropped),
            lambda done: bool(told(1.0 - 1.0 / (1 + done))),
        )
        order = order_moves(view.placed, view.constraints, found.target_of, view.settings.max_parallel_per_node)
        if not order.dropped:
            break
        dropped.update({g: (found.target_of[g], NO_ORDER) for g in order.dropped})
    dropped.update({g: (n, NO_ROOM) for g, n in found.held.items() if g not in found.target_of})
    return Planned(found=found, order=surest_first(view, found, order), dropped=dropped)


def laid_out(view: View, found: Found) -> Planned:
    """Independent moves side by side, the best first: each is judged alone, so there is no order to keep."""
    ranked = sorted(found.target_of, key=lambda g: (-found.gain_of[g], view.constraints.unit_of.get(g, (g,)), g))
    legs = [Leg(guest=g, source=int(view.placed.node_of[g]), target=found.target_of[g], wave=1) for g in ranked]
    return Planned(found=found, order=Order(legs=legs))


def stops_alone(view: View, legs: list[Leg]) -> list[Stop]:
    """What each leg finds when it (with its unit) is the only one: for the independent mode."""
    mover_of = {g: unit for unit in members_of(view.placed, view.rules) for g in unit}
    units: dict[tuple[int, ...], list[Leg]] = {}
    for leg in legs:
        units.setdefault(mover_of[leg.guest], []).append(leg)
    walks = ((Walk(view.state, view.rules, sorted(leg.guest for leg in own)), own) for own in units.values())
    return [stop for walk, own in walks for stop in walk.steps(own)]


def surest_first(view: View, found: Found, order: Order) -> Order:
    """Within a wave the surest moves first, so that an interrupted run has done the most; units stay together."""
    walk = Walk(view.state, view.rules, sorted({leg.guest for leg in order.legs}))
    by_wave: dict[int, list[Leg]] = {}
    for leg in order.legs:
        by_wave.setdefault(leg.wave, []).append(leg)
    if all(len(legs) == 1 for legs in by_wave.values()):
        return order
    sure: dict[tuple[int, int], float] = {}
    stops = list(walk.steps(order.legs))
    for stop in stops:
        g, n = stop.leg.guest, stop.leg.target
        gain = side(node_rows(stop.scores, stop.leg.source)).total - side(target_rows(stop.scores, g, n)).total
        trip = Trip(
            guest=g,
            stops=(stop,),
            kind=found.kind_of[g],
            group=None,
            relief_now_of_group=0.0,
            cost_of_group=0.0,
        )
        facts = move_facts(view, trip, gain, "", 100.0)
        sure[g, n] = confidence(facts, ())[0]
    ranked = [
        leg
        for wave in sorted(by_wave)
        for leg in sorted(
            by_wave[wave],
            key=lambda leg: (
                -_unit_confidence(view, leg, sure),
                view.constraints.unit_of.get(leg.guest, (leg.guest,)),
                leg.guest,
            ),
        )
    ]
    return replace_order(order, ranked)


def _unit_confidence(view: View, leg: Leg, sure: dict[tuple[int, int], float]) -> float:
    unit = view.constraints.unit_of.get(leg.guest, (leg.guest,))
    return min(sure.get((g, leg.target), sure[leg.guest, leg.target]) for g in unit)


def replace_order(order: Order, legs: list[Leg]) -> Order:
    """The same order with its legs in another sequence."""
    return replace(order, legs=legs)


def _step(view: View, number: int, leg: Leg, why: str) -> Step:
    names = view.arrays.node.names
    _, seconds, downtime = transfer(view, leg.guest)
    reason = f"{why}; it waits on {names[leg.target]} until there is room" if leg.temporary else why
    return Step(
        step=number, vmid=view.snapshot.guests[leg.guest].vmid, source=names[leg.source], target=names[leg.target],
        wave=leg.wave, temporary=leg.temporary, reason=reason, estimated_seconds=seconds, downtime_seconds=downtime,
    )  # fmt: skip


def _curve(view: View, told: list[Trip], walk: Walk) -> tuple[CurvePoint, ...]:
    """Strain against the number of migrations taken, in the order of the plan."""
    stops = sorted((stop for trip in told for stop in trip.stops), key=lambda stop: walk.sequence[stop.leg])
    reliefs = np.array([stop.relief for stop in stops])
    strain = walk.ahead.total() + reliefs.sum()
    points, sent = [CurvePoint(moves=0, strain=round(float(strain), 6), gigabytes=0.0)], 0.0
    for i, stop in enumerate(stops):
        strain -= stop.relief
        sent += transfer(view, stop.leg.guest)[0] / GIB
        points.append(CurvePoint(moves=i + 1, strain=round(float(strain), 6), gigabytes=round(sent, 2)))
    return tuple(points)


def _shell(view: View, steps: tuple[Step, ...]) -> str:
    """The commands in wave order; each node's shell runs its own, so they go by ssh. Names never get in."""
    lines = [
        "#!/bin/sh",
        "# Migrations in wave order. A wave may run side by side; wait for its end before the next.",
        "set -e",
    ]
    wave = 0
    for step in steps:
        if step.wave != wave:
            wave = step.wave
            lines.append(f"# wave {wave}")
        guest = view.snapshot.guests[view.arrays.guest_at[step.vmid]]
        command = commands_of(guest, step.source, step.target)
        lines.append(f"ssh {shlex.quote('root@' + step.source)} {shlex.quote(command)}")
    return "\n".join(lines) + "\n" if steps else ""
