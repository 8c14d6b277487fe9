"""Past generations: whole for 48 hours, then in brief, and still readable with their scores and recommendations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proxbalance_core.errors import SnapshotNotFound
from proxbalance_core.present.reading import read_assessment
from proxbalance_core.services.workbench import Generation, Workbench

NOW = datetime(2026, 2, 9, 10, 30, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Workbench]:
    """Two assessments of the demo, three days apart: the first is only kept in brief."""
    with Workbench.open(tmp_path / "data", clock=clock) as made:
        made.ensure_demo()
        made.regenerate("demo")
        clock.now += timedelta(days=3)
        made.regenerate("demo")
        yield made


def test_the_first_one_reads_like_any_assessment(bench: Workbench) -> None:
    newest, oldest = bench.generations("demo")
    whole, brief = bench.generation(newest.id), bench.generation(oldest.id)
    assert isinstance(whole, Generation)
    assert not isinstance(brief, Generation)
    assert (brief.at, brief.settings) == (NOW, whole.settings)
    read = read_assessment(brief.assessment)
    assert read.taken_at == NOW
    assert len(read.recommendations) == oldest.recommendation_count > 0
    for move in read.recommendations:
        sides = move.score_details
        assert sides.source.total == pytest.approx(sum(term.points for term in sides.source.terms), abs=1e-6)
        assert move.confidence_factors
        assert move.alternatives == move.commands == ()
    for node in read.nodes:
        assert node.score == pytest.approx(sum(term.points for term in node.terms), abs=1e-6)
    assert read.plan.steps
    assert read.batch_impact.after.nodes
    assert read.skipped == ()
    assert sum(read.summary.skip_reasons.values()) == oldest.skipped_count


def test_generations_histories_and_changes_of_a_past_time(bench: Workbench) -> None:
    at = NOW + timedelta(hours=1)
    (only,) = bench.generations("demo", until=at)
    assert only.at == NOW
    assert bench.changes("demo", until=at).previous_at is None
    assert bench.changes("demo").previous_at == NOW
    assert bench.node_history("demo", 24, until=at)["ts"].max() <= at
    assert len(bench.score_history("demo", 24, until=at)) == 1
    assert bench.generations("demo", until=NOW - timedelta(seconds=1)) == ()


def test_one_that_is_gone_says_so(bench: Workbench) -> None:
    with pytest.raises(SnapshotNotFound, match="no generation 99"):
        bench.generation(99)
