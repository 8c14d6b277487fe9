"""Outcomes: verdicts, which look they stand on, and how predictions did."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from proxbalance_core.domain.outcomes import Check, Outcome, PairLoads, accuracy

T0 = datetime(2026, 2, 1, tzinfo=UTC)
FIVE, HALF, TWO, DAY = 300, 1800, 7200, 86_400


def check(after_s: int, points: float = 30.0, **more: object) -> Check:
    return Check(after_s=after_s, at=T0 + timedelta(seconds=after_s), points=points, **more)  # type: ignore[arg-type]


def outcome(*checks: Check, predicted: float = 30.0, **more: object) -> Outcome:
    return Outcome(
        migration=1, at=T0, vmid=101, name="web", type="vm", source="pve1", target="pve2", predicted_points=predicted,
        checks=checks, **more,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("predicted", "came", "verdict", "holds"),
    [
        (30.0, 30.0, "expected", True),
        (30.0, 20.0, "expected", True),
        (30.0, 19.9, "worse", False),
        (30.0, 40.1, "improved", False),
        (100.0, 71.0, "expected", False),  # three tenths of a large one
        (100.0, 69.0, "worse", False),
        (-20.0, -25.0, "expected", True),  # a duty may cost points, and was said to
        (-20.0, -31.0, "worse", False),
    ],
)
def test_the_verdict_is_against_what_was_predicted(predicted: float, came: float, verdict: str, holds: bool) -> None:
    found = outcome(check(FIVE), check(HALF), check(TWO, came), predicted=predicted)
    assert (found.verdict, found.holds, found.realised_points) == (verdict, holds, came)


def test_it_is_pending_until_two_hours_have_passed() -> None:
    found = outcome(check(FIVE, -50.0), check(HALF, -50.0))
    assert found.verdict == "pending" and found.holds is None and found.realised_points != found.realised_points


def test_a_look_that_something_else_disturbed_is_passed_over() -> None:
    disturbed = check(TWO, -50.0, others=("104 went from pve2 to pve3",))
    found = outcome(check(FIVE), check(HALF, 28.0), disturbed)
    assert (found.verdict, found.realised_points) == ("expected", 28.0)
    assert outcome(dataclasses.replace(check(FIVE), others=("x",)), disturbed).verdict == "confounded"


def test_what_was_not_looked_at_is_not_measured() -> None:
    missed = [Check(after_s=after, fault="No assessment was made in that time.") for after in (FIVE, HALF, TWO, DAY)]
    found = outcome(*missed)
    assert found.closed and found.verdict == "not_measured" and found.holds is None
    late = outcome(*missed[:3], check(DAY, 25.0))
    assert (late.verdict, late.realised_points) == ("expected", 25.0)


def test_without_a_prediction_there_is_no_verdict() -> None:
    assert outcome(fault="There was no assessment before it.", predicted=float("nan")).verdict == "not_measured"
    found = outcome(check(TWO), predicted=float("nan"))
    assert (found.verdict, found.holds) == ("not_measured", None)


def test_accuracy_by_reason_source_and_target() -> None:
    rows = accuracy(
        (
            outcome(check(TWO, 30.0), reason="cpu_imbalance"),
            outcome(check(TWO, 0.0), reason="cpu_imbalance"),
            outcome(check(TWO, 12.0), predicted=-5.0, reason="affinity_repair"),
            outcome(check(FIVE), reason="combined"),
        )
    )
    found = {(row.by, row.key): row for row in rows}
    cpu = found["reason", "cpu_imbalance"]
    assert (cpu.migrations, cpu.judged, cpu.held, cpu.held_pct, cpu.realised_pct) == (2, 2, 1, 50.0, 50.0)
    repair = found["reason", "affinity_repair"]
    assert (repair.judged, repair.realised_pct) == (1, None), "no gain was predicted, so none can be realised"
    assert found["reason", "combined"].held_pct is None
    assert rows[0] == found["all", "all"] and found["source", "pve1"].migrations == 4
    assert found["all", "all"].realised_pct == 50.0


def test_the_document_says_what_is_not_measured() -> None:
    told = outcome(check(FIVE, loads=PairLoads(source_cpu_pct=40.0))).to_dict()
    assert told["verdict"] == "pending" and told["realised_points"] is None and told["holds"] is None
    assert told["checks"][0]["loads"] == {
        "source_cpu_pct": 40.0, "target_cpu_pct": None, "source_mem_pct": None, "target_mem_pct": None,
        "source_iowait_pct": None, "target_iowait_pct": None,
    }  # fmt: skip
