"""Duties: moves that are made whatever the scores say. Repairs of tag rules first, then evacuation.

Each duty move is the least bad feasible one: the one that leaves ``J x nodes`` lowest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from proxbalance_core.domain.results import Kind
from proxbalance_core.features.arrays import Ints
from proxbalance_core.features.groups import Group
from proxbalance_core.plan.board import Board
from proxbalance_core.plan.singles import TIE
from proxbalance_core.recommend.constraints import Ruling

MOST_TRIES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty that was carried out: which guests [positions] went, and why."""

    guests: tuple[int, ...]
    kind: Kind
    group: str | None


def _duty(board: Board, movers: Iterable[int], kind: Kind, group: str | None = None) -> Duty:
    return Duty(guests=tuple(g for m in movers for g in board.members[m]), kind=kind, group=group)


def takers(board: Board, m: int, targets: Iterable[int] | None = None) -> Ints:
    """The nodes that can take mover ``m``, of ``targets`` where given."""
    free = np.flatnonzero(board.rules.constraints.free_targets([board.members[m]], board.placed)[0])
    return free if targets is None else np.array(sorted(set(free) & set(targets)), dtype=np.intp)


def least_bad(board: Board, m: int, targets: Iterable[int] | None = None) -> int | None:
    """The node that takes mover ``m`` with the least ``J x nodes``; None when none can."""
    wanted = takers(board, m, targets)
    if not len(wanted):
        return None
    relief = board.relief(np.full(len(wanted), m), wanted)
    return int(wanted[np.flatnonzero(relief >= relief.max() - TIE)[0]])


def send(board: Board, dutiful: frozenset[int]) -> list[Duty]:
    """Move those who were sent somewhere by hand, in their order, as far as nothing rules it out."""
    done: list[Duty] = []
    for g, n in board.rules.first:
        m = board.mover_of[g]
        unit = board.members[m]
        if (
            dutiful.issuperset(unit)
            and board.rules.constraints.ruling(unit[0], n, board.placed, unit=unit) == Ruling.FREE
        ):
            board.move(m, n, free=True)
            done.append(_duty(board, (m,), "maintenance_evacuation"))
    return done


def carry_out(board: Board, dutiful: frozenset[int]) -> list[Duty]:
    """Repair pins and affinity tags; ``dutiful`` are the guests [positions] whose duty it is to move.

    Those who must stay apart come after (:func:`part`), when units that came together are one mover.
    """
    groups = board.placed.groups
    done: list[Duty] = []
    for group in (g for g in groups.placed if g.from_tag):
        done += _moved(board, [m for m in _movers(board, group, dutiful) if board.at[m] not in group.nodes], group)
    for group in (g for g in groups.together if g.from_tag):
        done += _gathered(board, group, dutiful)
    return done


def part(board: Board, dutiful: frozenset[int]) -> list[Duty]:
    """Repair exclude tags: whoever must stay apart leaves until one is left on each node."""
    done: list[Duty] = []
    for group in (g for g in board.placed.groups.apart if g.from_tag):
        done += _parted(board, group, dutiful)
    return done


def _movers(board: Board, group: Group, dutiful: frozenset[int]) -> list[int]:
    return sorted({board.mover_of[g] for g in group.guests if g in dutiful and g in board.mover_of})


def _moved(board: Board, movers: list[int], group: Group) -> list[Duty]:
    done = []
    for m in movers:
        target = least_bad(board, m, _beside_its_unit(board, m))
        if target is not None:
            board.move(m, target, free=True)
            done.append(_duty(board, (m,), "affinity_repair"))
    return done


