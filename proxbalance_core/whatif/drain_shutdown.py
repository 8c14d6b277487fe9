"""Guests that are shut down for a maintenance: when, with which command, and which nodes could run them meanwhile."""

from __future__ import annotations

import dataclasses
import shlex

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest
from proxbalance_core.domain.drains import ShutDown
from proxbalance_core.domain.plans import Plan
from proxbalance_core.domain.units import GIB, known
from proxbalance_core.domain.wording import listed
from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import ClusterArrays
from proxbalance_core.features.groups import Groups
from proxbalance_core.recommend.commands import shutdown_of
from proxbalance_core.recommend.constraints import MEM_LIMIT, Ruling, units
from proxbalance_core.recommend.eligibility import held_by_its_node
from proxbalance_core.recommend.rulings import ruling_in_words
from proxbalance_core.recommend.starts import joins
from proxbalance_core.whatif.drain_blockers import OFF_ANYWAY
from proxbalance_core.whatif.drain_scene import Scene
from proxbalance_core.whatif.topology import in_maintenance

MOST_NAMED = 4


def shut_down(scene: Scene) -> tuple[ShutDown, ...]:
    """Those who run and are to be shut down, by vmid."""
    guests = [g for g in scene.today.guests if g.vmid in scene.wishes.off and g.status not in OFF_ANYWAY]
    if not guests:
        return ()
    cold, early = View.of(_switched_off(scene), scene.view.settings), _held_together(scene)
    return tuple(_row(cold, guest, guest.vmid in early) for guest in guests)


def _switched_off(scene: Scene) -> ClusterSnapshot:
    """The cluster when the plan is done and those who are shut down are off, where they were."""
    off = scene.wishes.off
    guests, names = scene.view.snapshot.guests, scene.view.arrays.node.names
    moves = [(guests[g].vmid, names[n]) for g, n in sorted(scene.made.planned.found.target_of.items())]
    gone = scene.view.snapshot.with_moves(moves)
    stopped = (_stopped(guest) for guest in scene.today.guests if guest.vmid in off)
    return dataclasses.replace(gone, guests=(*gone.guests, *stopped), rules=scene.today.rules)


def _stopped(guest: Guest) -> Guest:
    """The guest when it is off; of one whose state isn't known nothing more is known then."""
    return guest if guest.status == "unknown" else dataclasses.replace(guest, status="stopped")


def _held_together(scene: Scene) -> frozenset[int]:
    """Who is in a unit, by rule or tag, with a guest that moves: shut down later, it would be in its way."""
    whole = in_maintenance(scene.today, scene.emptied)
    moved = {step.vmid for step in scene.plan.steps}
    vmids = [guest.vmid for guest in whole.guests]
    bound = units(Groups.of(whole, ClusterArrays.of(whole)).together)
    return frozenset(vmids[g] for g, unit in bound.items() if not moved.isdisjoint(vmids[u] for u in unit))


def _row(cold: View, guest: Guest, early: bool) -> ShutDown:
    nodes, detail = _starts(cold, guest)
    return ShutDown(
        vmid=guest.vmid, name=guest.name or "", type=guest.type, node=guest.node, before_moves=early,
        starts_on=nodes, detail=detail, command=shutdown_of(guest),
    )  # fmt: skip


def _starts(cold: View, guest: Guest) -> tuple[tuple[str, ...], str]:
    """The nodes that could run it if it were moved while it is off, the roomiest first, and that in a sentence."""
    home, names = cold.arrays.node_at[guest.node], cold.arrays.node.names
    held = held_by_its_node(guest, cold.snapshot.nodes[home])
    if held is not None:
        return (), f"No other node can run it meanwhile. {held.detail}"
    room = np.asarray(MEM_LIMIT * cold.constraints.mem_limits - cold.placed.mem_used_bytes())
    faults = {n: _fault(cold, guest, n, float(room[n])) for n in range(len(names)) if n != home}
    able = sorted((n for n, fault in faults.items() if fault is None), key=lambda n: (-room[n], n))
    if able:
        best = tuple(names[n] for n in able)
        return best, f"It could run on {_first(list(best))} meanwhile, if it is moved while it is off."
    if not faults:
        return (), "There is no other node that could run it meanwhile."
    return (), f"No other node can run it meanwhile: {_first([f'{names[n]} {fault}' for n, fault in faults.items()])}."


def _first(items: list[str]) -> str:
    more = len(items) - MOST_NAMED
    return listed([*items[:MOST_NAMED], f"{more} more"] if more > 0 else items)


def _fault(cold: View, guest: Guest, n: int, room: float) -> str | None:
    """What keeps node ``n`` from running a guest that is off now, in words."""
    g, placed, constraints, node = cold.arrays.guest_at[guest.vmid], cold.placed, cold.constraints, cold.arrays.node
    ruling = constraints.ruling(g, n, placed)
    rest = joins(g, placed, constraints, frozenset({int(placed.node_of[g])}))
    if ruling == Ruling.FREE and rest is not None and n not in rest:
        ruling = Ruling.TOGETHER
    if ruling == Ruling.FREE and guest.type == "vm" and guest.cpu_cores > node.cpu_cores[n]:
        ruling = Ruling.CORES
    if ruling != Ruling.FREE:
        return ruling_in_words(ruling, g, n, placed, constraints)
    need = guest.mem_bytes if known(guest.mem_bytes) else 0.0
    return None if need <= room else f"needs {(need - room) / GIB:.1f} GB more memory"


def with_shutdowns(plan: Plan, rows: tuple[ShutDown, ...]) -> Plan:
    """The plan whose shell shuts down what is to be shut down, too: before or after the migrations."""
    if not rows:
        return plan
    first, last = ([_line(row) for row in rows if row.before_moves is early] for early in (True, False))
    head, _, moves = plan.shell.partition("set -e\n") if plan.shell else ("#!/bin/sh\n", "", "")
    parts = [head + "set -e\n", *_part("shut down first", first), moves, *_part("shut down", last)]
    return dataclasses.replace(plan, shell="".join(parts))


def _part(what: str, lines: list[str]) -> list[str]:
    return [f"# {what}\n", *lines] if lines else []


def _line(row: ShutDown) -> str:
    return f"ssh {shlex.quote('root@' + row.node)} {shlex.quote(row.command)}\n"
