"""Which nodes are left alone for a daily peak that the margin of plans alone minds, and which are not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot, Settings, assess
from proxbalance_core.domain.presets import changed
from proxbalance_core.recommend.eligibility import held_for_peaks
from tests.scenarios.stories import STORIES

QUIET = ClusterSnapshot.from_dict(STORIES["073-a-peak-of-every-day-is-left-alone"]().document())


def pve1(peak: dict[str, Any] | None = None, **changes: Any) -> ClusterSnapshot:
    node = QUIET.nodes[0]
    if peak is not None:
        node = dataclasses.replace(node, recurring_peak=dataclasses.replace(node.recurring_peak, **peak))  # type: ignore[type-var]
    return dataclasses.replace(QUIET, nodes=(dataclasses.replace(node, **changes), *QUIET.nodes[1:]))


def test_it_is_held_and_says_when_it_would_not_be() -> None:
    assert held_for_peaks(QUIET, Settings()) == {"pve1"}
    skip = next(s for s in assess(QUIET, Settings()).skipped if s.vmid == 102)
    assert skip.reason == "recurring_spike"
    assert skip.detail.startswith("pve1 is busy every day from 10:00 to 12:00 (UTC), with 58 % CPU, and recovers")
    assert skip.would_change is not None and "after 12:00" in skip.would_change
    assert {m.vmid for m in assess(QUIET, changed(Settings(), {"hold_recurring_peaks": False})).recommendations} == {
        102
    }


def test_a_peak_over_the_threshold_is_relieved_though_it_passes() -> None:
    over = ClusterSnapshot.from_dict(STORIES["075-a-daily-peak-over-the-threshold-is-relieved"]().document())
    assert over.nodes[0].recurring_peak is not None
    assert held_for_peaks(over, Settings()) == frozenset()
    assert {m.vmid for m in assess(over, Settings()).recommendations} == {102}


def test_it_is_for_the_margin_alone() -> None:
    assert held_for_peaks(QUIET, changed(Settings(), {"plan_margin_pct": 0.0})) == frozenset()
    assert held_for_peaks(QUIET, changed(Settings(), {"cpu_threshold": 57.0})) == frozenset()


@pytest.mark.parametrize(
    "snapshot",
    [
        pve1({"peak_pct": 54.0}),
        pve1(cpu=dataclasses.replace(QUIET.nodes[0].cpu, max_7d_pct=60.0)),
        pve1(cpu=dataclasses.replace(QUIET.nodes[0].cpu, max_7d_pct=float("nan"))),
        pve1(cpu=dataclasses.replace(QUIET.nodes[0].cpu, current_pct=60.0)),
        pve1({"rest_pct": 56.0}),
        pve1({"hours": (12, 13)}),
        pve1(recurring_peak=None),
        pve1(mem=dataclasses.replace(QUIET.nodes[0].mem, current_pct=71.0)),
        pve1(iowait=dataclasses.replace(QUIET.nodes[0].iowait, current_pct=30.0)),
        pve1(status="offline"),
    ],
)
def test_what_else_calls_for_a_move_is_not_held_back(snapshot: ClusterSnapshot) -> None:
    assert held_for_peaks(snapshot, Settings()) == frozenset()


def test_the_hour_is_that_of_the_cluster_s_zone() -> None:
    assert held_for_peaks(dataclasses.replace(QUIET, timezone="America/New_York"), Settings()) == frozenset()


def test_maintenance_passes_it() -> None:
    moved = {m.vmid for m in assess(pve1(maintenance=True), Settings()).recommendations}
    assert 102 in moved


def test_a_balanced_cluster_says_that_first() -> None:
    calm = pve1({"peak_pct": 57.0})
    rows = tuple(
        dataclasses.replace(g, cpu_used_cores=dataclasses.replace(g.cpu_used_cores, current=1.0)) for g in calm.guests
    )
    told = assess(dataclasses.replace(calm, guests=rows), Settings())
    assert held_for_peaks(calm, Settings()) == {"pve1"}
    reasons = {s.vmid: s.reason for s in told.skipped}
    assert reasons[102] in ("cluster_balanced", "recurring_spike")
