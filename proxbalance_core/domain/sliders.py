"""Sliders: a place on a line for what people tune most, and the settings that stand there (scoring, section 8)."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from proxbalance_core.domain.presets import changed
from proxbalance_core.domain.settings import Settings

WEIGHTS = ("weight_current", "weight_24h", "weight_7d")
# Where the three weights stand at 0, 50 and 100; between them they move in straight lines.
HORIZON = ((0.0, (0.2, 0.3, 0.5)), (50.0, (0.5, 0.3, 0.2)), (100.0, (0.9, 0.1, 0.0)))
TIME_HORIZON = "time_horizon"
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One slider: its range, and what it is counted in ("" is a place from 0 to 100, 50 is neutral)."""

    key: str
    low: float
    high: float
    step: float
    unit: str = ""


SLIDERS = (
    Slider(key="cpu_sensitivity", low=0.0, high=100.0, step=1.0),
    Slider(key="mem_sensitivity", low=0.0, high=100.0, step=1.0),
    Slider(key="iowait_sensitivity", low=0.0, high=100.0, step=1.0),
    Slider(key=TIME_HORIZON, low=0.0, high=100.0, step=1.0),
    Slider(key="min_score_improvement", low=5.0, high=50.0, step=1.0, unit="points"),
    Slider(key="move_cost_points", low=1.0, high=12.0, step=0.25, unit="points"),
)


def place(settings: Settings, slider: Slider) -> float | None:
    """Where ``settings`` stand on a slider; None where they stand off its line."""
    if slider.key == TIME_HORIZON:
        return _horizon(settings)
    value = float(getattr(settings, slider.key))
    return value if slider.low <= value <= slider.high else None


def moved(settings: Settings, slider: Slider, to: float) -> Settings:
    """``settings`` with a slider at ``to``.

    Raises
    ------
    SettingInvalid
        The place is off the slider.
    """
    if slider.key == TIME_HORIZON:
        return changed(settings, dict(zip(WEIGHTS, weights_at(to), strict=True)))
    return changed(settings, {slider.key: float(to)})


def weights_at(horizon: float) -> tuple[float, float, float]:
    """The weights of now, 24 hours and 7 days at a place of the time horizon (0: the week, 100: the moment)."""
    at = min(max(horizon, 0.0), 100.0)
    (low, begins), (high, ends) = HORIZON[:2] if at <= HORIZON[1][0] else HORIZON[1:]
    part = (at - low) / (high - low)
    now, day, week = (round(a + (b - a) * part, 9) for a, b in zip(begins, ends, strict=True))
    return now, day, week


def _horizon(settings: Settings) -> float | None:
    weights = [float(getattr(settings, key)) for key in WEIGHTS]
    total = sum(weights)
    now, day, week = (weight / total for weight in weights)
    for (low, begins), (high, ends) in itertools.pairwise(HORIZON):
        part = (now - begins[0]) / (ends[0] - begins[0])
        on_line = (begins[i] + (ends[i] - begins[i]) * part for i in range(3))
        if -_CLOSE <= part <= 1.0 + _CLOSE and all(
            math.isclose(a, b, abs_tol=_CLOSE) for a, b in zip((now, day, week), on_line, strict=True)
        ):
            return round(low + (high - low) * part, 6)
    return None
