"""Nodes that are gone: their running guests start anew on the rest, placed by the planner's own search.

Largest first, each where ``J x nodes`` stays lowest; who finds no room gets it from one that was placed before and can
go elsewhere. Where memory is short they are packed as tightly as they go, if that leaves less over. Then single moves
and swaps of those who start, to the fixpoint. Guests of the nodes that stay aren't moved: nothing could wait for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from proxbalance_core.features.arrays import Bools, Floats, Ints
from proxbalance_core.plan.board import Board, Rules, State
from proxbalance_core.plan.duties import least_bad, takers
from proxbalance_core.plan.fixpoint import improving
from proxbalance_core.plan.gates import Gate
from proxbalance_core.recommend.constraints import MEM_LIMIT, Ruling
from proxbalance_core.recommend.starts import joins, start_constraints
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.strain import StrainField

Choose = Callable[["_Housing", int, Collection[int] | None], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Homeless:
    """Guests [positions] that must start together and find no room; ``node`` lacks the least, ``missing_bytes``.

    The sum over all homeless would hold them all: what one was reckoned to get, another doesn't count again.
    """

    guests: tuple[int, ...]
    node: int
    missing_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outage:
    """What becomes of the guests [positions] of nodes that are gone; each is in one of the four.

    ``target_of`` start on a node, ``homeless`` lack memory, ``barred`` may start on no node that is left, whatever
    its memory, ``idle`` needn't go (they don't run). ``after`` is the state then, ``rules`` those it was found by.
    """

    lost: frozenset[int]
    target_of: dict[int, int]
    homeless: tuple[Homeless, ...]
    barred: tuple[int, ...]
    idle: tuple[int, ...]
    after: State
    rules: Rules

    @property
    def missing_bytes(self) -> float:
        """Memory that would hold all the homeless, where it lacks."""
        return sum(unit.missing_bytes for unit in self.homeless)


def start_rules(rules: Rules, fresh: Mapping[int, frozenset[int]] | None = None) -> Rules:
    """The rules by which guests start anew: made once, they serve any outage of the same cluster."""
    return replace(rules, constraints=start_constraints(rules.constraints, fresh))


def without_nodes(
    state: State, rules: Rules, lost: Collection[int], staying: Bools | None = None, *, settle: bool = True
) -> Outage:
    """Place the guests of the ``lost`` nodes [positions] on the others.

    Parameters
    ----------
    state : State
        The cluster with all its nodes, or the ``after`` of another outage.
    rules : Rules
        Made by :func:`start_rules` for a failure; as they are for a node that is emptied by migrations.
    staying : array of bool, optional
        Guests that needn't go, [G]; without it those that don't run.
    settle : bool
        Whether those who were placed move on to the fixpoint; without it the answer is rougher, in half the time.
    """
    gone, placed = frozenset(lost), state.placed
    here = np.isin(placed.node_of, list(gone))
    idle = ~placed.arrays.guest.running if staying is None else staying
    begin, left = State(placed=placed, field=_without(state.field, gone)), _barring(rules, gone)
    members = _members(placed, left, np.flatnonzero(here & ~idle))
    housing = _Housing(Board(begin, left, members, np.ones(len(members), dtype=bool)), gone, _calmest)
    if any(housing.somewhere(m) for m in housing.left):
        ways = [
            _Housing(
                Board(begin, left, members, np.ones(len(members), dtype=bool)), gone, _tightest, unused_first=first
            )
            for first in (False, True)
        ]
        housing = min((housing, *ways), key=_Housing.short)
    if settle:
        housing.settle()
    homeless, barred = housing.without_place()
    node_of = housing.board.placed.node_of
    return Outage(
        lost=gone, target_of={int(g): int(node_of[g]) for g in np.flatnonzero(node_of != placed.node_of)},
        homeless=homeless, barred=barred, idle=tuple(np.flatnonzero(here & idle).tolist()),
        after=State(placed=housing.board.placed, field=housing.board.field), rules=left,
    )  # fmt: skip


def lacking_memory(state: State, rules: Rules, nodes: Collection[int], guests: Collection[int]) -> dict[int, Homeless]:
    """What those of ``guests`` that can't leave ``nodes`` lack, by the first of each unit; all of it holds them all."""
    staying = np.ones(len(state.placed.node_of), dtype=bool)
    staying[list(guests)] = False
    found = without_nodes(state, rules, nodes, staying)
    return {unit.guests[0]: unit for unit in found.homeless}


def _without(field: StrainField, gone: frozenset[int]) -> StrainField:
    """The strain of those that stay."""
    twin = field.copy()
    twin.scope = field.scope.copy()
    twin.scope[list(gone)] = False
    twin.refresh(np.arange(len(twin.mem)))
    return twin


def _barring(rules: Rules, gone: frozenset[int]) -> Rules:
    constraints = copy(rules.constraints)
    constraints.fixed = constraints.fixed.copy()
    constraints.fixed[:, list(gone)] = Ruling.OFFLINE
    return replace(rules, constraints=constraints)


