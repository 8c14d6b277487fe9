"""Whether rules can hold at once: a node for each guest such that pins, together and apart are all kept.

Guests that stay together are one unit; units that stay apart need different nodes. Where each unit is in one
"apart" group at most, matching decides; where groups overlap, backtracking does, within a number of steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from proxbalance_core.features.groups import Group
from proxbalance_core.features.unions import united

MOST_STEPS = 20_000
Kind = Literal["placed", "together", "apart"]
Domains = dict[int, frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """One rule, and what it asks of its guests."""

    kind: Kind
    group: Group


def holds(bonds: Sequence[Bond], nodes: int) -> bool | None:
    """Whether all ``bonds`` can hold on ``nodes`` nodes; None when that can't be told in time."""
    unit_of = united(
        bond.group.guests if bond.kind == "together" else (g,) for bond in bonds for g in bond.group.guests
    )
    domains: Domains = dict.fromkeys(unit_of.values(), frozenset(range(nodes)))
    for bond in bonds:
        if bond.kind == "placed":
            for g in bond.group.guests:
                domains[unit_of[g]] &= bond.group.nodes
    groups = []
    for bond in bonds:
        if bond.kind == "apart":
            units = [unit_of[g] for g in bond.group.guests]
            if len(set(units)) < len(units):
                return False
            groups.append(tuple(units))
    if not all(domains.values()):
        return False
    return _coloured(domains, groups)


def _coloured(domains: Domains, groups: list[tuple[int, ...]]) -> bool | None:
    if not all(_matched(domains, group) for group in groups):
        return False
    times: dict[int, int] = defaultdict(int)
    for group in groups:
        for unit in group:
            times[unit] += 1
    if max(times.values(), default=0) < 2:
        return True
    return _Search(groups).run(domains)


def _matched(domains: Domains, group: tuple[int, ...]) -> bool:
    """Whether the units of one group can have a node each: augmenting paths, the shortest first."""
    if len(group) <= min((len(domains[unit]) for unit in group), default=0):
        return True
    owner: dict[int, int] = {}
    return all(_seated(unit, domains, owner) for unit in group)


def _seated(unit: int, domains: Domains, owner: dict[int, int]) -> bool:
    """Give ``unit`` a node, moving the owners of others on where that makes room."""
    came_from: dict[int, int] = {}
    waiting = [unit]
    for asking in waiting:
        for n in sorted(domains[asking] - came_from.keys()):
            came_from[n] = asking
            if n in owner:
                waiting.append(owner[n])
                continue
            _shift(n, came_from, owner)
            return True
    return False


def _shift(n: int, came_from: dict[int, int], owner: dict[int, int]) -> None:
    """Seat everyone on the way to the free node ``n`` one place further."""
    seat_of = {unit: node for node, unit in owner.items()}
    place: int | None = n
    while place is not None:
        unit = came_from[place]
        owner[place], place = unit, seat_of.get(unit)


class _Search:
    """Backtracking over units in several groups: fewest nodes first, and nodes that are all alike tried once."""

    def __init__(self, groups: list[tuple[int, ...]]) -> None:
        self.groups = groups
        self.of: dict[int, list[int]] = defaultdict(list)
        for i, group in enumerate(groups):
            for unit in group:
                self.of[unit].append(i)
        self.steps = 0

    def run(self, domains: Domains) -> bool | None:
        """True for a placement, False for none, None when the steps run out."""
        open_units = [unit for unit in domains if unit in self.of and len(domains[unit]) > 1]
        if not open_units:
            return True
        self.steps += 1
        if self.steps > MOST_STEPS:
            return None
        unit = min(open_units, key=lambda u: (len(domains[u]), -len(self.of[u]), u))
        for n in self._unlike(domains, unit):
            narrowed = self._narrowed(domains, unit, n)
            if narrowed is None:
                continue
            found = self.run(narrowed)
            if found is not False:
                return found
        return False

    def _unlike(self, domains: Domains, unit: int) -> list[int]:
        """One node of each sort: two that are in the same domains lead to the same answer."""
        sorts: dict[frozenset[int], int] = {}
        for n in sorted(domains[unit]):
            sorts.setdefault(frozenset(u for u, domain in domains.items() if n in domain), n)
        return list(sorts.values())

    def _narrowed(self, domains: Domains, unit: int, n: int) -> Domains | None:
        """The domains with ``unit`` on node ``n``, and what follows from it; None when that can't be."""
        made = domains | {unit: frozenset({n})}
        settled = [unit]
        while settled:
            at = settled.pop()
            for other in {u for i in self.of[at] for u in self.groups[i] if u != at}:
                left = made[other] - made[at]
                if not left:
                    return None
                if left != made[other]:
                    made[other] = left
                    settled += [other] if len(left) == 1 else []
        return made if all(_matched(made, group) for group in self.groups) else None
