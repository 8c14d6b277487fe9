"""Laws of what-ifs: nothing changed is today, everyone has one place or is listed, rows in any order."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from proxbalance_core import ClusterSnapshot, Settings, WhatIf, evaluate, place, what_if
from proxbalance_core.domain.changes import AddGuest, LoseNode, MoveGuest
from proxbalance_core.domain.schemas import place_schema, whatif_schema
from tests.properties import laws
from tests.strategies import changes as asked
from tests.strategies import clusters

snapshots, some_settings, seeds = clusters.snapshots(), clusters.settings(), st.integers(0, 2**20)
WHATIF, PLACE = (Draft202012Validator(schema()) for schema in (whatif_schema, place_schema))


@given(snapshot=snapshots, settings=some_settings)
def test_an_unchanged_what_if_is_today(snapshot: ClusterSnapshot, settings: Settings) -> None:
    made = what_if(snapshot, settings)
    assert made.before == made.after == evaluate(snapshot, settings)
    assert (made.started, made.unplaced, made.broken) == ((), (), ())


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_moves_by_hand_are_what_evaluate_says(snapshot: ClusterSnapshot, settings: Settings, seed: int) -> None:
    moves = asked.moves(snapshot, seed)
    made = what_if(snapshot, settings, [MoveGuest(vmid=vmid, target=target) for vmid, target in moves])
    assert made.after == evaluate(snapshot, settings, moves)


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_guests_of_lost_nodes_and_new_ones_have_one_place_or_are_listed(
    snapshot: ClusterSnapshot, settings: Settings, seed: int
) -> None:
    changes = asked.changes(snapshot, seed, ("lose", "node", "memory", "guest", "move"))
    made = what_if(snapshot, settings, changes)
    lost = {change.node for change in changes if isinstance(change, LoseNode)}
    new = sum(change.count for change in changes if isinstance(change, AddGuest))
    moved = {change.vmid: change.target for change in changes if isinstance(change, MoveGuest)}
    running = [g.vmid for g in snapshot.guests if g.running and moved.get(g.vmid, g.node) in lost]
    listed = [row.vmid for row in (*made.started, *made.unplaced)]
    assert len(listed) == len(set(listed)) == len(running) + new
    assert set(running) <= set(listed)
    assert all(row.target not in lost for row in made.started)
    assert made.missing_bytes == pytest.approx(sum(row.missing_bytes or 0.0 for row in made.unplaced))


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_who_starts_keeps_the_hard_constraints(snapshot: ClusterSnapshot, settings: Settings, seed: int) -> None:
    made = what_if(snapshot, settings, asked.changes(snapshot, seed, ("lose", "node", "memory", "cores", "guest")))
    assert made.broken == ()
    over = {v.node: v.amount for v in made.before.violations if v.constraint == "memory"}
    for violation in made.after.violations:
        if violation.constraint == "memory":
            assert violation.amount <= over.get(violation.node, 0.0) + 1.0


@given(document=clusters.documents(), settings=some_settings, seed=seeds)
def test_neither_the_order_of_rows_nor_of_changes_matters(
    document: clusters.Document, settings: Settings, seed: int
) -> None:
    one, other = (ClusterSnapshot.from_dict(d) for d in (document, laws.shuffled(document, seed)))
    changes = asked.changes(one, seed, ("lose", "drain", "node", "memory", "cores", "grow", "consolidate"))
    mixed = list(changes)
    Random(seed).shuffle(mixed)
    a, b = what_if(one, settings, changes).to_dict(), what_if(other, settings, mixed).to_dict()
    for key in ("changes", "summary", "notes"):
        del a[key], b[key]
    assert a == b


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_any_changes_give_a_document_that_fits_its_schema(
    snapshot: ClusterSnapshot, settings: Settings, seed: int
) -> None:
    made = what_if(snapshot, settings, asked.changes(snapshot, seed))
    WHATIF.validate(made.to_dict())
    assert made.advised.strain + _paid(made) <= made.after.strain + 1e-3 or _has_duties(made, snapshot)


def _paid(made: WhatIf) -> float:
    return made.advised.objective - made.advised.strain


def _has_duties(made: WhatIf, snapshot: ClusterSnapshot) -> bool:
    """Duties and the evening-out of guest counts may cost strain."""
    return any(move.kind not in ("balance", "forecast") for move in made.moves)


@given(snapshot=snapshots, settings=some_settings, seed=seeds)
def test_the_best_place_is_where_a_new_guest_starts(snapshot: ClusterSnapshot, settings: Settings, seed: int) -> None:
    wish = asked.new_guest(Random(seed))
    found = place(snapshot, settings, wish)
    PLACE.validate(found.to_dict())
    assert [option.node for option in found.nodes if option.rank] == [
        option.node for option in sorted((o for o in found.nodes if o.rank), key=lambda o: o.rank or 0)
    ]
    assert {option.node for option in found.nodes} == {node.name for node in snapshot.nodes}
    assert all((option.rank is None) == (option.ruled_out is not None) for option in found.nodes)
    made = what_if(snapshot, settings, [AddGuest(guest=wish)])
    assert [row.target for row in made.started] == ([found.best] if found.best else [])
