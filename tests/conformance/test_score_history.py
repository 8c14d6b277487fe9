"""Score history: thinned by age as time passes, and never more marks than a chart can draw."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.settings import Settings
from proxbalance_core.store import Store
from tests.conformance.test_store import ASSESSMENT, T0, database, snapshot, store

__all__ = ["database", "store"]
HALF_HOUR = timedelta(minutes=30)
SNAPSHOT, SETTINGS = snapshot(), Settings()


def assessed(health: float | None, **scores: float | None) -> dict[str, Any]:
    """An assessment with these suitabilities by node."""
    nodes = [
        {"name": name, "score": None if s is None else 100.0 - s, "suitability": s, "cpu_pct": s, "guest_count": 3}
        for name, s in scores.items()
    ]
    return ASSESSMENT | {"nodes": nodes, "summary": {"cluster_health": health, "imbalance": 0.5}}


def add(store: Store, at: datetime, health: float | None = 80.0, **scores: float | None) -> int:
    return store.generations.add("lab", at, SNAPSHOT, SETTINGS, assessed(health, **scores))


def test_the_rule_of_ages_holds_as_time_passes(tmp_path: Path) -> None:
    """33 days of generations, the last ten every half hour, tidied each day: what is left, by age."""
    from proxbalance_core.store import open_store

    with open_store(tmp_path / "ages.db") as kept:
        kept.connections.put(Connection(id="lab", title="Lab", source="synthetic", created_at=T0))
        for half_hour in (*range(0, 23 * 48, 4), *range(23 * 48, 33 * 48)):
            at = T0 + half_hour * HALF_HOUR
            add(kept, at, pve1=80.0)
            if half_hour % 48 == 0:
                kept.generations.prune("lab", at)
        now = T0 + timedelta(days=33)
        kept.generations.prune("lab", now)
        left = [mark.at for mark in kept.scores.cluster("lab", T0, now)]
        by_age = Counter((now - at).days for at in left)
        # Whole assessments are kept for 48 h, and their scores with them; none is 0 h old.
        assert [by_age[age] for age in (0, 1)] == [47, 48]
        assert {by_age[age] for age in range(3, 6)} == {24}
        assert {by_age[age] for age in range(8, 29)} == {4}
        assert {by_age[age] for age in (31, 32)} == {1}
        kept.generations.prune("lab", T0 + timedelta(days=729))
        assert len(kept.scores.cluster("lab", T0, now)) == 33
        kept.generations.prune("lab", T0 + timedelta(days=735, hours=12))
        assert [mark.at for mark in kept.scores.cluster("lab", T0, now)] == [
            T0 + timedelta(days=day) for day in range(6, 33)
        ]


def test_marks_are_means_of_what_lies_in_a_step(store: Store) -> None:
    for hour, (one, two) in enumerate(((80.0, 20.0), (60.0, None), (50.0, 40.0))):
        add(store, T0 + timedelta(hours=hour), one, pve1=one, pve2=two)
    found = store.scores.nodes("lab", T0, T0 + timedelta(hours=4), marks=4)
    assert [(m.at, m.node, m.generations, m.suitability, m.lowest_suitability) for m in found] == [
        (T0, "pve1", 2, 70.0, 60.0), (T0, "pve2", 2, 20.0, 20.0),
        (T0 + timedelta(hours=2), "pve1", 1, 50.0, 50.0), (T0 + timedelta(hours=2), "pve2", 1, 40.0, 40.0),
    ]  # fmt: skip
    assert (found[0].score, found[0].cpu_pct, found[0].guest_count) == (30.0, 70.0, 3.0)
    first, second = store.scores.cluster("lab", T0, T0 + timedelta(hours=4), marks=2)
    assert (first.generations, first.cluster_health, first.lowest_health) == (2, 70.0, 60.0)
    assert (second.generations, second.cluster_health, second.imbalance, second.recommendation_count) == (1, 50, 0.5, 1)


def test_what_was_not_measured_is_no_zero(store: Store) -> None:
    add(store, T0, None, pve1=None)
    (mark,) = store.scores.nodes("lab", T0, T0 + timedelta(hours=1))
    assert np.isnan([mark.score, mark.suitability, mark.lowest_suitability, mark.iowait_pct]).all()
    (whole,) = store.scores.cluster("lab", T0, T0 + timedelta(hours=1))
    assert np.isnan([whole.cluster_health, whole.lowest_health]).all()


@pytest.mark.parametrize("marks", [1, 2, 3, 7, 20, 1000])
def test_there_are_never_more_marks_than_asked_for(store: Store, marks: int) -> None:
    for i in range(12):
        add(store, T0 + timedelta(minutes=7 * i), pve1=50.0, pve2=60.0)
    until = T0 + timedelta(minutes=85)
    assert 0 < len(store.scores.cluster("lab", T0, until, marks)) <= marks
    found = store.scores.nodes("lab", T0, until, marks=marks)
    assert 2 <= len(found) <= max(2, marks)
    assert sum(mark.generations for mark in found) == 24


def test_only_the_nodes_and_the_time_asked_for(store: Store) -> None:
    for hour in range(3):
        add(store, T0 + timedelta(hours=hour), pve1=50.0, pve2=60.0)
    since, until = T0 + timedelta(hours=1), T0 + timedelta(hours=2)
    found = store.scores.nodes("lab", since, until, frozenset({"pve2"}))
    assert [(mark.at, mark.node) for mark in found] == [(since, "pve2")]
    assert store.scores.nodes("other", T0, until) == () and store.scores.cluster("other", T0, until) == ()
