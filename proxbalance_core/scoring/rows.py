"""Scores as rows: terms rounded to 0.01 when they leave the engine, and then summed."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.results import Light, Rating, ScoreSide, Term
from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.scoring.base import base_rows
from proxbalance_core.scoring.targets import Scores, after_move, inputs_of
from proxbalance_core.scoring.terms import CAPPED, KINDS, TermKind, memory_factor

DECIMALS = 2
PREDICTED_CPU = TermKind(term="predicted_cpu", category="post_migration")
PREDICTED_MEM = TermKind(term="predicted_mem", category="post_migration")
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
    factor = float(memory_factor(scores.terms.memory[n], scores.scale.memory_cap))
    base = {name: float(row[n]) for name, row in scores.base.items()}
    return (*_base_terms(base), *_penalties(scores, n, factor))


def target_rows(scores: Scores, g: int, n: int) -> tuple[Term, ...]:
    """The rows of node ``n`` as the target of guest ``g`` [positions]."""
    nodes, scale = np.array([n]), scores.scale
    after = after_move(scores.placed, np.array([g]), nodes)
    base = {name: float(row[0]) for name, row in base_rows(inputs_of(scores.placed, nodes, after)).items()}
    predicted = (
        (PREDICTED_CPU, scale.predicted_cpu, after.cpu_reckoned),
        (PREDICTED_MEM, scale.predicted_mem, after.mem),
    )
    points = [float(stairs(value)[0]) for _, stairs, value in predicted]
    factor = float(memory_factor(scores.terms.memory[n] + points[1], scale.memory_cap))
    limited = [
        _row(kind, (points[i], float(value[0]), stairs.limits[0]), factor, scale.memory_cap)
        for i, (kind, stairs, value) in enumerate(predicted)
        if points[i] != 0
    ]
    return (*_base_terms(base), *_penalties(scores, n, factor), *limited)


def target_totals(scores: Scores, g: int) -> Floats:
    """The sums of :func:`target_rows` of guest ``g`` [position] on every node, [N] points."""
    nodes = np.arange(len(scores.own))
    return pair_totals(scores, np.full(len(nodes), g), nodes)


def node_totals(scores: Scores) -> Floats:
    """The sums of :func:`node_rows` of every node, [N] points; NaN where not measured."""
    factor = memory_factor(scores.terms.memory, scores.scale.memory_cap)
    total = _rounded_base(scores.base) + _rounded_terms(scores.terms.points, factor)
    return np.where(np.isnan(scores.own), np.nan, np.round(total, DECIMALS))


def pair_totals(scores: Scores, guests: Ints, nodes: Ints) -> Floats:
    """The sums of :func:`target_rows` of guests on nodes, pairwise [points]."""
    terms, scale = scores.terms, scores.scale
    after = after_move(scores.placed, guests, nodes)
    cpu, mem = scale.predicted_cpu(after.cpu_reckoned), scale.predicted_mem(after.mem)
    factor = memory_factor(terms.memory[nodes] + mem, scale.memory_cap)
    total = _rounded_base(base_rows(inputs_of(scores.placed, nodes, after)))
    total = total + _rounded_terms(terms.points[:, nodes], factor)
    return np.round(total + np.round(cpu, DECIMALS) + np.round(mem * factor, DECIMALS), DECIMALS)


def _rounded_base(rows: dict[str, Floats]) -> Floats:
    """The base's rows rounded and summed; one that isn't measured is none."""
    total: Floats = np.zeros(1)
    for row in rows.values():
        total = total + np.round(np.where(np.isnan(row), 0.0, row), DECIMALS)
    return total


def _rounded_terms(points: Floats, factor: Floats) -> Floats:
    """Terms [terms, N] rounded, memory ones scaled, and summed, [N] points."""
    scaled = points.copy()
    scaled[CAPPED] *= factor
    return np.asarray(np.round(scaled, DECIMALS).sum(axis=0))


def _two(points: float) -> float:
    """Rounded as numpy rounds the sums over all nodes: Python's ``round(2.675, 2)`` goes the other way."""
    return round(points * 10.0**DECIMALS) / 10.0**DECIMALS


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


def _penalties(scores: Scores, n: int, factor: float) -> list[Term]:
    """The terms of node ``n`` that cost or give points: settings whose steps lead down can take points off."""
    points, values = scores.terms.points[:, n].tolist(), scores.terms.values[:, n].tolist()
    limits, cap = scores.scale.first_limits, scores.scale.memory_cap
    return [
        _row(kind, (points[i], values[i], limits.get(kind.term)), factor, cap)
        for i, kind in enumerate(KINDS)
        if points[i] != 0
    ]


def _row(kind: TermKind, facts: tuple[float, float, float | None], factor: float, cap: float) -> Term:
    """``facts`` are points before the cap on memory, value and first limit."""
    points, value, limit = facts
    scaled = kind.capped and factor < 1.0
    return Term(
        term=kind.term, category=kind.category, points=_two(points * factor if scaled else points),
        value=round(value, DECIMALS), limit=limit, unit=kind.unit,
        detail=f"scaled, memory counts {cap:g} points at most" if scaled else "",
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
