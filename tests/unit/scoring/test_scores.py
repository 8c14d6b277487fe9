"""Terms, base, targets, strain, health, confidence and risk, by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.clusters import Shape
from benchmarks.clusters import cluster as hourly_cluster
from proxbalance_core import Settings, evaluate
from proxbalance_core.domain.cluster import PastOutcome, Pressure
from proxbalance_core.scoring.base import BaseInputs, base_rows, slopes
from proxbalance_core.scoring.confidence import MoveFacts, confidence
from proxbalance_core.scoring.health import cluster_health
from proxbalance_core.scoring.ranking import best_targets
from proxbalance_core.scoring.risk import risk
from proxbalance_core.scoring.targets import score_nodes, target_scores
from tests.oracle import scoring_oracle as oracle
from tests.support.clusters import GIB, NOW, cluster, disk, guest, node, random_cluster, view

S = Settings()


def terms(**more: object) -> dict[str, float]:
    (told,) = evaluate(cluster([node("a", **more)], [])).nodes  # type: ignore[arg-type]
    return {term.term: term.points for term in told.terms if term.category != "base"}


def test_a_calm_node_has_no_terms() -> None:
    assert terms(cpu=30, mem=40) == {}


def test_terms_of_a_busy_node() -> None:
    assert terms(cpu=75, mem=85, pressure=Pressure(io_full_pct=20.0)) == {
        "current_cpu": 20.0, "current_mem": 20.0, "pressure": 15.0,
    }  # fmt: skip


def test_memory_terms_are_capped_together() -> None:
    given = guest(1, "a", 1, 95, mem_bytes=200 * GIB)
    (told,) = evaluate(cluster([node("a", 10, 98)], [given])).nodes
    memory = [t for t in told.terms if t.category == "memory"]
    assert len(memory) == 2
    assert sum(t.points for t in memory) == pytest.approx(S.memory_penalty_cap, abs=0.011)
    assert all("scaled" in t.detail for t in memory)


def inputs(cpu: float, after: float, **more: float) -> BaseInputs:
    given = {"mem": 50.0, "mem_after": 55.0, "iowait_after": 4.0, "load_per_core": 30.0, "storage": 60.0, **more}
    return BaseInputs(cpu=np.array([cpu]), cpu_after=np.array([after]), **{k: np.array([v]) for k, v in given.items()})


@pytest.mark.parametrize("lacking", [(), ("iowait_after",), ("storage", "load_per_core")])
def test_slopes_are_those_of_the_rows(lacking: tuple[str, ...]) -> None:
    def total(cpu: float = 40.0, after: float = 50.0, **part: float) -> float:
        given = part | {name: float("nan") for name in lacking}
        return float(sum(np.nan_to_num(row) for row in base_rows(inputs(cpu, after, **given)).values())[0])

    grows = slopes(inputs(40.0, 50.0, **{name: float("nan") for name in lacking}))
    assert grows.cpu[0] == pytest.approx(total(cpu=41.0) - total())
    assert grows.cpu_after[0] == pytest.approx(total(after=51.0) - total())
    assert grows.mem_after[0] == pytest.approx(total(mem_after=56.0) - total(mem_after=55.0))
    assert grows.iowait_after[0] == pytest.approx(total(iowait_after=5.0) - total(iowait_after=4.0))


def test_the_base_of_an_idle_and_a_full_node() -> None:
    full = {"mem": 100.0, "mem_after": 100.0, "iowait_after": 100.0, "load_per_core": 100.0, "storage": 100.0}
    rows = base_rows(inputs(100.0, 100.0, **full))
    assert {name: float(row[0]) for name, row in rows.items()} == {
        "base_health": pytest.approx(25), "base_predicted": pytest.approx(40),
        "base_headroom": pytest.approx(20), "base_storage": pytest.approx(15),
    }  # fmt: skip
    assert sum(float(row[0]) for row in base_rows(inputs(0.0, 0.0, **dict.fromkeys(full, 0.0))).values()) == 0


@pytest.mark.parametrize("seed", range(4))
def test_target_scores_are_the_oracles(seed: int) -> None:
    snapshot = random_cluster(seed) if seed % 2 else hourly_cluster(Shape(nodes=4, guests=12, seed=seed))
    made = view(snapshot)
    scores = score_nodes(made.placed, made.rules.scale, S)
    guests, nodes = np.arange(len(snapshot.guests)), np.arange(len(snapshot.nodes))
    found = target_scores(scores, guests[:, None], nodes)
    states = oracle.states(snapshot)
    for g, one in enumerate(snapshot.guests):
        for n, name in enumerate(made.arrays.node.names):
            assert found[g, n] == pytest.approx(oracle.target_score(states[name], one, S), abs=1e-9)


@pytest.mark.parametrize(
    "settings", [S, Settings(soft_edge_pct=0.0), Settings(soft_edge_pct=0.3), Settings(predicted_cpu_high=80.0)]
)
@pytest.mark.parametrize("seed", range(3))
def test_the_best_target_is_that_of_the_whole_matrix(seed: int, settings: Settings) -> None:
    """Ranking in single precision and in chunks finds what working out every pair in double finds."""
    made = view(hourly_cluster(Shape(nodes=48, guests=1500, seed=seed, ahead=False)), settings)
    scores = score_nodes(made.placed, made.rules.scale, settings)
    guests, nodes = np.arange(1500), np.arange(48)
    free = np.random.default_rng(seed).random((1500, 48)) < 0.7
    free[7] = False
    best, points = best_targets(scores, lambda part: free[part])
    matrix = np.where(free, target_scores(scores, guests[:, None], nodes), np.inf)
    assert best[7] == -1
    assert np.isnan(points[7])
    some = np.delete(guests, 7)
    assert best[some].tolist() == matrix[some].argmin(axis=1).tolist()
    assert points[some].tolist() == matrix[some].min(axis=1).tolist()


def test_among_equals_the_first_by_name_is_best() -> None:
    alike = view(cluster([node(name, 40, 40) for name in "abcd"], [guest(1, "a", 1, 1)]))
    best, _ = best_targets(
        score_nodes(alike.placed, alike.rules.scale, S), lambda part: np.array([[False, True, True, True]])
    )
    assert best.tolist() == [1]


def test_strain_by_hand() -> None:
    """Thresholds are 5 lower in plans: 72 % costs 20; 105 % costs 100 and 2 x 5. Loads 36 and 52.5."""
    two = cluster([node("a", 72, 0), node("b", 105, 0)], [])
    spread = 2 * 0.25 * (52.5 - 36.0) / 2
    assert view(two).field.total() == pytest.approx(20 + 110 + spread)


def test_nodes_in_maintenance_or_not_measured_have_no_strain() -> None:
    three = cluster([node("a", 72, 0), node("b", 99, 0, maintenance=True), node("c", 1, 1, status="offline")], [])
    assert view(three).field.total() == pytest.approx(20)


def test_health_is_a_mean_by_cores_without_the_base() -> None:
    two = view(cluster([node("a", 75, 10), node("b", 10, 10, cpu_cores=30.0)], []))
    assert cluster_health(two.placed, S) == pytest.approx(100 - 20 * 10 / 40)
    assert np.isnan(cluster_health(view(cluster([], [])).placed, S))


def facts(**more: object) -> MoveFacts:
    given = {
        "guest": guest(1, "a", 1, 1), "source": node("a", 75, 50), "target": node("b", 20, 20),
        "improvement_points": 25.0, "target_cpu_pct": 30.0, "target_mem_pct": 40.0, "reason": "cpu_imbalance",
        "cluster_health": 80.0, "min_history_days": 3.0,
    }  # fmt: skip
    return MoveFacts(**(given | more))  # type: ignore[arg-type]


def test_confidence_by_hand() -> None:
    sure, factors = confidence(facts(), ())
    scores = {f.factor: f.score for f in factors}
    assert scores == {
        "improvement": 50.0, "headroom": pytest.approx(100 * 65 / 66.7, abs=0.01), "complexity": 100.0,
        "stability": 50.0,
    }  # fmt: skip
    assert sure == pytest.approx(sum(f.points for f in factors))


def test_outcomes_of_like_moves_scale_the_improvement() -> None:
    past = PastOutcome(
        at=NOW, vmid=9, source="a", target="b", reason="cpu_imbalance", predicted_points=40.0, realised_points=32.0
    )
    scored = [confidence(facts(), (past,) * n)[1][0].score for n in (4, 5)]
    assert scored == [50.0, 40.0]


@pytest.mark.parametrize(
    ("gb", "cores", "score"), [(4, 4, 100), (5, 4, 80), (17, 2, 60), (2, 5, 60), (33, 2, 40), (2, 9, 40)]
)
def test_complexity(gb: float, cores: float, score: float) -> None:
    moved = guest(1, "a", 1, 1, mem_bytes=gb * GIB, cpu_cores=float(cores))
    assert confidence(facts(guest=moved), ())[1][2].score == score
    copied = dataclasses.replace(moved, disks=(disk(),), snapshots=2)
    assert confidence(facts(guest=copied), ())[1][2].score == score - 25


@pytest.mark.parametrize(("gb", "points"), [(1, 10), (4, 25), (16, 50), (32, 75), (64, 100)])
def test_risk_of_memory(gb: float, points: float) -> None:
    moved = guest(1, "a", 1, 1, mem_bytes=gb * GIB, disk_read_bps=6 * 2.0**20, net_in_bps=60 * 2.0**20)
    total, level, factors = risk(facts(guest=moved))
    scores = {f.factor: f.score for f in factors}
    assert scores == {"guest_memory": points, "disk_io": 25, "storage": 10, "network": 65, "cluster_health": 10}
    assert total == pytest.approx(oracle.risk(moved, 80.0), abs=0.03)
    assert level == ("low" if total <= 25 else "moderate" if total <= 50 else "high")
