"""Strain and J: what plans minimise, over the hours and scenarios ahead (scoring, section 5).

``J x nodes = sum over nodes of mean strain + nodes x balance_weight x mean spread of load``, over the
nodes in scope: online, measured, not in maintenance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import ClusterArrays, Floats, Ints
from proxbalance_core.scoring.placed import Placed, added_pct
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.staircase import highest

OVERLOAD_POINTS_PER_PCT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Carried:
    """What movers take along: CPU cores by hour [M, T] (None: the present alone), memory, iowait.

    ``windows`` [M, 4] are the cores that its level is made of, by the ``weights`` [N, 3] of a node of
    ``capacity`` [N] cores; ``mem_bytes`` [M] is what it uses; ``iowait_pct`` [M] what it causes (0 for ``io_exempt``).
    """

    cpu_cores: Floats | None
    windows: Floats
    weights: Floats
    capacity: Floats
    mem_bytes: Floats
    iowait_pct: Floats

    def present_pct(self, m: Ints, n: Ints) -> Floats:
        """What movers ``m`` add to the CPU level of nodes ``n`` [percent]; positions that broadcast together."""
        return added_pct(self.windows[m], self.weights[n], self.capacity[n])

    def cpu_pct(self, m: Ints, n: Ints, capacity: Floats) -> Floats:
        """CPU of movers ``m`` on nodes ``n``, pairwise, [pairs, T] percent."""
        if self.cpu_cores is None:
            return self.present_pct(m, n)[:, None]
        return np.asarray(self.cpu_cores[m] * (100.0 / capacity[n])[:, None])


def guest_hours(arrays: ClusterArrays, placed: Placed, settings: Settings) -> Floats | None:
    """CPU of every guest by hour, [G, T] cores; a guest without a forecast keeps its level."""
    if arrays.guest.ahead_cores is None:
        return None
    unknown = np.isnan(arrays.guest.ahead_cores)
    if not unknown.any():
        return arrays.guest.ahead_cores
    weights = np.array([settings.weight_current, settings.weight_24h, settings.weight_7d])
    level = arrays.guest.cpu_used_cores[:, :3] @ (weights / weights.sum())
    ahead = arrays.guest.ahead_cores
    return np.where(unknown, level[:, None], ahead)


class StrainField:
    """The strain of every node under one placement, kept up to date as guests move.

    ``cpu`` is [N, T] percent (T = 1 on the present alone), ``mem`` and ``iowait`` [N] percent,
    ``soft`` [N] broken soft rules, ``scope`` [N] the nodes that count: ``nodes`` many, ``whole`` when all do;
    ``hourly`` [N, T] are the points of ``cpu``.
    """

    def __init__(self, placed: Placed, scale: PointScale, settings: Settings, *, ahead: bool = True) -> None:
        arrays = placed.arrays
        self.scale, self.balance_weight = scale, settings.balance_weight
        self.capacity, self.mem_bytes = arrays.node.capacity_cores, arrays.node.mem_bytes
        self.scope = arrays.node.measured & ~arrays.node.maintenance
        self.hours = guest_hours(arrays, placed, settings) if ahead else None
        self.cpu = placed.cpu_level[:, None].copy() if self.hours is None else self._hourly_cpu(placed, self.hours)
        self.mem, self.iowait, self.soft = (
            placed.mem_level.copy(),
            placed.iowait_level.copy(),
            placed.soft_broken(),
        )
        self.refresh(np.arange(len(self.mem)))

    def _hourly_cpu(self, placed: Placed, hours: Floats) -> Floats:
        arrays = placed.arrays
        home = placed.node_of
        own = placed.arrays.node.own_ahead_cores
        level_cores = placed.cpu_level / 100.0 * self.capacity
        guests = (arrays.guest.cpu_used_cores[:, :3] * placed.weights[home]).sum(axis=1)
        rest = np.maximum(0.0, level_cores - np.bincount(home, guests, len(self.capacity)))
        own = np.where(np.isnan(own), rest[:, None], own) if own is not None else rest[:, None]
        return np.asarray(100.0 * (own + _summed(hours, home, len(self.capacity))) / self.capacity[:, None])

    def copy(self) -> StrainField:
        """An independent copy; what never changes is shared."""
        twin = object.__new__(StrainField)
        twin.__dict__.update(self.__dict__)
        for name in ("cpu", "mem", "iowait", "soft", "hourly", "cpu_points", "fixed", "load"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def refresh(self, changed: Ints) -> None:
        """Recompute what follows from the loads of the ``changed`` nodes, and from which nodes count."""
        if not hasattr(self, "cpu_points"):
            shape = self.cpu.shape
            self.cpu_points, self.fixed = np.zeros(shape[0]), np.zeros(shape[0])
            self.hourly, self.load = np.zeros(shape), np.zeros(shape)
        self.nodes, self.whole = int(self.scope.sum()), bool(self.scope.all())
        self.hourly[changed] = points = self.hourly_points(self.cpu[changed])
        self.cpu_points[changed] = hour_mean(points)
        self.fixed[changed] = self.fixed_points(self.mem[changed], self.iowait[changed], self.soft[changed])
        self.load[changed] = load_pct(self.cpu[changed], self.mem[changed][:, None])
        self.load[~self.scope] = 0.0
        n = max(self.nodes, 1)
        self.mean_load = self.load.sum(axis=0) / n
        self.centred = np.where(self.scope[:, None], self.load - self.mean_load, 0.0)
        self.squares = (self.centred**2).sum(axis=0)
        self.spread = np.sqrt(self.squares / n)

    def hourly_points(self, cpu: Floats) -> Floats:
        """CPU part of the strain at each hour, thresholds lowered by the margin; same shape."""
        top = highest(cpu)
        points = self.scale.plan_cpu(cpu, top)
        if top > 100.0:
            points += OVERLOAD_POINTS_PER_PCT * np.fmax(cpu - 100.0, 0.0)
        return points

    def fixed_points(self, mem: Floats, iowait: Floats, soft: Floats) -> Floats:
        """The part that is the same in every hour; same shape."""
        memory = np.minimum(self.scale.plan_mem(mem), self.scale.memory_cap)
        return memory + self.scale.iowait_current(iowait) + self.scale.soft_rule * soft

    @property
    def node_strain(self) -> Floats:
        """Mean strain of each node over the hours, [N] points."""
        return np.asarray(self.cpu_points + self.fixed)

    def spread_points(self) -> float:
        """The price of uneven load, times the nodes [points]."""
        return float(self.nodes * self.balance_weight * self.spread.mean())

    def total(self) -> float:
        """J times the number of nodes [points]; 0 when no node counts."""
        return float(self.node_strain[self.scope].sum()) + self.spread_points() if self.nodes else 0.0

    def apply(self, carried: Carried, m: int, source: int, target: int) -> None:
        """Move mover ``m``; soft rules are the caller's to set (``soft``) before ``refresh``."""
        pair, mm = np.array([source, target]), np.array([m, m])
        sign = np.array([-1.0, 1.0])
        self.cpu[pair] += sign[:, None] * carried.cpu_pct(mm, pair, self.capacity)
        self.mem[pair] += sign * 100.0 * carried.mem_bytes[m] / self.mem_bytes[pair]
        self.iowait[pair] += sign * carried.iowait_pct[m]


