"""What belongs to picked recommendations."""

from __future__ import annotations

import dataclasses

import pytest

from proxbalance_core import assess
from proxbalance_core.domain.results import Recommendation
from proxbalance_core.recommend.picking import completed, first, mates, missing
from tests.support.clusters import cluster, guest

BASE = assess(cluster(["a", "b"], [guest(1, "a", 4.5, 4), guest(2, "a", 4, 4)])).recommendations[0]


def move(vmid: int, step: int, group: str | None = None) -> Recommendation:
    return dataclasses.replace(BASE, vmid=vmid, steps=(step,), group=group)


MOVES = (move(1, 3), move(2, 1, "swap:2+3"), move(3, 2, "swap:2+3"), move(4, 4, "alone"), move(5, 5))


def test_groups_of_one_are_none() -> None:
    assert mates(MOVES) == {"swap:2+3": (2, 3)}


@pytest.mark.parametrize(
    ("picked", "absent"), [((), ()), ((1,), ()), ((2,), (3,)), ((3, 5), (2,)), ((2, 3), ()), ((4,), ())]
)
def test_what_is_missing(picked: tuple[int, ...], absent: tuple[int, ...]) -> None:
    assert missing(MOVES, picked) == absent
    assert completed(MOVES, picked) == tuple(sorted({*picked, *absent}))


def test_who_is_not_recommended_is_not_picked() -> None:
    assert completed(MOVES, (1, 99)) == (1,)


@pytest.mark.parametrize(("count", "found"), [(0, ()), (1, (2, 3)), (3, (1, 2, 3)), (9, (1, 2, 3, 4, 5))])
def test_the_first_few_come_with_their_mates(count: int, found: tuple[int, ...]) -> None:
    assert first(MOVES, count) == found
