"""``what_if``: the same engine asked again about a changed cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from proxbalance_core.domain.changes import AddGuest, Change, Consolidate, DrainNode, LoseNode, MoveGuest
from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import Evaluation, Recommendation, Violation
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import known
from proxbalance_core.domain.whatif import AdvisedMove, Fate, NodeFate, Unplaced, WhatIf
from proxbalance_core.engine.assess import decided, explained
from proxbalance_core.engine.evaluate import evaluate, judged
from proxbalance_core.engine.view import View
from proxbalance_core.plan.outage import lacking_memory
from proxbalance_core.recommend.violations import made_worse
from proxbalance_core.whatif.checks import refuse_impossible
from proxbalance_core.whatif.emptying import Emptied, emptied
from proxbalance_core.whatif.evacuating import evacuation, left_on
from proxbalance_core.whatif.guests import outgrown, waiting, with_guests_grown
from proxbalance_core.whatif.notes import notes
from proxbalance_core.whatif.settling import Settled, settled
from proxbalance_core.whatif.summary import summary
from proxbalance_core.whatif.topology import in_maintenance, with_nodes_changed
from proxbalance_core.whatif.verdict import verdict


def what_if(snapshot: ClusterSnapshot, settings: Settings | None = None, changes: Iterable[Change] = ()) -> WhatIf:
    """The cluster before and after ``changes``, what no longer fits, and the moves that would be advised then.

    Raises
    ------
    ChangeInvalid
        For what can't be: an unknown node or guest, no node left, an impossible size.
    """
    settings, changes = settings or Settings(), tuple(changes)
    refuse_impossible(snapshot, changes)
    sized = with_guests_grown(with_nodes_changed(snapshot, changes), changes)
    moves = [(change.vmid, change.target) for change in changes if isinstance(change, MoveGuest)]
    moved = sized.with_moves(moves) if moves else sized
    lost = tuple(change.node for change in changes if isinstance(change, LoseNode))
    new = waiting(moved, changes)
    then = settled(moved, settings, lost, new)
    chosen = _emptied(then.snapshot, settings, changes)
    if chosen.nodes:  # nobody is to start on a node that is about to be emptied
        then = settled(in_maintenance(moved, chosen.nodes), settings, lost, new)
    final = then.snapshot
    start = View.of(sized, settings)
    hand = judged(start, View.of(moved, settings) if moves else start)
    after = start if final is sized else View.of(final, settings)
    told = _assessed(final, settings, drained_by(changes) | set(chosen.nodes))
    return _told(_Scene(snapshot, settings, changes, then, chosen, final, hand, after, told))


@dataclasses.dataclass(frozen=True, slots=True)
class _Scene:
    """All that was worked out; ``hand`` judges the moves by hand, ``after`` is the cluster right after the changes."""

    today: ClusterSnapshot
    settings: Settings
    changes: tuple[Change, ...]
    then: Settled
    chosen: Emptied
    final: ClusterSnapshot
    hand: Evaluation
    after: View
    told: Assessment

    @property
    def drained(self) -> frozenset[str]:
        return drained_by(self.changes) | set(self.chosen.nodes)


def drained_by(changes: Iterable[Change]) -> frozenset[str]:
    """The nodes that are to be emptied by name."""
    return frozenset(change.node for change in changes if isinstance(change, DrainNode))


def _assessed(snapshot: ClusterSnapshot, settings: Settings, drained: frozenset[str]) -> Assessment:
    """An assessment; where that leaves someone on a node to be emptied, the plan of a drain if it leaves fewer."""
    view, eligible, plan = decided(snapshot, settings, "sequential", lambda _: True)
    nodes = frozenset(view.arrays.node_at[name] for name in drained)
    left = left_on(view, nodes, plan) if nodes else frozenset()
    if left - set(eligible.on_duty):
        emptying = evacuation(view, eligible, nodes, {})
        plan = emptying.planned if len(emptying.left) < len(left) else plan
    return explained(view, "sequential", eligible, plan)


def _emptied(snapshot: ClusterSnapshot, settings: Settings, changes: tuple[Change, ...]) -> Emptied:
    wanted = next((change.nodes for change in changes if isinstance(change, Consolidate)), None)
    needed = frozenset(c.node for c in changes if isinstance(c, AddGuest) and c.node is not None)
    return Emptied() if wanted is None else emptied(snapshot, settings, wanted, needed)


def _told(scene: _Scene) -> WhatIf:
    before = evaluate(scene.today, scene.settings)
    after = _with_hand_moves(judged(scene.after, scene.after), scene)
    steps = [(step.vmid, step.target) for step in scene.told.plan.steps]
    end = View.of(scene.final.with_moves(steps), scene.settings) if steps else scene.after
    advised = judged(scene.after, end)
    left = (*scene.then.unplaced, *_not_drained(scene, end))
    broken = tuple(_broken(scene, before, advised))
    made = WhatIf(
        cluster=scene.today.cluster, taken_at=scene.today.taken_at, settings=scene.settings.to_dict(),
        changes=scene.changes, verdict=verdict(before, advised, left, bool(broken or scene.chosen.short)), summary="",
        before=before, after=after, advised=advised, nodes=tuple(_fates(scene)), started=scene.then.started,
        unplaced=left, missing_bytes=sum(row.missing_bytes or 0.0 for row in left), broken=broken,
        moves=tuple(_advised(r) for r in scene.told.recommendations), plan=scene.told.plan,
    )  # fmt: skip
    said = notes(made, scene.today, scene.final, scene.chosen)
    return dataclasses.replace(made, summary=summary(made), notes=(*scene.told.notes, *said))


def _with_hand_moves(after: Evaluation, scene: _Scene) -> Evaluation:
    """Moves by hand have a price, and may lead to a node without the storage."""
    cost = scene.hand.objective - scene.hand.strain
    return dataclasses.replace(
        after, objective=round(after.strain + cost, 6), violations=(*after.violations, *_without_storage(scene))
    )  # fmt: skip


def _without_storage(scene: _Scene) -> tuple[Violation, ...]:
    """Guests that were moved by hand to a node that can't have their disks, and are there still."""
    node_of = {guest.vmid: guest.node for guest in scene.final.guests}
    return tuple(
        v for v in scene.hand.violations if v.constraint == "storage" and all(node_of[m] == v.node for m in v.vmids)
    )


