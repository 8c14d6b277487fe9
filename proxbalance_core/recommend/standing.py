"""Advisories on the state of the cluster: quorum, maintenance, HA rules and Proxmox's own balancer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest
from proxbalance_core.domain.results import Advisory
from proxbalance_core.features.groups import IGNORE_TAGS, Group
from proxbalance_core.recommend.clashes import Clash
from proxbalance_core.recommend.constraints import MEM_LIMIT, Constraints, Ruling
from proxbalance_core.recommend.naming import guests_named
from proxbalance_core.scoring.placed import Placed


def lost_quorum(snapshot: ClusterSnapshot) -> Iterator[Advisory]:
    """Without quorum Proxmox refuses every change."""
    if snapshot.quorate is not False:
        return
    offline = [node.name for node in snapshot.nodes if not node.online]
    yield Advisory(
        type="lost_quorum",
        severity="critical",
        node=None,
        message="The cluster has lost quorum: Proxmox refuses migrations and changes until enough nodes are back.",
        metrics={"nodes": len(snapshot.nodes), "nodes_not_online": offline},
        suggestions=("Bring the missing nodes or their cluster network back; `pvecm status` shows the votes.",),
    )


def evacuation_blockers(placed: Placed, constraints: Constraints) -> Iterator[Advisory]:
    """Guests that keep a node in maintenance from being empty; templates stay where they are."""
    guests, node = constraints.snapshot.guests, placed.arrays.node
    for n in np.flatnonzero(node.maintenance):
        here = [int(g) for g in np.flatnonzero(placed.node_of == n) if not guests[int(g)].template]
        if not here:
            continue
        stuck = [g for g in here if _bound(guests[g]) or not _has_place(g, placed, constraints)]
        name, count = node.names[n], len(here)
        message = (
            f"{name} is in maintenance and still has {count} guest{'s' * (count != 1)}: {guests_named(guests, here)}."
        )
        if stuck:
            message += f" As things are, {guests_named(guests, stuck)} can't be moved."
        yield Advisory(
            type="evacuation_blockers",
            severity="warning",
            node=name,
            message=message,
            metrics={
                "guests": count, "vmids": [guests[g].vmid for g in here],
                "stuck": len(stuck), "stuck_vmids": [guests[g].vmid for g in stuck],
            },
            suggestions=(
                "Do the recommended evacuation moves; the list of skipped guests says what keeps the others.",
            ),
        )  # fmt: skip


def _bound(guest: Guest) -> bool:
    """Whether the guest itself keeps it from being moved, wherever to."""
    devices = guest.pci_passthrough or guest.usb_passthrough
    disks = any(d.passthrough or (d.bind_mount and not d.shared) for d in guest.disks)
    return devices or disks or guest.lock is not None or bool(guest.tag_set & IGNORE_TAGS)


def _has_place(g: int, placed: Placed, constraints: Constraints) -> bool:
    """Whether a node may take the guest by itself: storage, pins and memory; who is there is left aside."""
    room = placed.mem_used_bytes() + constraints.need_bytes[g] <= MEM_LIMIT * constraints.mem_limits
    fits = room | (constraints.need_bytes[g] == 0)
    return bool((fits & (constraints.fixed[g] == Ruling.FREE)).any())


def clashing_rules(clashes: tuple[Clash, ...], constraints: Constraints) -> Iterator[Advisory]:
    """Tags and strict rules of which one has to go: no placement keeps them all."""
    guests = constraints.snapshot.guests
    for clash in clashes:
        yield Advisory(
            type="clashing_rules",
            severity="warning",
            node=None,
            message=clash.sentence,
            metrics={
                "rules": list(clash.rules), "vmids": [guests[g].vmid for g in sorted(clash.guests)],
                "nodes": len(constraints.snapshot.nodes),
            },
            suggestions=("Take one of these tags or rules away; as they are, nothing can be done about the others.",),
        )  # fmt: skip


def broken_ha_rules(placed: Placed, constraints: Constraints) -> Iterator[Advisory]:
    """Strict HA rules that running guests break: Proxmox's to repair, so shown and not moved."""
    groups = placed.groups
    for group in groups.apart:
        crowded = [g for at in _by_node(group, placed).values() if len(at) > 1 for g in at]
        yield from _broken(group, crowded, "share a node, which it forbids", placed, constraints)
    for group in groups.together:
        at = _by_node(group, placed)
        scattered = [g for members in at.values() for g in members] if len(at) > 1 else []
        yield from _broken(group, scattered, f"run on {len(at)} nodes instead of 1", placed, constraints)
    for group in groups.placed:
        at = _by_node(group, placed)
        astray = [g for n, members in at.items() if n not in group.nodes for g in members]
        yield from _broken(group, astray, "run on a node that it doesn't allow", placed, constraints)


def _by_node(group: Group, placed: Placed) -> dict[int, list[int]]:
    """The running members of an HA rule on each node; those of a tag are repaired by the plan."""
    at: dict[int, list[int]] = {}
    for g in () if group.from_tag else group.guests:
        if placed.arrays.guest.running[g]:
            at.setdefault(int(placed.node_of[g]), []).append(g)
    return at


def _broken(group: Group, members: list[int], how: str, placed: Placed, constraints: Constraints) -> Iterator[Advisory]:
    if not members:
        return
    members = sorted(members)
    guests, names = constraints.snapshot.guests, placed.arrays.node.names
    where = sorted({names[int(placed.node_of[g])] for g in members})
    yield Advisory(
        type="ha_rule_violated",
        severity="warning",
        node=where[0] if len(where) == 1 else None,
        message=f"HA rule '{group.name}' is broken: {guests_named(guests, members)} {how}.",
        metrics={
            "rule": group.name, "guests": len(members), "vmids": [guests[g].vmid for g in members],
            "nodes": where, "node_count": len(where), "allowed_node_count": 1,
        },
        suggestions=(
            "Proxmox's HA manager repairs this by itself when it can; `ha-manager status` says what keeps it.",
        ),
    )  # fmt: skip


def two_balancers(snapshot: ClusterSnapshot) -> Iterator[Advisory]:
    """Proxmox balances by itself: two balancers may undo each other's moves."""
    crs = snapshot.crs
    if crs is None or crs.ha != "dynamic" or not crs.auto_rebalance:
        return
    yield Advisory(
        type="two_balancers",
        severity="info",
        node=None,
        message=(
            "Proxmox's dynamic scheduler rebalances HA guests by itself; leave those guests to it, "
            "or the two may undo each other's moves."
        ),
        metrics={"crs_ha": crs.ha, "auto_rebalance": crs.auto_rebalance},
        suggestions=("Keep include_ha off, or switch Proxmox's automatic rebalancing off in the datacenter options.",),
    )
