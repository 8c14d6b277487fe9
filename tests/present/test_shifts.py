"""What the plan makes of a figure: worded now and after, the change with sign and arrow."""

from __future__ import annotations

import math

import pytest

from proxbalance_core import assess
from proxbalance_core.present import marks, shifts, views
from tests.app.sample import snapshot


@pytest.mark.parametrize(
    ("now", "after", "change", "better"),
    [
        (88.0, 61.0, "▼ −27", True),
        (20.0, 35.4, "▲ +15", False),
        (57.2, 56.9, "=", None),
        (87.5, 61.4, "▼ −27", True),  # 88 and 61, as shown
        (None, 61.0, "", None),
        (88.0, math.nan, "", None),
    ],
)
def test_the_change_is_that_of_the_figures_shown(
    now: float | None, after: float | None, change: str, better: bool | None
) -> None:
    found = shifts.shift("CPU", now, after, unit="%")
    assert (found.change, found.better) == (change, better)


def test_more_guests_are_neither_good_nor_bad() -> None:
    found = shifts.shift("Guests", 7, 5, neutral=True)
    assert (found.now, found.after, found.change, found.better) == ("7", "5", "▼ −2", None)


def test_a_nodes_shifts_are_those_of_the_plans_impact() -> None:
    assessment = assess(snapshot())
    row = next(row for row in views.node_rows(assessment, snapshot()) if row.name == "pve1")
    after = assessment.batch_impact.after
    found = {part.title: part for part in shifts.of_node(row)}
    assert list(found) == ["CPU", "Memory", "Penalty", "Guests"]
    assert found["CPU"].after == f"{after.nodes['pve1'].cpu_pct:.0f} %"
    assert found["Penalty"].after == f"{after.node_scores['pve1']:.1f}"
    assert found["Guests"].after == str(after.nodes["pve1"].guest_count)


def test_the_predicted_bar_keeps_a_ghost_of_the_present() -> None:
    drawn = marks.gauge_rows([("CPU", 88.0, 60.0, 41.0)])
    assert "CPU 88 %, limit 60 %, 41 % with the plan" in drawn
    assert 'class="pb-ghost" style="width:88.0%"' in drawn
    assert '<s class="pb-was">88 %</s> <b>41 %</b>' in drawn
    assert "pb-over" not in drawn
    assert "pb-over" in marks.gauge_rows([("CPU", 88.0, 60.0, None)])


def test_what_stays_is_not_struck_through() -> None:
    assert "</s>" not in marks.shifts([shifts.shift("Penalty", 42.3, 42.3, 1)])
    assert "pb-better" in marks.shifts([shifts.shift("Penalty", 42.3, 12.3, 1)])
