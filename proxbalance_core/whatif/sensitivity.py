"""``sensitivity``: which setting drives which score, and how far one would have to move to change a guest's outcome."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.outlines import Outline
from proxbalance_core.domain.sensitivities import LEVERS, Sensitivity, Sway, Turn
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.sliders import Slider, moved, place
from proxbalance_core.engine.outline import outlined

Progress = Callable[[float], bool]
PLACES = 9
# Most places that are looked at on the way of one lever; where many guests turn, their places are told less exactly.
MOST_LOOKS = 48


def sensitivity(
    snapshot: ClusterSnapshot, settings: Settings | None = None, on_progress: Progress | None = None
) -> Sensitivity:
    """Move every lever alone over its way and tell what turns.

    Looks at nine places of each and halves the way between two that differ, down to one step of the lever: what turns
    and turns back between two places is not seen.

    Parameters
    ----------
    snapshot : ClusterSnapshot
    settings : Settings
        Those in force.
    on_progress : callable, optional
        Called with the share of the work done (0..1); False stops, and what was found by then is told.
    """
    settings, told = settings or Settings(), on_progress or (lambda _: True)
    turns: list[Turn] = []
    sways: list[Sway] = []
    off: list[str] = []
    stopped = False
    now = outlined(snapshot, settings)
    for i, lever in enumerate(LEVERS):
        at = place(settings, lever)
        if at is None:
            off.append(lever.key)
            continue
        way = _Way(snapshot, settings, lever, {at: now})
        way.walk(lambda done, i=i: told((i + done) / len(LEVERS)))  # type: ignore[misc]
        turns += way.turns(at)
        sways += way.sways(at)
        if way.stopped:
            stopped = True
            break
    return Sensitivity(
        cluster=snapshot.cluster, taken_at=snapshot.taken_at, turns=tuple(turns), sways=tuple(sways), off=tuple(off),
        stopped=stopped,
    )  # fmt: skip


@dataclass(slots=True)
class _Way:
    """The places of one lever that were looked at, and what the engine says there."""

    snapshot: ClusterSnapshot
    settings: Settings
    lever: Slider
    seen: dict[float, Outline]
    stopped: bool = field(default=False)

    def look(self, at: float) -> Outline:
        if at not in self.seen:
            self.seen[at] = outlined(self.snapshot, moved(self.settings, self.lever, at))
        return self.seen[at]

    def walk(self, keep_going: Progress) -> None:
        """Look at evenly spread places, then between those that differ, the widest gap first."""
        for at in np.linspace(self.lever.low, self.lever.high, PLACES):
            if not self._goes_on(keep_going):
                return
            self.look(round(float(at) / self.lever.step) * self.lever.step)
        while len(self.seen) < MOST_LOOKS and self._goes_on(keep_going):
            middle = self._widest()
            if middle is None:
                return
            self.look(middle)

    def _goes_on(self, keep_going: Progress) -> bool:
        self.stopped = self.stopped or keep_going(min(1.0, len(self.seen) / MOST_LOOKS)) is False
        return not self.stopped

    def _widest(self) -> float | None:
        """A place on the lever's grid in the middle of the widest gap whose ends differ."""
        places, step = sorted(self.seen), self.lever.step
        gaps = [
            (b - a, a)
            for a, b in itertools.pairwise(places)
            if b - a > step + 1e-9 and _outcomes(self.seen[a]) != _outcomes(self.seen[b])
        ]
        if not gaps:
            return None
        wide, begin = max(gaps, key=lambda gap: (gap[0], -gap[1]))
        middle = round((begin + wide / 2.0) / step) * step
        return middle if begin < middle < begin + wide else begin + wide / 2.0

    def turns(self, at: float) -> list[Turn]:
        """The nearest turn of each guest on either side of ``at``."""
        ups = [x for x in sorted(self.seen) if x >= at]
        downs = [x for x in sorted(self.seen, reverse=True) if x <= at]
        return [turn for side in (downs, ups) for turn in self._on_one_side(at, side)]

    def _on_one_side(self, at: float, side: list[float]) -> list[Turn]:
        before, found, done = _outcomes(self.seen[at]), list[Turn](), set[int]()
        guests = {guest.vmid: guest for guest in self.snapshot.guests}
        for last, here in itertools.pairwise(side):
            then = _outcomes(self.seen[here])
            for vmid in sorted(set(before) | set(then)):
                if vmid in done or before.get(vmid) == then.get(vmid):
                    continue
                done.add(vmid)
                found.append(
                    Turn(
                        key=self.lever.key, now=at, at=here, within=abs(here - last), vmid=vmid,
                        name=guests[vmid].name or "", source=guests[vmid].node,
                        outcome=_outcome(vmid in before, vmid in then), target=then.get(vmid),
                    )
                )  # fmt: skip
        return found

    def sways(self, at: float) -> list[Sway]:
        """What the lever's way does to each measured node."""
        places = sorted(self.seen)
        scores = {x: {node.name: node.score for node in self.seen[x].nodes} for x in places}
        found = []
        for node, now in scores[at].items():
            along = [score for x in places if (score := scores[x][node]) is not None]
            if now is None or not along:
                continue
            found.append(
                Sway(
                    key=self.lever.key, node=node, now=now, at_low=along[0], at_high=along[-1], least=min(along),
                    most=max(along),
                )
            )  # fmt: skip
        return found


def _outcomes(told: Outline) -> dict[int, str]:
    """Where each recommended guest goes."""
    return {move.vmid: move.target for move in told.moves}


def _outcome(before: bool, then: bool) -> str:
    if before and then:
        return "goes elsewhere"
    return "appears" if then else "vanishes"
