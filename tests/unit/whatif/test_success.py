"""Figures of success, each on evidence small enough to count by hand."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from proxbalance_core.domain.feedback import Advice, Feedback
from proxbalance_core.domain.outcomes import Check, Outcome
from proxbalance_core.domain.records import MoveRecord
from proxbalance_core.domain.success import Metric
from proxbalance_core.whatif.success import Evidence, success

T0 = datetime(2026, 2, 1, tzinfo=UTC)
END = T0 + timedelta(days=28)
NONE = Evidence(
    since=T0, until=END, advice=(), feedback=(), outcomes=(), moves=(), health=(), spreads=(), over=np.zeros((0, 0))
)


def hours(count: float) -> datetime:
    return T0 + timedelta(hours=count)


def advice(vmid: int, how: str = "done", **more: Any) -> Advice:
    ended = None if not how else hours(10)
    fields: dict[str, Any] = {
        "recommendation": f"r{vmid}", "vmid": vmid, "name": "web", "source": "pve1", "target": "pve2",
        "kind": "balance", "reason": "cpu_imbalance", "first_at": T0, "last_at": hours(9),
        "score_improvement": 30.0, "ended_at": ended, "how": how,
    }  # fmt: skip
    return Advice(**(fields | more))


def said(i: int, rating: str) -> Feedback:
    return Feedback(
        at=hours(1), recommendation=f"r{i}", vmid=i, name="web", source="pve1", target="pve2", kind="balance",
        reason="combined", rating=rating,  # type: ignore[arg-type]
    )  # fmt: skip


def outcome(i: int, predicted: float, came: float, over: tuple[str, ...] = ()) -> Outcome:
    checks = tuple(Check(after_s=after, at=T0, points=came, target_over=over) for after in (300, 1800, 7200))
    return Outcome(
        migration=i, at=T0, vmid=i, name="", type="vm", source="pve1", target="pve2", predicted_points=predicted,
        checks=checks,
    )  # fmt: skip


def move(vmid: int, at: float, source: str = "pve1", target: str = "pve2", **more: Any) -> MoveRecord:
    return MoveRecord(at=hours(at), vmid=vmid, source=source, target=target, **more)


def figure(key: str, before: Evidence | None = None, **evidence: Any) -> Metric:
    found = {metric.key: metric for metric in success(dataclasses.replace(NONE, **evidence), before)}
    return found[key]


def test_nothing_known_is_said_and_no_figure_is_made_up() -> None:
    rows = success(NONE)
    assert len(rows) == 12 and {row.value for row in rows} == {None}
    assert {row.state for row in rows} == {"not_enough_data"} and {row.trend for row in rows} == {None}


def test_under_five_is_not_enough() -> None:
    four = figure("feedback_positivity", feedback=tuple(said(i, "helpful") for i in range(4)))
    assert (four.value, four.counted, four.needs, four.state) == (None, 4, 5, "not_enough_data")


def test_acceptance_leaves_out_what_still_stands() -> None:
    rows = (*(advice(i) for i in range(3)), advice(3, "withdrawn"), advice(4, "target changed"), advice(5, ""))
    found = figure("acceptance", advice=rows)
    assert (found.value, found.counted, found.state) == (60.0, 5, "met")


def test_opinions() -> None:
    feedback = (*(said(i, "helpful") for i in range(4)), said(4, "not_helpful"))
    assert figure("feedback_positivity", feedback=feedback).value == 80.0
    wrong = figure("false_positives", feedback=feedback)
    assert (wrong.value, wrong.state) == (20.0, "missed")


def test_time_to_action_is_the_median_of_the_urgent_ones_that_were_answered() -> None:
    rows = (*(advice(i, urgent=True) for i in range(4)), advice(9))
    moves = (move(0, 0.05), move(1, 0.1), move(2, 2.0), move(9, 0.01), move(3, 60.0))
    found = figure("time_to_action", advice=rows, moves=moves)
    assert (found.value, found.counted, found.state) == (pytest.approx(6.0), 3, "missed")
    assert figure("time_to_action", advice=rows, moves=moves, feedback=(said(3, "helpful"),)).value == pytest.approx(
        33.0
    )


def test_predictions() -> None:
    rows = (outcome(1, 30, 31), outcome(2, 30, 22), outcome(3, 30, 45), outcome(4, 20, 11), outcome(5, 10, 1))
    found = figure("prediction_accuracy", outcomes=rows)
    assert (found.value, found.counted, found.state) == (80.0, 5, "met")
    assert figure("realisation", outcomes=rows).value == pytest.approx(100.0 * 110 / 120)


def test_conflicts_are_failures_and_overloaded_targets() -> None:
    rows = tuple(outcome(i, 30, 30, ("CPU",) if i == 1 else ()) for i in range(1, 5))
    found = figure("conflict_rate", outcomes=rows, moves=(move(7, 1, status="failed"),))
    assert (found.value, found.counted) == (40.0, 5)


def test_stale_is_what_was_followed_too_late() -> None:
    rows = (*(advice(i) for i in range(4)), advice(4, "withdrawn"), advice(5, "withdrawn"))
    moves = (*(move(i, 9.5) for i in range(4)), move(4, 12.0), move(5, 80.0))
    found = figure("stale_rate", advice=rows, moves=moves)
    assert (found.value, found.counted) == (20.0, 5), "80 hours later it was not followed at all"


def test_sustained_overloads_are_two_hours_in_a_row() -> None:
    over = np.zeros((30, 2))
    over[3, 0] = over[10:12, 0] = over[20:25, 1] = 1.0
    over[13, 1], over[14, 1], over[15, 1] = 1.0, np.nan, 1.0
    found = figure("threshold_violations", over=over)
    assert (found.value, found.counted, found.state) == (2.0, 30, "missed")
    assert figure("threshold_violations", over=np.full((30, 2), np.nan)).value is None
    assert figure("threshold_violations", over=np.zeros((30, 2))).state == "met"


def test_churn_counts_who_went_back_within_a_day() -> None:
    moves = (
        move(1, 0), move(2, 1), move(3, 2), move(1, 20, "pve2", "pve1"), move(2, 30, "pve2", "pve1"),
        move(4, -5), move(4, 3, "pve2", "pve1"),
    )  # fmt: skip
    found = figure("churn", moves=moves)
    assert (found.counted, found.value) == (6, pytest.approx(100 * 2 / 6)), (
        "the one before counts only as the way there"
    )


def test_spread_and_health() -> None:
    found = figure("score_spread", spreads=(10.0,) * 20 + (float("nan"),) * 5 + (20.0,) * 4)
    assert (found.value, found.counted) == (pytest.approx(280 / 24), 24)
    health = tuple((END - timedelta(hours=6 * i), 80.0 if i <= 28 else 85.0) for i in range(1, 57))
    falling = figure("health_trend", health=health)
    assert (falling.value, falling.state) == (-5.0, "missed")


def test_the_trend_is_against_the_stretch_before() -> None:
    good = dataclasses.replace(NONE, feedback=tuple(said(i, "helpful") for i in range(5)))
    bad = dataclasses.replace(NONE, feedback=tuple(said(i, "not_helpful") for i in range(5)))
    assert figure("feedback_positivity", bad, feedback=good.feedback).trend == "better"
    assert figure("false_positives", good, feedback=bad.feedback).trend == "worse"
    assert figure("false_positives", good, feedback=good.feedback).trend == "steady"
