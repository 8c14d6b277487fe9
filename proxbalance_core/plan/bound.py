"""How good a plan could be at best: a proven lower bound of what plans minimise, by mixed-integer programming.

What plans minimise is not convex: staircases have plateaus, and the spread of load is a standard deviation. The bound
is that of a problem which is never dearer: the convex lower envelope of each node's points, the mean absolute deviation
in place of the standard deviation, and of the constraints memory and the rulings that never change. What it proves
holds for the real problem; how far the two are apart is part of the gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.plan.board import Board
from proxbalance_core.recommend.constraints import MEM_LIMIT_IN_ORDER, Ruling
from proxbalance_core.scoring.staircase import Ramp, Staircase
from proxbalance_core.scoring.strain import OVERLOAD_POINTS_PER_PCT

FULL_PCT = 100.0
LEAST_JUMP_POINTS = 1e-9
LEAST_WIDTH = 1e-9


def envelope(points: Callable[[Floats], Floats], low: float, high: float, corners: Floats) -> tuple[Floats, Floats]:
    """The convex lower envelope of ``points`` on [low, high] as lines: slopes and levels at 0.

    ``points`` is linear between ``corners``, so the hull of its corners is its envelope.
    """
    x = np.unique(np.concatenate([[low], corners[(corners > low) & (corners < high)], [max(high, low)]]))
    y = points(x)
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1 and _sags(x, y, hull[-2], hull[-1], i):
            hull.pop()
        hull.append(i)
    a, b = np.array(hull[:-1], dtype=np.intp), np.array(hull[1:], dtype=np.intp)
    wide = x[b] - x[a] > LEAST_WIDTH  # the wall of a jump at ``high`` is no line; without it the bound still holds
    a, b = a[wide], b[wide]
    if not len(a):
        return np.zeros(1), y.min(keepdims=True)
    slopes = (y[b] - y[a]) / (x[b] - x[a])
    return slopes, y[a] - slopes * x[a]


def _sags(x: Floats, y: Floats, a: int, b: int, c: int) -> bool:
    """Whether the middle point lies on or over the line from ``a`` to ``c``."""
    return bool((y[b] - y[a]) * (x[c] - x[a]) >= (y[c] - y[a]) * (x[b] - x[a]))


def corners_of(points: Staircase | Ramp) -> Floats:
    """Where points bend or jump (then just before it too), and where a node is full [unit of x]."""
    bends = np.unique(points.bends)
    before = np.nextafter(bends, -np.inf)
    # Where nothing jumps, the slope between two neighbouring numbers is made of rounding alone.
    jumps = np.abs(points(bends) - points(before)) > LEAST_JUMP_POINTS
    return np.array([*before[jumps], *bends, FULL_PCT])


@dataclass(slots=True, kw_only=True)
class _Rows:
    """A mixed-integer problem as it grows: variables with their cost and bounds, and sparse rows."""

    cost: list[Floats] = field(default_factory=list)
    low: list[Floats] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)
    whole: list[Floats] = field(default_factory=list)
    row: list[Ints] = field(default_factory=list)
    column: list[Ints] = field(default_factory=list)
    value: list[Floats] = field(default_factory=list)
    least: list[Floats] = field(default_factory=list)
    most: list[Floats] = field(default_factory=list)
    variables: int = 0
    rows: int = 0

    def variable(self, cost: Floats, low: float, high: float, *, whole: bool = False) -> Ints:
        """New variables, as many as ``cost`` has entries; their numbers in the same shape."""
        numbers = self.variables + np.arange(cost.size)
        self.variables += cost.size
        for kept, value in (
            (self.cost, cost.ravel()), (self.low, np.full(cost.size, low)), (self.high, np.full(cost.size, high)),
            (self.whole, np.full(cost.size, float(whole))),
        ):  # fmt: skip
            kept.append(value)
        return numbers.reshape(cost.shape)

    def constrain(self, terms: list[tuple[Ints, Ints, Floats]], least: Floats, most: Floats) -> None:
        """New rows ``least <= sum <= most``; each term is (row from 0, variable, factor), broadcast together."""
        for r, c, v in terms:
            r, c, v = np.broadcast_arrays(r, c, v)
            self.row.append(np.ravel(r) + self.rows)
            self.column.append(np.ravel(c))
            self.value.append(np.ravel(v).astype(np.float64))
        self.least.append(np.ravel(least))
        self.most.append(np.ravel(most))
        self.rows += least.size

    def solved(self, seconds: float) -> float | None:
        """The best proven lower bound of the least cost within ``seconds``; None when there is none."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        joined = np.concatenate
        matrix = csr_array(
            (joined(self.value), (joined(self.row), joined(self.column))), shape=(self.rows, self.variables)
        )
        found = milp(
            joined(self.cost),
            integrality=joined(self.whole),
            bounds=Bounds(joined(self.low), joined(self.high)),
            constraints=LinearConstraint(matrix, joined(self.least), joined(self.most)),
            options={"time_limit": seconds, "mip_rel_gap": 0.005},
        )
        bound = found.get("mip_dual_bound")
        return None if bound is None or not np.isfinite(bound) else float(bound)


