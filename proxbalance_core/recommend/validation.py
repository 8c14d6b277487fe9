"""Whether one move may be made now, check by check (engine, section 7). What can't be checked has failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from proxbalance_core.domain.cluster import Guest
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.units import GIB, NAN, known
from proxbalance_core.domain.validation import Check, CheckName, FreshFacts
from proxbalance_core.domain.wording import clause
from proxbalance_core.recommend.constraints import (
    MEM_LIMIT_IN_ORDER,
    Constraints,
    Ruling,
    needs_storage,
    snapshots_stay,
)
from proxbalance_core.recommend.eligibility import Barrier, barriers_of, duty_bound
from proxbalance_core.recommend.rulings import ruling_in_words
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.rows import node_rows, side, target_totals
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.targets import score_nodes

OLD, TOO_OLD = timedelta(minutes=15), timedelta(minutes=30)
# Clocks of two machines may differ by so much; a snapshot from further ahead can't be told to be fresh.
CLOCK_SKEW = timedelta(minutes=1)
OVER_BY_PCT = 20.0
STATE_BARRIERS = frozenset(
    {"template", "source_offline", "not_measured", "has_ignore_tag", "muted", "passthrough_device", "passthrough_disk",
     "unshared_bind_mount"}
)  # fmt: skip
WARNED_BARRIERS = frozenset({"cooldown", "source_not_allowed"})
NOT_ASKED = "This version of Proxmox has no precondition check for containers: our own checks stand alone."
AFTER_STALENESS: tuple[CheckName, ...] = (
    "guest_state", "target_state", "storage", "resources", "locks_and_snapshots", "affinity",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check with the warnings that came up in it."""

    check: CheckName
    passed: bool
    detail: str
    warnings: tuple[str, ...] = ()

    def told(self) -> Check:
        """The check as it is shown."""
        return Check(check=self.check, passed=self.passed, detail=self.detail)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """A move on the cluster as it is now.

    ``was`` is the guest in the snapshot that the move comes from, ``g`` and ``n`` [positions] the guest and
    its target now, ``going`` all that move with it: its unit, as far as it isn't there yet.
    """

    was: Guest
    g: int
    n: int
    placed: Placed
    constraints: Constraints
    settings: Settings

    @property
    def guest(self) -> Guest:
        return self.constraints.snapshot.guests[self.g]

    @property
    def target(self) -> str:
        return self.constraints.snapshot.nodes[self.n].name

    @property
    def going(self) -> tuple[int, ...]:
        unit = self.constraints.unit_of.get(self.g, (self.g,))
        return tuple(m for m in unit if self.placed.node_of[m] != self.n)

    def named(self, m: int) -> str:
        """``Guest 101`` for one of those that go along, ``It`` for the guest itself."""
        return "It" if m == self.g else f"Guest {self.constraints.snapshot.guests[m].vmid}, which moves with it,"


def improvement_now(placed: Placed, settings: Settings, g: int, n: int) -> float:
    """What guest ``g`` on node ``n`` improves its node's score by, as things stand [points]; NaN: not measured."""
    scores = score_nodes(placed, PointScale.of(settings), settings)
    home = int(placed.node_of[g])
    if not placed.arrays.node.measured[home]:
        return NAN
    return round(side(node_rows(scores, home)).total - float(target_totals(scores, g)[n]), 2)


def staleness(age: timedelta, then: float, now: float | None) -> Finding:
    """How old the snapshot behind the move is, and what the move would bring today.

    ``then`` and ``now`` are the improvements [points] on that snapshot and on fresh data (None: can't be scored).
    """
    minutes = age.total_seconds() / 60.0
    told = f"The snapshot is {minutes:.0f} minute{'s' * (round(minutes) != 1)} old."
    warnings: list[str] = []
    if age < -CLOCK_SKEW:
        told = f"The snapshot is {-minutes:.0f} minutes ahead of this machine's clock: its age can't be told."
    elif age > TOO_OLD:
        told = f"The snapshot is {_spoken(age)} old, and {_spoken(TOO_OLD)} is the most."
    elif age > OLD:
        warnings.append(f"The snapshot is {minutes:.0f} minutes old; assess again before many moves.")
    if now is None or not (known(then) and known(now)):
        drift = " The score can't be computed again."
    else:
        drift = f" On fresh data the move improves the score by {now:.2f} points, {then:.2f} then ({now - then:+.2f})."
        if then > 0 and now < then / 2:
            warnings.append(f"Less than half of the improvement is left: {now:.2f} of {then:.2f} points.")
    return Finding(
        check="staleness", passed=-CLOCK_SKEW <= age <= TOO_OLD, detail=told + drift, warnings=tuple(warnings)
    )


