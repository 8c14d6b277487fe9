"""N-1 within an assessment: packed by size first, and what that can't hold placed by the planner's search.

The search takes about 2 ms of CPU for each guest it places, more than an assessment of a large cluster may spend. So it
is asked for the nodes that packing by size can't hold, the worst first, within a budget; beyond that the packing's
answer is given as what it is, a bound. N-1 itself (``whatif/n_minus_one``) asks the search for every node.
"""

from __future__ import annotations

import numpy as np

from proxbalance_core.features.once import once
from proxbalance_core.plan.board import Rules, State
from proxbalance_core.plan.outage import start_rules, without_nodes
from proxbalance_core.recommend.packing import Failure, overfull, split_bound
from proxbalance_core.scoring.placed import Placed

# Pairs of guest and node that may be looked at: all of a home lab, one node of 20 guests among 8, none of 30 among 32.
MOST_PAIRS = 250


def failures(state: State, rules: Rules) -> tuple[Failure, ...]:
    """The nodes [positions] whose failure the others can't take up, or may not; by position."""
    start = start_rules(rules)
    found: list[Failure] = []
    left = MOST_PAIRS
    for bound in sorted(_packed(state.placed, start), key=_worst_first):
        pairs = bound.running * len(state.placed.cpu)
        if bound.certain or pairs > left:
            found.append(bound)
            continue
        left -= pairs
        searched = _searched(bound, state, start)
        found += [searched] if searched is not None else []
    return tuple(sorted(found, key=lambda failure: failure.node))


def _packed(placed: Placed, start: Rules) -> tuple[Failure, ...]:
    """What packing by size leaves over; of the cluster as it stands worked out once for a snapshot.

    Memory and fixed rulings alone decide it.
    """
    if not np.array_equal(placed.node_of, placed.arrays.guest.home):
        return overfull(placed, start.constraints)
    key = ("overfull", start.settings.allowed_targets, placed.arrays.node.maintenance.tobytes())
    return once(start.constraints.snapshot, key, lambda: overfull(placed, start.constraints))


def _worst_first(failure: Failure) -> tuple[float, int, int]:
    return -failure.missing_bytes, -len(failure.barred), failure.node


def _searched(bound: Failure, state: State, start: Rules) -> Failure | None:
    """The search's own answer, None where it finds a place for everyone."""
    found = without_nodes(state, start, [bound.node])
    homeless = tuple(sorted(g for unit in found.homeless for g in unit.guests))
    if not homeless and not found.barred:
        return None
    at_home, barred = split_bound(found.barred, start.constraints)
    return Failure(
        node=bound.node, running=bound.running, homeless=homeless, barred=barred, bound=at_home,
        missing_bytes=found.missing_bytes, certain=True,
    )  # fmt: skip
