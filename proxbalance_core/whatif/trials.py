"""Which settings a sweep tries: the presets, then places drawn evenly over what people turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import qmc

from proxbalance_core.domain.presets import PRESETS, changed, with_preset
from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats

PRESENT = "settings in force"
GB_PER_POINT = 0.025  # price per GB, as a share of the price of a move


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Settings to try, and what they change of the base."""

    number: int
    name: str
    settings: Settings
    changes: dict[str, Any]


NEAR = 0.4  # of each range, around the base
# What is turned, from where to where, in steps: thresholds and prices, which decide when and how much is moved.
RANGES: dict[str, tuple[float, float, float]] = {
    "cpu_threshold": (45.0, 75.0, 1.0),
    "mem_threshold": (60.0, 85.0, 1.0),
    "cpu_sensitivity": (25.0, 75.0, 5.0),
    "mem_sensitivity": (25.0, 75.0, 5.0),
    "min_score_improvement": (5.0, 40.0, 1.0),
    "move_cost_points": (1.0, 12.0, 0.25),
    "plan_margin_pct": (0.0, 15.0, 1.0),
    "balance_weight": (0.0, 1.0, 0.05),
}


def trials(base: Settings, count: int, seed: int = 0) -> tuple[Trial, ...]:
    """``count`` trials, the same for the same seed: the base, the presets, then Latin hypercubes over :data:`RANGES`.

    Half of what is drawn lies near the base, where small changes pay; the other half anywhere.
    Source: McKay, Beckman and Conover 1979; every range is covered evenly, however few the trials.
    """
    known = [(PRESENT, base)] + [(name, with_preset(base, name)) for name in PRESETS]
    named = [pair for i, pair in enumerate(known) if i == 0 or all(pair[1] != settings for _, settings in known[:i])]
    left = max(count - len(named), 0)
    rng = np.random.default_rng(seed)
    near = _near(base, qmc.LatinHypercube(d=len(RANGES), rng=rng).random(left - left // 2))
    drawn = np.concatenate((near, qmc.LatinHypercube(d=len(RANGES), rng=rng).random(left // 2)))
    places = [(f"trial {len(named) + i}", _at(base, place)) for i, place in enumerate(drawn)]
    return tuple(
        Trial(number=i, name=name, settings=settings, changes=_changes(base, settings))
        for i, (name, settings) in enumerate([*named, *places][: max(count, 1)])
    )


def _near(base: Settings, drawn: Floats) -> Floats:
    """Shares of the ranges around where the base is."""
    spans = np.array([(low, high - low) for low, high, _ in RANGES.values()])
    here = (np.array([float(getattr(base, key)) for key in RANGES]) - spans[:, 0]) / spans[:, 1]
    return np.asarray(np.clip(here + NEAR * (drawn - 0.5), 0.0, 1.0))


def _at(base: Settings, place: Floats) -> Settings:
    values: dict[str, Any] = {}
    for share, (key, (low, high, step)) in zip(place.tolist(), RANGES.items(), strict=True):
        values[key] = round(round((low + share * (high - low)) / step) * step, 6)
    values["move_cost_points_per_gb"] = round(GB_PER_POINT * values["move_cost_points"], 6)
    return changed(base, values)


def _changes(base: Settings, settings: Settings) -> dict[str, Any]:
    before = base.to_dict()
    return {key: value for key, value in settings.to_dict().items() if before[key] != value and key != "profile"}