def least_objective(board: Board, price: Floats, seconds: float) -> float | None:
    """A proven lower bound of ``J x nodes`` plus the price of moves [points], over all placements of the open movers.

    Parameters
    ----------
    board : Board
        The cluster as it stands; movers that aren't open stay.
    price : Floats
        What moving each mover costs, [M] points; 0 for those whose duty it is to move.
    seconds : float
        How long the solver may take [s].

    Returns
    -------
    float or None
        None when the solver proved nothing in time.
    """
    places = _Places.of(board)
    rows = _Rows()
    gone = np.where(places.node == board.at[places.mover], 0.0, price[places.mover])
    x = rows.variable(gone, 0.0, 1.0, whole=True)
    movers, line = np.unique(places.mover, return_inverse=True)
    one = np.ones(len(movers))
    rows.constrain([(line, x, np.ones(len(x)))], one, one)
    soft = _add_memory(rows, board, places, x)
    _add_iowait(rows, board, places, x)
    _add_cpu(rows, board, places, x, soft)
    return rows.solved(seconds)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Places:
    """Where each open mover may be, pair by pair: ``mover`` and ``node`` (position among those in scope), [X]."""

    mover: Ints
    node: Ints
    column: Ints
    scope: Ints

    @classmethod
    def of(cls, board: Board) -> _Places:
        scope = np.flatnonzero(board.field.scope)
        movers = np.flatnonzero(board.open & board.field.scope[board.at])
        fixed = board.rules.constraints.fixed[board.lead[movers]][:, scope]
        i, j = np.nonzero((fixed == Ruling.FREE) | (scope[None, :] == board.at[movers][:, None]))
        return cls(mover=movers[i], node=scope[j], column=j, scope=scope)


def _staying(board: Board, places: _Places, loads: Floats, total: Floats) -> Floats:
    """What nodes in scope carry without the open movers, [N, ...]; ``loads`` is what each pair's mover adds."""
    here = places.node == board.at[places.mover]
    left = total.copy()
    np.subtract.at(left, places.column[here], loads[here])
    return left


def _add_memory(rows: _Rows, board: Board, places: _Places, x: Ints) -> Ints:
    """Memory that must fit, and its points; returns the variables of memory percent."""
    field_, n = board.field, places.scope
    share = 100.0 * board.carried.mem_bytes[places.mover] / field_.mem_bytes[places.node]
    left = _staying(board, places, share, field_.mem[n])
    limit = 100.0 * MEM_LIMIT_IN_ORDER * board.rules.constraints.mem_limits[n] / field_.mem_bytes[n]
    mem = rows.variable(np.zeros(len(n)), -np.inf, np.inf)
    line = np.arange(len(n))
    rows.constrain([(places.column, x, share), (line, mem, -np.ones(len(n)))], -left, -left)
    rows.constrain([(line, mem, np.ones(len(n)))], np.full(len(n), -np.inf), np.maximum(limit, field_.mem[n]))
    high = float(np.maximum(limit, field_.mem[n]).max(initial=0.0))
    low, cap, ramp = float(min(left.min(initial=0.0), 0.0)), field_.scale.memory_cap, field_.scale.plan_mem
    lines = envelope(lambda v: np.minimum(ramp(v), cap), low, high, _capped_corners(ramp, cap))
    _add_points(rows, mem, np.ones(len(n)), lines)
    return mem


