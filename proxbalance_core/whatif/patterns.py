"""``patterns``: how a cluster's nodes and guests go by the hour, and guests that peak together on one node."""

from __future__ import annotations

from itertools import combinations
from zoneinfo import ZoneInfo

import numpy as np

from proxbalance_core.domain.patterns import CommonPeak, Patterns
from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.features.calendar import Calendar
from proxbalance_core.features.course import Course
from proxbalance_core.features.patterns import patterns as patterns_of

BUSIEST = 0.1  # share of the hours that count as a guest's busiest
TOGETHER, LEAST_SHARE = 0.5, 5.0
MOST_PAIRS, PER_NODE = 20, 12


def cluster_patterns(course: Course) -> Patterns:
    """Daily, weekly and bursty patterns of every node and guest of a past.

    Parameters
    ----------
    course : Course
        Its hours; nodes are as they were, pairs are of guests that share a node now.
    """
    snapshot, hours = course.snapshot, course.hours
    calendar = Calendar.of(course.start, hours, ZoneInfo(snapshot.timezone))
    place = course.first_places(hours)
    nodes = np.array([course.used_pct(h, place)[0] for h in range(hours)]).reshape(hours, len(snapshot.nodes))
    was, _ = node_hours(course)
    cores = np.array([guest.cpu_cores for guest in snapshot.guests], dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        guests = 100.0 * course.cores / np.where(cores > 0, cores, np.nan)
    node_names = [node.name for node in snapshot.nodes]
    guest_names = [guest.name or "" for guest in snapshot.guests]
    return Patterns(
        cluster=snapshot.cluster, timezone=snapshot.timezone, begins=course.at(0), ends=course.at(hours), hours=hours,
        nodes=patterns_of(was, calendar, [f"node/{name}" for name in node_names], node_names),
        guests=patterns_of(guests, calendar, [f"guest/{g.vmid}" for g in snapshot.guests], guest_names),
        common_peaks=_common_peaks(course, nodes, place),
    )  # fmt: skip


def node_hours(course: Course) -> tuple[Floats, Floats]:
    """CPU and memory of every node as it was, with the guests that it had then, [H, N] percent each."""
    now, size = course.first_places(course.hours), (course.hours, len(course.snapshot.nodes))
    pairs = [
        course.used_pct(hour, np.where(course.was_on[hour] >= 0, course.was_on[hour], now))
        for hour in range(course.hours)
    ]
    return np.array([cpu for cpu, _ in pairs]).reshape(size), np.array([mem for _, mem in pairs]).reshape(size)


def _common_peaks(course: Course, nodes: Floats, place: Ints) -> tuple[CommonPeak, ...]:
    """Pairs on one node that are busiest in the same hours, those that matter most first."""
    pairs = [
        pair for n in range(len(course.snapshot.nodes)) for pair in _on(course, nodes, n, np.flatnonzero(place == n))
    ]
    pairs.sort(key=lambda pair: (-(pair.peak_pct - (pair.apart_pct or pair.peak_pct)), -pair.together_pct, pair.first))
    return tuple(pairs[:MOST_PAIRS])


def _on(course: Course, nodes: Floats, n: int, here: Ints) -> list[CommonPeak]:
    capacity = course.capacity[n]
    heavy = [g for g in here if 100.0 * _top(course.cores[:, g]) / capacity >= LEAST_SHARE]
    heavy = sorted(heavy, key=lambda g: -_top(course.cores[:, g]))[:PER_NODE]
    busy = {g: _busiest(course.cores[:, g]) for g in heavy}
    found = []
    for a, b in combinations(heavy, 2):
        either = int((busy[a] | busy[b]).sum())
        together = int((busy[a] & busy[b]).sum()) / either if either else 0.0
        if together >= TOGETHER:
            found.append(_pair(course, nodes, n, (a, b), together))
    return found


def _pair(course: Course, nodes: Floats, n: int, pair: tuple[int, int], together: float) -> CommonPeak:
    guests, names = course.snapshot.guests, [node.name for node in course.snapshot.nodes]
    leaving = np.nan_to_num(course.cores[:, pair[1]])
    then = {
        other: nodes[:, other] + 100.0 * leaving / course.capacity[other] for other in range(len(names)) if other != n
    }
    peak = float(np.nanmax(nodes[:, n]))
    best = min(then, key=lambda other: (float(np.nanmax(then[other], initial=0.0)), names[other])) if then else None
    there = None if best is None else float(np.nanmax(then[best], initial=0.0))
    fits = best is not None and there is not None and there < peak
    apart = float(np.nanmax(nodes[:, n] - 100.0 * leaving / course.capacity[n]))
    return CommonPeak(
        node=names[n], first=guests[pair[0]].vmid, second=guests[pair[1]].vmid,
        together_pct=round(100.0 * together, 1), peak_pct=round(peak, 1),
        other=names[best] if fits and best is not None else None, apart_pct=round(apart, 1) if fits else None,
        other_pct=round(there, 1) if fits and there is not None else None,
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
