"""The plan over time: when each step runs, and how soon most of the benefit is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proxbalance_core.domain.plans import Assessment, CurvePoint, Plan, Step
from proxbalance_core.present import words
from proxbalance_core.present.advice import guest_label

# A shorter pause is that of every live migration.
LEAST_DOWNTIME_S = 1.0
MOST_OF_IT = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step between two moments [seconds from the start of the plan].

    ``down_from`` is the moment from which the guest is down until the step ends, ``down`` says for how long.
    """

    step: int
    wave: int
    guest: str
    way: str
    begins: float
    ends: float
    down_from: float | None
    down: str
    temporary: bool
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Steps that run side by side [seconds from the start of the plan]."""

    number: int
    begins: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The plan on a line of time; ``finding`` is its title."""

    bars: tuple[Bar, ...]
    waves: tuple[Wave, ...]
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """Strain against the number of moves; after ``enough`` of them most of the relief is there."""

    points: tuple[CurvePoint, ...]
    enough: int | None
    finding: str


def guest_labels(assessment: Assessment) -> dict[int, str]:
    """What the guests of the plan are called, by vmid."""
    return {move.vmid: guest_label(move.type, move.vmid, move.name) for move in assessment.recommendations}


def timetable(plan: Plan, guests: Mapping[int, str]) -> Timetable:
    """Each wave begins when the longest step of the one before it has ended.

    Parameters
    ----------
    guests : mapping
        What a vmid is called; a guest that is not in it is shown by its number.
    """
    waves: list[Wave] = []
    bars: list[Bar] = []
    begins = 0.0
    for number, members in enumerate(plan.waves, start=1):
        steps = [step for step in plan.steps if step.step in members]
        ends = begins + max(step.estimated_seconds for step in steps)
        waves.append(Wave(number=number, begins=begins, ends=ends))
        bars.extend(_bar(step, guests.get(step.vmid, str(step.vmid)), begins) for step in steps)
        begins = ends
    return Timetable(bars=tuple(bars), waves=tuple(waves), finding=_finding(plan))


def _bar(step: Step, guest: str, begins: float) -> Bar:
    ends = begins + step.estimated_seconds
    stops = step.downtime_seconds >= LEAST_DOWNTIME_S
    down = f"down for {words.about(step.downtime_seconds)}" if stops else ""
    waits = "waits there until there is room on its target" if step.temporary else ""
    return Bar(
        step=step.step,
        wave=step.wave,
        guest=guest,
        way=f"{step.source} → {step.target}",
        begins=begins,
        ends=ends,
        down_from=max(begins, ends - step.downtime_seconds) if stops else None,
        down=down,
        temporary=step.temporary,
        about=", ".join(part for part in (f"takes about {words.about(step.estimated_seconds)}", down, waits) if part),
    )


def _finding(plan: Plan) -> str:
    if not plan.steps:
        return "Nothing to do"
    text = f"{words.count(len(plan.waves), 'wave')}, about {words.about(plan.estimated_seconds)}"
    down = sum(step.downtime_seconds >= LEAST_DOWNTIME_S for step in plan.steps)
    if down:
        text += f"; {words.count(down, 'step')} with downtime, {words.about(plan.downtime_seconds)} in total"
    return text


def benefit(curve: tuple[CurvePoint, ...]) -> Benefit:
    """How many of the moves bring most of the relief, as a sentence."""
    count = len(curve) - 1
    if count < 1:
        return Benefit(points=curve, enough=None, finding="Nothing to move")
    relief = [curve[0].strain - point.strain for point in curve]
    if relief[-1] <= 0.0:
        return Benefit(points=curve, enough=None, finding="These moves are needed, but relieve no node by themselves")
    shares = [part / relief[-1] for part in relief]
    enough = next(at for at, share in enumerate(shares) if share >= MOST_OF_IT)
    return Benefit(points=curve, enough=enough, finding=_said(enough, count, shares))


def _said(enough: int, count: int, shares: list[float]) -> str:
    if count == 1:
        return "One move gives all of the relief"
    if enough < count:
        first = "move gives" if enough == 1 else f"{enough} moves give"
        return f"The first {first} {words.share(min(1.0, shares[enough]))} of the relief of all {count}"
    return f"All {count} moves are needed: without the last, {words.share(shares[-2])} of the relief is there"
