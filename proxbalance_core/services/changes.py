"""What differs between two assessments, each change with its cause in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRow:
    """One guest whose recommendation came, went, changed or stayed; ``str()`` of it is a sentence."""

    vmid: int
    name: str
    source: str
    target: str | None
    before_target: str | None
    score_improvement: float | None
    before_improvement: float | None
    cause: str

    def __str__(self) -> str:
        return f"{self.name} ({self.vmid}): {self.cause}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference between the newest assessment and the one before it."""

    previous_at: datetime | None
    new: tuple[ChangedRow, ...] = ()
    removed: tuple[ChangedRow, ...] = ()
    changed_targets: tuple[ChangedRow, ...] = ()
    unchanged: tuple[ChangedRow, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A plain document."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self))


def compare(before: Document, after: Document, previous_at: datetime | None = None) -> Changes:
    """What ``after`` recommends that ``before`` did not, and the other way round."""
    old, new = _moves(before), _moves(after)
    both = sorted(old.keys() & new.keys())
    return Changes(
        previous_at=previous_at,
        new=tuple(_row(None, new[v], _why_new(v, before, new[v])) for v in sorted(new.keys() - old.keys())),
        removed=tuple(_row(old[v], None, _why_gone(old[v], after)) for v in sorted(old.keys() - new.keys())),
        changed_targets=tuple(
            _row(old[v], new[v], f"now to {new[v]['target']} instead of {old[v]['target']}")
            for v in both
            if old[v]["target"] != new[v]["target"]
        ),
        unchanged=tuple(
            _row(old[v], new[v], f"still to {new[v]['target']}") for v in both if old[v]["target"] == new[v]["target"]
        ),
    )


def _moves(document: Document) -> dict[int, Document]:
    return {int(move["vmid"]): move for move in document.get("recommendations", ())}


def _skips(document: Document) -> dict[int, Document]:
    return {int(skip["vmid"]): skip for skip in document.get("skipped", ())}


def _why_new(vmid: int, before: Document, move: Document) -> str:
    reason = move.get("reason", {}).get("primary_label") or move.get("kind", "balance")
    earlier = _skips(before).get(vmid)
    if earlier:
        return f"to {move['target']}, {_lowered(reason)}; before: {_lowered(earlier['detail'])}"
    return f"to {move['target']}, {_lowered(reason)}"


def _why_gone(move: Document, after: Document) -> str:
    skip = _skips(after).get(int(move["vmid"]))
    if skip is None:
        return "it is no longer in the cluster"
    if skip["node"] == move["target"]:
        return f"it was moved to {move['target']}"
    if skip["node"] != move["source"]:
        return f"it is on {skip['node']} now"
    return _lowered(skip["detail"])


def _lowered(sentence: str) -> str:
    text = sentence.rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _row(before: Document | None, after: Document | None, cause: str) -> ChangedRow:
    known = after or before or {}
    return ChangedRow(
        vmid=int(known["vmid"]),
        name=str(known.get("name") or ""),
        source=str(known["source"]),
        target=after["target"] if after else None,
        before_target=before["target"] if before else None,
        score_improvement=after["score_improvement"] if after else None,
        before_improvement=before["score_improvement"] if before else None,
        cause=cause,
    )
