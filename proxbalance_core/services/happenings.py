"""What one generation has that the one before had not: the events of a run of the engine. Only changes are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.records import Event
from proxbalance_core.services.changes import Changes, compare

if TYPE_CHECKING:
    from collections.abc import Iterable

Document = Mapping[str, Any]

_METRICS = ("cpu", "mem", "iowait")
_FIGURES = ("score", "suitability", "cpu_pct", "mem_pct", "iowait_pct", "guest_count")
_WORTH_A_WARNING = ("warning", "critical")


def happened(before: Document | None, after: Document, at: datetime) -> tuple[Event, ...]:
    """The events of the generation ``after``, made at ``at``; ``before`` is the assessment it follows, if any.

    One is always there, `recommendations.generated`. The others tell that something began: what stood in ``before``
    already isn't told again.
    """
    return tuple(Event(at=at, event=event, payload=payload) for event, payload in _told(before, after))


def _told(before: Document | None, after: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    summary, moves = after["summary"], after["recommendations"]
    generated = {"count": len(moves), "summary": summary["advice"], "urgency": summary["urgency"]}
    yield "recommendations.generated", generated
    if before is not None:
        yield from _other_moves(compare(before, after), left=len(moves))
    if summary["urgency"] == "high" and (before is None or before["summary"].get("urgency") != "high"):
        yield "recommendations.urgent", {"summary": summary["advice"], "recommendations": list(_with_nodes(after))}
    yield from (("node.overloaded", payload) for payload in _overloaded(before, after))
    yield from (("capacity.warning", payload) for payload in _warnings(before, after))


def _other_moves(changes: Changes, left: int) -> Iterator[tuple[str, dict[str, Any]]]:
    was = len(changes.removed) + len(changes.changed_targets) + len(changes.unchanged)
    if was and not left:
        causes = [str(row) for row in changes.removed]
        yield "recommendations.cleared", {"previous_count": was, "how": "nothing left to recommend", "causes": causes}
        return
    kinds = {"new": changes.new, "removed": changes.removed, "changed_targets": changes.changed_targets}
    if any(kinds.values()):
        told: dict[str, Any] = {
            kind: [
                {"vmid": row.vmid, "name": row.name, "source": row.source, "target": row.target, "cause": row.cause}
                for row in rows
            ]
            for kind, rows in kinds.items()
        }
        yield "recommendations.changed", told | {"unchanged_count": len(changes.unchanged)}


def _with_nodes(document: Document) -> Iterator[dict[str, Any]]:
    """The recommendations, each with the figures of the nodes it is between."""
    nodes = {node["name"]: _figures(node, _FIGURES) for node in document["nodes"]}
    for move in document["recommendations"]:
        told = _figures(move, ("vmid", "name", "source", "target", "score_improvement"))
        yield told | {"source_node": nodes.get(move["source"], {}), "target_node": nodes.get(move["target"], {})}


def _figures(node: Document, names: Iterable[str]) -> dict[str, Any]:
    """Those that were measured."""
    return {name: node[name] for name in names if node.get(name) is not None}


def _over(document: Document | None) -> dict[str, dict[str, dict[str, float]]]:
    """By node and metric: its value and threshold, where it is at or over it."""
    if document is None:
        return {}
    limits = {metric: float(document["settings"][f"{metric}_threshold"]) for metric in _METRICS}
    return {
        node["name"]: {
            metric: {"value_pct": node[f"{metric}_pct"], "threshold_pct": limit}
            for metric, limit in limits.items()
            if node.get(f"{metric}_pct") is not None and node[f"{metric}_pct"] >= limit
        }
        for node in document["nodes"]
    }


def _overloaded(before: Document | None, after: Document) -> Iterator[dict[str, Any]]:
    """One for each node that has come over a threshold; with all that it is over."""
    known = _over(before)
    for node, metrics in _over(after).items():
        came = sorted(metrics.keys() - known.get(node, {}).keys())
        if came:
            yield {"node": node, "crossed": came, "metrics": metrics}


def _warnings(before: Document | None, after: Document) -> Iterator[dict[str, Any]]:
    known = {_advisory_key(advisory) for advisory in (before or {}).get("advisories", ())}
    for advisory in after["advisories"]:
        if advisory["severity"] in _WORTH_A_WARNING and _advisory_key(advisory) not in known:
            yield _figures(advisory, ("type", "severity", "node", "message", "metrics"))


def _advisory_key(advisory: Document) -> tuple[str, str, str | None]:
    return advisory["type"], advisory["severity"], advisory.get("node")
