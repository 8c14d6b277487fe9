"""The patterns of a cluster: nodes from their guests, guests by what they were given, pairs that peak together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from proxbalance_core.domain import schemas
from proxbalance_core.errors import NotEnoughHistory
from proxbalance_core.features.course import Course
from proxbalance_core.whatif.accuracy import forecast_accuracy
from proxbalance_core.whatif.patterns import cluster_patterns
from tests.support.clusters import GIB, cluster, guest

HOURS = 21 * 24
NIGHT = np.where(np.arange(HOURS) % 24 == 2, 3.0, 0.2)
DAY = 1.0 + 0.8 * np.sin(2 * np.pi * (np.arange(HOURS) % 24 - 6) / 24)


def course(*cores: np.ndarray, on: tuple[int, ...]) -> Course:
    """Guests 100.. of ``cores`` by the hour on nodes pve1, pve2 (8 cores each), from Monday, 5 January 2026."""
    names = ["pve1", "pve2"]
    matrix = np.array(cores).T
    snapshot = cluster(names, [guest(100 + g, names[n], 1.0, 4) for g, n in enumerate(on)])
    return Course(
        snapshot=replace(snapshot, timezone="Europe/Vienna"), start=int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()),
        own_cores=np.full((HOURS, 2), 0.2), own_mem=np.full((HOURS, 2), GIB), iowait_pct=np.ones((HOURS, 2)),
        cores=matrix, mem=np.full(matrix.shape, 4.0 * GIB),
        was_on=np.tile(np.array(on, dtype=np.intp), (HOURS, 1)),
    )  # fmt: skip


def test_hours_are_those_of_the_cluster() -> None:
    found = cluster_patterns(course(NIGHT, DAY, on=(0, 1)))
    job, office = found.guests
    assert (found.timezone, found.hours, office.cycle) == ("Europe/Vienna", HOURS, "daily")
    assert job.peak_hours == (3,), "02:00 UTC is 03:00 in Vienna in winter"
    assert [pattern.entity for pattern in found.nodes] == ["node/pve1", "node/pve2"]
    assert found.nodes[0].peak_hours == (3,) and 13 in found.nodes[1].peak_hours


def test_guests_that_peak_together_would_fit_apart() -> None:
    (pair,) = cluster_patterns(course(NIGHT, NIGHT, on=(0, 0))).common_peaks
    capacity = 10.0
    assert (pair.node, pair.first, pair.second, pair.together_pct, pair.other) == ("pve1", 100, 101, 100.0, "pve2")
    assert pair.peak_pct == round(100 * 6.2 / capacity, 1)
    assert pair.apart_pct == pair.other_pct == round(100 * 3.2 / capacity, 1)


def test_guests_that_peak_at_other_hours_are_no_pair() -> None:
    assert cluster_patterns(course(NIGHT, np.roll(NIGHT, 12), on=(0, 0))).common_peaks == ()
    assert cluster_patterns(course(NIGHT, NIGHT, on=(0, 1))).common_peaks == ()


def test_where_no_node_is_quieter_none_is_named() -> None:
    (pair,) = cluster_patterns(course(NIGHT, NIGHT, 3 * NIGHT, on=(0, 0, 1))).common_peaks
    assert (pair.other, pair.apart_pct, pair.other_pct) == (None, None, None)


def test_a_node_that_may_not_take_the_second_is_not_named() -> None:
    """100 and 101 peak together, but 101 is pinned to pve1: it would be quieter on pve2, and can't go."""
    past = course(NIGHT, NIGHT, on=(0, 0))
    first, second = past.snapshot.guests
    pinned = replace(past.snapshot, guests=(first, replace(second, tags=("pin_pve1",))))
    (pair,) = cluster_patterns(replace(past, snapshot=pinned)).common_peaks
    assert (pair.first, pair.second, pair.other) == (100, 101, None)


def test_its_document_is_as_the_schema_says() -> None:
    found = cluster_patterns(course(NIGHT, NIGHT, np.full(HOURS, np.nan), on=(0, 0, 1))).to_dict()
    assert list(Draft202012Validator(schemas.patterns_schema()).iter_errors(found)) == []


def test_forecasts_of_a_cluster_are_judged() -> None:
    rng = np.random.default_rng(1)
    found = forecast_accuracy(course(DAY + rng.normal(0.0, 0.05, HOURS), np.full(HOURS, np.nan), on=(0, 1)))
    assert list(Draft202012Validator(schemas.forecasts_schema()).iter_errors(found.to_dict())) == []
    assert (found.days, found.forecasters[0].name) == (7, "this forecast")
    by_entity = {one.entity: one for one in found.series}
    assert by_entity["guest/100"].mase is not None and by_entity["guest/100"].mase < 1.0
    assert by_entity["guest/101"].mase is None and by_entity["guest/101"].coverage_pct is None


def test_too_little_history_is_told() -> None:
    short = course(DAY, on=(0,))
    few = {
        name: getattr(short, name)[:100] for name in ("own_cores", "own_mem", "iowait_pct", "cores", "mem", "was_on")
    }
    with pytest.raises(NotEnoughHistory, match="needs 5 days of history, and there are 4"):
        forecast_accuracy(replace(short, **few))
