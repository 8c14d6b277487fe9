"""The demo's samples, computed for many times at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proxbalance_core.domain.observed import GuestSample, NodeSample, Samples
from proxbalance_core.domain.units import MIB
from proxbalance_core.sources.synthetic import signals
from proxbalance_core.sources.synthetic.cast import Cast, gb
from proxbalance_core.sources.synthetic.placement import Placement
from proxbalance_core.sources.synthetic.signals import Floats, Times

SUBSAMPLES = 6
_NODE_FIELDS = ("cpu_pct", "mem_used_bytes", "iowait_pct", "load_avg_1m", "cpu_some_pct", "mem_full_pct", "io_full_pct",
                "net_in_bps", "net_out_bps")  # fmt: skip
_GUEST_FIELDS = ("cpu_used_cores", "mem_used_bytes", "disk_read_bps", "disk_write_bps", "net_in_bps", "net_out_bps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Values at some times: ``guests`` and ``nodes`` by field, each (entities, times); ``at`` is where guests are."""

    times: Times
    guests: dict[str, Floats]
    nodes: dict[str, Floats]
    at: NDArray[np.int64]


class Rows:
    """Samples of a cast under its placement."""

    def __init__(self, cast: Cast, placement: Placement) -> None:
        self._cast, self._placement = cast, placement
        self._index = {node.name: place for place, node in enumerate(cast.nodes)}

    def at(self, times: Times) -> Samples:
        """One row for each entity and time."""
        grid = self._grid(times)
        return self._samples(grid, 0, grid.nodes["cpu_pct"], grid.guests["cpu_used_cores"])

    def means(self, starts: Times, step_s: int) -> Samples:
        """Means of the ``step_s`` seconds from each of ``starts`` on, with the highest CPU within."""
        if not len(starts):
            return Samples()
        parts = SUBSAMPLES if step_s > signals.KNOT_S else 2
        inner = (starts[:, None] + np.arange(parts) * (step_s // parts) + 30).reshape(-1)
        fine = self._grid(inner)
        shape = (-1, len(starts), parts)
        mean = Grid(
            times=starts,
            guests={key: value.reshape(shape).mean(axis=2) for key, value in fine.guests.items()},
            nodes={key: value.reshape(shape).mean(axis=2) for key, value in fine.nodes.items()},
            at=fine.at.reshape(shape)[:, :, -1],
        )
        peaks = fine.nodes["cpu_pct"].reshape(shape).max(axis=2)
        return self._samples(mean, step_s, peaks, fine.guests["cpu_used_cores"].reshape(shape).max(axis=2))

    def _grid(self, times: Times) -> Grid:
        cast, placement = self._cast, self._placement
        guests = {field: np.zeros((len(cast.guests), len(times))) for field in _GUEST_FIELDS}
        at = np.zeros((len(cast.guests), len(times)), dtype=np.int64)
        for row, guest in enumerate(cast.guests):
            used = signals.cpu_cores(cast, guest, times)
            traffic = signals.traffic_bps(cast, guest, used, times)
            memory = signals.mem_bytes(cast, guest, times, placement.began)
            for field, values in zip(_GUEST_FIELDS, (used, memory, *traffic), strict=True):
                guests[field][row] = values
            at[row] = placement.nodes_over(guest.vmid, self._index[guest.node], times, self._index)
        return Grid(times=times, guests=guests, nodes=self._nodes(times, guests, at), at=at)

    def _nodes(self, times: Times, guests: dict[str, Floats], at: NDArray[np.int64]) -> dict[str, Floats]:
        nodes = {field: np.zeros((len(self._cast.nodes), len(times))) for field in _NODE_FIELDS}
        for row, node in enumerate(self._cast.nodes):
            here = at == row
            wobble = signals.drift(self._cast.seed, 900_000 + row, times, 300)
            cores = (guests["cpu_used_cores"] * here).sum(axis=0) + node.own_cores * (1.0 + 0.2 * wobble)
            share = np.minimum(cores / node.cpu_cores, 1.0)
            memory = (guests["mem_used_bytes"] * here).sum(axis=0) + gb(node.own_mem_gb) * (1.0 + 0.02 * wobble)
            disk = ((guests["disk_read_bps"] + guests["disk_write_bps"]) * here).sum(axis=0) / MIB
            iowait = np.maximum(0.2, 0.6 + 0.05 * disk * (1.0 + 0.3 * wobble))
            nodes["cpu_pct"][row] = 100.0 * share
            nodes["mem_used_bytes"][row] = np.minimum(memory, gb(node.mem_gb))
            nodes["iowait_pct"][row] = iowait
            nodes["load_avg_1m"][row] = cores * (1.0 + 0.1 * wobble) + 0.02 * disk
            # A queue for the CPU builds up from about 70 % on.
            nodes["cpu_some_pct"][row] = 0.4 + 60.0 * np.maximum(0.0, share - 0.7) ** 1.5
            nodes["io_full_pct"][row] = 0.15 * iowait
            for field in ("net_in_bps", "net_out_bps"):
                nodes[field][row] = (guests[field] * here).sum(axis=0)
        return nodes

    def _samples(self, grid: Grid, step_s: int, node_peaks: Floats, guest_peaks: Floats) -> Samples:
        return Samples(
            nodes=self._node_rows(grid, step_s, node_peaks), guests=self._guest_rows(grid, step_s, guest_peaks)
        )

    def _node_rows(self, grid: Grid, step_s: int, peaks: Floats) -> tuple[NodeSample, ...]:
        rows = []
        times = grid.times.tolist()
        for n, node in enumerate(self._cast.nodes):
            columns = [grid.nodes[field][n].tolist() for field in _NODE_FIELDS]
            for ts, peak, *values in zip(times, peaks[n].tolist(), *columns, strict=True):
                figures = dict(zip(_NODE_FIELDS, values, strict=True))
                rows.append(
                    NodeSample(
                        ts=ts, node=node.name, step_s=step_s, cpu_max_pct=peak, cpu_cores=float(node.cpu_cores),
                        mem_bytes=gb(node.mem_gb), **figures,
                    )
                )  # fmt: skip
        return tuple(rows)

    def _guest_rows(self, grid: Grid, step_s: int, peaks: Floats) -> tuple[GuestSample, ...]:
        rows = []
        times = grid.times.tolist()
        names = [node.name for node in self._cast.nodes]
        for g, guest in enumerate(self._cast.guests):
            if guest.template:
                continue
            running, given, memory = guest.status == "running", float(guest.cpu_cores), gb(guest.mem_gb)
            columns = [grid.guests[field][g].tolist() for field in _GUEST_FIELDS]
            everything = zip(times, grid.at[g].tolist(), peaks[g].tolist(), *columns, strict=True)
            for ts, at, peak, cpu, mem, read, write, into, out in everything:
                rows.append(
                    GuestSample(
                        ts=ts, vmid=guest.vmid, node=names[at], step_s=step_s, running=running,
                        cpu_used_cores=cpu, cpu_max_cores=peak, cpu_cores=given, mem_used_bytes=mem,
                        mem_bytes=memory, disk_read_bps=read, disk_write_bps=write, net_in_bps=into, net_out_bps=out,
                    )
                    if running
                    else GuestSample(ts=ts, vmid=guest.vmid, node=names[at], step_s=step_s, running=False)
                )  # fmt: skip
        return tuple(rows)
