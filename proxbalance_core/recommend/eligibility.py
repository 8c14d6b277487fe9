"""Which guests may be considered at all, and the reason why the others may not (engine, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest, Node
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.wording import clause
from proxbalance_core.features.groups import IGNORE_TAGS, Groups
from proxbalance_core.features.once import once
from proxbalance_core.recommend.constraints import Constraints, units
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.strain import StrainField

AFTER_UNITS = frozenset({"cooldown", "source_not_allowed", "recurring_spike"})
DUTY_PASSES = frozenset({"ha_managed", "stopped", "cooldown", "cluster_balanced", "recurring_spike"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """Why a guest is not considered, and what would change that."""

    reason: str
    detail: str
    would_change: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Barriers by guest position, without regard to duty (``plain``) and for guests with one (``on_duty``)."""

    plain: dict[int, Barrier]
    on_duty: dict[int, Barrier]
    dutiful: frozenset[int]


Check = Callable[[Guest, Node], Barrier | None]


def eligibility(snapshot: ClusterSnapshot, placed: Placed, constraints: Constraints, settings: Settings) -> Eligibility:
    """Barriers that don't depend on the cluster's load; the first that applies counts.

    Of the cluster as it stands they are kept as long as the snapshot lives, for the settings that count.
    """
    if not np.array_equal(placed.node_of, placed.arrays.guest.home):
        return _eligibility(snapshot, placed, constraints, settings)
    counts = (settings.include_ha, settings.cooldown_hours, settings.allowed_sources, settings.allowed_targets)
    maintained = placed.arrays.node.maintenance.tobytes()
    key = ("eligibility", *counts, maintained, held_for_peaks(snapshot, settings))
    return once(snapshot, key, lambda: _eligibility(snapshot, placed, constraints, settings))


def _eligibility(
    snapshot: ClusterSnapshot, placed: Placed, constraints: Constraints, settings: Settings
) -> Eligibility:
    dutiful = duty_bound(placed)
    plain: dict[int, Barrier] = {}
    on_duty: dict[int, Barrier] = {}
    checks = _checks(snapshot, settings)
    for g in range(len(snapshot.guests)):
        barriers = _barriers(g, placed, constraints, checks)
        if barriers:
            plain[g] = barriers[0]
        if g in dutiful:
            kept = [b for b in barriers if b.reason not in DUTY_PASSES]
            on_duty.update({g: kept[0]} if kept else {})
    _block_units(snapshot, constraints, plain)
    _block_units(snapshot, constraints, on_duty, among=dutiful, others=plain)
    return Eligibility(plain=plain, on_duty=on_duty, dutiful=dutiful)


def duty_bound(placed: Placed) -> frozenset[int]:
    """Guests whose duty it is to move: on a node in maintenance, or in a violated tag rule."""
    groups: Groups = placed.groups
    node_of = placed.node_of
    unit_of = units(groups.together)
    bound = {int(g) for g in np.flatnonzero(placed.arrays.node.maintenance[node_of])}
    for group in groups.apart:
        nodes = [int(node_of[g]) for g in group.guests]
        if group.from_tag:
            bound |= {g for g in group.guests if nodes.count(int(node_of[g])) > 1}
    for group in groups.together:
        if group.from_tag and len({int(node_of[g]) for g in group.guests}) > 1:
            bound |= set(unit_of[group.guests[0]])
    for group in groups.placed:
        if group.from_tag:
            bound |= {g for g in group.guests if int(node_of[g]) not in group.nodes}
    return frozenset(bound)


def barriers_of(g: int, placed: Placed, constraints: Constraints, settings: Settings) -> tuple[Barrier, ...]:
    """Everything about guest ``g`` [position] that keeps it where it is, in the order of the design."""
    return _barriers(g, placed, constraints, _checks(constraints.snapshot, settings))


def _barriers(g: int, placed: Placed, constraints: Constraints, checks: list[Check]) -> tuple[Barrier, ...]:
    guest, node = constraints.snapshot.guests[g], constraints.snapshot.nodes[int(placed.node_of[g])]
    found = (_pinned(g, placed, constraints) if check is _PINNED else check(guest, node) for check in checks)
    return tuple(barrier for barrier in found if barrier is not None)


def _PINNED(guest: Guest, node: Node) -> Barrier | None:  # noqa: N802 - a marker for the place in the order
    return None


def _checks(snapshot: ClusterSnapshot, settings: Settings) -> list[Check]:
    """In the order of the design; only the first that applies is shown."""
    now, held = snapshot.taken_at.astimezone(ZoneInfo(snapshot.timezone)), held_for_peaks(snapshot, settings)
    return [
        _template, _source_offline, _not_measured, _ignored,
        lambda g, _: _muted(g, now),
        lambda g, _: None if settings.include_ha else _ha(g),
        _stopped, _locked, _passthrough_device, _passthrough_disk, _bind_mount, _PINNED,
        lambda g, _: _cooldown(g, now, settings),
        lambda _, n: _source_not_allowed(n, settings),
        lambda _, n: _recurring_spike(n, snapshot) if n.name in held else None,
    ]  # fmt: skip


