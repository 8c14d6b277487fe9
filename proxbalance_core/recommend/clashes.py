"""Rules that can't all hold: the smallest set of them that clashes, in one sentence (engine, section 1).

Tags and strict rules ask where guests may be (pins), who stays together and who stays apart. Whether all of it can
hold at once is decided by :mod:`proxbalance_core.recommend.colouring`, for guests that are bound to one another and
whose rules don't hold as they stand. What clashes is reduced by deletion until nothing can be left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from proxbalance_core.domain.wording import counted, listed
from proxbalance_core.features.arrays import Ints
from proxbalance_core.features.groups import Group, Groups
from proxbalance_core.features.unions import united
from proxbalance_core.recommend.colouring import Bond, holds
from proxbalance_core.scoring.placed import Placed

MOST_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Rules of which one has to go: their names, the guests [positions] that they clash over, and a sentence."""

    rules: tuple[str, ...]
    guests: frozenset[int]
    sentence: str


def rule_clashes(placed: Placed) -> tuple[Clash, ...]:
    """What can't hold on any placement; one for each set of guests that rules bind to one another."""
    nodes = len(placed.arrays.node.names)
    found = []
    for bonds in _bound_together(placed.groups):
        if all(_stands(bond, placed.node_of) for bond in bonds) or holds(bonds, nodes) is not False:
            continue
        core = min((_core(order, nodes) for order in (bonds, bonds[::-1])), key=_size)
        found.append(_told(core, placed, nodes))
    return tuple(found)


def _bound_together(groups: Groups) -> list[list[Bond]]:
    """The rules by sets of guests that they bind, directly or through others."""
    bonds = [Bond(kind="placed", group=group) for group in groups.placed]
    bonds += [Bond(kind="together", group=group) for group in groups.together]
    bonds += [Bond(kind="apart", group=group) for group in groups.apart]
    leader_of = united(bond.group.guests for bond in bonds)
    by_set: dict[int, list[Bond]] = defaultdict(list)
    for bond in bonds:
        by_set[leader_of[bond.group.guests[0]]].append(bond)
    return [by_set[leader] for leader in sorted(by_set)]


def _stands(bond: Bond, node_of: Ints) -> bool:
    """Whether a rule holds as things are."""
    at = [int(node_of[g]) for g in bond.group.guests]
    if bond.kind == "placed":
        return bond.group.nodes.issuperset(at)
    return len(set(at)) == (1 if bond.kind == "together" else len(at))


def _core(bonds: Sequence[Bond], nodes: int) -> list[Bond]:
    """What is left of clashing rules when none can be left out, and no guest of one."""
    core = list(bonds)
    for bond in bonds:
        without = [other for other in core if other is not bond]
        if holds(without, nodes) is False:
            core = without
    for i in range(len(core)):
        for g in core[i].group.guests:
            core = _without_guest(core, i, g, nodes)
    return core


def _without_guest(core: list[Bond], i: int, g: int, nodes: int) -> list[Bond]:
    """The rules with guest ``g`` taken out of the ``i``-th, if they clash all the same."""
    bond = core[i]
    kept = tuple(other for other in bond.group.guests if other != g)
    if len(kept) < (1 if bond.kind == "placed" else 2):
        return core
    smaller = [*core[:i], replace(bond, group=replace(bond.group, guests=kept)), *core[i + 1 :]]
    return smaller if holds(smaller, nodes) is False else core


def _size(core: list[Bond]) -> tuple[int, int]:
    return len(core), sum(len(bond.group.guests) for bond in core)


def _told(core: list[Bond], placed: Placed, nodes: int) -> Clash:
    guests = frozenset(g for bond in core for g in bond.group.guests)
    phrases = [_phrase(bond, placed) for bond in _merged(core)]
    if holds(core, nodes + len(guests)):
        phrases.append(f"there {'is' if nodes == 1 else 'are'} only {counted(nodes, 'node')}")
    lead = "This can't hold" if len(core) == 1 else "These can't all hold"
    return Clash(
        rules=tuple(dict.fromkeys(bond.group.name for bond in core)),
        guests=guests,
        sentence=f"{lead}: {listed(phrases)}.",
    )


def _merged(core: list[Bond]) -> list[Bond]:
    """Pins that say the same of several guests as one."""
    pins: dict[tuple[str, frozenset[int]], Bond] = {}
    for bond in core:
        if bond.kind == "placed":
            key = bond.group.name, bond.group.nodes
            before = pins[key].group.guests if key in pins else ()
            guests = tuple(sorted({*before, *bond.group.guests}))
            pins[key] = replace(bond, group=replace(bond.group, guests=guests))
    return [*pins.values(), *(bond for bond in core if bond.kind != "placed")]


def _phrase(bond: Bond, placed: Placed) -> str:
    group, names = bond.group, placed.arrays.node.names
    vmids = [str(int(placed.arrays.guest.vmids[g])) for g in group.guests]
    more = len(vmids) - MOST_NAMED
    shown = listed([*vmids[:MOST_NAMED], f"{more} more"] if more > 0 else vmids)
    who, called = f"guest{'s' * (len(vmids) > 1)} {shown}", _name(group)
    if bond.kind != "placed":
        return f"{called} wants {who} {bond.kind}"
    allowed = listed([names[n] for n in sorted(group.nodes)])
    return f"{called} allows {who} only {allowed}" if allowed else f"{called} allows {who} no node that is there"


def _name(group: Group) -> str:
    return f"'{group.name}'" if group.from_tag else f"rule '{group.name}'"
