"""Staircases with soft edges: the shape of every penalty term."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.features.arrays import Floats


@dataclass(frozen=True, slots=True)
class Staircase:
    """Points that step up to ``points[k]`` at ``limits[k]``, each step over ``edge`` [unit of x].

    ``points(x) = sum over k of (p_k - p_(k-1)) * clip((x - t_k) / edge, 0, 1)``; an edge of 0 is a hard
    step that includes its limit. The middle of a band has exactly its points. Not measured is 0 points.
    """

    limits: tuple[float, ...]
    points: tuple[float, ...]
    edge: float = 0.0

    def __call__(self, x: Floats) -> Floats:
        """Points of ``x``, same shape [points]."""
        known = np.fmax(np.asarray(x, dtype=np.float64), -np.inf)  # NaN is under every step
        total = np.zeros(known.shape)
        below = 0.0
        for limit, points in zip(self.limits, self.points, strict=True):
            if points != below:
                total += (points - below) * self._share(known, limit)
            below = points
        return total

    def _share(self, x: Floats, limit: float) -> Floats:
        if self.edge > 0:
            return np.minimum(np.maximum((x - limit) * (1.0 / self.edge), 0.0), 1.0)
        return np.asarray(x >= limit, dtype=np.float64)

    @property
    def rising(self) -> bool:
        """Whether no step leads down: points may be set in any order, and limits too."""
        steps = sorted(zip(self.limits, self.points, strict=True))
        return list(self.limits) == [limit for limit, _ in steps] and list(self.points) == sorted(self.points)

    def lowered(self, by: float) -> Staircase:
        """The same steps, each ``by`` sooner."""
        return Staircase(tuple(limit - by for limit in self.limits), self.points, self.edge)
