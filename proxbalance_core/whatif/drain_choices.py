"""What an admin chose for guests of nodes that are to be emptied; what can't be is refused with one sentence."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.drains import SHUT_DOWN
from proxbalance_core.domain.placement import shifted
from proxbalance_core.engine.view import View
from proxbalance_core.errors import ChangeInvalid
from proxbalance_core.features.arrays import Ints
from proxbalance_core.features.groups import Group
from proxbalance_core.plan.order import tightest_first
from proxbalance_core.recommend.constraints import Ruling
from proxbalance_core.recommend.eligibility import Eligibility
from proxbalance_core.recommend.rulings import WORDS, ruling_in_words
from proxbalance_core.recommend.starts import joins
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.whatif.checks import refuse_target, refuse_unknown_nodes

Choices = Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The choices by what they ask for: targets by vmid, and who is not to move."""

    to: dict[int, str]
    off: frozenset[int]


def wishes_of(snapshot: ClusterSnapshot, emptied: tuple[str, ...], choices: Choices) -> Wishes:
    """Read the choices; nodes and guests have to be there, and each guest on a node that is to be emptied."""
    refuse_unknown_nodes(snapshot, emptied)
    guests = {guest.vmid: guest for guest in snapshot.guests}
    for vmid, choice in choices.items():
        guest = guests.get(vmid)
        if guest is None:
            raise ChangeInvalid(f"There is no guest {vmid} in cluster '{snapshot.cluster}'.")
        if guest.node not in emptied:
            raise ChangeInvalid(f"Guest {vmid} is on {guest.node}, which isn't to be emptied.")
        if guest.template:
            raise ChangeInvalid(f"Guest {vmid} is a template, which stays where it is.")
        if choice == SHUT_DOWN:
            continue
        if choice in emptied:
            raise ChangeInvalid(f"Guest {vmid} can't go to {choice}, which is to be emptied.")
        refuse_target(snapshot, choice, f"guest {vmid}")
    off = frozenset(vmid for vmid, choice in choices.items() if choice == SHUT_DOWN)
    return Wishes(to={vmid: choice for vmid, choice in choices.items() if vmid not in off}, off=off)


def without_guests(snapshot: ClusterSnapshot, vmids: frozenset[int]) -> ClusterSnapshot:
    """The cluster when ``vmids`` are shut down: no node carries them, and no rule speaks of them."""
    if not vmids:
        return snapshot
    nodes = {node.name: node for node in snapshot.nodes}
    for guest in snapshot.guests:
        if guest.vmid in vmids:
            nodes[guest.node] = shifted(nodes[guest.node], guest, -1.0)
    rules = tuple(
        dataclasses.replace(rule, guests=tuple(v for v in rule.guests if v not in vmids)) for rule in snapshot.rules
    )
    left = tuple(guest for guest in snapshot.guests if guest.vmid not in vmids)
    return dataclasses.replace(snapshot, nodes=tuple(nodes.values()), guests=left, rules=rules)


def chosen_targets(view: View, eligible: Eligibility, to: Mapping[int, str]) -> dict[int, int]:
    """Where the chosen guests and those bound to them go, by positions, everyone else where they are.

    In the order in which they all fit, if they do in any.

    Raises
    ------
    ChangeInvalid
        For the first choice that a hard constraint rules out, given those before it.
    """
    wanted = _wanted(view, eligible, to)
    placed, chosen = view.placed.copy(), dict[int, int]()
    for g in tightest_first(view.placed, view.constraints, wanted):
        n = wanted[g]
        if g in chosen:
            continue
        why = _ruled_out(view, g, n, placed)
        if why is not None:
            raise _refusal(view, g, n, why)
        for member in together(view, g, placed):
            placed.move(member, n)
            chosen[member] = n
    for g, n in wanted.items():
        if (why := parting(view, g, placed)) is not None:
            raise _refusal(view, g, n, why)
    return chosen


def _refusal(view: View, g: int, n: int, why: str) -> ChangeInvalid:
    vmid, name = view.snapshot.guests[g].vmid, view.arrays.node.names[n]
    return ChangeInvalid(f"Guest {vmid} can't go to {name}: {name} {why}.")


def _wanted(view: View, eligible: Eligibility, to: Mapping[int, str]) -> dict[int, int]:
    """The choices by positions; one for a guest that may not leave, or two for one unit, are refused."""
    names, wanted, of_unit = view.arrays.node.names, dict[int, int](), dict[int, int]()
    for vmid, name in to.items():
        g, n = view.arrays.guest_at[vmid], view.arrays.node_at[name]
        barrier = eligible.on_duty.get(g)
        if barrier is not None:
            raise ChangeInvalid(f"Guest {vmid} can't leave {names[int(view.placed.node_of[g])]}. {barrier.detail}")
        if of_unit.get(g, n) != n:
            raise ChangeInvalid(f"Guest {vmid} can't go to {name}: it goes with its unit to {names[of_unit[g]]}.")
        wanted[g] = n
        of_unit |= dict.fromkeys(together(view, g, view.placed), n)
    return wanted


def together(view: View, g: int, placed: Placed) -> tuple[int, ...]:
    """Who goes with guest ``g``: its unit, if that is together."""
    unit = view.constraints.unit_of.get(g, (g,))
    return unit if len({int(placed.node_of[u]) for u in unit}) == 1 else (g,)


def joining(view: View, g: int, placed: Placed) -> set[int] | None:
    """The nodes where the rest of a scattered unit is, which guest ``g`` may only join; None for anyone else."""
    return joins(g, placed, view.constraints, frozenset({int(placed.node_of[g])}))


def _ruled_out(view: View, g: int, n: int, placed: Placed) -> str | None:
    """What rules out node ``n`` for guest ``g``, in words."""
    ruling = view.constraints.ruling(g, n, placed, unit=together(view, g, placed))
    if ruling != Ruling.FREE:
        return ruling_in_words(ruling, g, n, placed, view.constraints)
    rest = joining(view, g, placed)
    return None if rest is None or n in rest else WORDS[Ruling.TOGETHER]


def parting(view: View, g: int, placed: Placed) -> str | None:
    """Whom guest ``g`` is parted from in ``placed``, in words: by a rule that held, or held better, where it began."""
    begin, vmids = view.placed.node_of, view.arrays.guest.vmids
    for group in view.placed.groups.together:
        if g in group.guests and _spread(group, placed.node_of) > _spread(group, begin):
            mate = next(u for u in group.guests if u != g and placed.node_of[u] != placed.node_of[g])
            return f"is where it would be parted from guest {vmids[mate]} ({group.name})"
    return None


def _spread(group: Group, node_of: Ints) -> int:
    return len({int(node_of[u]) for u in group.guests})