def _gathered(board: Board, group: Group, dutiful: frozenset[int]) -> list[Duty]:
    """Bring a unit together (those of the tag and whoever is bound to them): fewest moves to a node that takes them."""
    unit = board.rules.constraints.unit_of[group.guests[0]]
    where = {g: int(board.placed.node_of[g]) for g in unit}
    if len(set(where.values())) < 2:
        return []
    hosts = sorted(range(len(board.field.mem)), key=lambda n: (sum(w != n for w in where.values()), n))
    best: tuple[int, float, int] | None = None
    for host in hosts:
        leaving = [g for g in unit if where[g] != host]
        if best is not None and len(leaving) > best[0]:
            break
        outcome = _trial(board, leaving, host, dutiful)
        if outcome is not None and (best is None or outcome < best[1] - TIE):
            best = (len(leaving), outcome, host)
    if best is None:
        return []
    leaving = [g for g in unit if where[g] != best[2]]
    movers = [board.mover_of[g] for g in leaving]
    for m in movers:
        board.move(m, best[2], free=True)
    return [_duty(board, movers, "affinity_repair", group.name)]


def _trial(board: Board, leaving: list[int], host: int, dutiful: frozenset[int]) -> float | None:
    """``J x nodes`` with all of ``leaving`` on ``host``, None when that can't be."""
    if not all(g in dutiful and g in board.mover_of and len(board.members[board.mover_of[g]]) == 1 for g in leaving):
        return None
    constraints = board.rules.constraints
    if constraints.ruling(leaving[0], host, board.placed, unit=tuple(leaving)) != Ruling.FREE:
        return None
    return -sum(float(board.relief(np.array([board.mover_of[g]]), np.array([host]))[0]) for g in leaving)


def _parted(board: Board, group: Group, dutiful: frozenset[int]) -> list[Duty]:
    """Of those that share a node all but one leave; who stays is chosen for feasibility, then the higher vmid."""
    done = []
    for n in sorted({int(board.placed.node_of[g]) for g in group.guests}):
        here = [g for g in group.guests if board.placed.node_of[g] == n]
        if len(here) < 2:
            continue
        for going in list(combinations(here, len(here) - 1))[:MOST_TRIES]:
            duties = _leave(board, going, dutiful)
            if duties is not None:
                done += duties
                break
        else:
            done += [d for g in here[:-1] for d in _leave(board, (g,), dutiful) or []]
    return done


def _leave(board: Board, going: tuple[int, ...], dutiful: frozenset[int]) -> list[Duty] | None:
    """Move all of ``going`` away, or none (None) when one can't."""
    movers = sorted({board.mover_of[g] for g in going if g in dutiful and g in board.mover_of})
    if len({board.mover_of.get(g, -1) for g in going}) != len(movers) or not movers:
        return None
    trail: list[tuple[int, int]] = []
    for m in movers:
        target = least_bad(board, m, _beside_its_unit(board, m))
        if target is None:
            for mover, source in reversed(trail):
                board.put_back(mover, source)
            return None
        trail.append((m, int(board.at[m])))
        board.move(m, target, free=True)
    return [_duty(board, (m,), "affinity_repair") for m in movers]


def evacuate(board: Board, dutiful: frozenset[int]) -> list[Duty]:
    """Empty the nodes in maintenance, largest allocated memory first."""
    leaving = board.placed.arrays.node.maintenance
    given = board.rules.constraints.snapshot.guests
    movers = [
        m
        for m, unit in enumerate(board.members)
        if any(leaving[board.placed.node_of[g]] for g in unit) and dutiful.issuperset(unit)
    ]
    size = {m: sum(np.nan_to_num(given[g].mem_bytes) for g in board.members[m]) for m in movers}
    done = []
    for m in sorted(movers, key=lambda m: (-size[m], board.lead[m])):
        if not leaving[board.at[m]]:
            continue  # went with another one of its unit
        squad = _squad(board, m, frozenset(movers))
        if len(squad) > 1:
            done += _sent_as_one(board, squad)
            continue
        target = least_bad(board, m, _beside_its_unit(board, m))
        if target is not None:
            board.move(m, target, free=True)
            done.append(_duty(board, (m,), "maintenance_evacuation"))
            continue
        room = _make_room(board, m)
        if room is not None:
            out, away, target = room
            board.move(out, away, free=True)
            board.move(m, target, free=True)
            name = f"room:{given[board.lead[m]].sid}"
            done.append(_duty(board, (out, m), "maintenance_evacuation", name))
    return done


