"""What a migration did, held against what was predicted for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from proxbalance_core.domain.units import NAN, known

OUTCOMES_FORMAT = "proxbalance.outcomes/1"
Verdict = Literal["pending", "improved", "expected", "worse", "confounded", "not_measured"]

MINUTE_S, HOUR_S = 60, 3600
# After a migration is looked at again, and how late that look may be: an assessment is made every ten minutes.
CHECKS_S = {
    5 * MINUTE_S: 15 * MINUTE_S,
    30 * MINUTE_S: 30 * MINUTE_S,
    2 * HOUR_S: 2 * HOUR_S,
    24 * HOUR_S: 6 * HOUR_S,
}
# What is judged by: two hours have seen caches warm up, and little else moved; then what there is.
_JUDGED_BY = (2 * HOUR_S, 30 * MINUTE_S, 24 * HOUR_S, 5 * MINUTE_S)
# A prediction holds within 10 points, or three tenths of a large one.
TOLERANCE_POINTS = 10.0
TOLERANCE_SHARE = 0.3
BY_HAND = "own_choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLoads:
    """Use of a migration's two nodes [percent]; NaN where it was not measured."""

    source_cpu_pct: float = NAN
    target_cpu_pct: float = NAN
    source_mem_pct: float = NAN
    target_mem_pct: float = NAN
    source_iowait_pct: float = NAN
    target_iowait_pct: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """A move as the engine values it on the figures of one moment, wherever the guest is then.

    ``points`` is the score improvement of the move, ``stayed`` the loads with the guest on its source, ``moved`` with
    the guest on its target. NaN where a node is not measured; ``fault`` says why nothing can be said at all.
    """

    points: float = NAN
    stayed: PairLoads = field(default_factory=PairLoads)
    moved: PairLoads = field(default_factory=PairLoads)
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One look at what a migration did, ``after_s`` seconds after it (``at``: when it was really looked).

    ``points`` is what the move was worth on the figures that came. ``others`` are migrations in between that touched
    one of its nodes and were not of the same plan; ``fault`` says why nothing was measured.
    """

    after_s: int
    at: datetime | None = None
    loads: PairLoads = field(default_factory=PairLoads)
    stayed: PairLoads = field(default_factory=PairLoads)
    points: float = NAN
    target_over: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def clean(self) -> bool:
        """Measured, and nothing else moved."""
        return self.fault is None and not self.others and known(self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A migration with what was predicted and what came.

    ``recommendation`` is the id of the recommendation it followed, None for one that nobody had recommended: its
    prediction is what the engine would have said. ``reason`` is then ``own_choice``. ``predicted_points`` is NaN
    where there was no assessment before it.
    """

    migration: int
    at: datetime
    vmid: int
    name: str
    type: str
    source: str
    target: str
    origin: str = "observed"
    generation: int | None = None
    recommendation: str | None = None
    kind: str | None = None
    reason: str = BY_HAND
    predicted_points: float = NAN
    before: PairLoads = field(default_factory=PairLoads)
    predicted: PairLoads = field(default_factory=PairLoads)
    plan: tuple[int, ...] = ()
    checks: tuple[Check, ...] = ()
    fault: str | None = None

    @property
    def closed(self) -> bool:
        """Nothing more will be measured."""
        return self.fault is not None or len(self.checks) == len(CHECKS_S)

    @property
    def judged_by(self) -> Check | None:
        """The look that the verdict stands on; None while (or where) there is none."""
        done = {check.after_s: check for check in self.checks}
        if not self.closed and 2 * HOUR_S not in done:
            return None
        return next((done[after] for after in _JUDGED_BY if after in done and done[after].clean), None)

    @property
    def realised_points(self) -> float:
        """What the move was worth on the figures that came [points]; NaN before the verdict."""
        check = self.judged_by
        return NAN if check is None else check.points

    @property
    def verdict(self) -> Verdict:
        """Better than predicted, as predicted, worse, or why that can't be told."""
        if self.fault is not None or (self.closed and not known(self.predicted_points)):
            return "not_measured"
        if self.judged_by is None:
            if not self.closed and 2 * HOUR_S not in {check.after_s for check in self.checks}:
                return "pending"
            return "confounded" if any(check.others for check in self.checks) else "not_measured"
        if not known(self.predicted_points):
            return "not_measured"
        return _verdict(self.predicted_points, self.realised_points)

    @property
    def holds(self) -> bool | None:
        """Whether the points came within 10 of the predicted ones; None without a verdict."""
        if not known(self.realised_points) or not known(self.predicted_points):
            return None
        return abs(self.realised_points - self.predicted_points) <= TOLERANCE_POINTS

    def to_dict(self) -> dict[str, Any]:
        """A plain document; what was not measured is null."""
        from proxbalance_core.domain.documents import plain

        told: dict[str, Any] = dict(plain(self))
        realised = None if math.isnan(self.realised_points) else self.realised_points
        return told | {"verdict": self.verdict, "realised_points": realised, "holds": self.holds}


def _verdict(predicted: float, realised: float) -> Verdict:
    room = max(TOLERANCE_POINTS, TOLERANCE_SHARE * abs(predicted))
    if realised > predicted + room:
        return "improved"
    return "worse" if realised < predicted - room else "expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How predictions of some migrations did: by reason, source or target.

    ``judged`` of ``migrations`` have a verdict; ``held`` came within 10 points; shares are None where nothing was
    judged. ``realised_pct`` is what they brought in percent of what was predicted, of those with a gain predicted.
    """

    by: str
    key: str
    migrations: int
    judged: int
    held: int
    held_pct: float | None
    realised_pct: float | None


def accuracy(outcomes: tuple[Outcome, ...]) -> tuple[Accuracy, ...]:
    """Over all, and by reason, source and target; most migrations first."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        keys = {"all": "all", "reason": outcome.reason, "source": outcome.source, "target": outcome.target}
        for by, key in keys.items():
            groups.setdefault((by, key), []).append(outcome)
    order = {"all": 0, "reason": 1, "source": 2, "target": 3}
    rows = [_accuracy(by, key, found) for (by, key), found in groups.items()]
    return tuple(sorted(rows, key=lambda row: (order[row.by], -row.migrations, row.key)))


def _accuracy(by: str, key: str, found: list[Outcome]) -> Accuracy:
    judged = [outcome for outcome in found if outcome.holds is not None]
    held = sum(outcome.holds is True for outcome in judged)
    return Accuracy(
        by=by, key=key, migrations=len(found), judged=len(judged), held=held,
        held_pct=100.0 * held / len(judged) if judged else None, realised_pct=realised_pct(judged),
    )  # fmt: skip


def realised_pct(judged: list[Outcome]) -> float | None:
    """What was realised in percent of what was predicted, over those with a gain predicted; None without any."""
    gains = [o for o in judged if o.predicted_points > 0 and known(o.realised_points)]
    predicted = sum(outcome.predicted_points for outcome in gains)
    return 100.0 * sum(outcome.realised_points for outcome in gains) / predicted if gains else None
