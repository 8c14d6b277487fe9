"""Moves that are fine alone and too much together, and what to do about it (engine, section 5)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.plans import Conflict, Incoming, Resolution
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.wording import listed
from proxbalance_core.recommend.constraints import Constraints
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.rows import suitability
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.targets import contribution, score_nodes, target_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedMove:
    """A move that the user or the engine picked: a guest to a node [positions] and what it gains [points]."""

    guest: int
    target: int
    gain: float


def conflicts(
    start: Placed, constraints: Constraints, settings: Settings, moves: list[PickedMove]
) -> tuple[Conflict, ...]:
    """Nodes that the moves together put over a threshold: all that come, less all that leave."""
    after = start.copy()
    for move in moves:
        after.move(move.guest, move.target)
    incoming: dict[int, list[PickedMove]] = defaultdict(list)
    for move in moves:
        if start.node_of[move.guest] != move.target:
            incoming[move.target].append(move)
    found = []
    for n in sorted(incoming):
        cpu, mem = float(after.cpu_level[n]), float(after.mem_level[n])
        over_cpu, over_mem = cpu > settings.cpu_threshold, mem > settings.mem_threshold
        if len(incoming[n]) > 1 and (over_cpu or over_mem):
            found.append(
                Conflict(
                    target_node=start.arrays.node.names[n],
                    incoming_guests=tuple(_incoming(start, move, constraints) for move in incoming[n]),
                    combined_cpu_pct=round(cpu, 2),
                    combined_mem_pct=round(mem, 2),
                    threshold=settings.cpu_threshold if over_cpu else settings.mem_threshold,
                    resolution=_resolution(after, constraints, settings, incoming[n]),
                )
            )
    return tuple(found)


def _incoming(start: Placed, move: PickedMove, constraints: Constraints) -> Incoming:
    g, arrays = move.guest, start.arrays
    cpu = contribution(start, np.array([g]), np.array([move.target]))[0]
    mem = 100.0 * arrays.guest.mem_used_bytes[g, 0] / arrays.node.mem_bytes[move.target]
    return Incoming(
        vmid=int(arrays.guest.vmids[g]), name=constraints.snapshot.guests[g].label,
        cpu_points=round(float(cpu), 2), mem_points=round(float(mem), 2),
    )  # fmt: skip


def _resolution(after: Placed, constraints: Constraints, settings: Settings, moves: list[PickedMove]) -> Resolution:
    """Re-route the guest that scores best elsewhere without a new conflict; else defer the weakest.

    Who belongs to a unit is not sent elsewhere alone, and stays only where nobody else could.
    """
    names, vmids = after.arrays.node.names, after.arrays.guest.vmids
    scale = PointScale.of(settings)
    best: tuple[float, float, PickedMove, int] | None = None
    nodes = np.arange(len(names))
    alone = [move for move in moves if move.guest not in constraints.unit_of]
    for move in alone:
        without = after.copy()
        without.move(move.guest, int(after.arrays.guest.home[move.guest]))
        scores = target_scores(score_nodes(without, scale, settings), np.full(len(nodes), move.guest), nodes)
        cpu, mem = without.levels_with(move.guest)
        able = constraints.free_targets([(move.guest,)], without)[0] & (nodes != move.target)
        able &= ~((cpu > settings.cpu_threshold) | (mem > settings.mem_threshold))
        n = int(np.where(able, scores, np.inf).argmin())
        if able[n] and (best is None or scores[n] < best[0]):
            best = (float(scores[n]), float(scores[move.target]), move, n)
    if best is not None:
        here, there = suitability(best[1]), suitability(best[0])
        detail = (
            f"Move guest {vmids[best[2].guest]} to {names[best[3]]} instead: "
            f"suitability {there:.1f} against {here:.1f} on {names[best[2].target]}."
        )
        return Resolution(kind="reroute", vmid=int(vmids[best[2].guest]), to=names[best[3]], detail=detail)
    weakest = min(_able_to_stay(after, constraints, alone) or alone or moves, key=lambda move: (move.gain, move.guest))
    vmid = int(vmids[weakest.guest])
    unit = constraints.unit_of.get(weakest.guest, ())
    mates = [int(vmids[g]) for g in unit if g != weakest.guest and _moves(after, g)]
    along = f", and {listed([str(mate) for mate in mates])} with it" if mates else ""
    detail = f"Leave guest {vmid} where it is{along}: it gains least, {weakest.gain:.2f} points."
    return Resolution(kind="defer", vmid=vmid, to=None, detail=detail)


def _moves(after: Placed, g: int) -> bool:
    return bool(after.node_of[g] != after.arrays.guest.home[g])


def _able_to_stay(after: Placed, constraints: Constraints, moves: list[PickedMove]) -> list[PickedMove]:
    """The moves whose guest would not share its node with one that comes there and must stay away from it."""
    home = after.arrays.guest.home
    return [move for move in moves if not constraints.shares(move.guest, int(home[move.guest]), after, ())]
