"""Figures of success from what was advised, done, said and measured in a stretch of time."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from proxbalance_core.domain.feedback import Advice, Feedback
from proxbalance_core.domain.outcomes import Outcome, realised_pct
from proxbalance_core.domain.records import MoveRecord
from proxbalance_core.domain.success import Metric
from proxbalance_core.domain.units import known

Figure = tuple[float | None, int]
# A node is over a threshold for good after so many hours in a row.
SUSTAINED_HOURS = 2
CHURN = timedelta(hours=24)
# Advice may be followed for a while after it was withdrawn: then it was stale.
_FOLLOWED_WITHIN = timedelta(hours=24)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What is known of a stretch of time.

    ``moves`` reaches a day further back than ``since``. ``health`` are (time, health 0..100) of the assessments of the
    stretch, ``spreads`` the standard deviation of the nodes' scores in each of them [points]; ``over`` is whether each
    node was over a threshold in each hour, [hours, nodes], by hourly means; NaN where it was not measured.
    """

    since: datetime
    until: datetime
    advice: tuple[Advice, ...]
    feedback: tuple[Feedback, ...]
    outcomes: tuple[Outcome, ...]
    moves: tuple[MoveRecord, ...]
    health: tuple[tuple[datetime, float], ...]
    spreads: tuple[float, ...]
    over: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    key: str
    title: str
    about: str
    unit: str
    target: float
    higher_is_better: bool
    needs: int
    figure: Callable[[Evidence], Figure]


def success(now: Evidence, before: Evidence | None = None) -> tuple[Metric, ...]:
    """Every figure of success, beside that of the stretch before where there is one."""
    return tuple(_metric(kind, now, before) for kind in KINDS)


def _metric(kind: _Kind, now: Evidence, before: Evidence | None) -> Metric:
    fields = {f.name: getattr(kind, f.name) for f in dataclasses.fields(kind) if f.name != "figure"}
    value, counted = _enough(kind, kind.figure(now))
    previous = None if before is None else _enough(kind, kind.figure(before))[0]
    return Metric(**fields, value=value, counted=counted, previous=previous)


def _enough(kind: _Kind, figure: Figure) -> Figure:
    value, counted = figure
    return (value if counted >= kind.needs and value is not None and known(value) else None), counted


def _share(rows: Iterable[bool]) -> Figure:
    """The true ones in percent of all, and how many there are."""
    found = list(rows)
    return (100.0 * sum(found) / len(found) if found else None), len(found)


def _acceptance(e: Evidence) -> Figure:
    # What still stands may still be followed.
    return _share(done.how == "done" for done in e.advice if done.ended_at is not None)


def _positivity(e: Evidence) -> Figure:
    return _share(said.rating == "helpful" for said in e.feedback)


def _minutes_to_action(e: Evidence) -> Figure:
    taken = [minutes for advice in e.advice if advice.urgent and (minutes := _decided_after(advice, e)) is not None]
    return (statistics.median(taken) if taken else None), len(taken)


def _decided_after(advice: Advice, e: Evidence) -> float | None:
    """Minutes from when it was first shown to the migration or the opinion that answered it; None: unanswered."""
    last = (advice.ended_at or e.until) + _FOLLOWED_WITHIN
    moved = [m.at for m in e.moves if (m.vmid, m.target) == (advice.vmid, advice.target)]
    said = [f.at for f in e.feedback if f.recommendation == advice.recommendation]
    answers = [at for at in (*moved, *said) if advice.first_at <= at <= last]
    return (min(answers) - advice.first_at).total_seconds() / 60.0 if answers else None


def _accuracy(e: Evidence) -> Figure:
    return _share(outcome.holds for outcome in e.outcomes if outcome.holds is not None)


def _false_positives(e: Evidence) -> Figure:
    return _share(said.rating == "not_helpful" for said in e.feedback)


def _conflicts(e: Evidence) -> Figure:
    """Migrations that failed, or whose target was over a threshold half an hour later."""
    looked = {
        o.migration: next((c for c in o.checks if c.after_s == 1800 and c.fault is None), None) for o in e.outcomes
    }
    over = [bool(check.target_over) for check in looked.values() if check is not None]
    failed = [True for move in e.moves if move.status == "failed" and move.at >= e.since]
    return _share([*over, *failed])


def _stale(e: Evidence) -> Figure:
    """Advice that was followed after it had been withdrawn, of all that was followed."""
    followed = []
    for advice in e.advice:
        times = [
            m.at for m in e.moves if (m.vmid, m.target) == (advice.vmid, advice.target) and m.at >= advice.first_at
        ]
        at = min(times, default=None)
        if at is not None and at <= advice.last_at + _FOLLOWED_WITHIN:
            followed.append(advice.how != "done" and advice.ended_at is not None and at > advice.ended_at)
    return _share(followed)


