"""Scores as rows: terms rounded to 0.01 when they leave the engine, and then summed."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.results import Light, Rating, ScoreSide, Term
from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.scoring.base import base_rows
from proxbalance_core.scoring.targets import After, Scores, after_move, inputs_of
from proxbalance_core.scoring.terms import MEMORY_TERMS, TermColumn, memory_factor

DECIMALS = 2
RATINGS: tuple[tuple[float, Rating], ...] = (
    (70.0, "excellent"),
    (50.0, "good"),
    (30.0, "fair"),
    (0.0, "poor"),
)
_BASE_DETAIL = {
    "base_health": "present load of all kinds",
    "base_predicted": "expected load; at a target, after the move",
    "base_headroom": "room that is left",
    "base_storage": "mean usage of its storages",
}


def suitability(score: float) -> float:
    """100 less the penalty points, within 0..100: the one place where higher is better."""
    return round(min(100.0, max(0.0, 100.0 - score)), DECIMALS)


def rating(suitable: float) -> Rating:
    """A suitability in a word; each band includes its lower bound."""
    return next(word for least, word in RATINGS if suitable >= least)


def side(terms: tuple[Term, ...]) -> ScoreSide:
    """Rows and their sum."""
    total = round(sum(term.points for term in terms), DECIMALS)
    return ScoreSide(terms=terms, total=total, suitability=suitability(total))


def node_rows(scores: Scores, n: int) -> tuple[Term, ...]:
    """The rows of node ``n`` as it stands."""
    factor = float(memory_factor(scores.memory, scores.scale.memory_cap)[n])
    base = {name: float(row[n]) for name, row in scores.base.items()}
    return (*_base_terms(base), *_penalties(scores.columns, n, factor, scores))


def target_rows(scores: Scores, g: int, n: int) -> tuple[Term, ...]:
    """The rows of node ``n`` as the target of guest ``g`` [positions]."""
    after = after_move(scores.placed, np.array([g]))
    base = {name: float(row[0, n]) for name, row in _after_base(scores, after).items()}
    predicted = _predicted_columns(scores, after, n)
    memory = scores.memory[n] + predicted[1].points
    factor = float(memory_factor(np.asarray(memory), scores.scale.memory_cap)[0])
    limited = [_row(c, 0, factor, scores) for c in predicted if c.points[0] != 0]
    return (*_base_terms(base), *_penalties(scores.columns, n, factor, scores), *limited)


def target_totals(scores: Scores, g: int) -> Floats:
    """The sums of :func:`target_rows` of guest ``g`` [position] on every node, [N] points."""
    nodes = np.arange(len(scores.own))
    return pair_totals(scores, np.full(len(nodes), g), nodes)


def node_totals(scores: Scores) -> Floats:
    """The sums of :func:`node_rows` of every node, [N] points; NaN where not measured."""
    factor = memory_factor(scores.memory, scores.scale.memory_cap)
    base = [np.nan_to_num(np.round(row, DECIMALS)) for row in scores.base.values()]
    total = sum(base, start=np.zeros(len(scores.own))) + _rounded(scores.columns, factor)
    return np.where(np.isnan(scores.own), np.nan, np.round(total, DECIMALS))


def pair_totals(scores: Scores, guests: Ints, nodes: Ints) -> Floats:
    """The sums of :func:`target_rows` of guests on nodes, pairwise [points]."""
    pairs = np.arange(len(guests)), nodes
    after = after_move(scores.placed, guests)
    limited = [
        (True, scores.scale.predicted_mem(after.mem[pairs])),
        (False, scores.scale.predicted_cpu(after.cpu_reckoned[pairs])),
    ]
    factor = memory_factor(scores.memory[nodes] + limited[0][1], scores.scale.memory_cap)
    total = np.zeros(len(guests))
    for row in _after_base(scores, after).values():
        total += np.nan_to_num(np.round(row[pairs], DECIMALS))
    for column in scores.columns:
        points = column.points[nodes]
        total += np.round(points * factor if column.term in MEMORY_TERMS else points, DECIMALS)
    for capped, points in limited:
        total += np.round(points * factor if capped else points, DECIMALS)
    return np.round(total, DECIMALS)


def _rounded(columns: list[TermColumn], factor: Floats) -> Floats:
    """Terms rounded, memory ones scaled, and summed, [N] points."""
    scaled = (c.points * factor if c.term in MEMORY_TERMS else c.points for c in columns)
    return sum((np.round(points, DECIMALS) for points in scaled), start=np.zeros(1))


def _after_base(scores: Scores, after: After) -> dict[str, Floats]:
    rows = base_rows(inputs_of(scores.placed, after))
    shape = after.cpu.shape
    return {name: np.broadcast_to(row, shape) for name, row in rows.items()}


def _predicted_columns(scores: Scores, after: After, n: int) -> tuple[TermColumn, TermColumn]:
    made = []
    for term, stairs, value in (
        ("predicted_cpu", scores.scale.predicted_cpu, after.cpu_reckoned),
        ("predicted_mem", scores.scale.predicted_mem, after.mem),
    ):
        x = value[0, n : n + 1]
        made.append(TermColumn(term=term, category="post_migration", points=stairs(x), value=x, limit=stairs.limits[0]))
    return made[0], made[1]


def _two(points: float) -> float:
    """Rounded as the sums over all nodes are: Python's own ``round`` halves 2.675 the other way."""
    return float(np.round(points, DECIMALS))


def _base_terms(base: dict[str, float]) -> list[Term]:
    return [
        Term(
            term=name,
            category="base",
            points=_two(points),
            unit="points",
            detail=_BASE_DETAIL[name],
        )
        for name, points in base.items()
        if points == points
    ]


def _penalties(columns: list[TermColumn], n: int, factor: float, scores: Scores) -> list[Term]:
    # Below zero too: settings whose steps lead down can take points off, and a score is the sum of its rows.
    return [_row(column, n, factor, scores) for column in columns if column.points[n] != 0]


def _row(column: TermColumn, n: int, factor: float, scores: Scores) -> Term:
    capped = column.term in MEMORY_TERMS and factor < 1.0
    points = float(column.points[n]) * (factor if capped else 1.0)
    value = float(column.value[n])
    detail = f"scaled, memory counts {scores.scale.memory_cap:g} points at most" if capped else ""
    return Term(
        term=column.term, category=column.category, points=_two(points), value=round(value, DECIMALS),
        limit=column.limit, unit=column.unit, detail=detail,
    )  # fmt: skip


def categories(terms: tuple[Term, ...]) -> dict[str, float]:
    """Points by category, of the categories that have any."""
    points: dict[str, float] = {}
    for term in terms:
        points[term.category] = round(points.get(term.category, 0.0) + term.points, DECIMALS)
    return points


def light(cpu: float, mem: float, iowait: float, s: Settings) -> Light:
    """Red over a threshold plus its second offset, amber over a threshold, else green (forecasts apart)."""
    over = (
        (cpu, s.cpu_threshold, s.cpu_threshold + s.cpu_threshold_offset_2),
        (mem, s.mem_threshold, s.mem_threshold + s.mem_threshold_offset_2),
    )
    if any(value > top for value, _, top in over):
        return "red"
    crossed = any(value > threshold for value, threshold, _ in over) or iowait > s.iowait_threshold
    return "amber" if crossed else "green"