def _spoken(age: timedelta) -> str:
    minutes = age.total_seconds() / 60.0
    if minutes < 120:
        return f"{minutes:.0f} minutes"
    return f"{minutes / 60:.0f} hours" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"


def checked(case: Case) -> Iterator[Finding]:
    """The checks on the cluster as it is now, in the order in which they are shown."""
    for judge in (_guest_state, _target_state, _storage, _resources, _locks, _affinity):
        yield judge(case)


def _finding(check: CheckName, faults: list[str], fine: str, warnings: list[str] | None = None) -> Finding:
    return Finding(
        check=check, passed=not faults, detail=" ".join(faults) if faults else fine, warnings=tuple(warnings or ())
    )


def _guest_state(case: Case) -> Finding:
    """Running (or stopped) as it was, on its source, and nothing that binds it there."""
    guest, was, faults = case.guest, case.was, []
    if guest.node != was.node:
        faults.append(f"It is on {guest.node} now, not on {was.node}.")
    if guest.status != was.status:
        faults.append(f"It was {was.status} and is {guest.status} now.")
    if guest.ha.managed != was.ha.managed:
        now = "is under HA now" if guest.ha.managed else "is no longer under HA"
        faults.append(f"It {now}, so another command would move it.")
    barriers = barriers_of(case.g, case.placed, case.constraints, case.settings)
    faults += [barrier.detail for barrier in barriers if barrier.reason in STATE_BARRIERS]
    warnings = [barrier.detail for barrier in barriers if _is_warned(barrier, case)]
    return _finding("guest_state", faults, f"It is {guest.status} on {guest.node}.", warnings)


def _is_warned(barrier: Barrier, case: Case) -> bool:
    """A duty isn't held up by a cooldown, so it isn't warned of either."""
    if barrier.reason == "cooldown" and case.g in duty_bound(case.placed):
        return False
    return barrier.reason in WARNED_BARRIERS


def _target_state(case: Case) -> Finding:
    node, snapshot, faults = case.constraints.snapshot.nodes[case.n], case.constraints.snapshot, []
    allowed = case.settings.allowed_targets
    if snapshot.quorate is False:
        faults.append("The cluster has lost quorum: Proxmox refuses migrations.")
    if case.guest.node == node.name:
        faults.append(f"It is on {node.name} already.")
    if not node.online:
        faults.append(f"{node.name} is {node.status}.")
    elif not node.measured:
        faults.append(f"{node.name} has no current figures.")
    if node.maintenance:
        faults.append(f"{node.name} is in maintenance.")
    if allowed and node.name not in allowed:
        faults.append(f"The settings leave {node.name} out as a target.")
    for m in case.going:
        if case.constraints.guest_ruling(snapshot.guests[m], case.n) == Ruling.CPU_TYPE:
            who = "the guest" if m == case.g else f"guest {snapshot.guests[m].vmid}, which moves with it,"
            faults.append(f"{node.name} has another CPU model, and {who} uses CPU type host.")
    return _finding("target_state", faults, f"{node.name} is online and measured.")


def _storage(case: Case) -> Finding:
    faults = [fault for m in case.going for fault in _storage_faults(case, m)]
    if not faults and not case.constraints.copies_fit_on(case.n, _moved(case)):
        faults.append(f"{case.target} has no room for all the disks that would be copied.")
    disks = [disk for disk in case.guest.disks if needs_storage(disk)]
    copied = sum(disk.size_bytes for disk in disks if disk.local_copy)
    fine = f"{case.target} has the storage of all {len(disks)} disks." if len(disks) > 1 else ""
    fine = fine or (f"{case.target} has the storage of its disk." if disks else "It has no disk on a storage.")
    return _finding("storage", faults, fine + (f" {copied / GIB:.1f} GB are copied." if copied else ""))


def _storage_faults(case: Case, m: int) -> Iterator[str]:
    guest, offered = case.constraints.snapshot.guests[m], case.constraints.storages[case.n]
    needing = [disk for disk in guest.disks if needs_storage(disk)]
    if offered is None:
        if needing:
            yield f"The storages of {case.target} aren't known, so the disks can't be checked."
        return
    ruling = case.constraints.disk_rulings(guest)[case.n]
    if ruling != Ruling.FREE:
        yield f"{case.target} {ruling_in_words(ruling, m, case.n, case.placed, case.constraints)}."
        return
    for disk in needing:
        storage = offered[str(disk.storage)]
        if disk.local_copy and not (known(disk.size_bytes) and known(storage.total_bytes - storage.used_bytes)):
            yield f"Whether disk {disk.key} fits on '{storage.name}' of {case.target} can't be told: sizes are unknown."


