"""What happened, in words made of each event's own facts, and as signs on a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from proxbalance_core.domain.records import Event
from proxbalance_core.present import words

# What is marked on the charts: (name, sign), each with a shape of its own.
KINDS = {
    "migration.observed": ("Migration", "triangle-up"),
    "settings.changed": ("Settings changed", "diamond"),
    "node.overloaded": ("Node over a threshold", "triangle-down"),
    "data.stale": ("Data grew old", "cross"),
    "data.back": ("Data are back", "circle"),
}
_MOST_SIGNS = 60
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that happened, or several of a kind near one another, on a chart."""

    at: datetime
    kind: str
    about: str


def signs(events: Iterable[Event], since: datetime, until: datetime) -> tuple[Sign, ...]:
    """What happened, thinned to at most 60 signs of a kind over the stretch; those that meet are counted."""
    width = (until - since) / _MOST_SIGNS
    groups: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        if event.event in KINDS and since <= event.at <= until:
            slot = int((event.at - since) / width) if width else 0
            groups.setdefault((event.event, slot), []).append(event)
    return tuple(
        Sign(at=found[0].at, kind=KINDS[kind][0], about=_about(found))
        for (kind, _), found in sorted(groups.items(), key=lambda item: item[1][0].at)
    )


def _about(found: Sequence[Event]) -> str:
    told = "; ".join(sentence(event) for event in found[:_MOST_TOLD])
    more = len(found) - _MOST_TOLD
    return told + (f"; {more} more" if more > 0 else "")


def sentence(event: Event) -> str:
    """An event in words, made of its own facts."""
    facts = event.payload
    told = _SENTENCES.get(event.event)
    return event.event if told is None else told(facts)


def _observed(facts: Mapping[str, Any]) -> str:
    return f"{facts['vmid']} moved from {facts['source']} to {facts['target']}"


def _overloaded(facts: Mapping[str, Any]) -> str:
    named = {"cpu": "CPU", "mem": "memory", "iowait": "iowait"}
    over = [
        f"{named.get(metric, metric)} {facts['metrics'][metric]['value_pct']:.0f} %"
        f" (threshold {facts['metrics'][metric]['threshold_pct']:g} %)"
        for metric in facts["crossed"]
    ]
    return f"{facts['node']} came over a threshold: {', '.join(over)}"


def _settings(facts: Mapping[str, Any]) -> str:
    keys = list(facts["changed"])
    named = ", ".join(keys[:_MOST_TOLD]) + (f" and {len(keys) - _MOST_TOLD} more" if len(keys) > _MOST_TOLD else "")
    return f"{facts['who']} changed {named}"


def _changed(facts: Mapping[str, Any]) -> str:
    parts = [
        f"{len(facts[key])} {told}"
        for key, told in (("new", "new"), ("removed", "gone"), ("changed_targets", "to another node"))
        if facts.get(key)
    ]
    return f"Recommendations: {', '.join(parts)}"


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "migration.observed": _observed,
    "node.overloaded": _overloaded,
    "settings.changed": _settings,
    "recommendations.changed": _changed,
    "recommendations.generated": lambda facts: (
        f"Assessed: {words.count(facts['count'], 'recommendation')}. {facts['summary']}"
    ),
    "recommendations.cleared": lambda facts: (
        f"{words.count(facts['previous_count'], 'recommendation')} before, none now"
    ),
    "recommendations.urgent": lambda facts: f"It became urgent: {facts['summary']}",
    "recommendation.feedback": lambda facts: (
        f"The move of {facts['vmid']} was called {str(facts['rating']).replace('_', ' ')}"
    ),
    "capacity.warning": lambda facts: str(facts.get("message", "Capacity warning")),
    "data.stale": lambda facts: f"Figures grew old: {facts.get('error') or 'the cluster was not reached'}",
    "data.back": lambda facts: f"Figures are fresh again after {words.count(facts['after_failures'], 'failure')}",
}
EVENT_NAMES = {
    "recommendations.generated": "Assessment",
    "recommendations.changed": "Recommendations changed",
    "recommendations.cleared": "Recommendations cleared",
    "recommendations.urgent": "Urgent",
    "recommendation.feedback": "Feedback",
    "capacity.warning": "Capacity warning",
    "node.overloaded": "Node over a threshold",
    "data.stale": "Data grew old",
    "data.back": "Data are back",
    "settings.changed": "Settings changed",
    "migration.observed": "Migration",
}
