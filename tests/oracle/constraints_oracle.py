"""The slow, obvious judge of hard constraints: what a placement may not do, from the pages alone.

A guest is judged by where it stands; nothing here knows how a plan was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from proxbalance_core import ClusterSnapshot
from proxbalance_core.domain.cluster import Guest, Node

Broken = dict[tuple[str, ...], float]


def tags(guest: Guest) -> set[str]:
    """Tags in lower case; Proxmox joins them with ``;``, ``,`` or a space."""
    return {word for tag in guest.tags for word in tag.lower().replace(";", " ").replace(",", " ").split()}


def groups(snapshot: ClusterSnapshot, prefix: str) -> dict[str, list[Guest]]:
    """The guests of each tag; a template doesn't run, so that its tags bind nobody."""
    out: dict[str, list[Guest]] = defaultdict(list)
    for guest in snapshot.guests:
        for tag in tags(guest):
            if tag.startswith(prefix) and not guest.template:
                out[tag].append(guest)
    return out


def broken(snapshot: ClusterSnapshot, memory_limit_pct: float) -> Broken:
    """Each violation and its size: a placement is worse when a key appears or its amount grows."""
    out: Broken = {}
    out |= dict(_apart(snapshot))
    out |= dict(_together(snapshot))
    out |= dict(_nodes(snapshot))
    for node in snapshot.nodes:
        if node.measured and node.mem.current_pct > memory_limit_pct:
            out["memory", node.name] = node.mem.current_pct
    return out


def _apart(snapshot: ClusterSnapshot) -> Iterator[tuple[tuple[str, ...], float]]:
    apart = list(groups(snapshot, "exclude_").items())
    for rule in snapshot.rules:
        if rule.kind == "resource-affinity" and rule.affinity == "negative" and rule.strict:
            apart.append((f"rule {rule.name}", [g for g in snapshot.guests if g.vmid in rule.guests]))
    for name, members in apart:
        for one, other in combinations(members, 2):
            if one.node == other.node:
                yield ("apart", name, str(one.vmid), str(other.vmid)), 1.0


def _together(snapshot: ClusterSnapshot) -> Iterator[tuple[tuple[str, ...], float]]:
    units = list(groups(snapshot, "affinity_").items())
    for rule in snapshot.rules:
        if rule.kind == "resource-affinity" and rule.affinity == "positive" and rule.strict:
            units.append((f"rule {rule.name}", [g for g in snapshot.guests if g.vmid in rule.guests]))
    for name, members in units:
        spread = len({guest.node for guest in members})
        if spread > 1:
            yield ("together", name), float(spread)


def _nodes(snapshot: ClusterSnapshot) -> Iterator[tuple[tuple[str, ...], float]]:
    known = {node.name for node in snapshot.nodes}
    for guest in snapshot.guests:
        pins = {tag.removeprefix("pin_") for tag in tags(guest) if tag.startswith("pin_")}
        if pins and guest.node.lower() not in pins:
            yield ("pin", str(guest.vmid)), 1.0
        for rule in snapshot.rules:
            listed = known.intersection(rule.nodes)
            if (
                rule.kind == "node-affinity"
                and rule.strict
                and guest.vmid in rule.guests
                and listed
                and guest.node not in listed
            ):
                yield ("node-affinity", rule.name, str(guest.vmid)), 1.0


def worse(before: Broken, after: Broken) -> list[tuple[str, ...]]:
    """Violations that are new, or greater than they were."""
    return [key for key, amount in after.items() if amount > before.get(key, 0.0) + 1e-6]


def refusal(guest: Guest, node: Node) -> str | None:
    """Why ``node`` can't take ``guest`` whoever else is there."""
    if not node.online:
        return "offline"
    if not node.measured:
        return "not measured"
    if node.maintenance:
        return "maintenance"
    if node.storages is None:
        return None
    usable = {storage.name: storage for storage in node.storages if storage.active}
    for disk in guest.disks:
        if disk.storage is None or disk.passthrough or disk.bind_mount:
            continue
        if disk.cdrom and not disk.shared:
            return f"local CD-ROM image on {disk.storage}"
        if disk.storage not in usable:
            return f"no storage {disk.storage}"
    return None
