"""Packed circles never overlap, and lie inside their circle."""

from __future__ import annotations

import math
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from proxbalance_core.present.packing import packed

RADII = st.lists(st.floats(0.05, 1.0), max_size=40)


@settings(max_examples=60, deadline=None)
@given(radii=RADII, largest_first=st.booleans())
def test_circles_touch_at_most_and_lie_inside(radii: list[float], largest_first: bool) -> None:
    radii = sorted(radii, reverse=True) if largest_first else radii
    found = packed(radii)
    assert len(found.centres) == len(radii)
    circles = list(zip(found.centres, radii, strict=True))
    for (one, r), (two, s) in combinations(circles, 2):
        assert math.dist(one, two) >= r + s - 1e-6
    for centre, r in circles:
        assert math.hypot(*centre) + r <= found.radius + 1e-9


def test_many_equal_circles_fill_most_of_the_area() -> None:
    assert 31 / packed([1.0] * 31).radius ** 2 > 0.55
    assert 300 / packed([1.0] * 300).radius ** 2 > 0.75


def test_sizes_far_apart_fill_it_too() -> None:
    radii = sorted((1.0 / (1 + place) ** 0.5 for place in range(200)), reverse=True)
    assert sum(r * r for r in radii) / packed(radii).radius ** 2 > 0.7


def test_few_circles() -> None:
    assert packed([]).radius == 0.0
    assert packed([0.4]).radius == 0.4
    assert packed([1.0, 0.5]).radius < 1.52
