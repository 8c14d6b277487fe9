"""``patterns``: how a cluster's nodes and guests go by the hour, and guests that peak together on one node."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from zoneinfo import ZoneInfo

import numpy as np

from proxbalance_core.domain.patterns import CommonPeak, Patterns
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.view import View
from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.features.calendar import Calendar
from proxbalance_core.features.course import Course
from proxbalance_core.features.patterns import patterns as patterns_of

BUSIEST = 0.1  # share of the hours that count as a guest's busiest
TOGETHER, LEAST_SHARE = 0.5, 5.0
MOST_PAIRS, PER_NODE = 20, 12


def cluster_patterns(course: Course, settings: Settings | None = None) -> Patterns:
    """Daily, weekly and bursty patterns of every node and guest of a past, and pairs of guests that peak together.

    Parameters
    ----------
    course : Course
        Its hours; nodes are as they were, pairs are of guests that share a node now.
    settings : Settings
        Those in force: which nodes may take the second of a pair.
    """
    snapshot = course.snapshot
    calendar = Calendar.of(course.start, course.hours, ZoneInfo(snapshot.timezone))
    nodes = [node.name for node in snapshot.nodes]
    return Patterns(
        cluster=snapshot.cluster, timezone=snapshot.timezone, begins=course.at(0), ends=course.at(course.hours),
        hours=course.hours,
        nodes=patterns_of(course.as_it_was()[0], calendar, [f"node/{name}" for name in nodes], nodes),
        guests=patterns_of(
            course.guest_cpu_pct(), calendar, [f"guest/{guest.vmid}" for guest in snapshot.guests],
            [guest.name or "" for guest in snapshot.guests],
        ),
        common_peaks=_common_peaks(course, settings or Settings()),
    )  # fmt: skip


def _common_peaks(course: Course, settings: Settings) -> tuple[CommonPeak, ...]:
    """Pairs on one node that are busiest in the same hours, those that matter most first."""
    view = View.of(course.snapshot, settings)
    place = view.placed.node_of
    scene = _Scene(course, view, course.over_hours(np.tile(place, (course.hours, 1)))[0])
    pairs = [pair for n in range(len(course.snapshot.nodes)) for pair in scene.on(n, np.flatnonzero(place == n))]
    pairs.sort(key=lambda pair: (-(pair.peak_pct - (pair.apart_pct or pair.peak_pct)), -pair.together_pct, pair.first))
    return tuple(pairs[:MOST_PAIRS])


@dataclass(frozen=True, slots=True)
class _Scene:
    """The past with everyone where they are now: ``nodes`` are their hours, [H, N] percent."""

    course: Course
    view: View
    nodes: Floats

    def on(self, n: int, here: Ints) -> list[CommonPeak]:
        """The pairs of one node's heaviest guests."""
        cores, capacity = self.course.cores, self.course.capacity[n]
        if np.isnan(self.nodes[:, n]).all():
            return []
        heavy = [g for g in here.tolist() if 100.0 * _top(cores[:, g]) / capacity >= LEAST_SHARE]
        heavy = sorted(heavy, key=lambda g: -_top(cores[:, g]))[:PER_NODE]
        busy = {g: _busiest(cores[:, g]) for g in heavy}
        found = []
        for a, b in combinations(heavy, 2):
            either = int((busy[a] | busy[b]).sum())
            together = int((busy[a] & busy[b]).sum()) / either if either else 0.0
            if together >= TOGETHER:
                found.append(self._pair(n, (a, b), together))
        return found

    def _pair(self, n: int, pair: tuple[int, int], together: float) -> CommonPeak:
        guests, names, course = self.course.snapshot.guests, self.view.arrays.node.names, self.course
        leaving, peak = np.nan_to_num(course.cores[:, pair[1]]), _top(self.nodes[:, n])
        free = self.view.constraints.free_targets([(pair[1],)], self.view.placed)[0]
        then = {
            other: _top(self.nodes[:, other] + 100.0 * leaving / course.capacity[other])
            for other in np.flatnonzero(free).tolist()
        }
        best = min(then, key=lambda other: (then[other], names[other])) if then else None
        if best is not None and then[best] >= peak:
            best = None
        apart = _top(self.nodes[:, n] - 100.0 * leaving / course.capacity[n])
        return CommonPeak(
            node=names[n], first=guests[pair[0]].vmid, second=guests[pair[1]].vmid,
            together_pct=round(100.0 * together, 1), peak_pct=round(peak, 1),
            other=None if best is None else names[best], apart_pct=None if best is None else round(apart, 1),
            other_pct=None if best is None else round(then[best], 1),
        )  # fmt: skip


def _top(values: Floats) -> float:
    return float(np.nanmax(values, initial=0.0))


def _busiest(values: Floats) -> Bools:
    """The tenth of the known hours with the most, without what is at the usual level."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    edge = max(float(np.quantile(known, 1.0 - BUSIEST)), float(np.median(known)) * 1.2)
    return np.asarray(np.nan_to_num(values, nan=-1.0) > edge)
