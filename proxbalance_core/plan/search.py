"""From a placement to the set of moves: duties, distribution, then single moves and swaps to a fixpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from proxbalance_core.domain.results import Kind
from proxbalance_core.features.arrays import Ints
from proxbalance_core.plan.board import Board, Rules, State
from proxbalance_core.plan.distribution import spread_guests
from proxbalance_core.plan.duties import Duty, carry_out, evacuate, part, send
from proxbalance_core.plan.fixpoint import improving
from proxbalance_core.plan.gates import Gate
from proxbalance_core.plan.singles import best_single, passing
from proxbalance_core.plan.swaps import best_swap
from proxbalance_core.recommend.eligibility import Eligibility, cluster_is_balanced, duty_bound
from proxbalance_core.scoring.placed import Placed

Keep_going = Callable[[int], bool]


@dataclass(slots=True, kw_only=True)
class Found:
    """What a search chose.

    ``target_of`` maps guests [positions] to their final node; ``kind_of`` and ``group_of`` say why and
    with whom; ``passed`` are guests that passed the gates before the plan; ``balanced`` whether the
    cluster was found balanced; ``duties_total`` is ``J x nodes`` after the duties alone; ``total`` after
    all; ``cost`` what the moves cost, distribution's left out; ``held`` who would move too, and where, but
    for the disks that others copy; ``gain_of`` what each gains when judged alone (independent mode).
    """

    target_of: dict[int, int]
    kind_of: dict[int, Kind]
    group_of: dict[int, str]
    passed: frozenset[int]
    balanced: bool
    scattered: frozenset[int]
    duties_total: float
    total: float
    cost: float
    stopped_early: bool = False
    held: dict[int, int] = field(default_factory=dict)
    gain_of: dict[int, float] = field(default_factory=dict)


def members_of(placed: Placed, rules: Rules) -> list[tuple[int, ...]]:
    """The movers: whole units where they are together, everyone else alone."""
    unit_of = rules.constraints.unit_of
    whole = {unit for unit in unit_of.values() if len({int(placed.node_of[u]) for u in unit}) == 1}
    alone = [(g,) for g in range(len(placed.node_of)) if unit_of.get(g) not in whole]
    return sorted([*alone, *whole])


def scattered(placed: Placed, rules: Rules) -> frozenset[int]:
    """Guests whose unit is spread over nodes."""
    units = set(rules.constraints.unit_of.values())
    return frozenset(g for unit in units if len({int(placed.node_of[u]) for u in unit}) > 1 for g in unit)


def regrouped(board: Board, may_move: frozenset[int]) -> Board:
    """The board with its movers grouped anew (units that came together are one), costs paid kept."""
    members = members_of(board.placed, board.rules)
    if members == board.members:
        board.open = np.array([may_move.issuperset(unit) for unit in members], dtype=bool)
        return board
    paid_of = {g: board.paid[m] / len(unit) for m, unit in enumerate(board.members) for g in unit}
    may = np.array([may_move.issuperset(unit) for unit in members], dtype=bool)
    fresh = Board(State(placed=board.placed, field=board.field), board.rules, members, may)
    for m, unit in enumerate(members):
        paid = np.array([paid_of[g] for g in unit])
        fresh.paid[m] = np.nan if np.isnan(paid).any() else float(paid.sum())
        if np.isnan(paid).any() and not np.isnan(paid).all():
            fresh.price[m] = sum(board.rules.move_cost[g] for g, cost in zip(unit, paid, strict=True) if np.isnan(cost))
    fresh.moves_left = board.moves_left
    return fresh


def search(begin: State, rules: Rules, eligible: Eligibility, closed: frozenset[int], keep_going: Keep_going) -> Found:
    """Play the whole search; ``closed`` are guests [positions] whose move had no executable order.

    A duty that found no room at first is tried again when the plan has made some: otherwise advice on
    the plan's result would begin anew (law 6).
    """
    start = begin.placed
    everyone = frozenset(range(len(start.node_of)))
    plain = everyone - set(eligible.plain) - closed
    dutiful = eligible.dutiful - set(eligible.on_duty) - closed
    board = Board(begin, rules, members_of(start, rules), _open(start, rules, plain))
    log = _Log()
    board = _do_duties(board, log, plain, dutiful)
    if rules.settings.distribution_enabled and not rules.duties_only:
        log.spread = spread_guests(board, scattered(board.placed, rules))
        board = _ready(board, plain)
    gate = Gate(board)
    log.passed = _passed(board, gate)
    while not log.stopped:
        _settle(board, gate, log, keep_going)
        done, place = len(log.duties), board.placed.node_of.tobytes()
        if not _duties_left(board, dutiful) or place in log.places:
            break
        log.places.add(place)
        board = _do_duties(board, log, plain, dutiful)
        gate = gate if gate.board is board else Gate(board)
        if len(log.duties) == done:
            break
    return _found(gate, start, log)


def _do_duties(board: Board, log: _Log, plain: frozenset[int], dutiful: frozenset[int]) -> Board:
    """Carry out what duties can be, and the board on which the search goes on."""
    before = board.field.total()
    board = regrouped(board, plain | dutiful)
    log.duties += send(board, dutiful)
    log.duties += carry_out(board, dutiful)
    board = regrouped(board, plain | dutiful)
    log.duties += part(board, dutiful)
    log.duties += evacuate(board, dutiful)
    log.duties_total += board.field.total() - (before if log.began else 0.0)
    log.began = True
    return _ready(board, plain)


def _ready(board: Board, plain: frozenset[int]) -> Board:
    """The board with only those open that may gain: eligible, or on the way anyway; no scattered units."""
    return regrouped(board, (plain | _moved(board)) - scattered(board.placed, board.rules))


def _duties_left(board: Board, dutiful: frozenset[int]) -> bool:
    return bool(duty_bound(board.placed) & dutiful)


def _settle(board: Board, gate: Gate, log: _Log, keep_going: Keep_going) -> None:
    """Single moves and swaps to the fixpoint; a calm cluster lets only those move on who moved already."""
    able = board.open.copy()
    log.balanced = True
    while log.balanced:
        log.balanced = _calm(board)
        board.open = able & (~np.isnan(board.paid)) if log.balanced else able
        if not _fixpoint(board, gate, log, keep_going):
            log.stopped = True
            return
        if log.balanced and _calm(board):
            return


def _calm(board: Board) -> bool:
    """Whether nothing is to be moved but for a duty."""
    return board.rules.duties_only or cluster_is_balanced(board.field, board.placed, board.rules.settings)


def _held_back(gate: Gate) -> dict[int, int]:
    """Guests [positions] that would still move, and where to, if the disks that others copy took no room."""
    board = gate.board
    if board.moves_left is not None or not any(board.rules.constraints.copied_anything(board.placed)):
        return {}
    relaxed = board.under(replace(board.rules, constraints=board.rules.constraints.without_copies()))
    gate = gate.on(relaxed)
    choice = best_single(relaxed, gate) or best_swap(relaxed, gate.gains)
    return {} if choice is None else {g: target for m, target in choice.moves for g in board.members[m]}


@dataclass(slots=True, kw_only=True)
class _Log:
    """What happened so far; ``duties_total`` is ``J x nodes`` after the duties alone."""

    duties: list[Duty] = field(default_factory=list)
    duties_total: float = 0.0
    began: bool = False
    spread: list[int] = field(default_factory=list)
    swaps: list[tuple[int, ...]] = field(default_factory=list)
    passed: frozenset[int] = frozenset()
    balanced: bool = False
    stopped: bool = False
    rounds: int = 0
    places: set[bytes] = field(default_factory=set)


def _open(placed: Placed, rules: Rules, may_move: frozenset[int]) -> np.ndarray:
    return np.array([may_move.issuperset(unit) for unit in members_of(placed, rules)], dtype=bool)


def _moved(board: Board) -> frozenset[int]:
    return frozenset(g for m in np.flatnonzero(~np.isnan(board.paid)) for g in board.members[m])


def _passed(board: Board, gate: Gate) -> frozenset[int]:
    if cluster_is_balanced(board.field, board.placed, board.rules.settings):
        return frozenset()
    return frozenset(g for m in np.flatnonzero(passing(board, gate)) for g in board.members[m])


def _fixpoint(board: Board, gate: Gate, log: _Log, keep_going: Keep_going) -> bool:
    """Single moves and swaps until neither gains. False when told to stop."""
    for choice in improving(board, gate):
        if len(choice.moves) > 1:
            log.swaps.append(tuple(g for m, _ in choice.moves for g in board.members[m]))
        log.rounds += 1
        if not keep_going(log.rounds):
            return False
    return True


def _found(gate: Gate, start: Placed, log: _Log) -> Found:
    board = gate.board
    node_of: Ints = board.placed.node_of
    target_of = {int(g): int(node_of[g]) for g in np.flatnonzero(node_of != start.node_of)}
    kind_of: dict[int, Kind] = {g: "balance" for g in target_of}
    kind_of.update({g: "distribution" for g in log.spread if g in target_of})
    group_of: dict[int, str] = {}
    for swap in log.swaps:
        if sum(g in target_of for g in swap) > 1:
            name = "swap:" + "+".join(str(int(v)) for v in sorted(board.placed.arrays.guest.vmids[list(swap)]))
            group_of.update({g: name for g in swap if g in target_of})
    for duty in log.duties:
        for m_guest in duty.guests:
            if m_guest in target_of:
                kind_of[m_guest] = duty.kind
                if duty.group:
                    group_of[m_guest] = duty.group
    for unit in set(board.rules.constraints.unit_of.values()):
        moved = [g for g in unit if g in target_of and not group_of.get(g, "").startswith("room:")]
        if len(moved) > 1:
            group_of.update({g: _unit_name(board, unit) for g in moved})
    _join_repairs(board, target_of, kind_of)
    return Found(
        target_of=target_of, kind_of=kind_of, group_of=group_of, passed=log.passed, balanced=log.balanced,
        scattered=scattered(board.placed, board.rules), duties_total=log.duties_total, total=board.field.total(),
        cost=board.total_cost(), stopped_early=log.stopped, held={} if log.stopped else _held_back(gate),
    )  # fmt: skip


def _join_repairs(board: Board, target_of: dict[int, int], kind_of: dict[int, Kind]) -> None:
    """A unit that was repaired and then went on as one is repaired as a whole, where it ended up."""
    for unit in set(board.rules.constraints.unit_of.values()):
        moved = [g for g in unit if g in target_of]
        duty = next((kind_of[g] for g in moved if kind_of[g] in ("affinity_repair", "maintenance_evacuation")), None)
        if duty is not None:
            kind_of.update(dict.fromkeys(moved, duty))


def _unit_name(board: Board, unit: tuple[int, ...]) -> str:
    bound = [group.name for group in board.placed.groups.together if set(group.guests) & set(unit)]
    return "+".join(sorted(bound))
