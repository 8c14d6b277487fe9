"""A placement and the load it makes: the state that moves change (scoring, section 4).

The same arithmetic as ``ClusterSnapshot.with_moves``, on arrays. States are kept unclipped.
"""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import ClusterArrays, Floats, Ints
from proxbalance_core.features.groups import Groups

WEEK, PEAK = 2, 3


class Placed:
    """Which guest is on which node, and every node's windows then.

    ``cpu``, ``mem`` and ``iowait`` are [N, 4] (current, 24 h, 7 d, peak) percent; ``allocated`` is
    the memory given to running guests [bytes, N]; ``node_of`` is [G].
    """

    def __init__(self, arrays: ClusterArrays, groups: Groups, settings: Settings) -> None:
        self.arrays, self.groups = arrays, groups
        node, guest = arrays.node, arrays.guest
        n = len(node.names)
        self.node_of: Ints = guest.home.copy()
        self.cpu, self.mem, self.iowait = node.cpu_pct.copy(), node.mem_pct.copy(), node.iowait_pct.copy()
        self.given = np.where(guest.running, np.nan_to_num(guest.mem_bytes), 0.0)
        self.allocated: Floats = np.bincount(self.node_of, self.given, n).astype(np.float64)
        self.noise = np.where(guest.exempt, guest.iowait_pct, 0.0)
        self.exempt: Floats = np.bincount(self.node_of, self.noise, n).astype(np.float64)
        self.weights = window_weights(node.cpu_pct, settings)
        self.iowait_weights = window_weights(node.iowait_pct, settings)
        self.counts = np.bincount(self.node_of, minlength=n)
        self._levels: tuple[Floats, Floats] | None = None  # CPU and iowait, until the next move

    def copy(self) -> Placed:
        """An independent copy; what never changes is shared."""
        twin = object.__new__(Placed)
        twin.__dict__.update(self.__dict__)
        for name in ("node_of", "cpu", "mem", "iowait", "allocated", "exempt", "counts"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def move(self, g: int, target: int) -> None:
        """Put guest ``g`` on node ``target`` [positions]."""
        source = int(self.node_of[g])
        if source != target:
            self._shift(g, source, -1.0)
            self._shift(g, target, 1.0)
            self.node_of[g] = target
            self._levels = None

    def weighted_by(self, settings: Settings) -> Placed:
        """The same placement, its windows weighted as ``settings`` say."""
        twin = self.copy()
        twin.weights = window_weights(self.arrays.node.cpu_pct, settings)
        twin.iowait_weights = window_weights(self.arrays.node.iowait_pct, settings)
        twin._levels = None
        return twin

    def levels_with(self, g: int) -> tuple[Floats, Floats]:
        """CPU and memory level of each node, were guest ``g`` to come to it, [N] percent."""
        node, guest = self.arrays.node, self.arrays.guest
        cpu = self.cpu + 100.0 * guest.cpu_used_cores[g] / node.capacity_cores[:, None]
        mem = self.mem_level + 100.0 * guest.mem_used_bytes[g, 0] / node.mem_bytes
        return weighted(cpu, self.weights), mem

    def _shift(self, g: int, n: int, sign: float) -> None:
        node, guest = self.arrays.node, self.arrays.guest
        self.cpu[n] += sign * 100.0 * guest.cpu_used_cores[g] / node.capacity_cores[n]
        self.mem[n] += sign * 100.0 * guest.mem_used_bytes[g] / node.mem_bytes[n]
        self.iowait[n] += sign * guest.iowait_pct[g]
        self.exempt[n] += sign * self.noise[g]
        self.allocated[n] += sign * self.given[g]
        self.counts[n] += int(sign)

    @property
    def cpu_level(self) -> Floats:
        """Weighted mean of the measured windows, [N] percent."""
        return self._level()[0]

    @property
    def mem_level(self) -> Floats:
        """Memory is a step function: its level is its current value, [N] percent."""
        return self.mem[:, 0]

    @property
    def iowait_level(self) -> Floats:
        """The same for iowait, less what ``io_exempt`` guests cause themselves, [N] percent."""
        return self._level()[1]

    def _level(self) -> tuple[Floats, Floats]:
        if self._levels is None:
            iowait = weighted(self.iowait, self.iowait_weights) - self.exempt
            self._levels = weighted(self.cpu, self.weights), iowait
        return self._levels

    @property
    def overcommit(self) -> Floats:
        """Allocated memory of running guests over RAM, [N]."""
        return self.allocated / self.arrays.node.mem_bytes

    def mem_used_bytes(self) -> Floats:
        """Memory in use, arrivals by what they use, [N] bytes."""
        return self.mem[:, 0] / 100.0 * self.arrays.node.mem_bytes

    def soft_broken(self) -> Floats:
        """Soft rules broken on each node, [N]."""
        return self.groups.soft_broken(self.node_of, len(self.cpu))


def added_pct(cores: Floats, weights: Floats, capacity: Floats) -> Floats:
    """What a use of ``cores`` [..., windows] adds to the CPU level of nodes with these ``weights`` [..., 3] [percent].

    Written out, not as a matrix product: those round differently with the number of rows.
    """
    used = cores[..., 0] * weights[..., 0] + cores[..., 1] * weights[..., 1] + cores[..., 2] * weights[..., 2]
    return np.asarray(100.0 * used / capacity)


def window_weights(windows: Floats, s: Settings) -> Floats:
    """Weights of current, 24 h and 7 d, [N, 3]: what wasn't measured gives its weight to the others."""
    wanted = np.array([s.weight_current, s.weight_24h, s.weight_7d])
    known = ~np.isnan(windows[:, :3])
    weights = known * wanted
    total = weights.sum(axis=1, keepdims=True)
    fallback = known / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.asarray(np.where(total > 0, weights / np.where(total > 0, total, 1.0), fallback))


def weighted(windows: Floats, weights: Floats) -> Floats:
    """Weighted mean over the first three windows; NaN where none was measured."""
    first = windows[:, :3]
    level = (np.where(np.isnan(first), 0.0, first) * weights).sum(axis=1)
    return np.asarray(np.where(weights.sum(axis=1) > 0, level, np.nan))
