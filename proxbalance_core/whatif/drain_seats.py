"""The nodes that a guest could be sent to by hand, the other choices as they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from proxbalance_core.domain.results import Alternative
from proxbalance_core.engine.alternatives import alternatives
from proxbalance_core.engine.view import View
from proxbalance_core.errors import ChangeInvalid
from proxbalance_core.plan.board import State
from proxbalance_core.plan.order import Leg
from proxbalance_core.plan.walk import Walk
from proxbalance_core.recommend.constraints import Ruling
from proxbalance_core.recommend.eligibility import eligibility
from proxbalance_core.recommend.rulings import WORDS
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.targets import Scores, score_nodes
from proxbalance_core.whatif.drain_choices import chosen_targets, joining, parting, together, without_guests
from proxbalance_core.whatif.drain_scene import Scene
from proxbalance_core.whatif.topology import in_maintenance


class Seats:
    """Every other node for guests [positions] of a view in which ``chosen`` have gone to theirs first.

    ``asked`` are the vmids that were chosen for; those that only go with them are in ``chosen``, too.
    """

    def __init__(self, view: View, chosen: Mapping[int, int], asked: frozenset[int]) -> None:
        self.view, self.chosen, self.asked = view, dict(chosen), asked
        self.common: tuple[State, Scores] | None = None

    def of(self, g: int) -> tuple[Alternative, ...]:
        """All nodes but its own, best first, with what rules one out."""
        unit = self.view.constraints.unit_of.get(g, (g,))
        state, scores = self._without(unit)
        rest = joining(self.view, g, state.placed)
        vmids = self.view.arrays.guest.vmids
        if g in self.chosen and any(int(vmids[u]) in self.asked for u in unit if u != g):
            rest = {self.chosen[g]}
        return tuple(self._told(g, a, rest, state.placed) for a in alternatives(self.view, g, state, scores))

    def _told(self, g: int, a: Alternative, rest: set[int] | None, placed: Placed) -> Alternative:
        """``rest`` are the only nodes that may be."""
        n = self.view.arrays.node_at[a.target]
        if a.ruled_out is not None:
            return a
        why = WORDS[Ruling.TOGETHER] if rest is not None and n not in rest else self._parting(g, n, placed)
        return a if why is None else dataclasses.replace(a, ruled_out=f"{a.target} {why}")

    def _parting(self, g: int, n: int, placed: Placed) -> str | None:
        if g not in self.view.constraints.unit_of:
            return None
        there = placed.copy()
        for member in together(self.view, g, placed):
            there.move(member, n)
        return parting(self.view, g, there)

    def _without(self, unit: tuple[int, ...]) -> tuple[State, Scores]:
        """Where the chosen have gone, but for ``unit``."""
        if not self.chosen.keys().isdisjoint(unit):
            return self._after(g for g in self.chosen if g not in unit)
        if self.common is None:
            self.common = self._after(self.chosen)
        return self.common

    def _after(self, guests: Iterable[int]) -> tuple[State, Scores]:
        going, view = sorted(guests), self.view
        walk = Walk(view.state, view.rules, going)
        for g in going:
            walk.take(Leg(guest=g, source=int(view.placed.node_of[g]), target=self.chosen[g], wave=1))
        return walk.state, score_nodes(walk.placed, view.rules.scale, view.settings)


def seats_before_shutdown(scene: Scene, vmid: int) -> tuple[Alternative, ...]:
    """The same for a guest that is shut down, were it not; none where it can't leave or would be in the way."""
    cluster = without_guests(in_maintenance(scene.today, scene.emptied), scene.wishes.off - {vmid})
    view = View.of(cluster, scene.view.settings)
    able = eligibility(view.snapshot, view.placed, view.constraints, view.settings)
    g = view.arrays.guest_at[vmid]
    if g in able.on_duty:
        return ()
    try:
        chosen = chosen_targets(view, able, scene.wishes.to)
    except ChangeInvalid:
        return ()
    return Seats(view, chosen, frozenset(scene.wishes.to)).of(g)
