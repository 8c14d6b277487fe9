"""What the overview shows of an assessment: digest, tiles and node rows, as typed values ready to draw."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.plans import Assessment, ClusterPicture
from proxbalance_core.domain.results import Light, NodeScore
from proxbalance_core.present import words

if TYPE_CHECKING:
    import pandas as pd

_WORST_FIRST: dict[Light, int] = {"red": 0, "amber": 1, "green": 2}
_DETAIL_TERMS = 3
IN_MAINTENANCE = "In maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The cluster in one glance: health now and after the plan (0..100), and what to do."""

    health: float | None
    predicted_health: float | None
    word: str
    light: Light
    light_word: str
    urgency: str
    urgency_label: str
    advice: str
    counts: tuple[str, ...]
    promise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure of the row of figures; ``trend`` are its values over time, oldest first."""

    title: str
    value: str
    change: str | None
    better: bool | None
    about: str
    trend: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeGauge:
    """One usage of a node against its limit [percent]; ``after`` is its value when the plan is done."""

    title: str
    value: float | None
    limit: float
    after: float | None

    @property
    def over(self) -> bool:
        return self.value is not None and self.value >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A node's card."""

    name: str
    status: str
    light: Light
    light_word: str
    state: str
    score: float | None
    score_after: float | None
    suitability: float | None
    rating: str
    guest_count: int
    guests_after: int | None
    gauges: tuple[NodeGauge, ...]
    parts: tuple[tuple[str, float], ...]
    heaviest: tuple[str, ...]
    maintenance: bool
    measured: bool


def digest(assessment: Assessment) -> Digest:
    """Health, urgency and what the recommendations are about."""
    summary = assessment.summary
    lights: list[Light] = [node.light for node in assessment.nodes]
    light: Light = min(lights, key=lambda found: _WORST_FIRST[found], default="green")
    counts = tuple(
        f"{count} × {words.inside(words.label(words.REASONS, reason))}"
        for reason, count in sorted(summary.reasons_breakdown.items(), key=lambda item: (-item[1], item[0]))
    )
    moves = summary.recommendation_count
    promise = f"{words.signed(summary.aggregate_improvement, 0)} points in total" if moves else ""
    return Digest(
        health=summary.cluster_health,
        predicted_health=summary.predicted_health,
        word=words.rating(summary.cluster_health),
        light=light,
        light_word=_light_word(assessment, light),
        urgency=summary.urgency,
        urgency_label=summary.urgency_label,
        advice=summary.advice,
        counts=counts,
        promise=promise,
    )


def _light_word(assessment: Assessment, light: Light) -> str:
    """The light of the cluster is that of its worst nodes."""
    if light == "green":
        return "All nodes fine"
    worst = sum(1 for node in assessment.nodes if node.light == light)
    return f"{words.count(worst, 'node')} {'overloaded' if light == 'red' else 'to watch'}"


def tiles(assessment: Assessment, trends: dict[str, tuple[float, ...]]) -> tuple[Tile, ...]:
    """At most six figures; ``trends`` may hold past values under health, cpu, mem, imbalance and moves."""
    summary, nodes = assessment.summary, [n for n in assessment.nodes if n.cpu_pct is not None]
    cpu, mem = _mean(n.cpu_pct for n in nodes), _mean(n.mem_pct for n in nodes)
    over = sum(1 for node in assessment.nodes if node.light == "red")
    warn = sum(1 for node in assessment.nodes if node.light == "amber")
    imbalance_change = summary.predicted_imbalance - summary.imbalance
    return (
        Tile(
            title="Recommendations",
            value=str(summary.recommendation_count),
            change=None,
            better=None,
            about="Migrations worth their cost, in an order that can be carried out.",
            trend=trends.get("moves", ()),
        ),
        Tile(
            title="Nodes to look at",
            value=f"{over + warn} of {len(assessment.nodes)}",
            change=f"{over} overloaded" if over else None,
            better=False if over else None,
            about="Nodes over a threshold or ruled out (overloaded), or close to it or forecast to cross (attention).",
        ),
        Tile(
            title="Mean CPU",
            value=words.percent(cpu),
            change=None,
            better=None,
            about="Mean over the measured nodes, now.",
            trend=trends.get("cpu", ()),
        ),
        Tile(
            title="Mean memory",
            value=words.percent(mem),
            change=None,
            better=None,
            about="Mean over the measured nodes, now.",
            trend=trends.get("mem", ()),
        ),
        Tile(
            title="Imbalance",
            value=words.number(summary.imbalance, 2),
            change=f"{words.signed(imbalance_change, 2)} with the plan" if summary.recommendation_count else None,
            better=imbalance_change < 0,
            about="Spread of the nodes' load over its mean, as Proxmox counts it: 0 is even, over 0.5 is uneven.",
            trend=trends.get("imbalance", ()),
        ),
    )


