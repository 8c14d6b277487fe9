"""The words of the cluster map: what hovering a guest, a node, a group or an arrow tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from proxbalance_core.domain.cluster import Guest
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import Recommendation
from proxbalance_core.domain.units import known
from proxbalance_core.present import words
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.map_values import Size, Sureness
from proxbalance_core.present.views import NodeRow

SURENESS: dict[Sureness, str] = {
    "high": "Confidence 75 % or more",
    "medium": "Confidence 50 to 75 %",
    "low": "Confidence under 50 %",
}
_SURE, _FAIR = 75.0, 50.0
_LISTED = 6


def value(guest: Guest, size: Size) -> float:
    """What the bubble of a guest is sized by [cores, bytes or bytes per second]; NaN where it was not measured."""
    values = {
        "cpu": guest.cpu_used_cores.current,
        "memory": guest.mem_used_bytes.current,
        "disk": guest.disk_read_bps + guest.disk_write_bps,
        "network": guest.net_in_bps + guest.net_out_bps,
        "allocated": guest.mem_bytes,
    }
    return values[size]


def amount(guest: Guest, size: Size) -> float:
    """The value as an area: what was not measured has none, and is drawn hollow."""
    found = value(guest, size)
    return found if known(found) else 0.0


def said(number: float, size: Size) -> str:
    """A value of :func:`value` with its unit."""
    if size == "cpu":
        return words.number(number, 1, "cores")
    return words.size(number) if size in ("memory", "allocated") else words.rate(number)


def decisions(assessment: Assessment) -> dict[int, str]:
    """What was decided of each guest, by vmid."""
    found = {skip.vmid: f"Stays: {words.inside(words.label(words.SKIPS, skip.reason))}" for skip in assessment.skipped}
    return found | {move.vmid: f"Moves to {move.target}: {_gain(move)}" for move in assessment.recommendations}


def _gain(move: Recommendation) -> str:
    return f"{words.signed(move.score_improvement, 0)} points, {words.percent(move.confidence_score)} confident"


def guest(found: Guest, decision: str) -> tuple[str, ...]:
    """Where it runs, what it uses of what it was given, and what was decided."""
    used, given = words.number(found.cpu_used_cores.current, 1), words.number(found.cpu_cores, 0)
    memory = f"{words.size(found.mem_used_bytes.current)} of {words.size(found.mem_bytes)}"
    traffic = f"Disk {said(value(found, 'disk'), 'disk')} · network {said(value(found, 'network'), 'network')}"
    groups = [f"Pool {found.pool}"] if found.pool else []
    groups += [f"tags {', '.join(sorted(found.tag_set))}"] if found.tag_set else []
    return tuple(
        text
        for text in (
            f"On {found.node}, {found.status}",
            f"CPU {used} of {given} cores · memory {memory}",
            traffic,
            " · ".join(groups),
            decision,
        )
        if text
    )


def node(row: NodeRow) -> tuple[str, ...]:
    """Penalty, its parts, usage against limits, and the number of guests."""
    usage = " · ".join(f"{g.title} {words.percent(g.value)} (limit {words.percent(g.limit)})" for g in row.gauges)
    if not row.measured:
        return (row.state, words.count(row.guest_count, "guest"))
    parts = " · ".join(f"{words.label(words.CATEGORIES, key)} {words.number(points)}" for key, points in row.parts)
    heavy = ("Heaviest: " + ", ".join(row.heaviest),) if row.heaviest else ()
    return (
        f"Penalty {words.number(row.score)} points, suitability {words.number(row.suitability, 0)} of 100",
        parts,
        *heavy,
        usage,
        words.count(row.guest_count, "guest"),
    )


def mostly(row: NodeRow) -> str:
    """The category that weighs most on a node, its base load apart."""
    parts = [(points, key) for key, points in row.parts if key != "base"]
    return f"mostly {words.inside(words.label(words.CATEGORIES, max(parts)[1]))}" if parts else ""


def group(members: Sequence[Guest], size: Size) -> tuple[str, ...]:
    """How many guests, how much of what the bubbles show, and on which nodes."""
    homes = Counter(guest.node for guest in members).most_common()
    listed = ", ".join(f"{name} {count}" for name, count in homes[:_LISTED])
    more = f" and {words.count(len(homes) - _LISTED, 'more node')}" if len(homes) > _LISTED else ""
    total = sum(amount(guest, size) for guest in members)
    return (words.count(len(members), "guest"), f"{said(total, size)} in all", f"On {listed}{more}")


def sureness(moves: Iterable[Recommendation]) -> Sureness:
    """Several moves are as sure as the least sure of them."""
    least = min(move.confidence_score for move in moves)
    return "high" if least >= _SURE else "medium" if least >= _FAIR else "low"


def arrow(moves: Sequence[Recommendation]) -> tuple[str, ...]:
    """Each guest with what its move brings."""
    lines = [f"{guest_label(move.type, move.vmid, move.name)}: {_gain(move)}" for move in moves[:_LISTED]]
    return (*lines, f"and {len(moves) - _LISTED} more") if len(moves) > _LISTED else tuple(lines)
