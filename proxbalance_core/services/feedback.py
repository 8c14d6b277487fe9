"""How long recommendations stood, and what users said of them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from proxbalance_core.domain.feedback import (
    NOTE_MOST,
    OBJECTIONS,
    RATINGS,
    Advice,
    Feedback,
    FeedbackReport,
    Objection,
    Opinion,
    Rating,
)
from proxbalance_core.domain.records import Event
from proxbalance_core.errors import ConfigError

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench
    from proxbalance_core.store import Store

Document = Mapping[str, Any]


def follow(store: Store, cid: str, document: Document, places: Mapping[int, str], now: datetime) -> None:
    """Keep which recommendations of an assessment are new, which stand on, and which ended and how.

    ``places`` says on which node each guest is by then.
    """
    standing = {found.recommendation: found for found in store.advice.standing(cid)}
    urgent = document["summary"]["urgency"] == "high"
    now_advised = {move["id"]: move for move in document["recommendations"]}
    begun = tuple(_begun(move, urgent, now) for key, move in now_advised.items() if key not in standing)
    targets = {int(move["vmid"]): move["target"] for move in now_advised.values()}
    gone_on = tuple(
        dataclasses.replace(found, last_at=now, assessments=found.assessments + 1, urgent=found.urgent or urgent)
        if key in now_advised
        else dataclasses.replace(found, ended_at=now, how=_how(found, places, targets))
        for key, found in standing.items()
    )
    store.advice.follow(cid, begun, gone_on)


def _begun(move: Document, urgent: bool, now: datetime) -> Advice:
    return Advice(
        recommendation=move["id"], vmid=move["vmid"], name=move["name"], source=move["source"], target=move["target"],
        kind=move["kind"], reason=move["reason"]["primary_reason"], first_at=now, last_at=now,
        score_improvement=move["score_improvement"], urgent=urgent,
    )  # fmt: skip


def _how(found: Advice, places: Mapping[int, str], targets: Mapping[int, str]) -> str:
    if places.get(found.vmid) == found.target:
        return "done"
    return "target changed" if targets.get(found.vmid, found.target) != found.target else "withdrawn"


def give(bench: Workbench, cid: str, vmid: int | None, opinion: Opinion) -> Feedback:
    """Keep what a user says of a guest's recommendation: the one that stands, or the one that is named.

    ``vmid`` may be None where the recommendation is named.

    Raises
    ------
    ConfigError
        There is no such recommendation, an unknown word, or a note over 500 characters.
    """
    _refuse(opinion)
    connection = bench.connection(cid)
    advised = _advised(bench, connection.id, vmid, opinion.recommendation)
    now = bench.clock()
    made = Feedback(
        at=now, recommendation=advised.recommendation, vmid=advised.vmid, name=advised.name, source=advised.source,
        target=advised.target, kind=advised.kind, reason=advised.reason, rating=cast(Rating, opinion.rating),
        objection=cast(Objection, opinion.objection) if opinion.rating == "not_helpful" else None,
        note=opinion.note.strip(),
    )  # fmt: skip
    bench.store.feedback.put(connection.id, made)
    payload = {
        "vmid": made.vmid, "recommendation": made.recommendation, "rating": made.rating, "reason": made.objection,
        "target": made.target,
    }  # fmt: skip
    bench.store.events.append(connection.id, Event(at=now, event="recommendation.feedback", payload=payload))
    return made


def _refuse(opinion: Opinion) -> None:
    if opinion.rating not in RATINGS:
        raise ConfigError(f"A rating is one of {', '.join(RATINGS)}.")
    if opinion.objection is not None and opinion.objection not in OBJECTIONS:
        raise ConfigError(f"Why it does not help is one of {', '.join(OBJECTIONS)}.")
    if len(opinion.note) > NOTE_MOST:
        raise ConfigError(f"A note has at most {NOTE_MOST} characters; this one has {len(opinion.note)}.")


def _advised(bench: Workbench, cid: str, vmid: int | None, recommendation: str | None) -> Advice:
    rows: tuple[Advice, ...] = bench.store.advice.standing(cid)
    if recommendation is not None and all(row.recommendation != recommendation for row in rows):
        now = bench.clock()
        rows = bench.store.advice.between(cid, datetime.fromtimestamp(0, UTC), now + timedelta(seconds=1))
    meant = [
        row
        for row in rows
        if (vmid is None or row.vmid == vmid) and recommendation in (None, row.recommendation)
    ]  # fmt: skip
    if not meant or (vmid is None and recommendation is None):
        of = f" for guest {vmid}" if vmid is not None else ""
        raise ConfigError(f"There is no such recommendation{of}.")
    return meant[-1]


def withdraw(bench: Workbench, cid: str, recommendation: str) -> None:
    """Take an opinion back."""
    bench.store.feedback.withdraw(bench.connection(cid).id, recommendation)


def stood(bench: Workbench, cid: str, since: datetime, until: datetime) -> tuple[Advice, ...]:
    """What was recommended at any time between two times, and what became of it; by its beginning."""
    return bench.store.advice.between(cid, since, until)


def given(bench: Workbench, cid: str) -> dict[str, Feedback]:
    """What was said, by recommendation."""
    return {found.recommendation: found for found in bench.store.feedback.list(cid)}


def report(bench: Workbench, cid: str) -> FeedbackReport:
    """All opinions counted, and what they have in common."""
    from proxbalance_core.whatif.opinions import patterns

    entries = bench.store.feedback.list(cid)
    by_reason: dict[str, dict[str, int]] = {}
    for found in entries:
        counts = by_reason.setdefault(found.reason, {"helpful": 0, "not_helpful": 0})
        counts[found.rating] += 1
    ratings = Counter(found.rating for found in entries)
    return FeedbackReport(
        helpful=ratings["helpful"], not_helpful=ratings["not_helpful"], by_reason=by_reason, entries=entries,
        objections=dict(Counter(found.objection for found in entries if found.objection)),
        patterns=patterns(entries, bench.settings(cid)),
    )  # fmt: skip
