"""What is worked out once for a snapshot: made once, told apart by its key, gone with the snapshot."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from itertools import count

from proxbalance_core import Settings, assess
from proxbalance_core.features import once as module
from proxbalance_core.features.once import MOST_OF_A_SNAPSHOT, once
from tests.support.clusters import cluster, guest


def test_it_is_made_once_for_each_key() -> None:
    snapshot, number = cluster(["a"], [guest(1, "a", 1, 1)]), count()
    assert [once(snapshot, key, lambda: next(number)) for key in ("x", "y", "x")] == [0, 1, 0]
    assert once(dataclasses.replace(snapshot), "x", lambda: next(number)) == 2


def test_the_oldest_is_forgotten() -> None:
    snapshot = cluster(["a"], [])
    for key in range(MOST_OF_A_SNAPSHOT + 1):
        once(snapshot, key, lambda: "first")
    assert once(snapshot, 1, lambda: "again") == "first" and once(snapshot, 0, lambda: "again") == "again"


def test_nothing_that_is_kept_holds_the_snapshot() -> None:
    """After a whole assessment the snapshot goes when its owner lets it go."""
    snapshot = cluster(["a", "b"], [guest(1, "a", 7, 40), guest(2, "a", 2, 10)])
    assess(snapshot)
    gc.collect()  # snapshots of others, whose owners let them go before
    seen, before = weakref.ref(snapshot), len(module._kept)
    del snapshot
    gc.collect()
    assert seen() is None and len(module._kept) == before - 1


def test_settings_that_count_are_told_apart() -> None:
    """The same snapshot under other settings is what a fresh one says."""
    made = cluster(["a", "b", "c"], [guest(1, "a", 7, 40), guest(2, "a", 2, 10), guest(3, "b", 1, 5)])
    for settings in (
        Settings(), Settings(allowed_targets=("b",)), Settings(allowed_sources=("b",)), Settings(cooldown_hours=0.0),
        Settings(include_ha=True), Settings(),
    ):  # fmt: skip
        assert assess(made, settings).to_dict() == assess(dataclasses.replace(made), settings).to_dict()
