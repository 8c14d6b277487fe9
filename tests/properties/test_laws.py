"""The seven laws of the formats page, over any valid cluster."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proxbalance_core import Assessment, ClusterSnapshot, Settings, assess, evaluate, select
from tests.oracle.constraints_oracle import broken, refusal, worse
from tests.properties import laws
from tests.strategies import clusters

by_mode = pytest.mark.parametrize("mode", laws.MODES)
by_plan = pytest.mark.parametrize("mode", laws.PLANNING)
snapshots, some_settings = clusters.snapshots(), clusters.settings()


# --- 1: everyone is answered, once ---


@by_mode
@given(snapshot=snapshots, settings=some_settings)
def test_law_1_every_guest_is_recommended_or_skipped(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)
    answered = [rec.vmid for rec in found.recommendations] + [skip.vmid for skip in found.skipped]
    assert sorted(answered) == [guest.vmid for guest in snapshot.guests]


# --- 2: scores are sums ---


@by_mode
@given(snapshot=snapshots, settings=some_settings)
def test_law_2_a_score_is_the_sum_of_its_terms(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)
    for node in found.nodes:
        if node.score is not None:
            assert node.score == pytest.approx(sum(term.points for term in node.terms), abs=1e-6)
            assert node.score == pytest.approx(sum(node.penalty_categories.values()), abs=1e-6)
    for rec in found.recommendations:
        for side, total in (
            (rec.score_details.source, rec.current_score),
            (rec.score_details.target, rec.target_score),
        ):
            assert all(term.points == pytest.approx(round(term.points, 2), abs=1e-9) for term in side.terms)
            assert side.total == pytest.approx(sum(term.points for term in side.terms), abs=1e-6)
            assert side.total == pytest.approx(total, abs=1e-6)
        assert rec.score_improvement == pytest.approx(rec.current_score - rec.target_score, abs=1e-6)


# --- 3: no step does harm ---


@by_plan
@given(snapshot=snapshots, settings=some_settings)
def test_law_3_no_step_breaks_a_hard_constraint(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)
    at = snapshot
    before = broken(at, 97.0)
    for unit in laws.units(found):
        at = at.with_moves(unit)
        nodes = {node.name: node for node in at.nodes}
        guests = {guest.vmid: guest for guest in at.guests}
        assert [refusal(guests[vmid], nodes[target]) for vmid, target in unit] == [None] * len(unit)
        after = broken(at, 97.0)
        assert worse(before, after) == [], f"step {unit}"
        before = after
    moved_to = {rec.target for rec in found.recommendations}
    over = [key for key in worse(broken(snapshot, 95.0), broken(at, 95.0)) if key[0] == "memory" and key[1] in moved_to]
    assert over == []


@by_plan
@given(snapshot=snapshots, settings=some_settings)
def test_law_3_the_engines_own_violations_never_grow(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)

    def amounts(moves: laws.Moves) -> dict[tuple[object, ...], float]:
        judged = evaluate(snapshot, settings, moves).violations
        return {(v.constraint, v.node, v.vmids): v.amount for v in judged if v.constraint != "memory"}

    before, taken = amounts([]), []
    for unit in laws.units(found):
        taken = taken + unit
        after = amounts(taken)
        for node in snapshot.nodes:  # a maintained node may only empty: its row names fewer guests, never more
            assert _left(after, node.name) <= _left(before, node.name)
        assert len(after) <= len(before) or sum(after.values()) <= sum(before.values()) + 1e-6, f"step {unit}"
        before = after


def _left(found: dict[tuple[object, ...], float], node: str) -> int:
    return sum(len(key[2]) for key in found if key[0] == "maintenance" and key[1] == node)  # type: ignore[arg-type]


@given(snapshot=snapshots, settings=some_settings)
def test_the_steps_start_where_the_guest_is_and_end_at_the_target(
    snapshot: ClusterSnapshot, settings: Settings
) -> None:
    found = assess(snapshot, settings)
    where = {guest.vmid: guest.node for guest in snapshot.guests}
    for step in found.plan.steps:
        assert step.source == where[step.vmid] != step.target
        where[step.vmid] = step.target
    moved = {guest.vmid: where[guest.vmid] for guest in snapshot.guests if where[guest.vmid] != guest.node}
    assert moved == {rec.vmid: rec.target for rec in found.recommendations}
    assert [step.step for step in found.plan.steps] == list(range(1, len(found.plan.steps) + 1))
    assert sorted(number for wave in found.plan.waves for number in wave) == [step.step for step in found.plan.steps]


# --- 4: what was promised is what comes ---


@by_mode
@given(snapshot=snapshots, settings=some_settings)
def test_law_4_predictions_are_what_evaluate_says_afterwards(
    mode: str, snapshot: ClusterSnapshot, settings: Settings
) -> None:
    found = assess(snapshot, settings, mode)
    in_order = laws.steps(found)
    for rec in found.recommendations:
        taken = in_order[: max(rec.steps)] if mode != "independent" else [(rec.vmid, rec.target)]
        for judged in (evaluate(snapshot, settings, taken), evaluate(snapshot.with_moves(taken), settings)):
            nodes = {node.name: node for node in judged.nodes}
            said = rec.score_details.predicted
            for name, side in ((rec.source, "source"), (rec.target, "target")):
                for metric in ("cpu", "mem", "iowait"):
                    promised = getattr(said, f"{side}_{metric}_pct")
                    assert promised == pytest.approx(getattr(nodes[name], f"{metric}_pct"), abs=0.011), (
                        rec.vmid,
                        side,
                        metric,
                    )


@by_plan
@given(snapshot=snapshots, settings=some_settings)
def test_law_4_the_plans_end_is_what_evaluate_says(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)
    after = evaluate(snapshot.with_moves(laws.steps(found)), settings)
    said = found.batch_impact.after
    assert said.strain == pytest.approx(after.strain, abs=0.011)
    assert said.cluster_health == pytest.approx(after.cluster_health, abs=0.011)
    assert said.imbalance == pytest.approx(after.imbalance, abs=0.011)
    assert found.summary.predicted_strain == pytest.approx(after.strain, abs=0.011)
    assert found.summary.predicted_health == pytest.approx(after.cluster_health, abs=0.011)
    for node in after.nodes:
        assert said.node_scores[node.name] == pytest.approx(node.score, abs=0.021)
        assert said.nodes[node.name].cpu_pct == pytest.approx(node.cpu_pct, abs=0.011)
        assert said.nodes[node.name].guest_count == node.guest_count


@given(snapshot=snapshots, settings=some_settings, data=st.data())
def test_law_4_any_selection_is_what_evaluate_says_of_it(
    snapshot: ClusterSnapshot, settings: Settings, data: st.DataObject
) -> None:
    told = assess(snapshot, settings)
    picked = data.draw(st.lists(st.sampled_from(told.recommendations), unique_by=lambda r: r.vmid)) if (
        told.recommendations
    ) else []  # fmt: skip
    anywhere = st.tuples(
        st.sampled_from([g.vmid for g in snapshot.guests]), st.sampled_from([n.name for n in snapshot.nodes])
    )
    moves = [(r.vmid, r.target) for r in picked]
    moves += data.draw(st.lists(anywhere, max_size=4)) if snapshot.guests else []
    found, judged = select(snapshot, settings, moves, told), evaluate(snapshot, settings, moves)
    after = found.impact.after
    assert (after.strain, after.cluster_health, after.imbalance) == (
        judged.strain, judged.cluster_health, judged.imbalance,
    )  # fmt: skip
    assert after.node_scores == {node.name: node.score for node in judged.nodes}
    assert found.violations == judged.violations
    # Its plan leads where the moves lead, but for those that it says have no order.
    given_up = {dropped.vmid for dropped in found.plan.dropped}
    where = {guest.vmid: guest.node for guest in snapshot.guests}
    for step in found.plan.steps:
        assert step.source == where[step.vmid] != step.target
        where[step.vmid] = step.target
    wanted = {vmid: target for vmid, target in dict(moves).items() if vmid not in given_up}
    at_home = {guest.vmid: guest.node for guest in snapshot.guests}
    assert where == at_home | wanted


@given(snapshot=snapshots, settings=some_settings)
def test_law_4_all_recommendations_together_are_the_plan(snapshot: ClusterSnapshot, settings: Settings) -> None:
    told = assess(snapshot, settings)
    found = select(snapshot, settings, [(r.vmid, r.target) for r in told.recommendations], told)
    assert found.impact.after.strain == pytest.approx(told.batch_impact.after.strain, abs=0.011)
    assert found.impact.after.node_scores == pytest.approx(told.batch_impact.after.node_scores, abs=0.021)
    assert found.plan.steps == told.plan.steps


# --- 5: order and scale don't matter ---


@by_mode
@given(document=clusters.documents(), settings=some_settings, seed=st.integers(0, 99))
def test_law_5_rows_in_another_order_give_the_same_answer(
    mode: str, document: laws.Document, settings: Settings, seed: int
) -> None:
    one = assess(ClusterSnapshot.from_dict(document), settings, mode)
    other = assess(ClusterSnapshot.from_dict(laws.shuffled(document, seed)), settings, mode)
    assert other.to_dict() == one.to_dict()


@by_mode
@given(document=clusters.documents(), drawn=clusters.settings())
def test_law_5_doubling_all_bytes_changes_nothing(mode: str, document: laws.Document, drawn: Settings) -> None:
    changes = {"move_cost_points_per_gb": 0.0, "distribution_enabled": False}
    settings = Settings.from_dict({**drawn.to_dict(), **changes})
    small = laws.without_traffic(document)
    one = assess(ClusterSnapshot.from_dict(small), settings, mode)
    two = assess(ClusterSnapshot.from_dict(laws.doubled(small)), settings, mode)
    assert [node.score for node in two.nodes] == pytest.approx([node.score for node in one.nodes], abs=1e-6)
    assert two.summary.strain == pytest.approx(one.summary.strain, abs=1e-6)
    assert _balance(two) == _balance(one)


def _balance(found: Assessment) -> set[tuple[int, str, str]]:
    return {(rec.vmid, rec.source, rec.target) for rec in found.recommendations if rec.kind == "balance"}


# --- 6: advice that was taken is not repeated ---


@by_plan
@given(snapshot=snapshots, settings=clusters.settings(limited=False))
def test_law_6_the_plans_result_needs_no_more_moves(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)
    assume(not found.plan.dropped)
    again = assess(snapshot.with_moves(laws.steps(found)), settings, mode)
    assert [(rec.vmid, rec.source, rec.target) for rec in again.recommendations if rec.kind in laws.GAINS] == []


# --- 7: the plan is worth its price ---


@by_plan
@given(snapshot=snapshots, settings=some_settings)
def test_law_7_the_plan_is_no_worse_than_its_duties_alone(
    mode: str, snapshot: ClusterSnapshot, settings: Settings
) -> None:
    found = assess(snapshot, settings, mode)
    every = laws.kinds(found, *laws.DUTIES, *laws.GAINS, "distribution")
    unpaid = laws.cost(snapshot, settings, laws.kinds(found, "distribution"))
    duties = evaluate(snapshot, settings, laws.duty_moves(found))
    assert evaluate(snapshot, settings, every).objective - unpaid <= duties.objective + 1e-6


# --- and what every document promises ---


@by_mode
@given(snapshot=snapshots, settings=some_settings)
def test_an_assessment_is_plain_json_and_always_the_same(
    mode: str, snapshot: ClusterSnapshot, settings: Settings
) -> None:
    document = assess(snapshot, settings, mode).to_dict()
    text = json.dumps(document, allow_nan=False)
    copy = ClusterSnapshot.from_dict(json.loads(json.dumps(snapshot.to_dict(), allow_nan=False)))
    assert json.dumps(assess(copy, settings, mode).to_dict(), allow_nan=False) == text
    assert document["format"] == "proxbalance.assessment/1"
    assert Settings.from_dict(document["settings"]) == settings


@by_mode
@given(snapshot=snapshots, settings=some_settings)
def test_every_number_of_a_summary_is_a_fact(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)
    limits = list(laws.numbers(settings.to_dict()))
    for rec, row in zip(found.recommendations, found.to_dict()["recommendations"], strict=True):
        names = [rec.name, rec.source, rec.target, *(node.name for node in snapshot.nodes)]
        names += [guest.name for guest in snapshot.guests if guest.name]
        assert laws.unfounded(rec.reason.summary, names, [*laws.numbers(row), *limits]) == [], rec.reason.summary


@by_mode
@given(snapshot=snapshots, settings=some_settings)
def test_the_digest_counts_what_is_there(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)
    assert found.summary.recommendation_count == len(found.recommendations)
    assert sum(found.summary.reasons_breakdown.values()) == len(found.recommendations)
    reasons = [skip.reason for skip in found.skipped]
    assert found.summary.skip_reasons == {reason: reasons.count(reason) for reason in sorted(set(reasons))}


@by_plan
@given(snapshot=snapshots, settings=some_settings)
def test_max_moves_limits_all_but_duties(mode: str, snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings, mode)
    if settings.max_moves:
        assert len(laws.kinds(found, *laws.GAINS, "distribution")) <= settings.max_moves
