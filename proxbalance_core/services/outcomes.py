"""What migrations did: begun with what was predicted, looked at again after each of the next hours, judged, told."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.outcomes import CHECKS_S, OUTCOMES_FORMAT, Accuracy, Check, Outcome, accuracy
from proxbalance_core.domain.records import MoveRecord, StoredGeneration
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import ProxBalanceError

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench
    from proxbalance_core.store import Store

_log = logging.getLogger(__name__)
# A migration that was noticed later than this after the last look at it can't be begun any more.
_WATCHED = timedelta(seconds=max(after + late for after, late in CHECKS_S.items()))
_FULL = timedelta(hours=48)
NO_FORECAST = "There was no assessment before it, so nothing was predicted."
NO_LOOK = "No assessment was made in that time."


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReport:
    """Outcomes, newest first, and how the predictions did by reason, source and target."""

    cid: str
    outcomes: tuple[Outcome, ...]
    accuracy: tuple[Accuracy, ...]

    def to_dict(self) -> dict[str, Any]:
        """The ``proxbalance.outcomes/1`` document; what was not measured is null."""
        from proxbalance_core.domain.documents import plain

        told = [outcome.to_dict() for outcome in self.outcomes]
        return {"format": OUTCOMES_FORMAT, "cluster": self.cid, "outcomes": told, "accuracy": plain(self.accuracy)}


def report(bench: Workbench, cid: str, days: float) -> OutcomeReport:
    """The outcomes of the last ``days``."""
    found = bench.store.outcomes.records(cid, bench.clock() - timedelta(days=days))
    return OutcomeReport(cid=cid, outcomes=found, accuracy=accuracy(found))


def track(store: Store, cid: str, snapshot: ClusterSnapshot, now: datetime) -> None:
    """Begin outcomes of new migrations and look at those that are due, on what is known ``now``.

    Their trouble is never the assessment's that brought them.
    """
    try:
        open_ones = store.outcomes.records(cid, open_only=True)
        begun = tuple(_begun(store, cid, now))
        if open_ones or begun:
            moves = store.migrations.list(cid, now - 2 * _WATCHED)
            store.outcomes.put(cid, *(_looked_at(store, found, snapshot, now, moves) for found in open_ones + begun))
    except ProxBalanceError as error:
        _log.warning("The outcomes of migrations were not brought up to date: %s", error.message)


def _begun(store: Store, cid: str, now: datetime) -> Iterator[Outcome]:
    since = now - _WATCHED
    known = {found.migration for found in store.outcomes.records(cid, since)}
    for move in store.migrations.list(cid, since):
        if move.id not in known:
            yield _predicted(move, _before(store, cid, move))


def _before(store: Store, cid: str, move: MoveRecord) -> StoredGeneration | None:
    """The last whole assessment before a migration, with the guest on its source."""
    for glance in store.generations.list(cid, move.at - _FULL, limit=12, until=move.at):
        if not glance.in_full:
            return None
        found = store.generations.get(glance.id)
        guests = (found.snapshot or {}).get("guests", ())
        if any(guest["vmid"] == move.vmid and guest["node"] == move.source for guest in guests):
            return found
    return None


def _predicted(move: MoveRecord, before: StoredGeneration | None) -> Outcome:
    from proxbalance_core.whatif.worth import worth

    bare = Outcome(
        migration=move.id, at=move.at, vmid=move.vmid, name="", type="", source=move.source, target=move.target,
        origin=move.origin,
    )  # fmt: skip
    if before is None or before.snapshot is None:
        return dataclasses.replace(bare, fault=NO_FORECAST)
    snapshot = ClusterSnapshot.from_dict(before.snapshot)
    guest = next(guest for guest in snapshot.guests if guest.vmid == move.vmid)
    told = worth(snapshot, _settings(before), move.vmid, move.source, move.target)
    moves = before.assessment["recommendations"]
    advised = next((m for m in moves if m["vmid"] == move.vmid and m["target"] == move.target), None)
    outcome = dataclasses.replace(
        bare, name=guest.name or "", type=guest.type, generation=before.id, predicted_points=told.points,
        before=told.stayed, predicted=told.moved, fault=told.fault,
    )  # fmt: skip
    if advised is None:
        return outcome
    return dataclasses.replace(
        outcome, recommendation=advised["id"], kind=advised["kind"], reason=advised["reason"]["primary_reason"],
        predicted_points=advised["score_improvement"],
        plan=tuple(sorted(m["vmid"] for m in moves if m["vmid"] != move.vmid)),
    )  # fmt: skip


def _settings(before: StoredGeneration) -> Settings:
    return Settings.from_dict(before.assessment["settings"])


def _looked_at(
    store: Store, outcome: Outcome, snapshot: ClusterSnapshot, now: datetime, moves: tuple[MoveRecord, ...]
) -> Outcome:
    """``outcome`` with the looks that are due; one that was missed says so."""
    checks = {check.after_s: check for check in outcome.checks}
    passed_s = (now - outcome.at).total_seconds()
    for after_s, late_s in CHECKS_S.items():
        if outcome.fault is not None or after_s in checks or passed_s < after_s:
            continue
        if passed_s >= after_s + late_s:
            checks[after_s] = Check(after_s=after_s, fault=NO_LOOK)
        else:
            checks[after_s] = _check(store, outcome, after_s, snapshot, now, moves)
    return dataclasses.replace(outcome, checks=tuple(checks[after_s] for after_s in sorted(checks)))


def _check(
    store: Store, outcome: Outcome, after_s: int, snapshot: ClusterSnapshot, now: datetime,
    moves: tuple[MoveRecord, ...],
) -> Check:  # fmt: skip
    from proxbalance_core.whatif.worth import worth

    here = next((guest.node for guest in snapshot.guests if guest.vmid == outcome.vmid), None)
    if here is not None and here != outcome.target:
        return Check(after_s=after_s, at=now, fault=f"The guest is on {here} by then.")
    before = None if outcome.generation is None else store.generations.get(outcome.generation)
    settings = Settings() if before is None else _settings(before)
    told = worth(snapshot, settings, outcome.vmid, outcome.source, outcome.target)
    limits = {"CPU": settings.cpu_threshold, "memory": settings.mem_threshold}
    used = {"CPU": told.moved.target_cpu_pct, "memory": told.moved.target_mem_pct}
    return Check(
        after_s=after_s, at=now, loads=told.moved, stayed=told.stayed, points=told.points, fault=told.fault,
        target_over=tuple(name for name, limit in limits.items() if used[name] >= limit),
        others=tuple(_others(outcome, moves, now)),
    )  # fmt: skip


def _others(outcome: Outcome, moves: Iterable[MoveRecord], now: datetime) -> Iterator[str]:
    """Migrations since that touched one of its nodes and were not part of the same plan, in words."""
    pair = {outcome.source, outcome.target}
    for move in sorted(moves, key=lambda move: (move.at, move.vmid)):
        apart = move.vmid != outcome.vmid and move.vmid not in outcome.plan
        if apart and outcome.at <= move.at <= now and pair & {move.source, move.target}:
            yield f"{move.vmid} went from {move.source} to {move.target}"
