"""Every prefix of every plan is feasible: plans of clusters drawn by number, held against the plain oracle.

A hundred in each run; ``PROXBALANCE_PLANS=10000`` makes as many as one likes.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from proxbalance_core import ClusterSnapshot, Settings, assess
from proxbalance_core.domain.results import Mode
from tests.oracle.constraints_oracle import broken, refusal, worse
from tests.properties import laws
from tests.strategies.clusters import SWITCHES, document

PLANS = int(os.environ.get("PROXBALANCE_PLANS", "100"))
PARTS = 10  # tests that share the plans, so that a failure names a part and pytest shows how far it is
ALWAYS_OFF = frozenset({"past", "windows", "noise"})
Flaw = tuple[int, str, str]


def drawn(number: int) -> ClusterSnapshot:
    """Cluster ``number``: 2 to 8 nodes, up to 40 guests, half of all switches on, from calm to crowded."""
    rng = Random(number)
    on = frozenset(name for name in SWITCHES if name not in ALWAYS_OFF and rng.random() < 0.5)
    fill = rng.choice((0.2, 0.5, 0.9, 1.4))
    return ClusterSnapshot.from_dict(document(number, rng.randint(2, 8), rng.randint(4, 40), on, fill))


def flaws(number: int, mode: Mode) -> tuple[list[Flaw], int]:
    """The steps of one plan that break a hard constraint, and how many steps it has."""
    snapshot = drawn(number)
    found = assess(snapshot, Settings(), mode)
    at, before, made = snapshot, broken(snapshot, 97.0), []
    for unit in laws.units(found):
        at = at.with_moves(unit)
        nodes, guests = {node.name: node for node in at.nodes}, {guest.vmid: guest for guest in at.guests}
        barred = [refusal(guests[vmid], nodes[target]) for vmid, target in unit]
        after = broken(at, 97.0)
        made += [(number, mode, f"{unit}: {why}") for why in (*filter(None, barred), *worse(before, after))]
        before = after
    return made, len(found.plan.steps)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_prefix_is_feasible(part: int) -> None:
    steps, found = 0, []
    for number in range(part, PLANS, PARTS):
        made, count = flaws(number, "optimal" if number % 7 == 0 else "sequential")
        found += made
        steps += count
    assert found == []
    assert steps > PLANS // PARTS  # plans of nothing would prove nothing
