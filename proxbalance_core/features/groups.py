"""Who must, may not or would rather not share a node: tags and HA rules as positions of guests."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest
from proxbalance_core.domain.wording import listed
from proxbalance_core.features.arrays import ClusterArrays, Floats, Ints
from proxbalance_core.features.once import once

EXCLUDE, AFFINITY, PIN = "exclude_", "affinity_", "pin_"
IGNORE_TAGS = frozenset({"ignore", "proxbalance-ignore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Guests [positions] bound by one tag or rule; ``nodes`` [positions] only for node affinity."""

    name: str
    guests: tuple[int, ...]
    nodes: frozenset[int] = frozenset()
    from_tag: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Hard and soft groups of a cluster, and what the rules name that isn't there (``notes``)."""

    apart: tuple[Group, ...]
    together: tuple[Group, ...]
    placed: tuple[Group, ...]
    soft_apart: tuple[Group, ...]
    soft_together: tuple[Group, ...]
    soft_placed: tuple[Group, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, snapshot: ClusterSnapshot, arrays: ClusterArrays) -> Groups:
        """Read the tags and rules of ``snapshot``; kept as long as it lives."""
        return once(snapshot, "groups", lambda: cls._read(snapshot, arrays))

    @classmethod
    def _read(cls, snapshot: ClusterSnapshot, arrays: ClusterArrays) -> Groups:
        rules, notes = _rule_groups(snapshot, arrays)
        pins, pin_notes = _pins(snapshot.guests, arrays)
        return cls(
            apart=(*_tag_groups(snapshot.guests, EXCLUDE), *rules["negative", True]),
            together=(*_tag_groups(snapshot.guests, AFFINITY), *rules["positive", True]),
            placed=(*pins, *rules["node", True]),
            soft_apart=tuple(rules["negative", False]),
            soft_together=tuple(rules["positive", False]),
            soft_placed=tuple(rules["node", False]),
            notes=(*notes, *pin_notes),
        )

    @property
    def softly_bound(self) -> frozenset[int]:
        """Guests that a soft rule speaks of."""
        soft = (*self.soft_apart, *self.soft_together, *self.soft_placed)
        return frozenset(g for group in soft for g in group.guests)

    def softly_broken_by(self, g: int, node_of: Ints) -> frozenset[str]:
        """Names of the soft rules that guest ``g`` [position] has a part in and that don't hold."""
        broken = {x.name for x in self.soft_apart if g in x.guests and _sharing(x, g, node_of) > 1}
        broken |= {x.name for x in self.soft_together if g in x.guests and len({int(node_of[o]) for o in x.guests}) > 1}
        return frozenset(
            broken | {x.name for x in self.soft_placed if g in x.guests and int(node_of[g]) not in x.nodes}
        )

    def soft_broken(self, node_of: Ints, nodes: int) -> Floats:
        """How many soft rules are broken on each node, [nodes]."""
        broken = np.zeros(nodes)
        for group in self.soft_apart:
            broken += np.bincount(node_of[list(group.guests)], minlength=nodes) >= 2
        for group in self.soft_together:
            held = np.bincount(node_of[list(group.guests)], minlength=nodes) > 0
            if held.sum() > 1:
                broken += held
        for group in self.soft_placed:
            for n in {int(node_of[g]) for g in group.guests} - group.nodes:
                broken[n] += 1
        return broken


def _sharing(group: Group, g: int, node_of: Ints) -> int:
    return sum(node_of[other] == node_of[g] for other in group.guests)


def _tag_groups(guests: tuple[Guest, ...], prefix: str) -> list[Group]:
    members: dict[str, list[int]] = defaultdict(list)
    for i, guest in enumerate(guests):
        if guest.template:
            continue
        for tag in sorted(guest.tag_set):
            if tag.startswith(prefix) and len(tag) > len(prefix):
                members[tag].append(i)
    return [Group(name=tag, guests=tuple(m), from_tag=True) for tag, m in sorted(members.items()) if len(m) > 1]


def _pins(guests: tuple[Guest, ...], arrays: ClusterArrays) -> tuple[list[Group], list[str]]:
    lower = {name.lower(): i for name, i in arrays.node_at.items()}
    pins, notes = [], []
    for i, guest in enumerate(guests):
        named = [tag[len(PIN) :] for tag in sorted(guest.tag_set) if tag.startswith(PIN) and len(tag) > len(PIN)]
        if not named:
            continue
        known = frozenset(lower[name] for name in named if name in lower)
        notes += [
            f"Guest {guest.vmid} is pinned to node '{name}', which is not there." for name in named if name not in lower
        ]
        label = " or ".join(PIN + name for name in named)
        pins.append(Group(name=label, guests=(i,), nodes=known, from_tag=True))
    return pins, notes


def _rule_groups(
    snapshot: ClusterSnapshot, arrays: ClusterArrays
) -> tuple[dict[tuple[str, bool], list[Group]], list[str]]:
    found: dict[tuple[str, bool], list[Group]] = defaultdict(list)
    notes = []
    for rule in snapshot.rules:
        missing = [f"guest {v}" for v in rule.guests if v not in arrays.guest_at]
        missing += [f"node '{n}'" for n in rule.nodes if n not in arrays.node_at]
        if missing:
            notes.append(
                f"Rule '{rule.name}' names {listed(missing)}, not in this snapshot (the token may not see it)."
            )
        guests = tuple(sorted({arrays.guest_at[v] for v in rule.guests if v in arrays.guest_at}))
        kind = "node" if rule.kind == "node-affinity" else str(rule.affinity)
        nodes = frozenset(arrays.node_at[n] for n in rule.nodes if n in arrays.node_at)
        if guests and (kind == "node" or len(guests) > 1):
            found[kind, rule.strict].append(Group(name=rule.name, guests=guests, nodes=nodes))
    return found, notes
