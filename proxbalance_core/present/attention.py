"""The queue of what needs attention, and the search over guests and nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from proxbalance_core.domain.plans import Assessment, Conflict
from proxbalance_core.domain.results import Forecast
from proxbalance_core.present import words
from proxbalance_core.present.advice import guest_label

Level = Literal["critical", "warning", "info"]
_ORDER: dict[str, int] = {"critical": 0, "warning": 1, "info": 2}
_URGENCY_LEVEL: dict[str, Level] = {"high": "critical", "medium": "warning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing to look at."""

    level: Level
    kind: Literal["capacity", "conflict", "forecast", "data", "note"]
    title: str
    detail: str
    suggestions: tuple[str, ...] = ()
    node: str | None = None
    fails: bool = False  # about a node that fails: the N-1 view says more


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A guest or a node that a search found, and what was decided about it."""

    kind: Literal["guest", "node"]
    title: str
    node: str
    decision: str
    detail: str
    vmid: int | None = None
    recommended: bool = False


def attention(assessment: Assessment, data_troubles: Sequence[str] = ()) -> tuple[Attention, ...]:
    """Advisories, conflicts, forecasts, notes and troubles with the data, the gravest first."""
    found = [Attention(level="warning", kind="data", title="Data", detail=trouble) for trouble in data_troubles]
    found += [
        Attention(
            level=advice.severity,
            kind="capacity",
            title=words.label(words.ADVISORIES, advice.type),
            detail=advice.message,
            suggestions=advice.suggestions,
            node=advice.node,
            fails=advice.type == "n_minus_1",
        )
        for advice in assessment.advisories
    ]
    found += [_conflict(conflict) for conflict in assessment.conflicts]
    found += [_forecast(forecast) for forecast in assessment.forecasts]
    found += [Attention(level="info", kind="note", title="Note", detail=note) for note in assessment.notes]
    return tuple(sorted(found, key=lambda item: _ORDER[item.level]))


def _conflict(conflict: Conflict) -> Attention:
    coming = ", ".join(f"{guest.vmid} {guest.name}".strip() for guest in conflict.incoming_guests)
    return Attention(
        level="warning",
        kind="conflict",
        title=f"Too much for {conflict.target_node}",
        node=conflict.target_node,
        detail=f"Together with {coming} it would reach {words.percent(conflict.combined_cpu_pct, 1)} CPU and "
        f"{words.percent(conflict.combined_mem_pct, 1)} memory; the limit is {words.percent(conflict.threshold)}.",
        suggestions=(conflict.resolution.detail,) if conflict.resolution.detail else (),
    )


def _forecast(forecast: Forecast) -> Attention:
    metric = words.label(words.METRICS, forecast.metric)
    return Attention(
        level=_URGENCY_LEVEL.get(forecast.urgency, "info"),
        kind="forecast",
        title=f"{forecast.entity}: {metric} is rising",
        detail=forecast.summary,
        node=forecast.entity,
    )


def search(assessment: Assessment, text: str, limit: int = 8) -> tuple[Hit, ...]:
    """Nodes, then guests whose name or number holds ``text``; whole matches first."""
    needle = text.strip().casefold()
    if not needle:
        return ()
    hits = [hit for hit in _everything(assessment) if needle in hit.title.casefold()]
    whole = needle.split()[-1]
    return tuple(sorted(hits, key=lambda hit: whole not in hit.title.casefold().split())[:limit])


def _everything(assessment: Assessment) -> list[Hit]:
    found = [
        Hit(
            kind="node",
            title=node.name,
            node=node.name,
            decision=words.label(words.LIGHTS, node.light),
            detail=f"CPU {words.percent(node.cpu_pct)}, memory {words.percent(node.mem_pct)}, "
            f"{words.count(node.guest_count, 'guest')}",
        )
        for node in assessment.nodes
    ]
    found += [
        Hit(
            kind="guest",
            title=guest_label(move.type, move.vmid, move.name),
            node=move.source,
            vmid=move.vmid,
            decision=f"Move to {move.target}",
            detail=move.reason.summary,
            recommended=True,
        )
        for move in assessment.recommendations
    ]
    found += [
        Hit(
            kind="guest",
            title=guest_label(skip.type, skip.vmid, skip.name),
            node=skip.node,
            vmid=skip.vmid,
            decision=words.label(words.SKIPS, skip.reason),
            detail=skip.detail,
        )
        for skip in assessment.skipped
    ]
    return found
