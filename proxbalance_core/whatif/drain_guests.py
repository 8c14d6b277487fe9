"""One row for each guest of the emptied nodes, and for whoever makes room for them."""

from __future__ import annotations

from typing import Any

from proxbalance_core.domain.cluster import Guest
from proxbalance_core.domain.drains import DrainFate, DrainGuest
from proxbalance_core.domain.results import Alternative
from proxbalance_core.engine.explain import Trip
from proxbalance_core.recommend.commands import commands_of
from proxbalance_core.whatif.drain_blockers import OFF_ANYWAY, stays_because
from proxbalance_core.whatif.drain_scene import Scene
from proxbalance_core.whatif.drain_seats import Seats, seats_before_shutdown

BY_HAND = "Chosen by hand."


def guest_rows(scene: Scene) -> tuple[DrainGuest, ...]:
    """Those of the emptied nodes by vmid, then the others that move."""
    trips = {scene.view.snapshot.guests[trip.guest].vmid: trip for trip in scene.trips}
    seats = Seats(scene.view, scene.chosen, frozenset(scene.wishes.to))
    rows = [
        _moving(scene, guest, trips[guest.vmid], seats) if guest.vmid in trips else _staying(scene, guest, seats)
        for guest in scene.today.guests
        if guest.vmid in trips or guest.node in scene.emptied
    ]
    return tuple(sorted(rows, key=lambda row: (row.fate == "makes_room", row.vmid)))


def _moving(scene: Scene, guest: Guest, trip: Trip, seats: Seats) -> DrainGuest:
    """A guest that goes to another node."""
    leaves, chosen = guest.node in scene.emptied, guest.vmid in scene.wishes.to
    steps = [step for step in scene.plan.steps if step.vmid == guest.vmid]
    targets = seats.of(trip.guest) if leaves else ()
    lead = BY_HAND if chosen else "" if leaves else f"It makes room on {guest.node}."
    only = not chosen and sum(a.ruled_out is None for a in targets) == 1
    return DrainGuest(
        **_common(guest), fate="moves" if leaves else "makes_room", target=steps[-1].target, chosen=chosen,
        why=f"{lead} {_arrival(scene, trip, only)}".lstrip(), wave=steps[-1].wave,
        steps=tuple(step.step for step in steps),
        estimated_seconds=round(sum(step.estimated_seconds for step in steps), 1),
        downtime_seconds=round(sum(step.downtime_seconds for step in steps), 1),
        commands=tuple(commands_of(guest, step.source, step.target) for step in steps), targets=targets,
    )  # fmt: skip


def _arrival(scene: Scene, trip: Trip, only: bool) -> str:
    """How its target is when it comes."""
    before, n = trip.stops[-1].before.placed, trip.target
    load = f"at {before.cpu_level[n]:.1f} % CPU and {before.mem_level[n]:.1f} % memory when it comes"
    name = scene.view.arrays.node.names[n]
    return f"Only {name} can take it, and is {load}." if only else f"{name} is {load}."


def _staying(scene: Scene, guest: Guest, seats: Seats) -> DrainGuest:
    """A guest of an emptied node that doesn't leave it."""
    fate, why, targets = _left(scene, guest, seats)
    return DrainGuest(
        **_common(guest), fate=fate, target=None, chosen=guest.vmid in scene.wishes.off, why=why, wave=None, steps=(),
        estimated_seconds=None, downtime_seconds=None, commands=(), targets=targets,
    )  # fmt: skip


def _left(scene: Scene, guest: Guest, seats: Seats) -> tuple[DrainFate, str, tuple[Alternative, ...]]:
    if guest.vmid in scene.wishes.off:
        fate: DrainFate = "stays" if guest.status in OFF_ANYWAY else "shut_down"
        return fate, BY_HAND, seats_before_shutdown(scene, guest.vmid)
    g = scene.view.arrays.guest_at[guest.vmid]
    barrier = scene.reasons.get(g)
    targets = () if barrier is None or g in scene.eligible.on_duty else seats.of(g)
    if guest.template or guest.status in OFF_ANYWAY:
        return "stays", stays_because(guest, barrier), targets
    return "blocked", barrier.detail if barrier else "", targets


def _common(guest: Guest) -> dict[str, Any]:
    return {
        "vmid": guest.vmid, "name": guest.name or "", "type": guest.type, "node": guest.node, "status": guest.status,
    }  # fmt: skip
