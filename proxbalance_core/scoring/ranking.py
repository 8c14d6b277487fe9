"""The best target of every guest: ranked in single precision, what may be best worked out again in double.

Guests x nodes is the engine's largest table (50 million for 1,000 nodes), and of each row one entry is
wanted. Single precision halves what goes through the caches; its error has a bound, so whatever could be
best is known, and the answer is that of :func:`~proxbalance_core.scoring.targets.target_scores` on every pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.scoring.base import base_rows, slopes
from proxbalance_core.scoring.staircase import Staircase
from proxbalance_core.scoring.targets import Scores, inputs_of, target_scores

PAIRS_AT_ONCE = 65_536
# Largest relative error of the sums below: each of at most 32 steps rounds by half of the least digit.
ROUNDING = 16.0 * float(np.finfo(np.float32).eps)
# Beyond this a ranking says little: hard steps (any error makes a whole step of points) and absurd loads.
MOST_SLACK_POINTS = 1.0
Singles = npt.NDArray[np.float32]
Open = Callable[[Ints], Bools]


def best_targets(scores: Scores, open_to: Open) -> tuple[Ints, Floats]:
    """Every guest's best node among those open to it, and its target score there.

    Parameters
    ----------
    open_to : callable
        Which nodes are open to which of some guests [positions], [guests, N].

    Returns
    -------
    best : (G,)
        Position of the node, -1 when none is open; ties go to the first by name.
    points : (G,)
        NaN when none is open.
    """
    guests, nodes = len(scores.placed.node_of), len(scores.own)
    best, points = np.full(guests, -1, dtype=np.intp), np.full(guests, np.nan)
    slack, size = _slack(scores), max(1, PAIRS_AT_ONCE // max(nodes, 1))
    rough = _Rough(scores, slack, size) if slack <= MOST_SLACK_POINTS else None
    held: list[Ints] = []
    for begin in range(0, guests, size):
        part = np.arange(begin, min(begin + size, guests))
        among = open_to(part) & scores.placed.arrays.node.measured
        kept = among if rough is None else rough.may_be_best(part, among)
        held.append(begin * nodes + np.flatnonzero(kept))
        if begin + size >= guests or sum(map(len, held)) >= PAIRS_AT_ONCE:
            guest, node = np.divmod(np.concatenate(held), nodes)
            exact = target_scores(scores, guest, node)
            order = np.lexsort((node, exact, guest))
            first = order[np.flatnonzero(np.diff(guest[order], prepend=-1))]
            best[guest[first]], points[guest[first]] = node[first], exact[first]
            held.clear()
    return best, points


def _slack(scores: Scores) -> float:
    """By how much two rough scores may be in the wrong order [points]."""
    placed, scale = scores.placed, scores.scale
    node, guest = placed.arrays.node, placed.arrays.guest
    cores = max(_most(guest.cpu_used_cores), 0.0) * _most(1.0 / node.capacity_cores)
    cpu = _most(np.abs(placed.cpu_level)) + 100.0 * cores
    mem = _most(np.abs(placed.mem_level)) + 100.0 * _most(guest.mem_used_bytes) * _most(1.0 / node.mem_bytes)
    climbs = _steepness(scale.predicted_cpu) * cpu + _steepness(scale.predicted_mem) * mem
    sums = _most(np.abs(scores.terms.others)) + _most(np.abs(scores.terms.memory)) + 200.0
    return 2.0 * ROUNDING * (climbs + cpu + mem + sums + _most(np.abs(placed.iowait_level)))


def _most(values: Floats) -> float:
    """The largest of what is measured; 0 when nothing is."""
    return float(np.fmax.reduce(values, axis=None, initial=0.0))


def _steepness(stairs: Staircase) -> float:
    """Points by which a step climbs for a point of its value, all steps together; no bound for a hard step."""
    if stairs.edge <= 0:
        return np.inf
    return float(np.abs(np.diff(stairs.points, prepend=0.0)).sum()) / stairs.edge


class _Rough:
    """Target scores in single precision, a chunk of guests at a time."""

    def __init__(self, scores: Scores, slack: float, most: int) -> None:
        placed, scale = scores.placed, scores.scale
        node, guest = placed.arrays.node, placed.arrays.guest
        self.slack = np.float32(slack)
        x, nothing, one = inputs_of(placed), np.zeros(len(node.names)), np.ones(len(guest.vmids))
        iowait = np.where(np.isnan(x.iowait_after), np.nan, 0.0)
        idle = base_rows(replace(x, cpu_after=nothing, mem_after=nothing, iowait_after=iowait))
        base = sum((np.nan_to_num(row) for row in idle.values()), start=nothing)
        grows = slopes(x)
        self.constant, self.memory = _single(base + scores.terms.others), _single(scores.terms.memory)
        per_core, cores, level = 100.0 / node.capacity_cores, guest.cpu_used_cores, placed.cpu_level
        # What a node has after the move is a product: what the guest brings and 1, times what that is there.
        self.cpu = (
            _single(np.column_stack([cores[:, :3], one])),
            _single(np.vstack([placed.weights.T * per_core, level])),
        )
        self.peak = _single(np.column_stack([cores[:, 3], one])), _single(np.vstack([per_core, level]))
        self.mem = (
            _single(np.column_stack([guest.mem_used_bytes[:, 0], one])),
            _single(np.vstack([100.0 / node.mem_bytes, placed.mem_level])),
        )
        self.iowait = _single(guest.quiet_iowait_pct), _single(placed.iowait_level)
        self.slopes = [_single(slope) for slope in (grows.cpu_after, grows.mem_after, grows.iowait_after)]
        self.bursty, self.cap = guest.bursty, np.float32(scale.memory_cap)
        self.cpu_stairs, self.mem_stairs = scale.predicted_cpu, scale.predicted_mem
        self.buffers = np.empty((4, most, len(node.names)), dtype=np.float32)

    def may_be_best(self, guests: Ints, among: Bools) -> Bools:
        """Which of the nodes ``among`` [guests, N] may be a guest's best."""
        points = self._points(guests)
        np.copyto(points, np.inf, where=~among)
        least = points.min(axis=1, initial=np.inf)
        return np.asarray(among & (points <= (least + self.slack)[:, None]))

    def _points(self, guests: Ints) -> Singles:
        """Target scores, [guests, N]; they hold until the next call."""
        points: Singles
        x, points, memory, share = self.buffers[:, : len(guests)]
        np.matmul(self.mem[0][guests], self.mem[1], out=x)
        _climb(self.mem_stairs, x, memory, share)
        memory += self.memory
        np.minimum(memory, self.cap, out=memory)
        self._add_base(x, 1, memory)
        np.matmul(self.cpu[0][guests], self.cpu[1], out=x)
        _climb(self.cpu_stairs, x, points, share)
        bursty = np.flatnonzero(self.bursty[guests])
        if len(bursty):
            reckoned = self.peak[0][guests[bursty]] @ self.peak[1]
            again = np.empty_like(reckoned)
            _climb(self.cpu_stairs, reckoned, again, np.empty_like(reckoned))
            points[bursty] = again
        points += memory
        self._add_base(x, 0, points)
        np.add(self.iowait[0][guests][:, None], self.iowait[1], out=x)
        self._add_base(x, 2, points)
        points += self.constant
        return points

    def _add_base(self, x: Singles, part: int, points: Singles) -> None:
        """Add what the base has of a part (CPU, memory, iowait) that is at ``x``, which is lost."""
        np.clip(x, 0.0, 100.0, out=x)
        x *= self.slopes[part]
        points += x


def _climb(stairs: Staircase, x: Singles, points: Singles, share: Singles) -> None:
    """Set ``points`` to those of ``x``, as the staircase gives them; ``share`` is room to work in."""
    points.fill(0.0)
    top, below = float(x.max(initial=0.0)), 0.0
    for limit, height in zip(stairs.limits, stairs.points, strict=True):
        rise, below = height - below, height
        if rise and top > limit:
            np.subtract(x, np.float32(limit), out=share)
            share *= np.float32(rise / stairs.edge)
            np.clip(share, min(rise, 0.0), max(rise, 0.0), out=share)
            points += share


def _single(values: Floats) -> Singles:
    """In single precision; what is not measured is 0, for its node is no target."""
    return np.nan_to_num(values).astype(np.float32)
