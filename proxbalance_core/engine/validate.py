"""``validate``: whether one move may be made now. Pure: the time and the fresh facts are arguments."""

from __future__ import annotations

from datetime import datetime

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.validation import FreshFacts, Validation
from proxbalance_core.engine.view import View
from proxbalance_core.errors import SnapshotInvalid
from proxbalance_core.recommend.validation import (
    NOT_ASKED,
    Case,
    Finding,
    checked,
    improvement_now,
    precondition,
    staleness,
    unchecked,
)


def validate(
    move: tuple[int, str],
    snapshot: ClusterSnapshot,
    facts: FreshFacts,
    now: datetime,
    settings: Settings | None = None,
) -> Validation:
    """Check a move just before it is made.

    Parameters
    ----------
    move : (vmid, target)
        A recommendation's, or any other.
    snapshot : ClusterSnapshot
        What the move was decided on.
    facts : FreshFacts
        The cluster as it is now, and Proxmox's own answer where it could be asked.
    now : datetime
        The time, aware of its zone.

    Raises
    ------
    SnapshotInvalid
        The guest or the target isn't in ``snapshot``.
    """
    vmid, target = move
    settings = settings or Settings()
    then = View.of(snapshot, settings)
    g, n = _positions(then, vmid, target)
    improved = improvement_now(then.placed, settings, g, n)
    was, age = snapshot.guests[g], now - snapshot.taken_at
    fresh = None if facts.snapshot is None else View.of(facts.snapshot, settings)
    gone = _gone(fresh, vmid, target) if fresh is not None else facts.unread
    if fresh is None or gone:
        found = [staleness(age, improved, None), *unchecked(gone)]
    else:
        at, there = _positions(fresh, vmid, target)
        case = Case(was=was, g=at, n=there, placed=fresh.placed, constraints=fresh.constraints, settings=settings)
        again = improvement_now(fresh.placed, settings, at, there) if case.guest.node == was.node else None
        found = [staleness(age, improved, again), *checked(case)]
    asked = precondition(facts, target)
    return _summed_up(was.vmid, was.node, target, [*found, *([asked] if asked else [])], facts)


def _positions(view: View, vmid: int, target: str) -> tuple[int, int]:
    cluster, at = view.snapshot.cluster, view.arrays
    if vmid not in at.guest_at:
        raise SnapshotInvalid(f"There is no guest {vmid} in cluster '{cluster}'.", path=f"moves.{vmid}")
    if target not in at.node_at:
        raise SnapshotInvalid(f"There is no node '{target}' in cluster '{cluster}'.", path=f"moves.{vmid}")
    return at.guest_at[vmid], at.node_at[target]


def _gone(fresh: View, vmid: int, target: str) -> str:
    """What of the move isn't in the cluster any more; empty when all is there."""
    if vmid not in fresh.arrays.guest_at:
        return f"guest {vmid} isn't in the cluster now, or may not be seen."
    return "" if target in fresh.arrays.node_at else f"node {target} isn't in the cluster now."


def _summed_up(vmid: int, source: str, target: str, found: list[Finding], facts: FreshFacts) -> Validation:
    warnings = [warning for finding in found for warning in finding.warnings]
    if facts.preconditions is not None and not facts.preconditions.known:
        warnings.append(NOT_ASKED)
    return Validation(
        vmid=vmid, source=source, target=target, passed=all(finding.passed for finding in found),
        checks=tuple(finding.told() for finding in found), warnings=tuple(warnings),
    )  # fmt: skip
