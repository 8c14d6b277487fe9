"""Laws of emptying a node: everyone has one fate, choices are kept, no step breaks anything, rows in any order."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from proxbalance_core import ClusterSnapshot, Drain, Settings, assess, drain
from proxbalance_core.domain.drains import SHUT_DOWN
from proxbalance_core.domain.schemas import drain_schema
from proxbalance_core.whatif.drain_choices import without_guests
from proxbalance_core.whatif.topology import in_maintenance
from tests.oracle.constraints_oracle import broken, refusal, worse
from tests.properties import laws
from tests.strategies import clusters

snapshots, some_settings, seeds = clusters.snapshots(), clusters.settings(), st.integers(0, 2**20)
SCHEMA = Draft202012Validator(drain_schema())


def some_nodes(snapshot: ClusterSnapshot, rng: Random) -> list[str]:
    """A node or two that are online; none where there is none."""
    online = [node.name for node in snapshot.nodes if node.online]
    return rng.sample(online, min(len(online), rng.choice((1, 1, 1, 2))))


def some_choices(told: Drain, rng: Random) -> dict[int, str]:
    """For one guest a target that is offered, others shut down."""
    rows = [row for row in told.guests if row.fate != "makes_room"]
    offered = [(row.vmid, a.target) for row in rows for a in row.targets if a.ruled_out is None]
    made = dict([rng.choice(offered)]) if offered and rng.random() < 0.8 else {}
    running = [row.vmid for row in rows if row.fate in ("moves", "blocked") and row.vmid not in made]
    return made | dict.fromkeys(rng.sample(running, min(len(running), rng.choice((0, 1, 2)))), SHUT_DOWN)


def chosen(snapshot: ClusterSnapshot, settings: Settings, seed: int) -> tuple[Drain, dict[int, str]]:
    rng = Random(seed)
    nodes = some_nodes(snapshot, rng)
    assume(nodes)
    choices = some_choices(drain(snapshot, settings, nodes), rng)
    return drain(snapshot, settings, nodes, choices), choices


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_every_guest_has_one_fate_and_choices_are_kept(
    snapshot: ClusterSnapshot, settings: Settings, seed: int
) -> None:
    told, choices = chosen(snapshot, settings, seed)
    SCHEMA.validate(told.to_dict())
    rows = {row.vmid: row for row in told.guests}
    here = {guest.vmid: guest for guest in snapshot.guests if guest.node in told.emptied}
    assert len(rows) == len(told.guests)
    assert {vmid for vmid, row in rows.items() if row.fate != "makes_room"} == set(here)
    for vmid, guest in here.items():
        fate = rows[vmid].fate
        assert fate in ("moves", "shut_down", "blocked") or (fate == "stays" and (guest.template or not guest.running))
        assert (fate == "moves") == (rows[vmid].target is not None)
        assert rows[vmid].target not in told.emptied
    for vmid, choice in choices.items():
        row = rows[vmid]
        assert row.chosen
        if choice == SHUT_DOWN:
            assert row.target is None
            assert row.fate == ("stays" if here[vmid].status in ("stopped", "suspended") else "shut_down")
        else:
            assert row.target == choice
    blocked = {row.vmid for row in told.guests if row.fate == "blocked"}
    assert {row.vmid for row in told.blockers} == blocked and told.possible == (not blocked)
    assert all(row.detail and row.remedy for row in told.blockers)
    assert told.missing_bytes == pytest.approx(sum(row.missing_bytes or 0.0 for row in told.blockers))
    assert {row.vmid for row in told.shut_down} == {row.vmid for row in told.guests if row.fate == "shut_down"}
    assert {row.node for row in told.nodes} == {node.name for node in snapshot.nodes} - set(told.emptied)


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_no_step_breaks_a_hard_constraint(snapshot: ClusterSnapshot, settings: Settings, seed: int) -> None:
    told, choices = chosen(snapshot, settings, seed)
    off = frozenset(vmid for vmid, choice in choices.items() if choice == SHUT_DOWN)
    start = without_guests(in_maintenance(snapshot, told.emptied), off)
    nodes, guests = {node.name: node for node in start.nodes}, {guest.vmid: guest for guest in start.guests}
    before = broken(start, 97.0)
    moves: laws.Moves = []
    for step in told.plan.steps:
        assert refusal(guests[step.vmid], nodes[step.target]) is None
        moves.append((step.vmid, step.target))
        now = worse(before, broken(start.with_moves(moves), 97.0))
        assert [key for key in now if key[0] != "together"] == [], f"after {moves}"  # a unit goes one by one
    assert worse(before, broken(start.with_moves(moves), 97.0)) == []
    assert told.broken == ()


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_it_empties_at_least_what_an_assessment_would(snapshot: ClusterSnapshot, settings: Settings, seed: int) -> None:
    """Who may not leave is the same; where all have room, the rest leave in both."""
    nodes = some_nodes(snapshot, Random(seed))
    assume(nodes)
    told = drain(snapshot, settings, nodes)
    start = in_maintenance(snapshot, nodes)
    advice = assess(start, settings)
    # It may part two of a unit that is scattered already; a drain leaves them where they are.
    assume(worse(broken(start, 97.0), broken(start.with_moves(laws.steps(advice)), 97.0)) == [])
    stays = {skip.vmid: skip for skip in advice.skipped if skip.node in nodes}
    left = {row.vmid: row for row in told.guests if row.fate in ("stays", "blocked")}
    assert len(left) <= len(stays)
    barred = {v for v, skip in stays.items() if skip.reason not in ("no_suitable_target", "storage_incompatible")}
    if not any(row.fate == "blocked" for row in left.values()):
        assert set(left) <= set(stays)
    for row in told.blockers:
        if row.vmid in barred and row.reason != "affinity_blocked":  # which names one of the others, and where it is
            assert (row.reason, row.detail) == (stays[row.vmid].reason, stays[row.vmid].detail)


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_every_target_offered_may_be_chosen(snapshot: ClusterSnapshot, settings: Settings, seed: int) -> None:
    told, choices = chosen(snapshot, settings, seed)
    offered = [(row.vmid, a.target) for row in told.guests for a in row.targets if a.ruled_out is None]
    if offered:
        vmid, target = Random(seed).choice(offered)
        again = drain(snapshot, settings, told.emptied, choices | {vmid: target})
        row = next(row for row in again.guests if row.vmid == vmid)
        assert row.target == target


@given(document=clusters.documents(), settings=some_settings, seed=seeds)
def test_the_order_of_rows_does_not_matter(document: clusters.Document, settings: Settings, seed: int) -> None:
    one, other = (ClusterSnapshot.from_dict(d) for d in (document, laws.shuffled(document, seed)))
    nodes = some_nodes(one, Random(seed))
    assume(nodes)
    assert drain(one, settings, nodes).to_dict() == drain(other, settings, nodes[::-1]).to_dict()
