"""The most that any guest could improve by between two nodes, against every guest's own figure."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.clusters import Shape
from benchmarks.clusters import cluster as hourly_cluster
from proxbalance_core import Settings
from proxbalance_core.plan import gates
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.improvement import HourlyScores
from proxbalance_core.plan.singles import best_single, passing
from proxbalance_core.scoring.targets import score_nodes
from tests.support.clusters import FREE, board, random_cluster

STRICT = Settings(min_score_improvement=60.0)


@pytest.mark.parametrize("settings", [Settings(), FREE, Settings(cpu_sensitivity=90.0, mem_sensitivity=80.0)])
def test_no_guest_improves_by_more_than_any_could_between_its_nodes(settings: Settings) -> None:
    close, clusters = [], [random_cluster(seed, nodes=3 + seed % 3, guests=10 + seed) for seed in range(8)]
    clusters += [hourly_cluster(Shape(nodes=5, guests=40, seed=seed, ahead=seed > 0)) for seed in range(4)]
    for snapshot in clusters:
        b = board(snapshot, settings)
        scores = HourlyScores(b, score_nodes(b.placed, b.rules.scale, settings))
        m, n = (side.ravel() for side in np.indices((len(b.members), len(b.field.mem))))
        other = b.single[m] & (b.at[m] != n)
        m, n = m[other], n[other]
        own, most = scores.largest_improvement(m, n), scores.most(b.at[m], n)
        measured = np.isfinite(own)
        assert (own[measured] <= most[measured] + 1e-9).all()
        close += (most - own)[measured].tolist()
    assert np.percentile(close, 10) < 5.0  # says something: some guest comes near it


def test_where_much_fails_whole_nodes_are_left_out_and_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {True: 0, False: 0}
    found: dict[bool, list[object]] = {True: [], False: []}
    whole = HourlyScores.largest_improvement

    def counted(self: HourlyScores, m: np.ndarray, target: np.ndarray) -> np.ndarray:
        asked[leaving_out] += len(m)
        return whole(self, m, target)

    monkeypatch.setattr(HourlyScores, "largest_improvement", counted)
    for leaving_out in (True, False):
        monkeypatch.setattr(gates, "MANY_FAIL", 1 if leaving_out else 10**9)
        for seed in range(3):
            b = board(hourly_cluster(Shape(nodes=8, guests=120, seed=seed)), STRICT)
            gate = Gate(b)
            found[leaving_out].append(passing(b, gate).tolist())
            while (choice := best_single(b, gate)) is not None:
                found[leaving_out].append(choice)
                for m, target in choice.moves:
                    b.move(m, target)
    assert found[True] == found[False] and len(found[True]) > 6
    assert asked[True] < 0.7 * asked[False]


def test_a_staircase_that_leads_down_leaves_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "MANY_FAIL", 1)
    left_out = []
    for settings in (STRICT, dataclasses.replace(STRICT, predicted_cpu_very_high=0.0)):
        b = board(hourly_cluster(Shape(nodes=8, guests=120)), settings)
        gate = Gate(b)
        passing(b, gate)
        m, n = (side.ravel() for side in np.indices((len(b.members), len(b.field.mem))))
        left_out.append(int(gate.hopeless(m, n, np.full(len(m), -1.0)).sum()))
        assert b.rules.scale.arriving == (settings is STRICT)
    assert left_out[0] > 100 and left_out[1] == 0