def _not_drained(scene: _Scene, end: View) -> Iterator[Unplaced]:
    """Who the plan leaves on nodes that are to be emptied, with the memory that is missing for it."""
    drained = scene.drained
    left = [s for s in scene.told.skipped if s.node in drained and s.reason != "template"]
    if not left:
        return
    stuck = [end.arrays.guest_at[skip.vmid] for skip in left if skip.reason == "no_suitable_target"]
    found = lacking_memory(end.state, end.rules, [end.arrays.node_at[name] for name in drained], stuck)
    lacking = {int(end.arrays.guest.vmids[g]): unit for g, unit in found.items()}
    for skip in left:
        unit = lacking.get(skip.vmid)
        yield Unplaced(
            vmid=skip.vmid, name=skip.name, type=skip.type, node=skip.node, reason=skip.reason, detail=skip.detail,
            missing_bytes=unit.missing_bytes if unit else None,
            nearest=end.arrays.node.names[unit.node] if unit else None,
        )  # fmt: skip


def _broken(scene: _Scene, before: Evaluation, advised: Evaluation) -> Iterator[Violation]:
    """Hard constraints that hold today and wouldn't after all; who has no place is told elsewhere."""
    gone = {change.node for change in scene.changes if isinstance(change, LoseNode)}
    lost = {row.vmid for row in scene.then.unplaced} | {g.vmid for g in scene.final.guests if g.node in gone}
    for violation in made_worse(before.violations, (*advised.violations, *_without_storage(scene))):
        told = violation.constraint == "maintenance" and violation.node in scene.drained
        if not told and not lost.intersection(violation.vmids):
            yield violation
    yield from outgrown(scene.final, scene.changes)


def _fates(scene: _Scene) -> Iterator[NodeFate]:
    today = {node.name: node for node in scene.today.nodes}
    lost = {change.node for change in scene.changes if isinstance(change, LoseNode)}
    for node in scene.final.nodes:
        before = today.get(node.name)
        grown = before is not None and (before.cpu_cores, before.mem_bytes) != (node.cpu_cores, node.mem_bytes)
        fate: Fate = (
            "lost" if node.name in lost else "drained" if node.name in scene.drained
            else "added" if before is None else "grown" if grown else "kept"
        )  # fmt: skip
        yield NodeFate(
            node=node.name, fate=fate, cpu_cores_before=_given(before.cpu_cores) if before else None,
            cpu_cores=_given(node.cpu_cores), mem_bytes_before=_given(before.mem_bytes) if before else None,
            mem_bytes=_given(node.mem_bytes),
        )  # fmt: skip


def _given(value: float) -> float | None:
    return value if known(value) else None


def _advised(r: Recommendation) -> AdvisedMove:
    return AdvisedMove(
        vmid=r.vmid, name=r.name, type=r.type, source=r.source, target=r.target, kind=r.kind, wave=r.wave,
        score_improvement=r.score_improvement, strain_relief=r.strain_relief,
        estimated_seconds=r.estimated_seconds, summary=r.reason.summary,
    )  # fmt: skip
