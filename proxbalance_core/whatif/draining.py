"""``drain``: how nodes are emptied for maintenance, and what keeps them from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.drains import Drain, NodeShift
from proxbalance_core.domain.results import NodeScore, Violation
from proxbalance_core.domain.settings import Settings
from proxbalance_core.engine.view import View
from proxbalance_core.plan.impact import node_scores
from proxbalance_core.recommend.violations import made_worse, violations
from proxbalance_core.whatif.drain_blockers import blockers
from proxbalance_core.whatif.drain_choices import Choices, wishes_of
from proxbalance_core.whatif.drain_guests import guest_rows
from proxbalance_core.whatif.drain_scene import Scene, worked_out
from proxbalance_core.whatif.drain_shutdown import shut_down, with_shutdowns
from proxbalance_core.whatif.drain_words import notes, summary


def drain(
    snapshot: ClusterSnapshot,
    settings: Settings | None = None,
    nodes: str | Iterable[str] = (),
    choices: Choices | None = None,
) -> Drain:
    """Empty ``nodes``: the migrations in waves, who is left and the remedy for each, and how the rest fares.

    Parameters
    ----------
    snapshot : ClusterSnapshot
    settings : Settings
    nodes : str or iterable of str
        Which are to be emptied, all at once; whether they are in maintenance already makes no difference.
    choices : mapping of int to str, optional
        By vmid the node that a guest is to go to, or ``"shut down"``. A chosen target is taken first and kept.

    Raises
    ------
    ChangeInvalid
        For what can't be: an unknown or offline node, a guest that is elsewhere, a chosen target that is ruled out.
    """
    settings = settings or Settings()
    emptied = (nodes,) if isinstance(nodes, str) else tuple(sorted(set(nodes)))
    wishes = wishes_of(snapshot, emptied, choices or {})
    return _told(worked_out(snapshot, settings, emptied, wishes))


def _told(scene: Scene) -> Drain:
    view, before = scene.view, View.of(scene.today, scene.view.settings)
    held = blockers(view, scene.reasons, scene.end, scene.leaving)
    off = shut_down(scene)
    made = Drain(
        cluster=scene.today.cluster, taken_at=scene.today.taken_at, settings=view.settings.to_dict(),
        emptied=scene.emptied, possible=not held, summary="", guests=guest_rows(scene), blockers=held,
        missing_bytes=sum(row.missing_bytes or 0.0 for row in held), shut_down=off,
        plan=with_shutdowns(scene.plan, off), nodes=tuple(_shifts(scene, before)),
        broken=tuple(_broken(scene, before)),
    )  # fmt: skip
    return dataclasses.replace(made, summary=summary(made), notes=tuple(notes(made, scene)))


def _shifts(scene: Scene, before: View) -> Iterator[NodeShift]:
    view, end = scene.view, scene.end
    was = {n.name: n for n in node_scores(before.placed, before.rules.scale, before.settings, before.field)}
    for now in node_scores(end.placed, view.rules.scale, view.settings, end.field):
        if now.name not in scene.emptied:
            yield _shift(was[now.name], now)


def _shift(was: NodeScore, now: NodeScore) -> NodeShift:
    return NodeShift(
        node=now.name, score_before=was.score, score=now.score, cpu_pct_before=was.cpu_pct, cpu_pct=now.cpu_pct,
        mem_pct_before=was.mem_pct, mem_pct=now.mem_pct, guests_before=was.guest_count, guests=now.guest_count,
    )  # fmt: skip


def _broken(scene: Scene, before: View) -> Iterator[Violation]:
    """Hard constraints that hold today and wouldn't then; who is left is told elsewhere."""
    after = violations(scene.end.placed, scene.view.constraints)
    for violation in made_worse(violations(before.placed, before.constraints), after):
        if violation.constraint != "maintenance":
            yield violation