def _template(guest: Guest, node: Node) -> Barrier | None:
    return Barrier(reason="template", detail="It is a template, which doesn't run.") if guest.template else None


def _source_offline(guest: Guest, node: Node) -> Barrier | None:
    if node.online:
        return None
    change = f"when {node.name} is online again"
    return Barrier(reason="source_offline", detail=f"Its node {node.name} is {node.status}.", would_change=change)


def _not_measured(guest: Guest, node: Node) -> Barrier | None:
    cpu, mem = guest.cpu_used_cores.current, guest.mem_used_bytes.current
    change = "when there are current figures"
    if not node.measured:
        return Barrier(
            reason="not_measured", detail=f"Its node {node.name} has no current figures.", would_change=change
        )
    if guest.status == "unknown" or (guest.running and not (cpu == cpu and mem == mem)):
        return Barrier(reason="not_measured", detail="It has no current CPU or memory figure.", would_change=change)
    return None


def _ignored(guest: Guest, node: Node) -> Barrier | None:
    tag = next(iter(sorted(guest.tag_set & IGNORE_TAGS)), None)
    if tag is None:
        return None
    return Barrier(reason="has_ignore_tag", detail=f"It has the tag '{tag}'.", would_change=f"without the tag '{tag}'")


def _muted(guest: Guest, now: datetime) -> Barrier | None:
    if guest.muted_until is None or guest.muted_until <= now:
        return None
    until = _in_words(guest.muted_until, now)
    return Barrier(reason="muted", detail=f"It is muted until {until}.", would_change=f"from {until}")


def _ha(guest: Guest) -> Barrier | None:
    if not guest.ha.managed:
        return None
    return Barrier(
        reason="ha_managed",
        detail="Proxmox's HA manager looks after it.",
        would_change="with guests under HA included (include_ha)",
    )


def _stopped(guest: Guest, node: Node) -> Barrier | None:
    if guest.running:
        return None
    return Barrier(reason="stopped", detail=f"It is {guest.status}.", would_change="when it runs")


def _locked(guest: Guest, node: Node) -> Barrier | None:
    if not guest.lock:
        return None
    return Barrier(
        reason="locked",
        detail=f"It is locked ({guest.lock}).",
        would_change=f"when the lock '{guest.lock}' is released",
    )


def _passthrough_device(guest: Guest, node: Node) -> Barrier | None:
    kinds = [k for k, has in (("PCI", guest.pci_passthrough), ("USB", guest.usb_passthrough)) if has]
    if not kinds:
        return None
    device = " and ".join(kinds)
    return Barrier(
        reason="passthrough_device",
        detail=f"It uses a {device} device of its node.",
        would_change=f"without the {device} device",
    )


def _passthrough_disk(guest: Guest, node: Node) -> Barrier | None:
    disk = next((d for d in guest.disks if d.passthrough), None)
    if disk is None:
        return None
    return Barrier(
        reason="passthrough_disk",
        detail=f"Disk {disk.key} is a device of its node.",
        would_change=f"without disk {disk.key}",
    )


def _bind_mount(guest: Guest, node: Node) -> Barrier | None:
    disk = next((d for d in guest.disks if d.bind_mount and not d.shared), None)
    if guest.type != "ct" or disk is None:
        return None
    change = f"when {disk.key} is marked shared"
    return Barrier(
        reason="unshared_bind_mount",
        detail=f"Mount point {disk.key} is a folder of its node.",
        would_change=change,
    )


def held_by_its_node(guest: Guest, node: Node) -> Barrier | None:
    """The device, disk or folder of its node that a guest uses, if any: it can't run elsewhere without it."""
    checks = (_passthrough_device, _passthrough_disk, _bind_mount)
    return next((barrier for check in checks if (barrier := check(guest, node)) is not None), None)


def _pinned(g: int, placed: Placed, constraints: Constraints) -> Barrier | None:
    allowed = constraints.allowed_on.get(g)
    if allowed is None or allowed - {int(placed.node_of[g])}:
        return None
    names = ", ".join(placed.arrays.node.names[n] for n in sorted(allowed)) or "no node that is there"
    return Barrier(reason="pinned", detail=f"It may only run on {names}.", would_change="with another node allowed")


def _cooldown(guest: Guest, now: datetime, settings: Settings) -> Barrier | None:
    past = [move.at for move in guest.moves if move.at <= now]
    over = max(past) + timedelta(hours=settings.cooldown_hours) if past else now
    if over <= now:
        return None
    hours = (now - max(past)).total_seconds() / 3600.0
    detail = f"It moved {hours:.1f} hours ago; the cooldown is {settings.cooldown_hours:g} hours."
    return Barrier(reason="cooldown", detail=detail, would_change=f"from {_in_words(over, now)}")


