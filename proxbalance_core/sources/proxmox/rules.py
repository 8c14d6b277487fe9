"""HA rules of Proxmox VE 9, HA groups of 8, and what HA says of guests and nodes. Absence is no error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from proxbalance_core.domain.cluster import HaState, Rule
from proxbalance_core.errors import SourceError
from proxbalance_core.sources.proxmox.answers import HaGroup, HaResource, HaRule, ManagerStatus, one, rows, to_table

Ask = Callable[[str], Any]
# 8 knows no rules (404, 501; 400 and 500 before that), 9 has moved its groups to rules (500): neither is a fault.
ABSENT = frozenset({400, 404, 500, 501})
T = TypeVar("T")


def unless_absent(read: Callable[[], T]) -> T | None:
    """What ``read`` gives, None where this Proxmox has no such thing."""
    try:
        return read()
    except SourceError as error:
        if getattr(error, "status", None) in ABSENT:
            return None
        raise


def ha_resources(ask: Ask) -> tuple[HaResource, ...]:
    """The guests under HA."""
    path = "cluster/ha/resources"
    return unless_absent(lambda: rows(HaResource, ask(path), path)) or ()


def ha_states(resources: tuple[HaResource, ...]) -> dict[str, HaState]:
    """By HA id (``vm:101``)."""
    return {row.sid: HaState(managed=True, state=row.state) for row in resources}


def ha_rules(ask: Ask, resources: tuple[HaResource, ...]) -> tuple[Rule, ...]:
    """Node and resource affinity, from rules (9) or else from groups (8)."""
    path = "cluster/ha/rules"
    found = unless_absent(lambda: rows(HaRule, ask(path), path)) or ()
    if found:
        return tuple(rule for row in found if (rule := decode_rule(row)) is not None)
    path = "cluster/ha/groups"
    groups = unless_absent(lambda: rows(HaGroup, ask(path), path)) or ()
    return tuple(rule for group in groups if (rule := decode_group(group, resources)) is not None)


def decode_rule(row: HaRule) -> Rule | None:
    """A rule that is in force, else None."""
    guests = tuple(vmid for sid in _split(row.resources) if (vmid := _vmid(sid)) is not None)
    if row.disable or not guests:
        return None
    if row.type == "node-affinity":
        nodes = tuple(dict.fromkeys(name.split(":")[0] for name in _split(row.nodes)))
        return Rule(name=row.rule, kind="node-affinity", strict=row.strict, guests=guests, nodes=nodes)
    if row.type == "resource-affinity":
        apart: Literal["negative", "positive"] = "negative" if row.affinity == "negative" else "positive"
        # Proxmox has no soft resource affinity: its manager never starts what would break one
        return Rule(name=row.rule, kind="resource-affinity", affinity=apart, strict=True, guests=guests)
    return None


def decode_group(group: HaGroup, resources: tuple[HaResource, ...]) -> Rule | None:
    """A group of Proxmox VE 8 as node affinity: ``restricted`` is strict, priorities (``pve1:2``) are dropped."""
    members = tuple(vmid for row in resources if row.group == group.group and (vmid := _vmid(row.sid)) is not None)
    if not members:
        return None
    nodes = tuple(dict.fromkeys(name.split(":")[0] for name in _split(group.nodes)))
    return Rule(name=group.group, kind="node-affinity", strict=group.restricted, guests=members, nodes=nodes)


def maintained_nodes(ask: Ask) -> frozenset[str]:
    """The nodes in maintenance, as the HA manager or their own HA service says; none without HA."""
    path = "cluster/ha/status/manager_status"
    status = unless_absent(lambda: one(ManagerStatus, ask(path), path)) or ManagerStatus()
    managed: Mapping[str, Any] = to_table(status.manager_status.get("node_status"))
    own = {node: to_table(row).get("mode") for node, row in status.lrm_status.items()}
    return frozenset(node for words in (managed, own) for node, word in words.items() if word == "maintenance")


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _vmid(sid: str) -> int | None:
    number = sid.rpartition(":")[2]
    return int(number) if number.isdigit() else None
