"""Sliders in words: what each is for, and what its present place means."""

from __future__ import annotations

from dataclasses import dataclass

from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.sliders import SLIDERS, TIME_HORIZON, WEIGHTS, Slider, place
from proxbalance_core.present import words

NEUTRAL = 50.0
TITLES = {
    "cpu_sensitivity": "CPU",
    "mem_sensitivity": "Memory",
    "iowait_sensitivity": "I/O wait",
    TIME_HORIZON: "The week or the moment",
    "min_score_improvement": "Least gain of a move",
    "move_cost_points": "Caution",
    "cpu_threshold": "CPU threshold",
    "mem_threshold": "Memory threshold",
    "iowait_threshold": "I/O wait threshold",
}
_ENDS = {
    "cpu_sensitivity": "Left: CPU load counts little. Right: it counts up to four times.",
    "mem_sensitivity": "Left: memory counts little. Right: it counts up to four times.",
    "iowait_sensitivity": "Left: waiting for disks counts little. Right: it counts up to four times.",
    TIME_HORIZON: "Left: the last 7 days count most. Right: the load of this moment does.",
    "min_score_improvement": "Left: small gains are recommended too. Right: only large ones.",
    "move_cost_points": "Left: migrations are cheap, so there are more of them. Right: each has to bring more.",
}
_HIGH = {
    "cpu_sensitivity": ("cpu_high_penalty", "its CPU threshold"),
    "mem_sensitivity": ("mem_high_penalty", "its memory threshold"),
    "iowait_sensitivity": ("iowait_extreme_penalty", "its I/O wait threshold"),
}
_RESOURCES = {"cpu_sensitivity": "CPU", "mem_sensitivity": "Memory", "iowait_sensitivity": "I/O wait"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SliderRow:
    """One slider as it is drawn: ``at`` is where its handle stands, ``sentence`` what that means."""

    slider: Slider
    title: str
    at: float
    about: str
    sentence: str


def rows(settings: Settings) -> tuple[SliderRow, ...]:
    """All sliders at their present places."""
    return tuple(_row(slider, settings) for slider in SLIDERS)


def _row(slider: Slider, settings: Settings) -> SliderRow:
    at = place(settings, slider)
    said = sentence(slider.key, settings)
    if at is None:
        said += " That is off this slider; moving it replaces it."
    return SliderRow(
        slider=slider, title=TITLES[slider.key], at=_handle(slider, settings) if at is None else at,
        about=_ENDS[slider.key], sentence=said,
    )  # fmt: skip


def _handle(slider: Slider, settings: Settings) -> float:
    """Where the handle stands for values that are off the slider: at the end, or the middle, that is nearest."""
    if slider.key == TIME_HORIZON:
        return NEUTRAL
    return min(max(float(getattr(settings, slider.key)), slider.low), slider.high)


def sentence(key: str, settings: Settings) -> str:
    """What the present place of a slider means, with its figures."""
    if key in _HIGH:
        return _weight(key, settings)
    if key == TIME_HORIZON:
        return _horizon(settings)
    if key == "min_score_improvement":
        return f"A move has to gain at least {settings.min_score_improvement:g} points."
    big = settings.move_cost_points + 16.0 * settings.move_cost_points_per_gb
    return (
        f"A migration has to relieve the cluster by more than {settings.move_cost_points:g} points; "
        f"of a guest that uses 16 GB, by {words.number(big, 2)}."
    )


def _weight(key: str, settings: Settings) -> str:
    base, limit = _HIGH[key]
    at, points = getattr(settings, key), getattr(settings, base) * settings.penalty_multiplier
    times = 4.0 ** ((at - NEUTRAL) / NEUTRAL)
    if at == NEUTRAL:
        return f"Neutral: a node over {limit} costs {words.number(points)} points."
    return (
        f"{_RESOURCES[key]} counts {words.number(times, 2)} times: a node over {limit} costs "
        f"{words.number(points * times)} points instead of {words.number(points)}."
    )


def _horizon(settings: Settings) -> str:
    weights = [float(getattr(settings, key)) for key in WEIGHTS]
    now, day, week = (weight / sum(weights) for weight in weights)
    return (
        f"Now counts {words.share(now)}, the last 24 hours {words.share(day)}, the last 7 days {words.share(week)}: "
        + ("short peaks matter." if now > 0.6 else "short peaks are ignored." if now < 0.35 else "peaks count in part.")
    )