def _in_words(moment: datetime, now: datetime) -> str:
    """``moment`` in the zone of ``now``, which is the cluster's."""
    return f"{moment.astimezone(now.tzinfo):%Y-%m-%d %H:%M %Z}"


def _source_not_allowed(node: Node, settings: Settings) -> Barrier | None:
    if not settings.allowed_sources or node.name in settings.allowed_sources:
        return None
    detail = f"The settings leave {node.name} out as a source."
    return Barrier(
        reason="source_not_allowed", detail=detail, would_change=f"with {node.name} among the allowed sources"
    )


def held_for_peaks(snapshot: ClusterSnapshot, settings: Settings) -> frozenset[str]:
    """Nodes for which nothing but a peak of every day calls, and that by the plan's margin alone.

    In no hour of the last 7 days were they over the CPU threshold, so that no overload is bought by leaving them. Their
    memory and iowait are under their thresholds, their CPU is under the threshold less the margin in 95 % of all other
    hours, and now too unless it is the peak's hour: one that stays on after its hours is none any more.
    """
    if not settings.hold_recurring_peaks:
        return frozenset()
    hour = snapshot.taken_at.astimezone(ZoneInfo(snapshot.timezone)).hour
    return frozenset(node.name for node in snapshot.nodes if node.measured and _peak_alone(node, hour, settings))


def _peak_alone(node: Node, hour: int, settings: Settings) -> bool:
    peak, limit = node.recurring_peak, settings.cpu_threshold - settings.plan_margin_pct
    if peak is None or not peak.rest_pct < limit <= peak.peak_pct:
        return False
    seen = max(node.cpu.max_7d_pct, node.cpu.current_pct)
    calm_now = hour in peak.hours or node.cpu.current_pct < limit
    iowait = node.iowait.current_pct
    calm = node.mem.current_pct < settings.mem_threshold and not iowait >= settings.iowait_threshold
    return seen < settings.cpu_threshold and calm_now and calm


def _recurring_spike(node: Node, snapshot: ClusterSnapshot) -> Barrier:
    peak = node.recurring_peak
    assert peak is not None  # held_for_peaks looked
    begin, end = peak.hours[0], (peak.hours[-1] + 1) % 24
    detail = (
        f"{node.name} is busy every day from {begin:02d}:00 to {end:02d}:00 ({snapshot.timezone}), with"
        f" {peak.peak_pct:.0f} % CPU, and recovers by itself: it was never over {node.cpu.max_7d_pct:.0f} % in 7 days,"
        f" at other hours under {peak.rest_pct:.0f} %."
    )
    return Barrier(
        reason="recurring_spike", detail=detail,
        would_change=(
            f"when it comes over the threshold, or stays after {end:02d}:00, "
            "or if recurring peaks aren't waited out (hold_recurring_peaks)"
        ),
    )  # fmt: skip


def _block_units(
    snapshot: ClusterSnapshot,
    constraints: Constraints,
    barriers: dict[int, Barrier],
    among: frozenset[int] | None = None,
    others: dict[int, Barrier] | None = None,
) -> None:
    """A unit moves whole or not at all: who can't move holds back the rest, and is named."""
    for unit in sorted(set(constraints.unit_of.values())):
        held = [g for g in unit if g in barriers or (among is not None and g not in among and others and g in others)]
        if not held:
            continue
        reasons = {g: barriers.get(g) or (others or {})[g] for g in held}
        first = min(held, key=lambda g: (reasons[g].reason in AFTER_UNITS, g))
        member, barrier = snapshot.guests[first], reasons[first]
        detail = f"It moves with guest {member.vmid}, which can't: {clause(barrier.detail)}"
        for g in unit:
            own = barriers.get(g)
            comes_first = own is None or (own.reason in AFTER_UNITS and barrier.reason not in AFTER_UNITS)
            if comes_first and (among is None or g in among):
                barriers[g] = Barrier(
                    reason="affinity_blocked",
                    detail=detail,
                    would_change=f"when guest {member.vmid} can move",
                )


def cluster_is_balanced(field: StrainField, placed: Placed, settings: Settings) -> bool:
    """No node over a threshold now or in any hour ahead, and less than the spread between its nodes."""
    scope = field.scope
    if not scope.any():
        return True
    mem, iowait = placed.mem_level[scope], placed.iowait_level[scope]
    cpu = np.concatenate([placed.cpu_level[scope][:, None], field.cpu[scope]], axis=1)
    calm = (
        bool((cpu <= settings.cpu_threshold).all())
        and bool((mem <= settings.mem_threshold).all())
        and not bool((iowait > settings.iowait_threshold).any())
    )
    spread = max(float(np.ptp(cpu, axis=0).max()), float(np.ptp(mem)))
    return calm and spread < settings.balanced_spread_pct