def hour_mean(points: Floats) -> Floats:
    """Mean over the hours, the last axis: ``ndarray.mean`` without its questions, which take as long as the sums."""
    return np.asarray(np.add.reduce(points, axis=-1) / points.shape[-1])


def _summed(rows: Floats, group: Ints, groups: int) -> Floats:
    """Rows added up by group, [groups, T]."""
    total = np.zeros((groups, rows.shape[1]))
    if len(rows):
        order = np.argsort(group, kind="stable")
        begins = np.searchsorted(group[order], np.arange(groups))
        held = np.bincount(group, minlength=groups) > 0
        total[held] = np.add.reduceat(rows[order], begins[held], axis=0)
    return total


def load_pct(cpu: Floats, mem: Floats) -> Floats:
    """A node's load: mean of CPU and memory, clipped to 0..100; 0 where not measured."""
    load = np.add(cpu, mem)
    load /= 2.0
    np.fmax(load, 0.0, out=load)
    return np.asarray(np.minimum(load, 100.0, out=load))


def imbalance(placed: Placed) -> float:
    """Population standard deviation of node loads over their mean: Proxmox's own figure, over measured nodes."""
    measured = placed.arrays.node.measured
    load = (placed.cpu_level[measured] + placed.mem_level[measured]) / 2.0
    mean = float(load.mean()) if load.size else 0.0
    return float(load.std() / mean) if mean > 0 else 0.0


def carried_by(placed: Placed, hours: Floats | None, members: Sequence[tuple[int, ...]]) -> Carried:
    """What movers take along; each mover is a tuple of guest positions."""
    guest = placed.arrays.guest
    if all(len(unit) == 1 for unit in members):
        one = np.array([unit[0] for unit in members], dtype=np.intp)
        return Carried(
            cpu_cores=hours if hours is None or np.array_equal(one, np.arange(len(hours))) else hours[one],
            windows=guest.cpu_used_cores[one],
            weights=placed.weights,
            capacity=placed.arrays.node.capacity_cores,
            mem_bytes=guest.mem_used_bytes[one, 0],
            iowait_pct=guest.quiet_iowait_pct[one],
        )
    belongs = np.zeros((len(members), len(guest.vmids)))
    for m, unit in enumerate(members):
        belongs[m, list(unit)] = 1.0
    return Carried(
        cpu_cores=None if hours is None else belongs @ hours,
        windows=belongs @ guest.cpu_used_cores,
        weights=placed.weights,
        capacity=placed.arrays.node.capacity_cores,
        mem_bytes=belongs @ guest.mem_used_bytes[:, 0],
        iowait_pct=belongs @ guest.quiet_iowait_pct,
    )
