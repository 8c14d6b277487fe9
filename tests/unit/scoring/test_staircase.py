"""The shape of penalty terms, and the scale that settings make of them."""

from __future__ import annotations

import numpy as np
import pytest

from proxbalance_core import Settings
from proxbalance_core.scoring.scale import PointScale, balanced, sensitivity_factor
from proxbalance_core.scoring.staircase import Ramp, Staircase

CPU = Staircase((60.0, 80.0, 90.0), (20.0, 50.0, 100.0), 5.0)


@pytest.mark.parametrize(
    ("x", "points"), [(60.0, 0.0), (60.1, 0.4), (62.5, 10.0), (75.0, 20.0), (85.0, 50.0), (95.0, 100.0), (200.0, 100.0)]
)
def test_one_number_and_many_get_the_same_points(x: float, points: float) -> None:
    assert float(CPU(np.float64(x))) == pytest.approx(points)
    assert float(CPU(x)) == pytest.approx(points)  # type: ignore[arg-type]
    assert CPU(np.array([[x, 0.0]])) == pytest.approx(np.array([[points, 0.0]]))


def test_a_hard_step_includes_its_limit() -> None:
    hard = Staircase((60.0, 80.0), (20.0, 50.0))
    assert hard(np.array([59.999, 60.0, 80.0])).tolist() == [0.0, 20.0, 50.0]
    assert float(hard(60.0)) == 20.0  # type: ignore[arg-type]


def test_not_measured_costs_nothing() -> None:
    assert CPU(np.array([np.nan])).tolist() == [0.0]
    assert float(Staircase((1.0,), (5.0,))(np.nan)) == 0.0  # type: ignore[arg-type]


def test_lowered_begins_sooner() -> None:
    assert CPU.lowered(5.0)(np.array([70.0])) == CPU(np.array([75.0]))


def test_a_ramp_rises_evenly_between_its_bends_and_is_level_outside() -> None:
    ramp = Ramp((60.0, 70.0, 70.0, 90.0), (0.0, 1.0, 3.0, 7.0))
    assert ramp(np.array([[0.0, 60.0, 65.0], [80.0, 90.0, 300.0]])).tolist() == [[0.0, 0.0, 0.5], [5.0, 7.0, 7.0]]
    assert ramp(np.array([np.nan])).tolist() == [0.0]
    assert ramp.rising
    assert not Ramp((1.0, 2.0), (1.0, 0.0)).rising


@pytest.mark.parametrize(
    ("memory_pct", "points"),
    [(60, 0), (65, 0.4), (70, 1.2), (75, 3), (80, 6), (85, 13), (90, 20), (95, 35), (100, 50), (130, 50)],
)
def test_plans_see_memory_on_a_convex_ramp(memory_pct: float, points: float) -> None:
    ramp = PointScale.of(Settings()).plan_mem
    assert float(ramp(np.array([memory_pct]))[0]) == pytest.approx(points)
    assert (np.diff(ramp(np.linspace(50.0, 100.0, 51)), n=2) > -1e-9).all()


def test_the_ramp_of_memory_follows_limits_points_and_multipliers() -> None:
    moved = Settings(mem_threshold=80.0, mem_threshold_offset_1=5.0, mem_threshold_offset_2=15.0, mem_high_penalty=10.0)
    assert PointScale.of(moved).plan_mem == Ramp(
        (70.0, 75.0, 80.0, 82.5, 85.0, 95.0, 105.0), (0.0, 0.5, 1.5, 3.75, 7.5, 20.0, 50.0)
    )
    twice = PointScale.of(Settings(mem_sensitivity=75.0)).plan_mem
    assert twice.points == pytest.approx((0.0, 0.8, 2.4, 6.0, 12.0, 40.0, 100.0))
    crossed = Settings(mem_threshold_offset_1=20.0, mem_threshold_offset_2=10.0)
    assert PointScale.of(crossed).plan_mem.bends == (60.0, 65.0, 70.0, 80.0, 90.0, 90.0, 90.0)


def test_a_multiplier_scales_points_cap_and_soft_rules_alike() -> None:
    one, twice = PointScale.of(Settings()), PointScale.of(Settings(penalty_multiplier=2.0))
    x = np.linspace(0, 120, 25)
    assert twice.current_cpu(x) == pytest.approx(2 * one.current_cpu(x))
    assert (twice.memory_cap, twice.soft_rule) == (2 * one.memory_cap, 2 * one.soft_rule)


def test_a_slider_scales_its_own_resource() -> None:
    one, keen = PointScale.of(Settings()), PointScale.of(Settings(cpu_sensitivity=100.0))
    x = np.array([75.0])
    assert keen.current_cpu(x) == pytest.approx(4 * one.current_cpu(x))
    assert keen.current_mem(x) == pytest.approx(one.current_mem(x))
    assert sensitivity_factor(0.0) == 0.25


def test_balanced_keeps_thresholds_and_nothing_else() -> None:
    kept = balanced(Settings(cpu_threshold=50.0, penalty_multiplier=3.0, cpu_high_penalty=99.0))
    assert (kept.cpu_threshold, kept.penalty_multiplier, kept.cpu_high_penalty) == (50.0, 1.0, 20.0)
