"""What keeps guests on a node that is to be emptied, and the remedy for each."""

from __future__ import annotations

from collections.abc import Iterator

from proxbalance_core.domain.cluster import Guest
from proxbalance_core.domain.drains import Blocker
from proxbalance_core.domain.units import GIB
from proxbalance_core.engine.view import View
from proxbalance_core.plan.board import State
from proxbalance_core.plan.outage import Homeless, lacking_memory
from proxbalance_core.recommend.clashes import rule_clashes
from proxbalance_core.recommend.constraints import Ruling
from proxbalance_core.recommend.eligibility import Barrier, Eligibility
from proxbalance_core.recommend.rulings import refusals
from proxbalance_core.recommend.skips import unmet_duty, with_clash
from proxbalance_core.whatif.drain_choices import together
from proxbalance_core.whatif.evacuating import Evacuation

OFF_ANYWAY = frozenset({"stopped", "suspended"})
RULED_OUT = frozenset({"no_suitable_target", "storage_incompatible"})
# What an admin can do about each ruling; those of a node's state are told in the detail.
FOR_RULING = {
    Ruling.NOT_ALLOWED: "allow more nodes as targets in the settings",
    Ruling.STORAGE: "put its disks on a storage that another node has, with room for them",
    Ruling.CDROM: "take the CD-ROM image out of its drive",
    Ruling.SNAPSHOTS: "delete its snapshots or put its disks on shared storage",
    Ruling.PINNED: "allow it another node in its tag or rule",
    Ruling.CPU_TYPE: "give it a CPU type that all nodes have",
    Ruling.APART: "ease the rule that keeps it away from others",
}
FOR_REASON = {
    "not_measured": "Wait until it has current figures",
    "has_ignore_tag": "Take the tag off it",
    "muted": "End its mute",
    "passthrough_device": "Take the device out of it",
    "passthrough_disk": "Put that disk on a storage",
    "unshared_bind_mount": "Mark the mount point as shared, if every node has that folder",
    "pinned": "Allow it another node in its tag or rule",
    "affinity_blocked": "Let the guest that it moves with go, or ease the rule that holds them together",
    "source_not_allowed": "Allow its node as a source in the settings",
}


def reasons_to_stay(view: View, eligible: Eligibility, made: Evacuation, after: State) -> dict[int, Barrier]:
    """Why each guest [position] that is left is, in ``after``, where the plan ends."""
    dropped = {g: why for g, (_, why) in made.planned.dropped.items()}
    spread, clashes = made.planned.found.scattered, rule_clashes(view.placed) if made.left else ()
    barriers = (
        (g, unmet_duty(g, dropped.get(g), spread, eligible, after.placed, view.constraints)) for g in sorted(made.left)
    )
    return {g: with_clash(g, barrier, clashes) for g, barrier in barriers}


def blockers(view: View, reasons: dict[int, Barrier], after: State, emptied: frozenset[int]) -> tuple[Blocker, ...]:
    """Those of the guests left that run, by vmid."""
    guests = view.snapshot.guests
    running = {g: barrier for g, barrier in reasons.items() if guests[g].status not in OFF_ANYWAY}
    stuck = [g for g, barrier in running.items() if barrier.reason == "no_suitable_target"]
    lacking = lacking_memory(after, view.rules, emptied, stuck) if stuck else {}
    return tuple(_blocker(view, g, barrier, after, lacking.get(g)) for g, barrier in running.items())


def _blocker(view: View, g: int, barrier: Barrier, after: State, unit: Homeless | None) -> Blocker:
    guest = view.snapshot.guests[g]
    nearest = None if unit is None else view.arrays.node.names[unit.node]
    missing = None if unit is None else unit.missing_bytes
    options = list(_remedies(view, g, barrier, after, nearest, missing))
    return Blocker(
        vmid=guest.vmid, name=guest.name or "", type=guest.type, node=guest.node, reason=barrier.reason,
        detail=barrier.detail, remedy=_sentence(options), missing_bytes=missing, nearest=nearest,
    )  # fmt: skip


def _remedies(
    view: View, g: int, barrier: Barrier, after: State, nearest: str | None, missing: float | None
) -> Iterator[str]:
    guest = view.snapshot.guests[g]
    if barrier.reason == "locked":
        yield f"wait until its lock '{guest.lock}' is released"
        return
    if nearest is not None and missing:
        yield f"free {missing / GIB:.1f} GB of memory on {nearest}"
    if barrier.reason in RULED_OUT:
        yield from _against_rulings(view, g, after, nearest)
    elif barrier.reason in FOR_REASON:
        yield FOR_REASON[barrier.reason]
    yield "shut it down for the maintenance"


def _against_rulings(view: View, g: int, after: State, nearest: str | None) -> Iterator[str]:
    ruled = {ruling for _, ruling in refusals(g, after.placed, view.constraints)}
    if Ruling.MEMORY in ruled and nearest is None:
        yield "make room for its memory on another node"
    if len(together(view, g, after.placed)) > 1:
        yield "ease the rule that holds it together with others"
    yield from (FOR_RULING[ruling] for ruling in sorted(ruled) if ruling in FOR_RULING)


def _sentence(options: list[str]) -> str:
    text = ", or ".join(options)
    return f"{text[0].upper()}{text[1:]}."


def stays_because(guest: Guest, barrier: Barrier | None) -> str:
    """Why a guest that doesn't run is left where it is."""
    if guest.template:
        return "It is a template, which doesn't run."
    return f"It is {guest.status} and stays. {barrier.detail if barrier else ''}".rstrip()
