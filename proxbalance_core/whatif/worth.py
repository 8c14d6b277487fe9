"""``worth``: one move, valued on the figures of one moment, whether its guest still stays or has gone already."""

from __future__ import annotations

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.outcomes import PairLoads, Worth
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import NAN
from proxbalance_core.engine.alternatives import alternatives
from proxbalance_core.engine.view import View
from proxbalance_core.scoring.targets import score_nodes


def worth(snapshot: ClusterSnapshot, settings: Settings, vmid: int, source: str, target: str) -> Worth:
    """The score improvement of moving ``vmid`` from ``source`` to ``target``, and both nodes' loads either way.

    The same figure as a recommendation's: the guest is put on its source in thought, whatever node it is on, and the
    rest stays as it is. So a migration's worth can be asked for again on the figures that came after it, with no
    regard to how the load of the whole cluster has changed meanwhile.

    Returns
    -------
    Worth
        Points; ``fault`` where guest or nodes can't be judged.
    """
    fault = _fault(snapshot, vmid, source, target)
    if fault is not None:
        return Worth(fault=fault)
    home = snapshot.with_moves([(vmid, source)])
    view = View.of(home, settings)
    scores = score_nodes(view.placed, view.rules.scale, settings)
    rows = alternatives(view, view.arrays.guest_at[vmid], view.state, scores)
    improvement = next((row.score_improvement for row in rows if row.target == target), None)
    return Worth(
        points=NAN if improvement is None else improvement,
        stayed=loads(home, source, target),
        moved=loads(snapshot.with_moves([(vmid, target)]), source, target),
    )


def loads(snapshot: ClusterSnapshot, source: str, target: str) -> PairLoads:
    """The present loads of two nodes [percent]."""
    node = {node.name: node for node in snapshot.nodes}
    one, other = node[source], node[target]
    return PairLoads(
        source_cpu_pct=one.cpu.current_pct, target_cpu_pct=other.cpu.current_pct,
        source_mem_pct=one.mem.current_pct, target_mem_pct=other.mem.current_pct,
        source_iowait_pct=one.iowait.current_pct, target_iowait_pct=other.iowait.current_pct,
    )  # fmt: skip


def _fault(snapshot: ClusterSnapshot, vmid: int, source: str, target: str) -> str | None:
    guest = next((guest for guest in snapshot.guests if guest.vmid == vmid), None)
    if guest is None:
        return f"Guest {vmid} is no longer in the cluster."
    nodes = {node.name: node for node in snapshot.nodes}
    for name in (source, target):
        if name not in nodes:
            return f"Node {name} is no longer in the cluster."
        if nodes[name].status != "online":
            return f"Node {name} was not online."
        if not nodes[name].measured:
            return f"Node {name} was not measured."
    if guest.status != "running":
        return f"The guest was {guest.status}."
    return None
