"""``bound``: how much better than a plan any plan could be, proven."""

from __future__ import annotations

import dataclasses

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.plans import Assessment, Bound
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.evaluate import evaluate
from proxbalance_core.engine.view import View
from proxbalance_core.plan.board import Board
from proxbalance_core.plan.bound import least_objective
from proxbalance_core.plan.search import members_of
from proxbalance_core.recommend.eligibility import eligibility

MOST_PAIRS = 1280  # movers x nodes: 8 nodes and 160 guests
DUTIES = frozenset({"maintenance_evacuation", "affinity_repair", "distribution"})


def bound(
    snapshot: ClusterSnapshot, settings: Settings | None, found: Assessment, seconds: float = 60.0
) -> Bound | None:
    """A proven limit of what any other plan could gain over ``found`` (engine, section 6).

    Parameters
    ----------
    snapshot : ClusterSnapshot
        The one that ``found`` speaks of.
    settings : Settings or None
    found : Assessment
        In mode ``sequential`` or ``optimal``.
    seconds : float
        How long the solver may take [s]; more time proves more.

    Returns
    -------
    Bound or None
        None on clusters of more than 8 x 160 guests, and where nothing was proven in time. The gap is of the
        whole objective, strain and the price of moves; part of it is the bound's own looseness.
    """
    settings = settings or Settings()
    view = View.of(snapshot, settings)
    members = members_of(view.placed, view.rules)
    if not view.field.nodes or len(members) * view.field.nodes > MOST_PAIRS:
        return None
    able = eligibility(snapshot, view.placed, view.constraints, settings)
    dutiful = able.dutiful - set(able.on_duty)
    free = {r.vmid for r in found.recommendations if r.kind in DUTIES}
    open_ = np.array([all(g not in able.plain or g in dutiful for g in unit) for unit in members], dtype=bool)
    board = Board(view.state, view.rules, members, open_)
    vmids = view.arrays.guest.vmids
    unpaid = np.array([any(g in dutiful or int(vmids[g]) in free for g in unit) for unit in members], dtype=bool)
    least = least_objective(board, np.where(unpaid, 0.0, board.price), seconds)
    if least is None:
        return None
    reached = _objective(snapshot, settings, found, free)
    least = min(max(least, 0.0), reached)
    gap = 100.0 * (reached - least) / reached if reached > 0 else 0.0
    return Bound(gap_pct=round(gap, 2), objective=round(reached, 6), least_objective=round(least, 6))


def with_bound(
    snapshot: ClusterSnapshot, settings: Settings | None, found: Assessment, seconds: float = 60.0
) -> Assessment:
    """``found`` with the bound in its plan, and a note that says what it proves, or that nothing was proven."""
    proven = bound(snapshot, settings, found, seconds)
    if proven is None:
        note = "How far the plan is from the best possible was not proven: the cluster is too large, or time ran out."
    else:
        note = (
            f"No plan is more than {proven.gap_pct:.1f} % better: strain and price of moves come to "
            f"{proven.objective:.1f} points, and at least {proven.least_objective:.1f} are proven for any plan."
        )
    return dataclasses.replace(found, plan=dataclasses.replace(found.plan, bound=proven), notes=(*found.notes, note))


def _objective(snapshot: ClusterSnapshot, settings: Settings, found: Assessment, free: set[int]) -> float:
    """Strain after the plan and the price of its moves, duties' and distribution's left out [points]."""
    moves = [(r.vmid, r.target) for r in found.recommendations]
    judged = evaluate(snapshot, settings, moves)
    if not free:
        return judged.objective
    unpaid = evaluate(snapshot, settings, [move for move in moves if move[0] in free])
    return judged.objective - (unpaid.objective - unpaid.strain)
