"""The base load: a small continuous part that ranks nodes no limit touches (scoring, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.features.arrays import Floats

HEALTH = (0.40, 0.15, 0.25, 0.10, 0.10)
PREDICTED = (0.40, 0.15, 0.25, 0.15, 0.05)
HEADROOM = (0.65, 0.35)
ROW_WEIGHTS = {"base_health": 0.25, "base_predicted": 0.40, "base_headroom": 0.20, "base_storage": 0.15}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaseInputs:
    """What the base is made of [percent]; arrays that broadcast together (nodes last)."""

    cpu: Floats
    mem: Floats
    cpu_after: Floats
    mem_after: Floats
    iowait_after: Floats
    load_per_core: Floats
    storage: Floats


def base_rows(x: BaseInputs) -> dict[str, Floats]:
    """The four rows [points]; a part that was not measured gives its weight to the others, NaN if all lack."""
    cpu, mem, iowait = _clipped(x.cpu_after), _clipped(x.mem_after), _clipped(x.iowait_after)
    rows = {
        "base_health": _mean((cpu, mem, iowait, _clipped(x.load_per_core), _clipped(x.storage)), HEALTH),
        "base_predicted": _mean((cpu, mem, iowait, _clipped(x.cpu), _clipped(x.mem)), PREDICTED),
        "base_headroom": 100.0 - (HEADROOM[0] * (100.0 - cpu) + HEADROOM[1] * (100.0 - mem)),
        "base_storage": _clipped(x.storage),
    }
    return {name: ROW_WEIGHTS[name] * row for name, row in rows.items()}


def _clipped(x: Floats) -> Floats:
    return np.clip(x, 0.0, 100.0)


def _mean(parts: tuple[Floats, ...], weights: tuple[float, ...]) -> Floats:
    total: Floats = np.zeros(1)
    measured: Floats = np.zeros(1)
    for part, weight in zip(parts, weights, strict=True):
        lacking = np.isnan(part)
        if lacking.any():
            total = total + weight * np.where(lacking, 0.0, part)
            measured = measured + weight * ~lacking
        else:
            total = total + weight * part
            measured = measured + weight
    return total / np.where(measured > 0, measured, np.nan)


def cpu_slopes(x: BaseInputs) -> tuple[Floats, Floats]:
    """How much the base grows by a point of CPU: of the CPU as it is, and of the CPU after the move, [N].

    The weights of parts that were not measured are shared as in :func:`base_rows`.
    """
    health = _weight_known((x.cpu, x.mem, x.iowait_after, x.load_per_core, x.storage), HEALTH)
    ahead = _weight_known((x.cpu, x.mem, x.iowait_after, x.cpu, x.mem), PREDICTED)
    after = ROW_WEIGHTS["base_health"] * HEALTH[0] / health + ROW_WEIGHTS["base_predicted"] * PREDICTED[0] / ahead
    return ROW_WEIGHTS["base_predicted"] * PREDICTED[3] / ahead, after + ROW_WEIGHTS["base_headroom"] * HEADROOM[0]


def _weight_known(parts: tuple[Floats, ...], weights: tuple[float, ...]) -> Floats:
    total: Floats = np.zeros(1)
    for part, weight in zip(parts, weights, strict=True):
        total = total + weight * ~np.isnan(part)
    return np.where(total > 0, total, np.nan)
