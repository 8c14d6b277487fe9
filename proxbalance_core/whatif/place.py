"""``place``: the best node for a new guest, all nodes ranked by the strain that it adds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from proxbalance_core.domain.changes import AddGuest, NewGuest
from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.results import Alternative
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.whatif import PlaceOption, Placing, WantedGuest
from proxbalance_core.engine.alternatives import alternatives
from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import Floats
from proxbalance_core.plan.outage import start_rules
from proxbalance_core.recommend.constraints import Ruling
from proxbalance_core.recommend.rulings import missing_memory_bytes, ruling_in_words
from proxbalance_core.recommend.starts import joins
from proxbalance_core.scoring.rows import rating, suitability
from proxbalance_core.scoring.targets import after_move, score_nodes
from proxbalance_core.whatif.checks import refuse_impossible_guest
from proxbalance_core.whatif.guests import NOWHERE, reckoned, reckoning, waiting, with_waiting

TIE = 1e-9


def place(snapshot: ClusterSnapshot, settings: Settings | None, guest: NewGuest) -> Placing:
    """Every node for a guest that is yet to be made.

    The first is where the planner's search would put it: the node where the strain of the whole cluster over the hours
    ahead rises least. Nodes that can't take it say why.

    Raises
    ------
    ChangeInvalid
        For an impossible size or share.
    """
    refuse_impossible_guest(guest)
    settings = settings or Settings()
    whole = with_waiting(snapshot, waiting(snapshot, [AddGuest(guest=guest)]))
    view = View.of(whole, settings)
    g = next(i for i, row in enumerate(whole.guests) if row.node == NOWHERE)
    view = dataclasses.replace(view, rules=start_rules(view.rules, {g: frozenset()}))
    table, wanted = _Table(view, g), reckoned(snapshot, guest)
    found = table.ranked()
    best = found[0].node if found and found[0].rank == 1 else None
    return Placing(
        cluster=snapshot.cluster, taken_at=snapshot.taken_at, settings=settings.to_dict(), guest=wanted, best=best,
        summary=_summary(found, best), nodes=found, notes=tuple(_notes(snapshot, guest, wanted)),
    )  # fmt: skip


class _Table:
    """The nodes for guest ``g`` [position] of a view."""

    def __init__(self, view: View, g: int) -> None:
        self.view, self.g, settings = view, g, view.settings
        self.only = joins(g, view.placed, view.constraints, frozenset())
        scores = score_nodes(view.placed, view.rules.scale, settings)
        self.options = {option.target: option for option in alternatives(view, g, view.state, scores)}
        after = after_move(view.placed, np.array([g]), np.arange(len(view.arrays.node.names)))
        self.cpu_after, self.mem_after = after.cpu, after.mem

    def ranked(self) -> tuple[PlaceOption, ...]:
        """Best first, ruled-out ones last by name."""
        names = self.view.arrays.node.names
        made = [self._option(n, self.options[name]) for n, name in enumerate(names) if name != NOWHERE]
        able = sorted(
            (option for option in made if option.ruled_out is None),
            key=lambda option: (round((option.strain_rise or 0.0) / TIE), option.node),
        )
        ranked = [dataclasses.replace(option, rank=place) for place, option in enumerate(able, start=1)]
        return (*ranked, *(option for option in made if option.ruled_out is not None))

    def _option(self, n: int, option: Alternative) -> PlaceOption:
        ruling, placed, constraints = self._ruling(n), self.view.placed, self.view.constraints
        why = None if ruling == Ruling.FREE else ruling_in_words(ruling, self.g, n, placed, constraints)
        score = option.target_score
        missing = missing_memory_bytes(self.g, n, placed, constraints) if ruling == Ruling.MEMORY else None
        rise = None if option.strain_relief is None else 0.0 - option.strain_relief
        cpu, mem = (_pair(part, after, n) for part, after in self._levels())
        return PlaceOption(
            node=option.target, rank=None, score=score, suitability=None if score is None else suitability(score),
            rating=None if score is None else rating(suitability(score)), strain_rise=rise,
            cpu_pct=cpu[0], cpu_after_pct=cpu[1], mem_pct=mem[0], mem_after_pct=mem[1],
            reasons=tuple(self._reasons(cpu, mem, rise)) if ruling == Ruling.FREE else (),
            ruled_out_by=None if ruling == Ruling.FREE else ruling.name.lower(),
            ruled_out=None if why is None else f"{option.target} {why}", missing_bytes=missing,
        )  # fmt: skip

    def _ruling(self, n: int) -> Ruling:
        ruling = self.view.constraints.ruling(self.g, n, self.view.placed)
        astray = self.only is not None and n not in self.only
        return Ruling.TOGETHER if ruling == Ruling.FREE and astray else ruling

    def _levels(self) -> tuple[tuple[Floats, Floats], ...]:
        placed = self.view.placed
        return (placed.cpu_level, self.cpu_after), (placed.mem_level, self.mem_after)

    def _reasons(
        self, cpu: tuple[float | None, float | None], mem: tuple[float | None, float | None], rise: float | None
    ) -> Iterator[str]:
        """What speaks for and against a node, with the figures."""
        s = self.view.settings
        for what, (before, after), limit in (("CPU", cpu, s.cpu_threshold), ("memory", mem, s.mem_threshold)):
            if before is not None and after is not None:
                over = "over" if after > limit else "under"
                yield f"{what} {before:.0f} % becomes {after:.0f} %, {over} its threshold of {limit:g} %"
        if rise is not None:
            evens = "evens the nodes out: strain falls" if rise < 0 else "strain rises"
            yield f"{evens} by {abs(rise):.2f} points"


def _pair(now: Floats, after: Floats, n: int) -> tuple[float | None, float | None]:
    first, second = (None if np.isnan(value) else round(float(value), 2) for value in (now[n], after[n]))
    return first, second


def _summary(found: tuple[PlaceOption, ...], best: str | None) -> str:
    able = sum(option.rank is not None for option in found)
    if best is None:
        lacking = [option for option in found if option.missing_bytes is not None]
        nearest = min(lacking, key=lambda o: (o.missing_bytes or 0.0, o.node), default=None)
        tail = f" {nearest.ruled_out}, the least of all." if nearest else ""
        return f"None of {len(found)} node{'s' * (len(found) != 1)} can take it.{tail}"
    first = found[0]
    return (
        f"{best} suits it best: CPU {first.cpu_pct or 0.0:.0f} % becomes {first.cpu_after_pct or 0.0:.0f} %, memory "
        f"{first.mem_pct or 0.0:.0f} % becomes {first.mem_after_pct or 0.0:.0f} %. "
        f"{able} of {len(found)} node{'s' * (len(found) != 1)} can take it."
    )


def _notes(snapshot: ClusterSnapshot, guest: NewGuest, wanted: WantedGuest) -> Iterator[str]:
    if None in (guest.cpu_use, guest.mem_use):
        yield reckoning(wanted)
    unchecked = [node.name for node in snapshot.nodes if node.storages is None]
    if guest.storage is None:
        yield "No storage was named, so that none was checked."
    elif unchecked:
        yield f"Storage was not checked on {', '.join(unchecked)}: its storages are not known."
