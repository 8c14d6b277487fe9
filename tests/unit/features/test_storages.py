"""Growth of storages from their levels."""

from __future__ import annotations

import numpy as np
import pytest

from proxbalance_core.domain.cluster import Node, Storage
from proxbalance_core.domain.observed import StorageLevel
from proxbalance_core.features.storages import growing, growths

DAY, GB = 86_400, 2.0**30


def levels(used_gb: list[float], node: str = "pve1", name: str = "lvm") -> list[StorageLevel]:
    """A level every six hours."""
    return [
        StorageLevel(ts=i * DAY // 4, storage=name, node=node, used_bytes=used * GB, total_bytes=1000 * GB)
        for i, used in enumerate(used_gb)
    ]


def test_a_steady_growth() -> None:
    found = growths(levels([100 + 5.0 * i for i in range(40)]))["lvm", "pve1"]
    assert (found.per_day, found.low, found.high) == pytest.approx((20 * GB,) * 3, rel=1e-6)
    assert found.days == 9.75


def test_bounds_hold_the_days_that_differ() -> None:
    rng = np.random.default_rng(0)
    steps = np.repeat(rng.uniform(0.0, 10.0, 15), 4)
    found = growths(levels(list(100 + np.cumsum(steps))))["lvm", "pve1"]
    assert found.low < found.per_day < found.high and found.low > 0


def test_only_what_came_after_a_clean_up_counts() -> None:
    before, after = [500 + 20.0 * i for i in range(20)], [300 + 2.0 * i for i in range(20)]
    found = growths(levels(before + after))["lvm", "pve1"]
    assert found.per_day == pytest.approx(8 * GB) and found.days == 4.75


@pytest.mark.parametrize("count", [1, 5, 11])
def test_too_little_is_not_known(count: int) -> None:
    found = growths(levels([100.0 + i for i in range(count)]))["lvm", "pve1"]
    assert np.isnan([found.per_day, found.low, found.high]).all()


def test_shared_and_own_storages_are_told_apart() -> None:
    own, shared = [100.0 + i for i in range(20)], [100.0 + 2 * i for i in range(20)]
    grown = growths([*levels(own), *levels(shared, node="", name="ceph")])
    storages = (Storage(name="lvm"), Storage(name="ceph", shared=True), Storage(name="new"))
    node = Node(name="pve1", status="online", storages=storages)
    found = growing(node, grown)
    assert found is not None
    assert [s.growth_bytes_per_day / GB for s in found[:2]] == pytest.approx([4.0, 8.0])
    assert np.isnan(found[2].growth_bytes_per_day)
    assert growing(Node(name="pve2", status="online"), grown) is None
