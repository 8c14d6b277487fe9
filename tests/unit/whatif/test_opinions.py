"""What opinions have in common, and the setting that would answer it."""

from __future__ import annotations

from datetime import UTC, datetime

from proxbalance_core import Settings
from proxbalance_core.domain.feedback import Feedback
from proxbalance_core.domain.presets import changed
from proxbalance_core.whatif.opinions import patterns

T0 = datetime(2026, 2, 1, tzinfo=UTC)


def said(i: int, rating: str, reason: str = "iowait_relief", objection: str | None = None, **more: object) -> Feedback:
    fields = {"vmid": i, "target": "pve2"} | more
    return Feedback(
        at=T0, recommendation=f"r{i}", name="web", source="pve1", kind="balance", reason=reason,
        rating=rating, objection=objection, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def test_four_of_five_rejected_ask_for_less_sensitivity() -> None:
    rows = [*(said(i, "not_helpful") for i in range(4)), said(4, "helpful")]
    (found,) = patterns(rows, Settings())
    assert found.message == "4 of 5 iowait recommendations were rejected."
    assert (found.settings, found.suggestion) == (
        {"iowait_sensitivity": 35.0}, "lower the iowait sensitivity from 50 to 35",
    )  # fmt: skip
    assert changed(Settings(), found.settings).iowait_sensitivity == 35.0


def test_few_or_liked_ones_say_nothing() -> None:
    assert patterns([said(i, "not_helpful") for i in range(4)], Settings()) == ()
    assert patterns([said(i, "helpful" if i % 2 else "not_helpful") for i in range(6)], Settings()) == ()


def test_a_slider_at_its_end_has_nothing_to_suggest() -> None:
    (found,) = patterns([said(i, "not_helpful") for i in range(5)], changed(Settings(), {"iowait_sensitivity": 0.0}))
    assert (found.settings, found.suggestion) == ({}, "")


def test_objections_point_at_price_target_and_guest() -> None:
    rows = [
        *(said(i, "not_helpful", "affinity_repair", "not_needed") for i in range(3)),
        *(said(10 + i, "not_helpful", "combined", "wrong_target", target="pve9") for i in range(3)),
        *(said(20 + i, "not_helpful", "combined", "special_requirements", vmid=77) for i in range(2)),
    ]
    found = {pattern.key: pattern for pattern in patterns(rows, Settings())}
    assert found["target/pve9"].count == 3 and "pve9" in found["target/pve9"].suggestion
    assert found["guest/77"].message == "Guest 77 was said to have special requirements 2 times."
    assert found["reason/combined"].settings == {"move_cost_points": 3.75}
    assert "objection/not_needed" not in found, "three of eight are no majority"
    many = patterns([said(i, "not_helpful", "affinity_repair", "not_needed") for i in range(5)], Settings())
    assert {p.key: p.settings for p in many} == {
        "reason/affinity_repair": {}, "objection/not_needed": {"min_score_improvement": 20.0},
    }  # fmt: skip
