"""``simulate``: quicker than two assessments, and the same comparison."""

from __future__ import annotations

from hypothesis import given

from proxbalance_core import ClusterSnapshot, Settings, assess, simulate
from proxbalance_core.domain.documents import plain
from proxbalance_core.whatif.simulate import compare, outline_of
from tests.strategies import clusters


@given(snapshot=clusters.snapshots(), proposed=clusters.settings())
def test_it_is_the_comparison_of_two_whole_assessments(snapshot: ClusterSnapshot, proposed: Settings) -> None:
    whole = compare(*(outline_of(assess(snapshot, settings)) for settings in (None, proposed)))
    assert plain(simulate(snapshot, None, proposed)) == plain(whole)


@given(snapshot=clusters.snapshots())
def test_what_a_side_takes_is_what_its_plan_takes(snapshot: ClusterSnapshot) -> None:
    side, told = simulate(snapshot, None, Settings()).proposed, assess(snapshot)
    assert side.steps == len(told.plan.steps)
    assert side.gigabytes == told.plan.curve[-1].gigabytes
