"""Simple mode: the same settings as rules to read, and nodes by their light."""

from __future__ import annotations

from dataclasses import dataclass

from proxbalance_core.domain.plans import Simulation
from proxbalance_core.domain.settings import Settings
from proxbalance_core.present import words
from proxbalance_core.present.tuning import SettingRow, every_setting

LABELS = {
    "cpu_threshold": "CPU",
    "mem_threshold": "Memory",
    "iowait_threshold": "Waiting for disks",
    "min_score_improvement": "Least gain",
    "move_cost_points": "Each migration",
    "move_cost_points_per_gb": "Each GB",
    "cooldown_hours": "Rest",
    "max_moves": "Most moves (0: no limit)",
    "max_parallel_per_node": "At once on a node",
    "include_ha": "Move guests managed by HA too",
    "distribution_enabled": "Even out the number of guests",
}
_LIGHTS = (("red", "Overloaded"), ("amber", "Busy"), ("green", "Fine"))
MOST_NAMES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule in a sentence, and the settings that it is made of."""

    sentence: str
    keys: tuple[SettingRow, ...]


def of(settings: Settings) -> tuple[Rule, ...]:
    """The rules that ``settings`` stand for."""
    s, rows = settings, {row.key: row for row in every_setting(settings)}

    def rule(sentence: str, *keys: str) -> Rule:
        return Rule(sentence=sentence, keys=tuple(rows[key] for key in keys))

    limits = f"{s.cpu_threshold:g} % CPU, {s.mem_threshold:g} % memory or {s.iowait_threshold:g} % waiting for disks"
    return (
        rule(f"A node is busy over {limits}.", "cpu_threshold", "mem_threshold", "iowait_threshold"),
        rule(
            "A guest moves when its node is busy, now or in the coming day, another takes it with less trouble, and "
            f"that gains {s.min_score_improvement:g} points or more.", "min_score_improvement",
        ),
        rule(
            f"A migration has its price: {s.move_cost_points:g} points and {s.move_cost_points_per_gb:g} for "
            "each GB. What brings less is left alone.", "move_cost_points", "move_cost_points_per_gb",
        ),
        rule(_rest(s), "cooldown_hours"),
        rule(_pace(s), "max_moves", "max_parallel_per_node"),
        rule(_who(s), "include_ha", "distribution_enabled"),
    )  # fmt: skip


def _rest(s: Settings) -> str:
    if s.cooldown_hours == 0:
        return "A guest that was moved may be moved again at once."
    return f"A guest that was moved stays for {s.cooldown_hours:g} hours."


def _pace(s: Settings) -> str:
    most = f"at most {words.count(s.max_moves, 'move')}" if s.max_moves else "as many moves as bring enough"
    at_once = "one at a time" if s.max_parallel_per_node == 1 else f"up to {s.max_parallel_per_node} at a time"
    return f"A plan has {most}, {at_once} on each node."


def _who(s: Settings) -> str:
    ha = "are moved too, through HA" if s.include_ha else "stay where HA puts them"
    counts = "are evened out" if s.distribution_enabled else "don't matter"
    return f"Guests managed by HA {ha}. Guest counts {counts}."


def unsaid(settings: Settings) -> int:
    """How many settings differ from their default that no rule names."""
    return sum(row.changed for row in every_setting(settings) if row.key not in LABELS)


def lights(found: Simulation) -> tuple[tuple[str, str, str], ...]:
    """The traffic light of a draft: a word with the count, the nodes, the light; only lights that are on."""
    made = []
    for light, word in _LIGHTS:
        names = [node.node for node in found.node_deltas if node.after_light == light]
        if names:
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            made.append((f"{word}: {len(names)}", ", ".join(names[:MOST_NAMES]) + more, light))
    return tuple(made)
