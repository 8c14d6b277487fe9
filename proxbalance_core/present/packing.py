"""Circles packed side by side without overlap, the way coins lie on a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_STEPS = 100
_TOUCH = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """Centres in the order of the radii, around the middle of a circle of ``radius`` that holds them all."""

    centres: tuple[tuple[float, float], ...]
    radius: float


def packed(radii: Sequence[float]) -> Packing:
    """Pack circles of ``radii`` (each over 0); the largest first gives the densest picture."""
    if not radii:
        return Packing(centres=(), radius=0.0)
    if len(radii) == 1:
        return Packing(centres=((0.0, 0.0),), radius=radii[0])
    front = _Front(radii)
    for circle in range(3, len(radii)):
        front.add(circle)
    return _around(np.array(front.at), np.array(radii))


def _around(at: np.ndarray, radii: np.ndarray) -> Packing:
    """The circle that holds all, by steps of 1/2, 1/3, ... towards whichever reaches out furthest.

    Source
    ------
    Badoiu, Clarkson: Smaller Core-Sets for Balls, SODA 2003.
    """
    middle = complex(at.mean())
    for step in range(2, _STEPS):
        reach = np.abs(at - middle) + radii
        furthest = int(reach.argmax())
        middle += (at[furthest] - middle) * (1.0 - radii[furthest] / reach[furthest]) / step
    radius = float((np.abs(at - middle) + radii).max())
    return Packing(centres=tuple((float(z.real), float(z.imag)) for z in at - middle), radius=radius)


class _Front:
    """The outermost circles as a ring, clockwise, each touching the next; a new circle is laid against two of them.

    Source
    ------
    Wang, Wang, Dai, Wang: Visualization of Large Hierarchical Data by Circle Packing, CHI 2006.
    """

    def __init__(self, radii: Sequence[float]) -> None:
        self.radii = radii
        self.at = [complex(-radii[1], 0.0), complex(radii[0], 0.0)]
        self.after, self.before = {0: 1, 1: 0}, {0: 1, 1: 0}
        # How far the gap after each circle of the ring is from the middle.
        self.far = {left: self._distance(left) for left in self.after}
        self.left = 0
        if len(radii) > 2:
            self._insert(self._beside(1, 0, radii[2]), 1, 0)

    def add(self, circle: int) -> None:
        """Lay a circle against the ring, as near to the middle as there is room."""
        left, right, radius = self.left, self.after[self.left], self.radii[circle]
        while True:
            centre = self._beside(left, right, radius)
            met = self._met(centre, radius, left, right)
            if met is None:
                break
            # What lies between the circle in the way and its new neighbour is no longer outermost.
            left, right = met
            self.after[left], self.before[right] = right, left
        self._insert(centre, left, right)

    def _beside(self, left: int, right: int, radius: float) -> complex:
        """Where a circle touches both, to the left of the way from ``left`` to ``right``: outside a clockwise ring."""
        way = self.at[right] - self.at[left]
        distance = abs(way)
        to_left, to_right = self.radii[left] + radius, self.radii[right] + radius
        along = (distance * distance + to_left * to_left - to_right * to_right) / (2.0 * distance)
        off = math.sqrt(max(0.0, to_left * to_left - along * along))
        return self.at[left] + way / distance * complex(along, off)

    def _met(self, centre: complex, radius: float, left: int, right: int) -> tuple[int, int] | None:
        """The two to lie between instead, if the nearest along the ring in either direction would be overlapped."""
        ahead, behind = self.after[right], self.before[left]
        gone_ahead, gone_behind = self.radii[right], self.radii[left]
        while ahead != self.after[behind]:
            if gone_ahead <= gone_behind:
                if self._overlaps(ahead, centre, radius):
                    return left, ahead
                gone_ahead += self.radii[ahead]
                ahead = self.after[ahead]
            else:
                if self._overlaps(behind, centre, radius):
                    return behind, right
                gone_behind += self.radii[behind]
                behind = self.before[behind]
        return None

    def _overlaps(self, other: int, centre: complex, radius: float) -> bool:
        return abs(self.at[other] - centre) < self.radii[other] + radius - _TOUCH

    def _insert(self, centre: complex, left: int, right: int) -> None:
        """Put the newest circle between two; the pair nearest to the middle is next."""
        circle = len(self.at)
        self.at.append(centre)
        self.after[left], self.before[circle] = circle, left
        self.after[circle], self.before[right] = right, circle
        self.far[left], self.far[circle] = self._distance(left), self._distance(circle)
        ring, at = [circle], right
        while at != circle:
            ring.append(at)
            at = self.after[at]
        self.left = min(ring, key=self.far.__getitem__)

    def _distance(self, left: int) -> float:
        right = self.after[left]
        first, second = self.radii[left], self.radii[right]
        return abs((self.at[left] * second + self.at[right] * first) / (first + second))
