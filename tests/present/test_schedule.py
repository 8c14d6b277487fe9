"""The plan over time and its benefit: sentences, moments, and the charts made of them."""

from __future__ import annotations

from typing import Any

import pytest

from proxbalance_core import assess
from proxbalance_core.domain.plans import CurvePoint, Plan, Step
from proxbalance_core.present import plan_charts, schedule
from tests.app.sample import HOSTILE, snapshot


def step(number: int, wave: int, seconds: float, down: float = 0.0, *, temporary: bool = False) -> Step:
    return Step(
        step=number, vmid=100 + number, source="pve1", target="pve2", wave=wave, temporary=temporary,
        reason="High CPU on its node", estimated_seconds=seconds, downtime_seconds=down,
    )  # fmt: skip


PLAN = Plan(
    steps=(step(1, 1, 60.0, temporary=True), step(2, 1, 90.0, 0.2), step(3, 2, 40.0, 10.0), step(4, 3, 100.0)),
    waves=((1, 2), (3,), (4,)),
    estimated_seconds=230.0,
    downtime_seconds=10.2,
)
GUESTS = {101: "VM 101 – web", 102: HOSTILE[0], 103: "CT 103"}


def curve(*strains: float) -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(moves=at, strain=strain, gigabytes=8.0 * at) for at, strain in enumerate(strains))


def test_a_wave_begins_when_the_longest_step_before_it_has_ended() -> None:
    table = schedule.timetable(PLAN, GUESTS)
    assert [(bar.begins, bar.ends) for bar in table.bars] == [(0.0, 60.0), (0.0, 90.0), (90.0, 130.0), (130.0, 230.0)]
    assert [(wave.begins, wave.ends) for wave in table.waves] == [(0.0, 90.0), (90.0, 130.0), (130.0, 230.0)]
    assert table.waves[-1].ends == PLAN.estimated_seconds
    assert [bar.guest for bar in table.bars] == [*GUESTS.values(), "104"]


def test_downtime_ends_with_the_step_and_a_live_migrations_pause_is_none() -> None:
    bars = schedule.timetable(PLAN, GUESTS).bars
    assert [bar.down_from for bar in bars] == [None, None, 120.0, None]
    assert bars[2].about == "takes about 40 s, down for 10 s"
    assert bars[0].about.endswith("waits there until there is room on its target")


def test_the_finding_counts_waves_time_and_downtime() -> None:
    assert schedule.timetable(PLAN, {}).finding == "3 waves, about 4 min; 1 step with downtime, 10 s in total"
    assert schedule.timetable(Plan(), {}).finding == "Nothing to do"


def test_the_sample_plan_ends_when_the_engine_says() -> None:
    plan = assess(snapshot()).plan
    table = schedule.timetable(plan, schedule.guest_labels(assess(snapshot())))
    assert len(table.bars) == len(plan.steps)
    assert table.waves[-1].ends == pytest.approx(plan.estimated_seconds, abs=0.1)


@pytest.mark.parametrize(
    ("strains", "enough", "finding"),
    [
        ((100.0, 60.0, 18.0, 10.0, 0.0), 2, "The first 2 moves give 82 % of the relief of all 4"),
        ((100.0, 10.0, 0.0), 1, "The first move gives 90 % of the relief of all 2"),
        ((100.0, 50.0, 0.0), 2, "All 2 moves are needed: without the last, 50 % of the relief is there"),
        ((100.0, 40.0), 1, "One move gives all of the relief"),
        ((50.0, 60.0), None, "These moves are needed, but relieve no node by themselves"),
        ((50.0, 0.0, 10.0), 1, "The first move gives 100 % of the relief of all 2"),
        ((50.0,), None, "Nothing to move"),
        ((), None, "Nothing to move"),
    ],
)
def test_how_many_moves_are_enough(strains: tuple[float, ...], enough: int | None, finding: str) -> None:
    found = schedule.benefit(curve(*strains))
    assert (found.enough, found.finding) == (enough, finding)


def layers(chart: Any) -> list[dict[str, Any]]:
    return list(chart.to_dict()["layer"])


def rows_of(chart: Any) -> list[dict[str, Any]]:
    return next(rows for rows in chart.to_dict()["datasets"].values() if "way" in rows[0])


def test_the_waves_are_drawn_in_a_unit_that_fits_with_their_words() -> None:
    chart = plan_charts.waves(schedule.timetable(PLAN, GUESTS))
    drawn = chart.to_dict()
    assert drawn["description"] == (
        "4 steps of the plan over time. 3 waves, about 4 min; 1 step with downtime, 10 s in total."
        " 1 step to a node on the way. 1 step with the guest down at the end."
    )
    _, _, bars, down, *_ = layers(chart)
    assert bars["encoding"]["x"]["title"] == "Time from the start [min]"
    assert bars["encoding"]["color"]["scale"]["domain"] == [plan_charts.MOVE, plan_charts.STOP, plan_charts.DOWN]
    assert down["encoding"]["x"]["field"] == "down_from"
    rows = rows_of(chart)
    assert [row["ends"] for row in rows] == [1.0, 1.5, pytest.approx(130 / 60), pytest.approx(230 / 60)]
    assert rows[0]["said"] == "pve1 → pve2, on the way"
    assert rows[2]["said"] == "pve1 → pve2, down for 10 s"
    assert rows[1]["label"] == f"2. {HOSTILE[0]}"
    assert [row["place"] for row in rows] == ["after", "after", "after", "before"]


def test_plain_moves_need_no_legend() -> None:
    bars = layers(plan_charts.waves(schedule.timetable(Plan(steps=(step(1, 1, 9.0),), waves=((1,),)), {})))[2]
    assert bars["encoding"]["color"]["legend"] is None
    assert bars["encoding"]["x"]["title"] == "Time from the start [s]"


def test_an_empty_plan_can_be_drawn() -> None:
    assert plan_charts.waves(schedule.timetable(Plan(), {})).to_dict()["layer"]


def test_the_benefit_marks_where_most_of_it_is_there() -> None:
    chart = plan_charts.benefit(schedule.benefit(curve(100.0, 60.0, 18.0, 10.0, 0.0)))
    assert len(layers(chart)) == 4
    rule = layers(chart)[2]
    marked = chart.to_dict()["datasets"][rule["data"]["name"]]
    assert [(row["moves"], row["label"]) for row in marked] == [(2, "after 2 moves")]
    assert "after each of 4 moves" in chart.to_dict()["description"]
    assert len(layers(plan_charts.benefit(schedule.benefit(curve(50.0, 60.0))))) == 2