def _members(placed: Placed, rules: Rules, starting: Ints) -> list[tuple[int, ...]]:
    """Who starts as one: running members of a unit that were on one node; everyone else alone."""
    units: dict[tuple[int, int], list[int]] = defaultdict(list)
    for g in starting.tolist():
        units[rules.constraints.unit_of.get(g, (g,))[0], int(placed.node_of[g])].append(g)
    return sorted(tuple(unit) for unit in units.values())


def _calmest(housing: _Housing, m: int, targets: Collection[int] | None) -> int | None:
    """The node that takes mover ``m`` with the least ``J x nodes``."""
    return least_bad(housing.board, m, targets)


def _tightest(housing: _Housing, m: int, targets: Collection[int] | None) -> int | None:
    """The node that takes mover ``m`` with the least memory to spare: as ``recommend/packing`` packs, step by step."""
    wanted = takers(housing.board, m, targets)
    return int(wanted[housing.room()[wanted].argmin()]) if len(wanted) else None


class _Housing:
    """One way to place a board's movers; ``left`` are those that found no place, in the order of their turns.

    The largest has the first turn; with ``unused_first`` who was given the most beyond what it uses. That asks for
    room on arrival and leaves it to the next: who all come to one node fit in this order, if they do in any.
    """

    def __init__(self, board: Board, gone: frozenset[int], choose: Choose, *, unused_first: bool = False) -> None:
        self.board, self.gone, self.choose = board, gone, choose
        self.housed = np.zeros(len(board.members), dtype=bool)
        turn = board.need - board.carried.mem_bytes if unused_first else board.need
        self.left = self._place(np.lexsort((board.lead, -turn)).tolist())

    def short(self) -> tuple[float, int, float]:
        """How bad it is: memory of those left, how many they are, strain."""
        return float(self.board.need[self.left].sum()), len(self.left), self.board.field.total()

    def settle(self) -> None:
        """Move on those that were placed until nothing gains; what that leaves free goes to those left."""
        board = self.board
        while True:
            tied = [self._mates(m) is not None for m in range(len(board.members))]
            board.open = self.housed & ~np.array(tied, dtype=bool)
            for _ in improving(board, Gate(board)):
                pass
            count = len(self.left)
            self.left = self._place(self.left)
            if len(self.left) == count:
                return

    def _place(self, movers: list[int]) -> list[int]:
        return [m for m in movers if not (self._seat(m, self.choose(self, m, self._mates(m))) or self._make_room(m))]

    def _seat(self, m: int, target: int | None) -> bool:
        if target is None:
            return False
        self.board.move(m, target, free=True)
        self.housed[m] = True
        return True

    def _mates(self, m: int) -> set[int] | None:
        board = self.board
        return joins(int(board.lead[m]), board.placed, board.rules.constraints, self.gone, board.members[m])

    def _make_room(self, m: int) -> bool:
        """Let ``m`` in where one that was placed before can go elsewhere, the smallest first."""
        board, room = self.board, self.room()
        for n in sorted(self.full(m), key=lambda n: (-room[n], n)):
            enough = board.carried.mem_bytes >= board.need[m] - room[n]
            guests = np.flatnonzero(self.housed & (board.at == n) & enough)
            able = guests[board.likely(guests).any(axis=1)] if len(guests) else guests
            for other in able[np.lexsort((board.lead[able], board.carried.mem_bytes[able]))].tolist():
                away = self.choose(self, other, self._mates(other))
                if away is None:
                    continue
                board.move(other, away, free=True)
                if self._ruling(m, n) == Ruling.FREE:
                    return self._seat(m, n)
                board.move(other, n, free=True)
        return False

    def _ruling(self, m: int, n: int) -> Ruling:
        unit = self.board.members[m]
        return self.board.rules.constraints.ruling(unit[0], n, self.board.placed, unit=unit)

    def room(self) -> Floats:
        """Memory that each node has to spare, below 0 where it is over the limit, [N] bytes."""
        return np.asarray(MEM_LIMIT * self.board.rules.constraints.mem_limits - self.board.placed.mem_used_bytes())

    def somewhere(self, m: int) -> bool:
        """Whether any node could take ``m`` if nobody else were there."""
        fixed = self.board.rules.constraints.fixed[list(self.board.members[m])]
        return bool((fixed == Ruling.FREE).all(axis=0).any())

    def full(self, m: int) -> list[int]:
        """The nodes that could take ``m`` but for their memory."""
        mates = self._mates(m)
        nodes = range(len(self.board.field.mem)) if mates is None else sorted(mates)
        return [n for n in nodes if self._ruling(m, n) == Ruling.MEMORY]

    def without_place(self) -> tuple[tuple[Homeless, ...], tuple[int, ...]]:
        """Who is left: for want of memory, with how much of it, and for other reasons."""
        board, room = self.board, self.room()
        homeless: list[Homeless] = []
        barred: list[int] = []
        for m in self.left:
            full, need = self.full(m), float(board.need[m])
            if not full:
                barred += board.members[m]
                continue
            node = max(full, key=lambda n: (room[n], -n))
            homeless.append(Homeless(guests=board.members[m], node=node, missing_bytes=need - float(room[node])))
            room[node] = max(room[node] - need, 0.0)
        return tuple(homeless), tuple(sorted(barred))