def node_rows(
    assessment: Assessment,
    snapshot: ClusterSnapshot | None,
    only: Collection[str] = (),
    *,
    predicted: bool = True,
) -> tuple[NodeRow, ...]:
    """The nodes' cards, the one that needs most attention first."""
    maintained = {node.name for node in snapshot.nodes if node.maintenance} if snapshot else set()
    after = assessment.batch_impact.after if predicted else None
    rows = [
        _node_row(node, assessment.settings, after, maintenance=node.name in maintained or node.status == "maintenance")
        for node in assessment.nodes
        if not only or node.name in only
    ]
    return tuple(sorted(rows, key=lambda row: (_WORST_FIRST[row.light], -(row.score or 0.0), row.name)))


def _node_row(
    node: NodeScore, settings: dict[str, float], picture: ClusterPicture | None, *, maintenance: bool
) -> NodeRow:
    measured = node.score is not None
    after = picture.nodes.get(node.name) if picture else None
    gauges = (
        NodeGauge(
            title="CPU",
            value=node.cpu_pct,
            limit=settings["cpu_threshold"],
            after=after.cpu_pct if after else None,
        ),
        NodeGauge(
            title="Memory",
            value=node.mem_pct,
            limit=settings["mem_threshold"],
            after=after.mem_pct if after else None,
        ),
        NodeGauge(title="I/O wait", value=node.iowait_pct, limit=settings["iowait_threshold"], after=None),
    )
    heaviest = sorted((t for t in node.terms if t.category != "base" and t.points >= 0.05), key=lambda t: -t.points)
    return NodeRow(
        name=node.name,
        status=node.status,
        light=node.light,
        light_word=words.label(words.LIGHTS, node.light),
        state=_state(node, maintenance),
        score=node.score,
        score_after=picture.node_scores.get(node.name) if picture else None,
        suitability=node.suitability,
        rating=words.label(words.RATINGS, node.rating) if node.rating else "Not measured",
        guest_count=node.guest_count,
        guests_after=after.guest_count if after else None,
        gauges=gauges,
        parts=penalty_parts(node),
        heaviest=tuple(
            f"{words.label(words.TERMS, t.term)} {words.number(t.points)}" for t in heaviest[:_DETAIL_TERMS]
        ),
        maintenance=maintenance,
        measured=measured,
    )


def _state(node: NodeScore, maintenance: bool) -> str:
    if maintenance or node.status == "maintenance":
        return IN_MAINTENANCE
    if node.status != "online":
        return node.status.capitalize()
    if node.score is None:
        return "Not measured"
    return words.label(words.LIGHTS, node.light)


def penalty_parts(node: NodeScore) -> tuple[tuple[str, float], ...]:
    """Points by category in a fixed order, the base load last; they sum up to the node's score."""
    points = dict.fromkeys(words.CATEGORIES, 0.0)
    for term in node.terms:
        points[term.category] = points.get(term.category, 0.0) + term.points
    return tuple((category, value) for category, value in points.items() if value > 0)


def categories(assessment: Assessment) -> tuple[str, ...]:
    """The categories that any node has points in, in their fixed order."""
    used = {category for node in assessment.nodes for category, _ in penalty_parts(node)}
    return tuple(category for category in words.CATEGORIES if category in used)


def thinned(frame: pd.DataFrame, column: str, points: int) -> tuple[float, ...]:
    """The mean of ``column`` at each time of ``frame`` (``ts``), cut into at most ``points`` means, oldest first."""
    if frame.empty or column not in frame:
        return ()
    series = frame.groupby("ts")[column].mean().dropna()
    parts = max(1, -(-len(series) // points))
    return tuple(float(series.iloc[at : at + parts].mean()) for at in range(0, len(series), parts))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None