def _beside_its_unit(board: Board, m: int) -> set[int] | None:
    """Where the rest of a scattered unit is (one of them may only join the others); None for anyone else.

    Not where it would part those whom a rule holds together: a unit of several rules may keep some of them.
    """
    return _beside(board, board.members[m], int(board.at[m]))


def _beside(board: Board, members: tuple[int, ...], at: int) -> set[int] | None:
    unit = board.rules.constraints.unit_of.get(members[0], ())
    rest = set(unit) - set(members)
    if not rest:
        return None
    return {n for n in {int(board.placed.node_of[g]) for g in rest} - {at} if not _parts(board, members, n)}


def _parts(board: Board, members: tuple[int, ...], n: int) -> bool:
    """Whether a group that is to be together would be on more nodes with ``members`` on ``n``."""
    node_of = board.placed.node_of
    for group in board.placed.groups.together:
        if not set(members).isdisjoint(group.guests):
            before = {int(node_of[g]) for g in group.guests}
            after = {n if g in members else int(node_of[g]) for g in group.guests}
            if len(after) > len(before):
                return True
    return False


def _squad(board: Board, m: int, movers: frozenset[int]) -> list[int]:
    """The movers of a scattered unit that are on one node with ``m``, itself among them: they leave as one."""
    unit = board.rules.constraints.unit_of.get(int(board.lead[m]), ())
    here = {board.mover_of[g] for g in unit if g in board.mover_of and board.placed.node_of[g] == board.at[m]}
    return sorted(here & movers) or [m]


def _sent_as_one(board: Board, squad: list[int]) -> list[Duty]:
    """Send all of ``squad`` to where the rest of their unit is, or nobody."""
    members = tuple(g for m in squad for g in board.members[m])
    beside = _beside(board, members, int(board.at[squad[0]]))
    constraints = board.rules.constraints
    able = [
        n for n in sorted(beside or ()) if constraints.ruling(members[0], n, board.placed, unit=members) == Ruling.FREE
    ]
    if not able:
        return []
    relief = [sum(float(board.relief(np.array([m]), np.array([n]))[0]) for m in squad) for n in able]
    target = able[int(np.flatnonzero(np.array(relief) >= max(relief) - TIE)[0])]
    for m in squad:
        board.move(m, target, free=True)
    return [_duty(board, (m,), "maintenance_evacuation") for m in squad]


def _make_room(board: Board, m: int) -> tuple[int, int, int] | None:
    """The swap-out that lets ``m`` in with the least ``J x nodes``: (who leaves, to where, where ``m`` goes)."""
    best: tuple[float, tuple[int, int, int]] | None = None
    constraints, leaving = board.rules.constraints, board.placed.arrays.node.maintenance
    unit, beside = board.members[m], _beside_its_unit(board, m)
    for n in range(len(board.field.mem)) if beside is None else sorted(beside):
        if constraints.ruling(unit[0], n, board.placed, unit=unit) != Ruling.MEMORY:
            continue
        for out in np.flatnonzero(board.open & (board.at == n) & ~leaving[board.at]):
            found = _room_by(board, m, int(out), n)
            if found is not None and (best is None or found[0] < best[0] - TIE):
                best = found
    return None if best is None else best[1]


def _room_by(board: Board, m: int, out: int, n: int) -> tuple[float, tuple[int, int, int]] | None:
    away = least_bad(board, out)
    if away is None:
        return None
    trial = board.placed.copy()
    for g in board.members[out]:
        trial.move(g, away)
    unit = board.members[m]
    if board.rules.constraints.ruling(unit[0], n, trial, unit=unit) != Ruling.FREE:
        return None
    cost = -float(board.relief(np.array([out, m]), np.array([away, n])).sum())
    return cost, (out, away, n)
