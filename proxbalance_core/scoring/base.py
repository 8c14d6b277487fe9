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
    return np.minimum(np.maximum(x, 0.0), 100.0)


def _mean(parts: tuple[Floats, ...], weights: tuple[float, ...]) -> Floats:
    total = _sum(parts, weights)
    if not np.isnan(total).any():
        return total / sum(weights)
    lacking = [np.isnan(part) for part in parts]
    there = tuple(np.where(lacks, 0.0, part) for lacks, part in zip(lacking, parts, strict=True))
    measured = _sum(tuple(np.where(lacks, 0.0, 1.0) for lacks in lacking), weights)
    return _sum(there, weights) / np.where(measured > 0, measured, np.nan)


def _sum(parts: tuple[Floats, ...], weights: tuple[float, ...]) -> Floats:
    total: Floats = weights[0] * parts[0]
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        total = total + weight * part
    return total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slopes:
    """How much the base grows by a point of each part within 0..100, [N]: as it is, and after the move."""

    cpu: Floats
    cpu_after: Floats
    mem_after: Floats
    iowait_after: Floats


def slopes(x: BaseInputs) -> Slopes:
    """The base is linear in its parts; the weights of those not measured are shared as in :func:`base_rows`."""
    health = _weight_known((x.cpu, x.mem, x.iowait_after, x.load_per_core, x.storage), HEALTH)
    ahead = _weight_known((x.cpu, x.mem, x.iowait_after, x.cpu, x.mem), PREDICTED)
    cpu, mem, iowait = (
        ROW_WEIGHTS["base_health"] * HEALTH[part] / health + ROW_WEIGHTS["base_predicted"] * PREDICTED[part] / ahead
        for part in range(3)
    )
    room = ROW_WEIGHTS["base_headroom"]
    return Slopes(
        cpu=ROW_WEIGHTS["base_predicted"] * PREDICTED[3] / ahead,
        cpu_after=cpu + room * HEADROOM[0],
        mem_after=mem + room * HEADROOM[1],
        iowait_after=np.where(np.isnan(x.iowait_after), 0.0, iowait),
    )


def _weight_known(parts: tuple[Floats, ...], weights: tuple[float, ...]) -> Floats:
    total: Floats = np.zeros(1)
    for part, weight in zip(parts, weights, strict=True):
        total = total + weight * ~np.isnan(part)
    return np.where(total > 0, total, np.nan)
