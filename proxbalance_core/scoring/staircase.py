"""Staircases with soft edges: the shape of every penalty term; ramps for what plans make of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proxbalance_core.features.arrays import Floats, Ints


def highest(x: Floats) -> float:
    """The largest value; NaN doesn't count, nothing is below all."""
    return float(np.fmax.reduce(x, axis=None, initial=-np.inf))


@dataclass(frozen=True, slots=True)
class Staircase:
    """Points that step up to ``points[k]`` at ``limits[k]``, each step over ``edge`` [unit of x].

    ``points(x) = sum over k of (p_k - p_(k-1)) * clip((x - t_k) / edge, 0, 1)``; an edge of 0 is a hard
    step that includes its limit. The middle of a band has exactly its points. Not measured is 0 points.
    """

    limits: tuple[float, ...]
    points: tuple[float, ...]
    edge: float = 0.0

    def __call__(self, x: Floats, top: float | None = None) -> Floats:
        """Points of ``x``, same shape [points]; ``top`` is its :func:`highest`, where that is known."""
        x = np.asarray(x, dtype=np.float64)
        total, share = np.zeros(x.shape), np.empty(x.shape)
        top = highest(x) if top is None else top
        below = 0.0
        for limit, points in zip(self.limits, self.points, strict=True):
            if points != below and top >= limit:  # most loads are under most steps: those need no working out
                self._climb(x, limit, share)
                share *= points - below
                total += share
            below = points
        return total

    def _climb(self, x: Floats, limit: float, share: Floats) -> None:
        """Set ``share`` to what part of the step at ``limit`` each ``x`` has climbed; none where not measured."""
        if self.edge > 0:
            np.subtract(x, limit, out=share)
            share *= 1.0 / self.edge
            np.fmax(share, 0.0, out=share)
            np.minimum(share, 1.0, out=share)
        else:
            np.greater_equal(x, limit, out=share)

    @property
    def rising(self) -> bool:
        """Whether no step leads down: points may be set in any order, and limits too."""
        steps = sorted(zip(self.limits, self.points, strict=True))
        return list(self.limits) == [limit for limit, _ in steps] and list(self.points) == sorted(self.points)

    @property
    def bends(self) -> tuple[float, ...]:
        """Where the line of points changes its slope, or jumps [unit of x]."""
        return tuple(bend for limit in self.limits for bend in (limit, limit + self.edge))

    def lowered(self, by: float) -> Staircase:
        """The same steps, each ``by`` sooner."""
        return Staircase(tuple(limit - by for limit in self.limits), self.points, self.edge)


@dataclass(frozen=True, slots=True)
class Ramp:
    """Points that rise evenly from ``points[k]`` at ``bends[k]`` to the next.

    Level before the first bend and after the last; bends come in ascending order, where two are equal it jumps
    [unit of x]. Not measured has the first points.
    """

    bends: tuple[float, ...]
    points: tuple[float, ...]

    def __call__(self, x: Floats) -> Floats:
        """Points of ``x``, same shape [points]."""
        return np.asarray(np.interp(np.fmax(x, self.bends[0]), self.bends, self.points))

    @property
    def rising(self) -> bool:
        """Whether it never leads down."""
        return list(self.points) == sorted(self.points)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Staircases:
    """Many staircases side by side, one for each row of what they are asked: the same points in fewer passes.

    ``limits`` and ``rises`` are [S, steps], ``per_unit`` [S, 1] is one over each edge; ``hard`` are the rows
    without an edge.
    """

    limits: Floats
    rises: Floats
    per_unit: Floats
    hard: Ints

    @classmethod
    def of(cls, stairs: Sequence[Staircase]) -> Staircases:
        """``stairs`` as one; who has fewer steps gets steps that nothing reaches."""
        most = max(len(one.limits) for one in stairs)
        limits, rises = np.full((len(stairs), most), np.inf), np.zeros((len(stairs), most))
        for row, one in enumerate(stairs):
            limits[row, : len(one.limits)] = one.limits
            rises[row, : len(one.points)] = np.diff(one.points, prepend=0.0)
        edges = np.array([one.edge for one in stairs])
        hard = edges <= 0
        per_unit = 1.0 / np.where(hard, 1.0, edges)
        return cls(limits=limits, rises=rises, per_unit=per_unit[:, None], hard=np.flatnonzero(hard))

    def __call__(self, x: Floats) -> Floats:
        """Points of ``x`` [S, N], row by row, same shape [points]."""
        total, share = np.zeros(x.shape), np.empty(x.shape)
        for step in range(self.limits.shape[1]):
            limit = self.limits[:, step, None]
            if not (x >= limit).any():
                continue
            np.subtract(x, limit, out=share)
            share *= self.per_unit
            np.fmax(share, 0.0, out=share)
            np.minimum(share, 1.0, out=share)
            share[self.hard] = x[self.hard] >= limit[self.hard]
            share *= self.rises[:, step, None]
            total += share
        return total
