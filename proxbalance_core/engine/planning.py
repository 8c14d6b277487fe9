"""From what the search chose to a plan in an order that can be carried out."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from proxbalance_core.domain.plans import CurvePoint, Dropped, Plan, Step
from proxbalance_core.domain.units import GIB
from proxbalance_core.engine.explain import Trip, move_facts, sides, situation, transfer, trips
from proxbalance_core.engine.view import View
from proxbalance_core.plan.order import Leg, Order, ordered
from proxbalance_core.plan.search import Found, members_of, search
from proxbalance_core.plan.walk import Stop, Walk, each_alone
from proxbalance_core.recommend.commands import commands_of
from proxbalance_core.recommend.eligibility import Eligibility, eligibility
from proxbalance_core.recommend.reasons import LABELS, reason_of
from proxbalance_core.scoring.confidence import confidence

MOST_RUNS = 50
MOST_SORTS = 4
SMALL_CLUSTER = 8
NO_ORDER = "no order was found in which it fits"
NO_ROOM = "its disks don't fit beside those of the other moves"


@dataclass(slots=True, kw_only=True)
class Planned:
    """What was found, its order, and the guests [positions] that had no place in one."""

    found: Found
    order: Order
    dropped: dict[int, tuple[int, str]] = field(default_factory=dict)

    def drawn(self, view: View, told: list[Trip], reliefs: list[float], end: float) -> Plan:
        """The plan as a value; ``reliefs`` are those of its legs one after the other, ``end`` the strain then."""
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
            curve=_curve(view, self.order.legs, reliefs, end),
            shell=_shell(view, steps),
        )

    def steps_of(self, plan: Plan, view: View, g: int) -> list[Step]:
        """The steps of one guest."""
        vmid = view.snapshot.guests[g].vmid
        return [step for step in plan.steps if step.vmid == vmid]


def planned(
    view: View, eligible: Eligibility, progress: object, *, jointly: bool = False, sorted_waves: bool = True
) -> Planned:
    """Search, order, and search again without what had no executable order, until all has one.

    ``jointly`` adds the joint search (mode ``optimal``); what had to be dropped can make that the worse
    plan, then the one without it is taken. Moves of a wave that share no node change nothing for one another: whoever
    doesn't ask which goes first is spared finding out (``sorted_waves``).
    """
    told = progress if callable(progress) else (lambda _: True)
    made = _planned(view, eligible, told, _rounds(view) if jointly else 0)
    if jointly and made.dropped:
        plain = _planned(view, eligible, told, 0)
        made = min(made, plain, key=lambda plan: plan.found.total + plan.found.cost)
    if sorted_waves or view.settings.max_parallel_per_node > 1:
        made.order = surest_first(view, made.found, made.order)
    return made


def _rounds(view: View) -> int:
    """``search_iterations`` is for clusters of up to eight nodes, and grows with larger ones."""
    return view.settings.search_iterations * max(view.field.nodes, SMALL_CLUSTER) // SMALL_CLUSTER


def _planned(view: View, eligible: Eligibility, told: Callable[[float], object], rounds: int) -> Planned:
    dropped: dict[int, tuple[int, str]] = {}

    def keep_going(done: int) -> bool:
        return told(1.0 - 1.0 / (1 + done)) in (True, None)  # a callback that only listens stops nothing

    for _ in range(MOST_RUNS):
        closed = frozenset(dropped)
        found = search(view.state, replace(view.rules, joint_rounds=rounds), eligible, closed, keep_going)
        if rounds:
            found = _settled(view, found, closed, rounds, keep_going)
        first = [g for g, _ in view.rules.first]
        order = ordered(view.placed, view.constraints, found.target_of, view.settings.max_parallel_per_node, first)
        if not order.dropped:
            break
        dropped.update({g: (found.target_of[g], NO_ORDER) for g in order.dropped})
    dropped.update({g: (n, NO_ROOM) for g, n in found.held.items() if g not in found.target_of})
    return Planned(found=found, order=order, dropped=dropped)


def _settled(view: View, found: Found, closed: frozenset[int], rounds: int, keep_going: Callable[[int], bool]) -> Found:
    """Ask again on the result, as the next assessment will, until that has nothing to add (law 6).

    What it adds gains even at the full price of moves, so it gains here, where moved guests go on for free.
    """
    vmids, names = view.arrays.guest.vmids, view.arrays.node.names
    for _ in range(MOST_RUNS if view.settings.max_moves == 0 else 0):
        if found.stopped_early or not found.target_of:
            break
        moves = [(int(vmids[g]), names[n]) for g, n in sorted(found.target_of.items())]
        after = View.of(view.snapshot.with_moves(moves), view.settings)
        eligible = eligibility(after.snapshot, after.placed, after.constraints, after.settings)
        more = search(after.state, replace(after.rules, joint_rounds=rounds), eligible, closed, keep_going)
        if not more.target_of:
            break
        found = _joined(view, found, more)
    return found


def _joined(view: View, first: Found, more: Found) -> Found:
    """Two searches one after the other as one; whoever ends where it began stays."""
    home = view.placed.node_of
    target_of = {g: n for g, n in (first.target_of | more.target_of).items() if n != home[g]}
    kind_of = {g: first.kind_of.get(g, more.kind_of.get(g, "balance")) for g in target_of}
    names = more.group_of | first.group_of
    mates = Counter(names[g] for g in target_of if g in names)
    paid = [g for g in target_of if kind_of[g] in ("balance", "forecast")]
    return replace(
        more, target_of=target_of, kind_of=kind_of, passed=first.passed | more.passed, duties_total=first.duties_total,
        group_of={g: names[g] for g in target_of if g in names and mates[names[g]] > 1},
        cost=float(view.rules.move_cost[paid].sum()), stopped_early=more.stopped_early,
    )  # fmt: skip


def laid_out(view: View, found: Found) -> Planned:
    """Independent moves, the best first: each is judged alone, so waves only mind how many a node takes at once."""
    units = view.constraints.unit_of
    best = {g: max(found.gain_of[u] for u in units.get(g, (g,)) if u in found.gain_of) for g in found.target_of}
    ranked = sorted(found.target_of, key=lambda g: (-best[g], units.get(g, (g,)), g))
    legs, wave, busy = [], 1, Counter[int]()
    for g in ranked:
        ends = int(view.placed.node_of[g]), found.target_of[g]
        if max(busy[n] for n in ends) >= view.settings.max_parallel_per_node:
            wave, busy = wave + 1, Counter()
        busy.update(ends)
        legs.append(Leg(guest=g, source=ends[0], target=ends[1], wave=wave))
    return Planned(found=found, order=Order(legs=legs))


def stops_alone(view: View, legs: list[Leg]) -> list[Stop]:
    """What each leg finds when it (with its unit) is the only one: for the independent mode."""
    mover_of = {g: unit for unit in members_of(view.placed, view.rules) for g in unit}
    units: dict[tuple[int, ...], list[Leg]] = {}
    for leg in legs:
        units.setdefault(mover_of[leg.guest], []).append(leg)
    single = [own[0] for own in units.values() if len(own) == 1]
    stops = {stop.leg: stop for stop in each_alone(view.state, view.rules, single)}
    for own in units.values():
        if len(own) > 1:
            walk = Walk(view.state, view.rules, sorted(leg.guest for leg in own))
            stops.update({stop.leg: stop for stop in walk.steps(own)})
    return [stops[leg] for own in units.values() for leg in own]


def surest_first(view: View, found: Found, order: Order) -> Order:
    """Within a wave the surest moves first, so that an interrupted run has done the most; units stay together.

    Where several moves of a wave share a node, what goes first changes what the next one brings: looked
    at anew a few times.
    """
    waves = Counter(leg.wave for leg in order.legs)
    if all(count == 1 for count in waves.values()):
        return order
    for _ in range(1 if view.settings.max_parallel_per_node == 1 else MOST_SORTS):
        sure = _confidences(view, found, order)
        ranked = sorted(order.legs, key=lambda leg: (leg.wave, *_rank_in_wave(view, leg, sure)))
        if ranked == order.legs:
            break
        order = replace(order, legs=ranked)
    return order


def _confidences(view: View, found: Found, order: Order) -> dict[int, float]:
    """The confidence that each guest's recommendation will show, by position."""
    walk = Walk(view.state, view.rules, sorted({leg.guest for leg in order.legs}))
    sure = {}
    for trip in trips(view, found, list(walk.steps(order.legs))):
        source, target = sides(trip)
        why = reason_of(situation(view, trip), view.settings).primary_reason if view.snapshot.outcomes else ""
        facts = move_facts(view, trip, round(source.total - target.total, 2), why, 100.0)
        sure[trip.guest] = confidence(facts, view.snapshot.outcomes)[0]
    return sure


