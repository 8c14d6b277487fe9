"""How fast storages fill, from their levels of the last weeks."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from proxbalance_core.domain.cluster import Node, Storage
from proxbalance_core.domain.observed import StorageLevel
from proxbalance_core.features.arrays import Floats

DAY_S = 86_400.0
LEAST_DAYS, LEAST_LEVELS = 3.0, 6
# A fall by more than this share of the whole is somebody cleaning up: what was before tells nothing of the growth.
CLEANED_SHARE = 0.03
BOUNDS = (0.1, 0.9)
Key = tuple[str, str]  # a storage and its node, "" for a shared one


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Growth [bytes a day] with its 80 % bounds, over ``days``; NaN where it isn't known."""

    per_day: float
    low: float
    high: float
    days: float


def growths(levels: Iterable[StorageLevel]) -> dict[Key, Growth]:
    """The growth of each storage since it was last cleaned up."""
    rows: dict[Key, list[tuple[float, float, float]]] = defaultdict(list)
    for level in sorted(levels, key=lambda level: level.ts):
        rows[level.storage, level.node].append((level.ts / DAY_S, level.used_bytes, level.total_bytes))
    return {key: _growth(np.array(found)) for key, found in rows.items()}


def _growth(rows: Floats) -> Growth:
    """The median slope between all pairs of levels (Theil and Sen), and how far the slopes of days differ."""
    falls = np.flatnonzero(np.diff(rows[:, 1]) < -CLEANED_SHARE * rows[1:, 2])
    rows = rows[falls[-1] + 1 :] if len(falls) else rows
    days = float(rows[-1, 0] - rows[0, 0])
    if days < LEAST_DAYS or len(rows) < LEAST_LEVELS:
        return Growth(per_day=np.nan, low=np.nan, high=np.nan, days=round(days, 2))
    early, late = np.triu_indices(len(rows), 1)
    apart = rows[late, 0] - rows[early, 0]
    slopes = (rows[late, 1] - rows[early, 1]) / np.maximum(apart, 1e-9)
    daily = slopes[apart >= 1.0]
    low, high = np.quantile(daily, BOUNDS)
    middle = float(np.median(slopes))
    return Growth(
        per_day=round(middle), low=round(min(float(low), middle)), high=round(max(float(high), middle)),
        days=round(days, 2),
    )  # fmt: skip


def growing(node: Node, grown: Mapping[Key, Growth]) -> tuple[Storage, ...] | None:
    """The storages of a node with what is known of their growth."""
    return None if node.storages is None else tuple(_with_growth(s, node.name, grown) for s in node.storages)


def _with_growth(storage: Storage, node: str, grown: Mapping[Key, Growth]) -> Storage:
    found = grown.get((storage.name, "" if storage.shared else node))
    if found is None:
        return storage
    return dataclasses.replace(
        storage, growth_bytes_per_day=found.per_day, growth_low_bytes_per_day=found.low,
        growth_high_bytes_per_day=found.high, history_days=found.days,
    )  # fmt: skip