def _capped_corners(ramp: Ramp, cap: float) -> Floats:
    """Corners of a ramp and where it meets its cap (found on a fine grid, each side of it)."""
    corners = corners_of(ramp)
    fine = np.linspace(0.0, 2 * FULL_PCT, 4001)
    over = ramp(fine) > cap
    meets = np.flatnonzero(over[1:] != over[:-1])
    return np.concatenate([corners, fine[meets], fine[meets + 1]])


def _add_iowait(rows: _Rows, board: Board, places: _Places, x: Ints) -> None:
    field_, n = board.field, places.scope
    own = board.carried.iowait_pct[places.mover]
    total = np.nan_to_num(field_.iowait[n])
    left = _staying(board, places, own, total)
    iowait = rows.variable(np.zeros(len(n)), -np.inf, np.inf)
    rows.constrain([(places.column, x, own), (np.arange(len(n)), iowait, -np.ones(len(n)))], -left, -left)
    high = float(left.max(initial=0.0) + board.carried.iowait_pct.sum())
    low, stairs = float(min(left.min(initial=0.0), 0.0)), field_.scale.iowait_current
    _add_points(rows, iowait, np.ones(len(n)), envelope(stairs, low, high, corners_of(stairs)))


def _add_cpu(rows: _Rows, board: Board, places: _Places, x: Ints, mem: Ints) -> None:
    """CPU of each node and hour, its points, and what the spread of load costs at least."""
    field_, n = board.field, places.scope
    share = board.carried.cpu_pct(places.mover, places.node, field_.capacity)
    left = _staying(board, places, share, field_.cpu[n])
    nodes, hours = left.shape
    cpu = rows.variable(np.zeros(left.shape), -np.inf, np.inf)
    row = np.arange(nodes * hours).reshape(nodes, hours)
    rows.constrain([(row[places.column], x[:, None], share), (row, cpu, np.full(left.shape, -1.0))], -left, -left)
    beyond = max(OVERLOAD_POINTS_PER_PCT - field_.balance_weight, 0.0)
    high = float(left.max(initial=0.0) + np.abs(share).sum(axis=0).max(initial=0.0))
    low = float(min(left.min(initial=0.0), 0.0))
    stairs = field_.scale.plan_cpu
    lines = envelope(lambda v: stairs(v) + beyond * np.maximum(v - FULL_PCT, 0.0), low, high, corners_of(stairs))
    _add_points(rows, cpu, np.full(left.shape, 1.0 / hours), lines)
    if low >= 0.0 and float(field_.mem[n].max(initial=0.0)) <= FULL_PCT:
        _add_spread(rows, cpu, mem, field_.balance_weight / hours)


def _add_spread(rows: _Rows, cpu: Ints, mem: Ints, weight: float) -> None:
    """Deviations of loads from their mean: ``nodes x std >= sum of absolute deviations``.

    Loads count clipped at 100 %, these do not; ``_add_cpu`` takes as much off the points of overload.
    """
    nodes = len(cpu)
    off = rows.variable(np.full(cpu.shape, weight), 0.0, np.inf)
    row = np.arange(cpu.size).reshape(cpu.shape)
    for sign in (1.0, -1.0):
        terms = [(row, off, np.ones(cpu.shape))]
        for other in range(nodes):
            factor = np.full(cpu.shape, sign * 0.5 / nodes)
            factor[other] -= sign * 0.5
            terms += [(row, np.broadcast_to(cpu[other], cpu.shape), factor), (row, mem[other], factor)]
        rows.constrain(terms, np.zeros(cpu.shape), np.full(cpu.shape, np.inf))


def _add_points(rows: _Rows, of: Ints, weight: Floats, lines: tuple[Floats, Floats]) -> None:
    """Points of variables ``of``, each at least all ``lines`` (slopes and levels) of its envelope."""
    cost = rows.variable(weight, -np.inf, np.inf)
    row = np.arange(of.size).reshape(of.shape)
    for slope, level in zip(lines[0].tolist(), lines[1].tolist(), strict=True):
        terms = [(row, cost, np.ones(of.shape)), (row, of, np.full(of.shape, -slope))]
        rows.constrain(terms, np.full(of.shape, level), np.full(of.shape, np.inf))
