"""Recommendations and skips as rows: cards, filters, order, pages and the two sides of a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import NodeScore, Recommendation, ScoreSide, Skip, Term
from proxbalance_core.present import words

Loads = tuple[str, float | None, float | None, float | None, float | None]
Sort = Literal["plan", "gain", "confidence", "risk", "guest"]
SORTS: dict[str, str] = {
    "plan": "Order of the plan",
    "gain": "Largest gain",
    "confidence": "Most certain",
    "risk": "Least risk",
    "guest": "Guest",
}
URGENT_GAIN = 40.0
_CHANGES = {"new": "New", "changed": "Target changed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A recommendation, worded."""

    move: Recommendation
    guest: str
    kind: str
    gain_word: str
    gain_share_pct: float
    risk_word: str
    marks: tuple[str, ...]
    urgent: bool
    loads: tuple[Loads, ...]
    effort: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownRow:
    """One row of both sides; points add up to the sides' totals, NaN-free: a missing side is None."""

    term: str
    category: str
    source_points: float | None
    source_value: str
    target_points: float | None
    target_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to; empty is no restriction."""

    urgent: bool = False
    kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    least_confidence: float = 0.0
    text: str = ""


def cards(assessment: Assessment, changes: dict[int, str] | None = None) -> tuple[Card, ...]:
    """All recommendations in the order of the plan; ``changes`` says "new" or "changed" of a vmid."""
    found = changes or {}
    ordered = sorted(assessment.recommendations, key=lambda m: (min(m.steps, default=10**9), m.vmid))
    nodes = {node.name: node for node in assessment.nodes}
    return tuple(_card(move, nodes, found.get(move.vmid)) for move in ordered)


def _card(move: Recommendation, nodes: dict[str, NodeScore], change: str | None) -> Card:
    marks = [_CHANGES[change]] if change in _CHANGES else []
    if move.has_conflict:
        marks.append("Conflict")
    if move.do_by_hand:
        marks.append("Do by hand")
    if move.group:
        marks.append("Part of a swap" if "swap" in move.group else "Moves together")
    return Card(
        move=move,
        guest=guest_label(move.type, move.vmid, move.name),
        kind=words.label(words.KINDS, move.kind),
        gain_word=words.gain(move.score_improvement),
        gain_share_pct=max(0.0, move.score_improvement) / words.GAIN_FULL * 100.0,
        risk_word=words.label(words.RISKS, move.risk_level),
        marks=tuple(marks),
        urgent=move.kind == "maintenance_evacuation" or move.score_improvement >= URGENT_GAIN,
        loads=_loads(move, nodes),
        effort=_effort(move),
    )


def _loads(move: Recommendation, nodes: dict[str, NodeScore]) -> tuple[Loads, ...]:
    """Both nodes just before and just after this step of the plan [percent], as its reason tells them.

    The facts of the reason are those of the step in which the move is taken, after the steps before it; a node's
    present usage stands in for a fact that is not told.
    """
    facts = move.reason.contributing_factors
    told = {fact.factor: float(fact.value) for fact in facts if isinstance(fact.value, int | float)}
    source, target, after = nodes[move.source], nodes[move.target], move.score_details.predicted
    return (
        (
            "CPU",
            told.get("source_cpu", source.cpu_pct),
            after.source_cpu_pct,
            told.get("target_cpu", target.cpu_pct),
            after.target_cpu_pct,
        ),
        (
            "Memory",
            told.get("source_mem", source.mem_pct),
            after.source_mem_pct,
            told.get("target_mem", target.mem_pct),
            after.target_mem_pct,
        ),
    )


def _effort(move: Recommendation) -> str:
    copied = words.size(move.transfer_bytes) if move.transfer_bytes else "Nothing to copy"
    text = f"{copied}, about {words.about(move.estimated_seconds)}"
    if move.downtime_seconds >= 1:
        text += f", down for {words.about(move.downtime_seconds)}"
    return text


def guest_label(kind: str, vmid: int, name: str | None) -> str:
    """``VM 100 – web-app-1``, as Proxmox lists it."""
    head = f"{words.label(words.GUEST_TYPES, kind)} {vmid}"
    return f"{head} {words.MISSING} {name}" if name else head


def narrowed(rows: Sequence[Card], by: Filters) -> tuple[Card, ...]:
    """The cards that pass every filter."""
    return tuple(row for row in rows if _passes(row, by))


def _passes(row: Card, by: Filters) -> bool:
    move = row.move
    wanted = (
        (by.kinds, move.kind),
        (by.sources, move.source),
        (by.targets, move.target),
        (by.risks, move.risk_level),
    )
    if any(allowed and value not in allowed for allowed, value in wanted):
        return False
    if by.nodes and not {move.source, move.target} & set(by.nodes):
        return False
    if by.urgent and not row.urgent:
        return False
    return move.confidence_score >= by.least_confidence and by.text.casefold() in row.guest.casefold()


def ordered(rows: Sequence[Card], by: Sort) -> tuple[Card, ...]:
    """Sorted; ties keep the order of the plan."""
    keys = {
        "plan": lambda row: 0.0,
        "gain": lambda row: -row.move.score_improvement,
        "confidence": lambda row: -row.move.confidence_score,
        "risk": lambda row: row.move.risk_score,
        "guest": lambda row: float(row.move.vmid),
    }
    return tuple(sorted(rows, key=keys[by]))


def page_of(count: int, page: int, length: int) -> tuple[int, int, int]:
    """(number of pages, first row, row after the last) of a list cut into pages; ``page`` counts from 1."""
    pages = max(1, -(-count // length))
    inside = min(max(1, page), pages)
    return pages, (inside - 1) * length, min(count, inside * length)


def page_with(rows: Sequence[Card], move_id: str, length: int) -> int | None:
    """The page, counted from 1, on which a move's card stands; None where it is not among the rows."""
    return next((place // length + 1 for place, row in enumerate(rows) if row.move.id == move_id), None)


def breakdown(move: Recommendation) -> tuple[BreakdownRow, ...]:
    """Both sides of the score, row by row: every row that has points or a value on a side, none left out of the sum."""
    source, target = _by_term(move.score_details.source), _by_term(move.score_details.target)
    rows = []
    for name in term_order(source, target):
        left, right = source.get(name), target.get(name)
        if not any(side and side.points for side in (left, right)):
            continue
        known = left or right
        rows.append(
            BreakdownRow(
                term=words.label(words.TERMS, name),
                category=words.label(words.CATEGORIES, known.category if known else None),
                source_points=left.points if left else None,
                source_value=value_text(left),
                target_points=right.points if right else None,
                target_value=value_text(right),
            )
        )
    return tuple(rows)


def term_order(left: dict[str, Term], right: dict[str, Term]) -> list[str]:
    """The terms of both sides: what touches a limit first, the base load last."""
    names = [*left, *(name for name in right if name not in left)]
    return sorted(names, key=lambda name: (left.get(name) or right[name]).category == "base")


def _by_term(side: ScoreSide) -> dict[str, Term]:
    return {term.term: term for term in side.terms}


def value_text(term: Term | None) -> str:
    """A row's value against its limit, in words: ``78.0 %, limit 60 %``."""
    if term is None or term.value is None:
        return "" if term is None else term.detail
    unit = words.UNITS.get(term.unit, term.unit)
    text = words.number(term.value, 1, unit)
    return (
        f"{text}, limit {words.number(term.limit, 0 if term.limit == round(term.limit) else 1, unit)}"
        if term.limit
        else text
    )


def skips(
    assessment: Assessment, reasons: Sequence[str] = (), nodes: Sequence[str] = (), text: str = ""
) -> tuple[Skip, ...]:
    """Guests that stay, narrowed by reason, node and a part of their name."""
    needle = text.casefold()
    return tuple(
        skip
        for skip in assessment.skipped
        if (not reasons or skip.reason in reasons)
        and (not nodes or skip.node in nodes)
        and needle in guest_label(skip.type, skip.vmid, skip.name).casefold()
    )
