"""The timeline as rows: advice and what became of it, events, assessments at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo

import pandas as pd

from proxbalance_core.domain.feedback import Advice
from proxbalance_core.domain.records import Event, GenerationGlance
from proxbalance_core.present import events, words
from proxbalance_core.present.details import Table

ENDED = {"done": "Carried out", "withdrawn": "Withdrawn", "target changed": "Got another target", "": "Still stands"}
_ROUTINE = "recommendations.generated"


def advice_headline(rows: Sequence[Advice]) -> str:
    """How many ended in which way."""
    counts = Counter(ENDED[row.how] for row in rows)
    parts = ", ".join(f"{count} {name[0].lower()}{name[1:]}" for name, count in counts.most_common())
    return f"{words.count(len(rows), 'recommendation')}: {parts}."


def advice_table(rows: Sequence[Advice], zone: tzinfo) -> Table:
    """The newest first."""
    titles: dict[str, str | None] = {
        "guest": "Guest", "way": "Way", "gain": "Points", "why": "Why", "ended": "What became of it",
        "first": "First shown", "stood": "Stood for",
    }  # fmt: skip
    made = [
        (
            words.guest(row.vmid, row.name), f"{row.source} → {row.target}", row.score_improvement,
            words.label(words.REASONS, row.reason), ENDED[row.how], words.clock(row.first_at, zone),
            words.duration((row.last_at - row.first_at).total_seconds()) if row.assessments > 1 else "one assessment",
        )
        for row in sorted(rows, key=lambda row: (row.first_at, row.vmid), reverse=True)
    ]  # fmt: skip
    return Table(rows=pd.DataFrame(made, columns=list(titles)), titles=titles)


def matching(found: Sequence[Event], kinds: tuple[str, ...], sought: str) -> list[Event]:
    """Events of the chosen kinds (none: all but plain assessments) whose sentence holds what is sought."""
    word = sought.strip().casefold()
    wanted = [event for event in found if (event.event in kinds if kinds else event.event != _ROUTINE)]
    return [event for event in wanted if word in events.sentence(event).casefold()]


def event_table(rows: Sequence[Event], zone: tzinfo) -> Table:
    """When, what, and in words."""
    titles: dict[str, str | None] = {"when": "When", "what": "What", "about": "About"}
    made = [
        (words.clock(row.at, zone), events.EVENT_NAMES.get(row.event, row.event), events.sentence(row)) for row in rows
    ]
    return Table(rows=pd.DataFrame(made, columns=list(titles)), titles=titles)


def glance(found: GenerationGlance, zone: tzinfo) -> str:
    """An assessment in a list."""
    health = words.number(found.cluster_health, 0)
    moves = words.count(found.recommendation_count, "move")
    return f"{words.clock(found.at, zone)} · health {health} · {moves}" + ("" if found.in_full else " · in brief")
