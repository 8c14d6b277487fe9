"""The hourly past of a cluster as matrices, and any hour of it as a snapshot with the guests where one likes.

An hour's snapshot is made of what lies before it, and nothing else: replays can't see the future.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from proxbalance_core.domain.cluster import (
    ClusterSnapshot,
    Guest,
    GuestAhead,
    Node,
    NodeAhead,
    PastMove,
    RecurringPeak,
)
from proxbalance_core.domain.units import known
from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.features.hourly import HOUR_S, WEEK_HOURS, Hours, Places, positions
from proxbalance_core.features.measured import History
from proxbalance_core.features.peaks import recurring_peaks
from proxbalance_core.features.placed import own_use, rebuilt
from proxbalance_core.features.windows import Windows, windows

MIN_FORECAST_HOURS = 24
FORECAST_HOURS = 14 * 24
Ahead = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """The hours [H] of a cluster: its nodes' own use [H, N] and its guests' [H, G], in the snapshot's order.

    ``snapshot`` says what doesn't change: sizes, tags, disks and rules. Cores count at speed 1, memory is in bytes,
    iowait in percent. ``was_on`` is the position of the node that a guest was on, -1 where it isn't known. What
    guests used that are gone by now is part of their node's own use. NaN where nothing was measured.
    """

    snapshot: ClusterSnapshot
    start: int
    own_cores: Floats
    own_mem: Floats
    iowait_pct: Floats
    cores: Floats
    mem: Floats
    was_on: Ints

    @property
    def hours(self) -> int:
        return len(self.cores)

    def at(self, hour: int) -> datetime:
        """When hour ``hour`` begins."""
        return datetime.fromtimestamp(self.start + hour * HOUR_S, tz=UTC)

    @property
    def capacity(self) -> Floats:
        """Cores of each node at speed 1, [N]."""
        return np.array([node.cpu_cores * node.cpu_speed_factor for node in self.snapshot.nodes], dtype=float)

    @property
    def mem_bytes(self) -> Floats:
        return np.array([node.mem_bytes for node in self.snapshot.nodes], dtype=float)

    def first_places(self, hour: int) -> Ints:
        """Where each guest is by ``hour``: the node it was on last, else the first it is seen on, else that of now."""
        home = {node.name: i for i, node in enumerate(self.snapshot.nodes)}
        place = np.array([home[guest.node] for guest in self.snapshot.guests], dtype=np.intp)
        for g in range(len(place)):
            seen = np.flatnonzero(self.was_on[:, g] >= 0)
            if len(seen):
                before = seen[seen <= hour]
                place[g] = self.was_on[before[-1] if len(before) else seen[0], g]
        return place

    def as_it_was(self) -> tuple[Floats, Floats]:
        """CPU and memory of every node with the guests that it had then, [H, N] percent each; NaN for a gap."""
        now = self.first_places(self.hours)
        return self.over_hours(np.where(self.was_on >= 0, self.was_on, now))

    def over_hours(self, places: Ints) -> tuple[Floats, Floats]:
        """:meth:`used_pct` of all hours, the guests at ``places`` [H, G]; [H, N] percent each."""
        size = (self.hours, len(self.snapshot.nodes))
        pairs = [self.used_pct(hour, places[hour]) for hour in range(self.hours)]
        return np.array([cpu for cpu, _ in pairs]).reshape(size), np.array([mem for _, mem in pairs]).reshape(size)

    def guest_cpu_pct(self) -> Floats:
        """CPU of every guest, [H, G] percent of what it was given; NaN for a gap."""
        given = np.array([guest.cpu_cores for guest in self.snapshot.guests], dtype=float)
        return 100.0 * self.cores / np.where(given > 0, given, np.nan)

    def guest_mem_pct(self) -> Floats:
        """Memory of every guest, [H, G] percent of what it was given; NaN for a gap."""
        given = np.array([guest.mem_bytes for guest in self.snapshot.guests], dtype=float)
        return 100.0 * self.mem / np.where(given > 0, given, np.nan)

    def used_pct(self, hour: int, place: Ints) -> tuple[Floats, Floats]:
        """CPU and memory of every node in an hour with the guests at ``place``, [N] percent; NaN for a gap."""
        nodes = len(self.snapshot.nodes)
        cores = self.own_cores[hour] + np.bincount(place, np.nan_to_num(self.cores[hour]), nodes)
        mem = self.own_mem[hour] + np.bincount(place, np.nan_to_num(self.mem[hour]), nodes)
        return 100.0 * cores / self.capacity, 100.0 * mem / self.mem_bytes


def course_of(snapshot: ClusterSnapshot, history: History, now: int) -> Course:
    """The hours that ``history`` holds up to epoch second ``now``, from the first that any node has."""
    nodes, guests = history.node_hours, history.guest_hours
    names, vmids = tuple(node.name for node in snapshot.nodes), tuple(guest.vmid for guest in snapshot.guests)
    first = int(nodes["ts"].min()) if len(nodes) else now
    hours = Hours.before(now, max(0, now // HOUR_S - first // HOUR_S))
    at, of = Places.of(nodes, "node", names, hours), Places.of(guests, "vmid", vmids, hours)
    was_on = of.matrix(positions(guests, "node", names), absent=-1).astype(np.intp)
    speed = np.array([node.cpu_speed_factor for node in snapshot.nodes], dtype=float)
    there = np.where(was_on >= 0, speed[was_on], 1.0) if len(speed) else np.ones(was_on.shape)
    cores = of.matrix(guests["cpu_used_cores"].to_numpy()) * there
    mem = of.matrix(guests["mem_used_bytes"].to_numpy())
    capacity = np.array([node.cpu_cores for node in snapshot.nodes], dtype=float) * speed
    return Course(
        snapshot=snapshot,
        start=hours.start,
        own_cores=own_use(at.matrix(nodes["cpu_pct"].to_numpy()) / 100.0 * capacity, cores, was_on),
        own_mem=own_use(at.matrix(nodes["mem_used_bytes"].to_numpy()), mem, was_on),
        iowait_pct=at.matrix(nodes["iowait_pct"].to_numpy()),
        cores=cores,
        mem=mem,
        was_on=was_on,
    )


def scenarios_before(course: Course, hour: int, ahead: Ahead) -> Floats:
    """What the hours before ``hour`` let expect of the 24 from it on, [scenarios, 24, N + G] cores; NaN: too little."""
    since = max(0, hour - FORECAST_HOURS)
    past = np.concatenate((course.own_cores[since:hour], course.cores[since:hour]), axis=1)
    enough = np.isfinite(past).sum(axis=0) >= MIN_FORECAST_HOURS
    coming = np.asarray(ahead(past), dtype=np.float64)
    return np.where(enough, np.maximum(coming, 0.0), np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Eve:
    """What is known when an hour begins, wherever the guests are: made once, and looked at from several placements.

    ``guests`` are as they were then but for their place and moves; ``coming`` is :func:`scenarios_before` that hour.
    """

    course: Course
    hour: int
    coming: Floats
    guests: tuple[Guest, ...]
    runs: Bools
    spare: tuple[Floats, Floats]

    @property
    def week(self) -> slice:
        return slice(max(0, self.hour - WEEK_HOURS), self.hour)

    def snapshot(self, place: Ints, moves: Mapping[int, Sequence[PastMove]]) -> ClusterSnapshot:
        """The cluster as it would have been known, with the guests at ``place`` [G] and their ``moves`` by position."""
        known_as = self.course.snapshot
        metrics, peaks = _node_windows(self, place)
        names = [node.name for node in known_as.nodes]
        return dataclasses.replace(
            known_as,
            taken_at=self.course.at(self.hour),
            nodes=tuple(
                _node(dataclasses.replace(node, recurring_peak=peaks[i]), i, metrics, self.coming[:, :, i])
                for i, node in enumerate(known_as.nodes)
            ),
            guests=tuple(
                guest
                if g not in moves and guest.node == names[place[g]]
                else dataclasses.replace(guest, node=names[place[g]], moves=tuple(moves.get(g, ())))
                for g, guest in enumerate(self.guests)
            ),
        )


def eve_of(course: Course, hour: int, ahead: Ahead) -> Eve:
    """What the hours before ``hour`` tell; guests that had no figure in the last of them count as stopped."""
    week = slice(max(0, hour - WEEK_HOURS), hour)
    cores, mem = course.cores[week], course.mem[week]
    use = windows(cores, cores[-1], trend=False), windows(mem, mem[-1], trend=False)
    runs = np.isfinite(cores[-1]) & np.array([not guest.template for guest in course.snapshot.guests], dtype=bool)
    coming = scenarios_before(course, hour, ahead)
    own = len(course.snapshot.nodes)
    guests = tuple(
        _guest(guest, g, use, coming[:, :, own + g] if runs[g] else None)
        for g, guest in enumerate(course.snapshot.guests)
    )
    spare = use[0].avg_7d, use[1].avg_7d
    return Eve(course=course, hour=hour, coming=coming, guests=guests, runs=runs, spare=spare)


def _node_windows(eve: Eve, place: Ints) -> tuple[tuple[Windows, Windows, Windows], tuple[RecurringPeak | None, ...]]:
    """CPU, memory and iowait of the nodes [percent] with the guests at ``place`` all along; and their daily peaks."""
    course, week, spare, here = eve.course, eve.week, eve.spare, np.flatnonzero(eve.runs)
    cpu = rebuilt(course.own_cores[week], course.cores[week][:, here], place[here], spare[0][here])
    mem = rebuilt(course.own_mem[week], course.mem[week][:, here], place[here], spare[1][here])
    cpu, mem, iowait = 100.0 * cpu / course.capacity, 100.0 * mem / course.mem_bytes, course.iowait_pct[week]
    peaks = recurring_peaks(cpu, course.start + eve.hour * HOUR_S, ZoneInfo(course.snapshot.timezone))
    return (windows(cpu, cpu[-1]), windows(mem, mem[-1]), windows(iowait, iowait[-1])), peaks


def _node(node: Node, i: int, metrics: tuple[Windows, Windows, Windows], own: Floats) -> Node:
    """A node in that hour; without a figure of the hour before it counts as not reachable then."""
    cpu, mem, iowait = (metric.node_metric(i) for metric in metrics)
    return dataclasses.replace(
        node,
        status="online" if known(cpu.current_pct) and known(mem.current_pct) else "unknown",
        cpu=cpu, mem=mem, iowait=iowait, pressure=None, load_avg_1m=float("nan"),
        history_days=round(float(metrics[0].history_days[i]), 2),
        next_24h=NodeAhead(own_cpu_cores=_rows(own)) if np.isfinite(own).all() else None,
    )  # fmt: skip


def _guest(guest: Guest, g: int, use: tuple[Windows, Windows], coming: Floats | None) -> Guest:
    """A guest in that hour; what it was told since, and where it went, is left out."""
    return dataclasses.replace(
        guest,
        status="stopped" if coming is None else "running",
        history_days=round(float(use[0].history_days[g]), 2),
        cpu_used_cores=use[0].cpu_use(g),
        mem_used_bytes=use[1].mem_use(g),
        next_24h=GuestAhead(cpu_cores=_rows(coming)) if coming is not None and np.isfinite(coming).all() else None,
        muted_until=None,
        moves=(),
    )


def _rows(coming: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, coming.tolist()))
