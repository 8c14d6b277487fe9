"""The engine's arrays say what the plain loops say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxbalance_core import ClusterSnapshot, Settings, assess, evaluate, options
from proxbalance_core.domain.results import Term
from tests.oracle import scoring_oracle as oracle
from tests.strategies import clusters

snapshots, some_settings = clusters.snapshots(), clusters.settings()


def assert_rows(said: tuple[Term, ...], expected: dict[str, float], about: object) -> None:
    """Equal to a rounding of 0.01 for each row; rows of no points need not be listed."""
    points = {term.term: term.points for term in said}
    assert set(points) <= set(expected) | {"soft_affinity", "pressure"}, about
    for name, value in expected.items():
        assert points.get(name, 0.0) == pytest.approx(value, abs=0.00501), (about, name)


def moves_of(snapshot: ClusterSnapshot, picks: list[tuple[int, int]]) -> list[tuple[int, str]]:
    measured = [node.name for node in snapshot.nodes if node.measured]
    able = [guest.vmid for guest in snapshot.guests if guest.node in measured and guest.status != "unknown"]
    if not (measured and able):
        return []
    return [(able[guest % len(able)], measured[node % len(measured)]) for guest, node in picks]


@given(snapshot=snapshots, settings=some_settings)
def test_node_scores(snapshot: ClusterSnapshot, settings: Settings) -> None:
    states = oracle.states(snapshot)
    for node in evaluate(snapshot, settings).nodes:
        if node.name in states:
            assert_rows(node.terms, oracle.node_rows(states[node.name], settings), node.name)
        else:
            assert node.score is None


@given(
    snapshot=snapshots,
    settings=some_settings,
    picks=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=8),
)
def test_strain_before_and_after_any_moves(
    snapshot: ClusterSnapshot, settings: Settings, picks: list[tuple[int, int]]
) -> None:
    moves = moves_of(snapshot, picks)
    for judged, state in (
        (evaluate(snapshot, settings), snapshot),
        (evaluate(snapshot, settings, moves), snapshot.with_moves(moves)),
        (evaluate(snapshot.with_moves(moves), settings), snapshot.with_moves(moves)),
    ):
        assert judged.strain == pytest.approx(oracle.strain(state, settings), rel=1e-6, abs=1e-6)
        strains = oracle.strains(state, settings)
        said = {node.name: node.strain for node in judged.nodes if node.name in strains}
        assert said == pytest.approx(strains, rel=1e-6, abs=1e-6)


@given(snapshot=snapshots, settings=some_settings)
def test_cluster_health(snapshot: ClusterSnapshot, settings: Settings) -> None:
    health = oracle.cluster_health(snapshot, settings)
    assert evaluate(snapshot, settings).cluster_health == pytest.approx(health, abs=0.011)


@given(snapshot=snapshots, settings=some_settings)
def test_targets_of_independent_moves(snapshot: ClusterSnapshot, settings: Settings) -> None:
    states = oracle.states(snapshot)
    guests = {guest.vmid: guest for guest in snapshot.guests}
    for rec in assess(snapshot, settings, "independent").recommendations:
        if rec.group is None and not snapshot.rules:
            expected = oracle.target_rows(states[rec.target], guests[rec.vmid], settings)
            assert_rows(rec.score_details.target.terms, expected, (rec.vmid, rec.target))
            assert_rows(rec.score_details.source.terms, oracle.node_rows(states[rec.source], settings), rec.source)


@given(snapshot=snapshots, settings=some_settings, pick=st.integers(0, 60))
def test_options_score_every_measured_node(snapshot: ClusterSnapshot, settings: Settings, pick: int) -> None:
    states = oracle.states(snapshot)
    able = [guest for guest in snapshot.guests if guest.node in states and guest.status == "running"]
    if not able or snapshot.rules:
        return
    guest = able[pick % len(able)]
    if guest.cpu_used_cores.current != guest.cpu_used_cores.current:
        return
    for other in options(snapshot, settings, guest.vmid).alternatives:
        if other.target in states and other.target_score is not None and other.target != guest.node:
            expected = oracle.target_score(states[other.target], guest, settings)
            assert other.target_score == pytest.approx(expected, abs=0.1), other.target


@given(snapshot=snapshots)
def test_confidence_and_risk(snapshot: ClusterSnapshot) -> None:
    settings = Settings()
    guests = {guest.vmid: guest for guest in snapshot.guests}
    for rec in assess(snapshot, settings).recommendations:
        guest, said = guests[rec.vmid], {factor.factor: factor.score for factor in rec.confidence_factors}
        assert 0 <= rec.confidence_score <= 100
        assert rec.confidence_score == pytest.approx(sum(f.points for f in rec.confidence_factors), abs=0.1)
        assert oracle.complexity_factor(guest) in [pytest.approx(score, abs=0.01) for score in said.values()]
        if len(snapshot.outcomes) < 5:
            expected = oracle.improvement_factor(rec.score_improvement)
            assert expected in [pytest.approx(score, abs=0.06) for score in said.values()]
        risks = {factor.factor: factor.score for factor in rec.risk_factors}
        health = oracle.cluster_health(snapshot, settings)
        expected_risk = oracle.risk_parts(guest, health if health is not None else 100.0)
        assert set(risks) == set(expected_risk)
        for name in ("guest_memory", "disk_io", "storage", "network"):
            assert risks[name] == expected_risk[name], (rec.vmid, name)
        assert rec.risk_score == pytest.approx(sum(f.points for f in rec.risk_factors), abs=0.1)
