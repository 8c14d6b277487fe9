"""What opinions of recommendations have in common, and settings that would answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from proxbalance_core.domain.feedback import Feedback, FeedbackPattern
from proxbalance_core.domain.settings import Settings, specs

# Fewer say nothing; so does a reason that is liked more often than not.
LEAST_RATED = 5
REJECTED_SHARE = 0.6
LEAST_WRONG_TARGETS = 3
LEAST_SAME_GUEST = 2
# A quarter of the way from neutral to the end of a slider; costs rise by a point.
_SLIDER_STEP, _COST_STEP = 15.0, 1.0
_LEVERS = {
    "cpu_imbalance": ("cpu_sensitivity", -_SLIDER_STEP, "lower the CPU sensitivity"),
    "mem_imbalance": ("mem_sensitivity", -_SLIDER_STEP, "lower the memory sensitivity"),
    "iowait_relief": ("iowait_sensitivity", -_SLIDER_STEP, "lower the iowait sensitivity"),
    "combined": ("move_cost_points", _COST_STEP, "let a migration cost more"),
    "trend_crossing": ("move_cost_points", _COST_STEP, "let a migration cost more"),
}
_LABELS = {
    "cpu_imbalance": "CPU",
    "mem_imbalance": "memory",
    "iowait_relief": "iowait",
    "combined": "combined",
    "trend_crossing": "forecast",
    "distribution_balancing": "guest count",
    "maintenance_evacuation": "maintenance",
    "affinity_repair": "affinity",
}


def patterns(entries: Iterable[Feedback], settings: Settings) -> tuple[FeedbackPattern, ...]:
    """By reason, objection, target and guest: what is rejected again and again, the most frequent first."""
    rows = tuple(entries)
    found = [*_by_reason(rows, settings), *_not_needed(rows, settings), *_targets(rows), *_guests(rows)]
    return tuple(sorted(found, key=lambda pattern: (-pattern.count, pattern.key)))


def _grouped(rows: Iterable[Feedback], key: Callable[[Feedback], Any]) -> dict[Any, list[Feedback]]:
    groups: dict[Any, list[Feedback]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _by_reason(rows: tuple[Feedback, ...], settings: Settings) -> Iterator[FeedbackPattern]:
    for reason, found in _grouped(rows, lambda row: row.reason).items():
        rejected = sum(row.rating == "not_helpful" for row in found)
        if len(found) < LEAST_RATED or rejected < REJECTED_SHARE * len(found):
            continue
        label = _LABELS.get(reason, reason)
        values, suggestion = _answer(reason, settings)
        yield FeedbackPattern(
            key=f"reason/{reason}", count=rejected, of=len(found), settings=values, suggestion=suggestion,
            message=f"{rejected} of {len(found)} {label} recommendations were rejected.",
        )  # fmt: skip


def _answer(reason: str, settings: Settings) -> tuple[dict[str, Any], str]:
    if reason == "distribution_balancing":
        return {"distribution_enabled": False}, "stop balancing the number of guests"
    if reason not in _LEVERS:
        return {}, ""
    key, step, words = _LEVERS[reason]
    return _stepped(settings, key, step, words)


def _stepped(settings: Settings, key: str, step: float, words: str) -> tuple[dict[str, Any], str]:
    spec, now = specs()[key], float(getattr(settings, key))
    to = min(max(now + step, spec.low or 0.0), spec.high or 100.0)
    return ({key: to}, f"{words} from {now:g} to {to:g}") if to != now else ({}, "")


def _not_needed(rows: tuple[Feedback, ...], settings: Settings) -> Iterator[FeedbackPattern]:
    count = sum(row.objection == "not_needed" for row in rows)
    if len(rows) >= LEAST_RATED and count >= REJECTED_SHARE * len(rows):
        values, suggestion = _stepped(
            settings, "min_score_improvement", 5.0, "ask for a greater improvement before a move is recommended:"
        )
        yield FeedbackPattern(
            key="objection/not_needed", count=count, of=len(rows), settings=values, suggestion=suggestion,
            message=f"{count} of {len(rows)} recommendations were called not needed.",
        )  # fmt: skip


def _targets(rows: tuple[Feedback, ...]) -> Iterator[FeedbackPattern]:
    for target, found in _grouped(rows, lambda row: row.target).items():
        count = sum(row.objection == "wrong_target" for row in found)
        if count >= LEAST_WRONG_TARGETS and count >= REJECTED_SHARE * len(found):
            yield FeedbackPattern(
                key=f"target/{target}", count=count, of=len(found),
                message=f"{count} of {len(found)} recommendations to {target} were called the wrong target.",
                suggestion=f"leave {target} out of the allowed targets, or bind guests to nodes with a pin_ tag",
            )  # fmt: skip


def _guests(rows: tuple[Feedback, ...]) -> Iterator[FeedbackPattern]:
    for vmid, found in _grouped(rows, lambda row: row.vmid).items():
        count = sum(row.objection == "special_requirements" for row in found)
        if count >= LEAST_SAME_GUEST:
            yield FeedbackPattern(
                key=f"guest/{vmid}", count=count, of=len(found),
                message=f"Guest {vmid} was said to have special requirements {count} times.",
                suggestion="give it the tag ignore, or a pin_ tag for where it may run",
            )  # fmt: skip
