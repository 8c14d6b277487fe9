"""Validation against the planner's own rules: what they rule out never passes, what they recommend does."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from proxbalance_core import ClusterSnapshot, FreshFacts, Settings, assess, validate
from proxbalance_core.engine.view import View
from proxbalance_core.recommend.constraints import MEM_LIMIT_IN_ORDER, Ruling
from tests.oracle.constraints_oracle import broken, worse
from tests.strategies import clusters

snapshots, some_settings = clusters.snapshots(), clusters.settings()
RULES = {"guest_state", "target_state", "locks_and_snapshots", "affinity"}


@given(snapshot=snapshots, settings=some_settings, draw=st.randoms(use_true_random=False))
def test_what_a_hard_rule_forbids_never_passes(snapshot: ClusterSnapshot, settings: Settings, draw) -> None:
    if not snapshot.guests:
        return
    view = View.of(snapshot, settings)
    for _ in range(4):
        g, n = draw.randrange(len(snapshot.guests)), draw.randrange(len(snapshot.nodes))
        move = (snapshot.guests[g].vmid, snapshot.nodes[n].name)
        told = validate(move, snapshot, FreshFacts(snapshot=snapshot), snapshot.taken_at, settings)
        unit = view.constraints.unit_of.get(g, (g,))
        ruling = view.constraints.ruling(g, n, view.placed, unit=unit, limit=MEM_LIMIT_IN_ORDER)
        if ruling != Ruling.FREE:
            assert not told.passed, ruling
        if told.passed:
            after = snapshot.with_moves([(snapshot.guests[m].vmid, move[1]) for m in unit])
            assert worse(broken(snapshot, 97.0), broken(after, 97.0)) == []


@given(snapshot=snapshots, settings=some_settings)
def test_the_first_step_of_a_plan_breaks_no_rule(snapshot: ClusterSnapshot, settings: Settings) -> None:
    found = assess(snapshot, settings)
    for rec in found.recommendations:
        if 1 in rec.steps and snapshot.quorate is not False:
            told = validate((rec.vmid, rec.target), snapshot, FreshFacts(snapshot=snapshot), found.taken_at, settings)
            # A guest may wait on a temporary node first, and a duty's target may be as busy as it likes.
            if len(rec.steps) == 1:
                assert {check.check for check in told.checks if not check.passed} & RULES == set(), told


@given(snapshot=snapshots, minutes=st.integers(0, 120))
def test_age_alone_decides_on_age(snapshot: ClusterSnapshot, minutes: int) -> None:
    for guest in snapshot.guests[:1]:
        move = (guest.vmid, snapshot.nodes[0].name)
        now = snapshot.taken_at + timedelta(minutes=minutes)
        told = validate(move, snapshot, FreshFacts(snapshot=snapshot), now)
        assert told.checks[0].passed == (minutes <= 30)
        assert told.passed == all(check.passed for check in told.checks)
