"""Where a guest may start anew: after the failure of its node, or for the first time.

Another question than where it may be moved. Nothing is taken along live, so CPU types, snapshots and the targets that
settings allow don't matter; but what was on a node that is gone is gone with it: its local disks, devices and folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

from proxbalance_core.domain.cluster import Guest
from proxbalance_core.domain.units import known
from proxbalance_core.recommend.constraints import Constraints, Ruling, state_ruling
from proxbalance_core.recommend.eligibility import held_by_its_node
from proxbalance_core.scoring.placed import Placed


def start_constraints(constraints: Constraints, fresh: Mapping[int, frozenset[int]] | None = None) -> Constraints:
    """The same constraints for guests that start anew instead of moving.

    Parameters
    ----------
    fresh : mapping, optional
        Guests [positions] that are yet to be made, with the nodes that they may be made on (empty: any).
    """
    new = fresh or {}
    twin = copy(constraints)
    given = {g: nodes & constraints.allowed_on.get(g, nodes) for g, nodes in new.items() if nodes}
    twin.allowed_on = constraints.allowed_on | given
    nodes, guests = constraints.snapshot.nodes, constraints.snapshot.guests
    twin.pooled = frozenset(s.name for node in nodes for s in node.storages or () if s.shared) if new else frozenset()

    def row(g: int) -> list[Ruling]:
        if g not in new and bound_to_its_node(guests[g], constraints) is not None:
            return [Ruling.BOUND] * len(nodes)
        disks = constraints.disk_rulings(guests[g])
        return [
            own or (Ruling.CORES if _too_wide(guests[g], node.cpu_cores) else Ruling.FREE)
            for own, node in zip(disks, nodes, strict=True)
        ]

    twin.fixed = twin.rulings(
        [state_ruling(node) for node in nodes],
        lambda g, guest: (
            guest.type,
            guest.cpu_cores,
            guest.disks,
            guest.pci_passthrough,
            guest.usb_passthrough,
            g in new,
        ),
        row,
    )
    return twin


def joins(
    g: int, placed: Placed, constraints: Constraints, gone: frozenset[int], along: tuple[int, ...] = ()
) -> set[int] | None:
    """Where guest ``g``, with those ``along``, has to join the rest of its unit; None when no rest is left."""
    rest = set(constraints.unit_of.get(g, ())) - {g, *along}
    return {int(placed.node_of[other]) for other in rest} - gone or None


def bound_to_its_node(guest: Guest, constraints: Constraints) -> str | None:
    """What of its node's own a guest can't start without, in a sentence; None when nothing."""
    node = constraints.snapshot.nodes[constraints.arrays.node_at[guest.node]]
    held = held_by_its_node(guest, node)
    if held is not None:
        return held.detail
    disk = next((d for d in guest.disks if d.local_copy), None)
    return None if disk is None else f"Its disk {disk.key} is on '{disk.storage}' of {node.name} itself."


def _too_wide(guest: Guest, cores: float) -> bool:
    """Whether a VM has more cores than the node: Proxmox refuses to start it (a container is only limited)."""
    return guest.type == "vm" and known(cores) and guest.cpu_cores > cores