def _moved(case: Case) -> Placed:
    after = case.placed.copy()
    for m in case.going:
        after.move(m, case.n)
    return after


def _resources(case: Case) -> Finding:
    """The target after the move: over a threshold is worth a warning, by 20 points is too much."""
    after, n, s = _moved(case), case.n, case.settings
    levels = [
        ("CPU", float(after.cpu_level[n]), s.cpu_threshold),
        ("memory", float(after.mem_level[n]), s.mem_threshold),
        ("iowait", float(after.iowait_level[n]), s.iowait_threshold),
    ]
    faults = [f"The {word} of {case.target} isn't measured." for word, level, _ in levels[:2] if not known(level)]
    shown = [(word, level, limit) for word, level, limit in levels if known(level)]
    faults += [
        f"{case.target} would be at {level:.1f} % {word}, over {limit + OVER_BY_PCT:g} %."
        for word, level, limit in shown if level > limit + OVER_BY_PCT
    ]  # fmt: skip
    need = sum(float(case.constraints.need_bytes[m]) for m in case.going)
    room = float(MEM_LIMIT_IN_ORDER * case.constraints.mem_limits[n] - case.placed.mem_used_bytes()[n])
    if need > max(room, 0.0):
        faults.append(f"{case.target} has {max(room, 0.0) / GIB:.1f} GB left for the {need / GIB:.1f} GB it was given.")
    warnings = [
        f"{case.target} would be at {level:.1f} % {word}, over the threshold of {limit:g} %."
        for word, level, limit in shown if limit < level <= limit + OVER_BY_PCT
    ]  # fmt: skip
    figures = " and ".join(f"{level:.1f} % {word}" for word, level, _ in shown[:2])
    return _finding("resources", faults, f"{case.target} would be at {figures}.", warnings)


def _locks(case: Case) -> Finding:
    faults = []
    for m in case.going:
        guest = case.constraints.snapshot.guests[m]
        if guest.lock:
            faults.append(f"{case.named(m)} is locked ({guest.lock}).")
        if snapshots_stay(guest):
            faults.append(f"{case.named(m)} has snapshots on local disks, which can't move live.")
    return _finding("locks_and_snapshots", faults, "No lock, and no snapshot in the way.")


def _affinity(case: Case) -> Finding:
    constraints, going, faults = case.constraints, case.going, []
    for m in going:
        if case.n not in constraints.allowed_on.get(m, {case.n}):
            words = ruling_in_words(Ruling.PINNED, m, case.n, case.placed, constraints)
            faults.append(f"{case.target} {words}.")
        barriers = barriers_of(m, case.placed, constraints, case.settings) if m != case.g else ()
        held = next((barrier for barrier in barriers if barrier.reason in STATE_BARRIERS), None)
        if held is not None:
            faults.append(f"{case.named(m)} can't: {clause(held.detail)}")
    if constraints.at_odds(going) or any(constraints.shares(m, case.n, case.placed, going) for m in going):
        words = ruling_in_words(Ruling.APART, case.g, case.n, case.placed, constraints)
        faults.append(f"{case.target} {words}.")
    others = [str(constraints.snapshot.guests[m].vmid) for m in going if m != case.g]
    warnings = [f"It is part of a unit: move guest {', '.join(others)} to {case.target} too."] if others else []
    return _finding("affinity", faults, f"No rule keeps it from {case.target}.", warnings)


def precondition(facts: FreshFacts, target: str) -> Finding | None:
    """Proxmox's own word; None where there is nobody to ask."""
    check: CheckName = "migrate_precondition"
    answer = facts.preconditions
    if facts.unanswered:
        return Finding(check=check, passed=False, detail=f"Proxmox gave no answer to it: {facts.unanswered}")
    if answer is None or not answer.known:
        return None
    if answer.objections:
        return Finding(check=check, passed=False, detail=" ".join(answer.objections), warnings=answer.notes)
    return Finding(check=check, passed=True, detail=f"Proxmox has no objection to {target}.", warnings=answer.notes)


def unchecked(why: str) -> Iterator[Finding]:
    """Every check on fresh data, failed: there are none."""
    for check in AFTER_STALENESS:
        yield Finding(check=check, passed=False, detail=f"It could not be checked: {why}")