def _realisation(e: Evidence) -> Figure:
    judged = [outcome for outcome in e.outcomes if outcome.holds is not None and outcome.predicted_points > 0]
    return realised_pct(judged), len(judged)


def _spread(e: Evidence) -> Figure:
    measured = [spread for spread in e.spreads if known(spread)]
    return (statistics.fmean(measured) if measured else None), len(measured)


def _violations(e: Evidence) -> Figure:
    """Times that a node stayed over a threshold for two hours and more."""
    hours = int(np.isfinite(e.over).any(axis=1).sum()) if e.over.size else 0
    return float(sum(_runs(e.over[:, n] > 0) for n in range(e.over.shape[1]))) if hours else None, hours


def _runs(over: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], over.astype(int), [0]))))
    return int((edges[1::2] - edges[::2] >= SUSTAINED_HOURS).sum())


def _churn(e: Evidence) -> Figure:
    done = sorted((move for move in e.moves if move.status != "failed"), key=lambda move: (move.at, move.vmid))
    return _share(_goes_back(move, done[:i]) for i, move in enumerate(done) if move.at >= e.since)


def _goes_back(move: MoveRecord, earlier: Sequence[MoveRecord]) -> bool:
    return any(past.vmid == move.vmid and past.source == move.target and move.at - past.at <= CHURN for past in earlier)


def _health_change(e: Evidence) -> Figure:
    """The mean of the last seven days less that of the seven before."""
    last = [health for at, health in e.health if at >= e.until - _WEEK and known(health)]
    earlier = [health for at, health in e.health if e.until - 2 * _WEEK <= at < e.until - _WEEK and known(health)]
    enough = last and earlier
    return (statistics.fmean(last) - statistics.fmean(earlier) if enough else None), min(len(last), len(earlier))


KINDS = (
    _Kind(
        key="acceptance", title="Recommendations followed", unit="%", target=40.0, higher_is_better=True, needs=5,
        about="Recommendations whose guest went to the node they named, of all that have ended.", figure=_acceptance,
    ),
    _Kind(
        key="feedback_positivity", title="Called helpful", unit="%", target=75.0, higher_is_better=True, needs=5,
        about="Opinions that called a recommendation helpful, of all opinions.", figure=_positivity,
    ),
    _Kind(
        key="time_to_action", title="Time to action", unit="min", target=5.0, higher_is_better=False, needs=3,
        about="Median time from an urgent recommendation to the migration or opinion that answered it.",
        figure=_minutes_to_action,
    ),
    _Kind(
        key="prediction_accuracy", title="Predictions within 10 points", unit="%", target=80.0, higher_is_better=True,
        needs=5, about="Migrations that brought what was predicted, give or take 10 points, of all that were judged.",
        figure=_accuracy,
    ),
    _Kind(
        key="false_positives", title="Called not helpful", unit="%", target=15.0, higher_is_better=False, needs=5,
        about="Opinions that called a recommendation not helpful, of all opinions.", figure=_false_positives,
    ),
    _Kind(
        key="conflict_rate", title="Migrations that failed or overloaded their target", unit="%", target=5.0,
        higher_is_better=False, needs=5,
        about="Failed, or the target over a threshold half an hour later, of all migrations that were looked at.",
        figure=_conflicts,
    ),
    _Kind(
        key="stale_rate", title="Followed after it was withdrawn", unit="%", target=10.0, higher_is_better=False,
        needs=5, about="Recommendations that were carried out when they no longer stood, of all that were carried out.",
        figure=_stale,
    ),
    _Kind(
        key="realisation", title="Improvement realised", unit="%", target=70.0, higher_is_better=True, needs=5,
        about="What migrations brought, in percent of what was predicted for them.", figure=_realisation,
    ),
    _Kind(
        key="score_spread", title="Spread of node scores", unit="points", target=15.0, higher_is_better=False, needs=24,
        about="Standard deviation of the nodes' scores, the mean over all assessments.", figure=_spread,
    ),
    _Kind(
        key="threshold_violations", title="Sustained overloads", unit="times", target=0.0, higher_is_better=False,
        needs=24, about="Times that a node's CPU or memory stayed over its threshold for two hours and more.",
        figure=_violations,
    ),
    _Kind(
        key="churn", title="Moved back within a day", unit="%", target=5.0, higher_is_better=False, needs=5,
        about="Migrations that took a guest back to where it had been within 24 hours, of all migrations.",
        figure=_churn,
    ),
    _Kind(
        key="health_trend", title="Health, this week against the last", unit="points", target=-1.0,
        higher_is_better=True, needs=24,
        about="Mean cluster health of the last seven days less that of the seven before; steady down to 1 point.",
        figure=_health_change,
    ),
)  # fmt: skip
