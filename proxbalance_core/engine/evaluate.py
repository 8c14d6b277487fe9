"""``evaluate``: a placement, judged. ``options``: every node for one guest."""

from __future__ import annotations

from collections.abc import Iterable

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.results import Evaluation, GuestOptions
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.alternatives import alternatives
from proxbalance_core.engine.assess import assess
from proxbalance_core.engine.view import View
from proxbalance_core.errors import SnapshotInvalid
from proxbalance_core.plan.impact import health_of, node_scores
from proxbalance_core.recommend.violations import lacking_storage, violations
from proxbalance_core.scoring.strain import imbalance
from proxbalance_core.scoring.targets import score_nodes


def evaluate(
    snapshot: ClusterSnapshot, settings: Settings | None = None, moves: Iterable[tuple[int, str]] = ()
) -> Evaluation:
    """Scores, strain, objective (strain and the cost of ``moves``), health and violations after ``moves``.

    A guest that ends where it began costs nothing.
    """
    settings = settings or Settings()
    start, moves = View.of(snapshot, settings), tuple(moves)
    return judged(start, View.of(snapshot.with_moves(moves), settings) if moves else start)


def judged(start: View, after: View) -> Evaluation:
    """The placement of ``after``, to which moves led from ``start``."""
    moved = start.placed.node_of != after.placed.node_of
    strain = after.field.total()
    return Evaluation(
        nodes=node_scores(after.placed, after.rules.scale, after.settings, after.field),
        strain=round(strain, 6),
        objective=round(strain + float(start.rules.move_cost[moved].sum()), 6),
        cluster_health=health_of(after.placed, after.settings),
        imbalance=round(imbalance(after.placed), 6),
        violations=(
            *violations(after.placed, after.constraints),
            *lacking_storage(start.placed, after.placed, start.constraints),
        ),
    )


def options(snapshot: ClusterSnapshot, settings: Settings | None, vmid: int) -> GuestOptions:
    """Every node for guest ``vmid`` as the cluster stands, and what the engine decided about it.

    Raises
    ------
    SnapshotInvalid
        There is no such guest.
    """
    settings = settings or Settings()
    view = View.of(snapshot, settings)
    if vmid not in view.arrays.guest_at:
        raise SnapshotInvalid(f"There is no guest {vmid} in cluster '{snapshot.cluster}'.", path=str(vmid))
    g = view.arrays.guest_at[vmid]
    guest = snapshot.guests[g]
    scores = score_nodes(view.placed, view.rules.scale, settings)
    told = assess(snapshot, settings)
    chosen = next((r for r in told.recommendations if r.vmid == vmid), None)
    skip = next((s for s in told.skipped if s.vmid == vmid), None)
    node = next(n for n in told.nodes if n.name == guest.node)
    return GuestOptions(
        vmid=vmid, name=guest.name or "", type=guest.type, node=guest.node, current_score=node.score,
        decision="recommended" if chosen else skip.reason if skip else "",
        detail=chosen.reason.summary if chosen else skip.detail if skip else "",
        alternatives=alternatives(view, g, view.state, scores),
    )  # fmt: skip
