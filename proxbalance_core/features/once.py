"""What follows from a snapshot, alone or with a few settings, is worked out once for as long as the snapshot lives.

A changed setting then costs what depends on it. Values that are kept this way are never changed by whoever
asks, and don't hold the snapshot: it would never go.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from proxbalance_core.domain.cluster import ClusterSnapshot

Made = TypeVar("Made")
MOST_OF_A_SNAPSHOT = 16
_kept: dict[int, tuple[weakref.ref[ClusterSnapshot], dict[Hashable, object]]] = {}


def once(snapshot: ClusterSnapshot, key: Hashable, make: Callable[[], Made]) -> Made:
    """What ``make`` gives for ``key``, made at the first call; beyond 16 keys the oldest is forgotten."""
    found = _of(snapshot)
    if key not in found:
        made = make()
        while len(found) >= MOST_OF_A_SNAPSHOT:
            found.pop(next(iter(found)), None)
        found[key] = made
        return made
    return cast(Made, found[key])


def _of(snapshot: ClusterSnapshot) -> dict[Hashable, object]:
    key = id(snapshot)
    held = _kept.get(key)
    if held is None or held[0]() is not snapshot:
        kept = _kept  # at the end of the process the module's own name is gone before the snapshot
        held = _kept[key] = (weakref.ref(snapshot, lambda _: kept.pop(key, None)), {})
    return held[1]