def _rank_in_wave(view: View, leg: Leg, sure: dict[int, float]) -> tuple[float, tuple[int, ...], int]:
    unit = view.constraints.unit_of.get(leg.guest, (leg.guest,))
    return -min(sure[g] for g in unit if g in sure), unit, leg.guest


def _step(view: View, number: int, leg: Leg, why: str) -> Step:
    names = view.arrays.node.names
    _, seconds, downtime = transfer(view, leg.guest)
    reason = f"{why}; it waits on {names[leg.target]} until there is room" if leg.temporary else why
    return Step(
        step=number, vmid=view.snapshot.guests[leg.guest].vmid, source=names[leg.source], target=names[leg.target],
        wave=leg.wave, temporary=leg.temporary, reason=reason, estimated_seconds=seconds, downtime_seconds=downtime,
    )  # fmt: skip


def _curve(view: View, legs: list[Leg], reliefs: list[float], end: float) -> tuple[CurvePoint, ...]:
    """Strain against the number of migrations taken, in the order of the plan."""
    strain = end + sum(reliefs)
    points, sent = [CurvePoint(moves=0, strain=round(float(strain), 6), gigabytes=0.0)], 0.0
    for i, (leg, relief) in enumerate(zip(legs, reliefs, strict=True)):
        strain -= relief
        sent += transfer(view, leg.guest)[0] / GIB
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
