"""AI text in labels and lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from proxbalance_core.domain.narration import Narration, Tally
from proxbalance_core.present import words

STANCES = {"agrees": "Agrees with the advice", "adds": "Adds a reason", "disagrees": "Disagrees with the advice"}


def label(found: Narration, zone: tzinfo) -> str:
    """Which model, when, how long it took, and what it cost."""
    parts = [f"{found.model}, {words.clock(found.at, zone)}"]
    if found.kept_from:
        parts.append("asked earlier")
    elif found.seconds:
        parts.append(f"{found.seconds:.1f} s")
    if found.tokens_in or found.tokens_out:
        parts.append(f"{found.tokens_in:,} tokens in, {found.tokens_out:,} out")
    if found.cost is not None:
        parts.append(f"cost {found.cost:.4f}")
    return ", ".join(parts) + ". Its figures were checked against the facts; its words were not."


def tally(seen: Tally, zone: tzinfo) -> Iterator[str]:
    """How it has done since the app started."""
    yield f"Since the app started: {words.count(seen.kept, 'text')} kept, {seen.dropped} dropped, {seen.failed} failed."
    if seen.last_at is not None:
        took = "" if seen.last_seconds is None else f", {seen.last_seconds:.1f} s"
        fault = f". {seen.last_fault}" if seen.last_fault else "."
        yield f"Last asked {words.clock(seen.last_at, zone)}{took}{fault}"
