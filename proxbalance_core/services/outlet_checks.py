"""What leaves the app, looked at: the outbox of notifications, and AI text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxbalance_core.domain.findings import Finding
from proxbalance_core.services import narrating

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench


def outbox(bench: Workbench) -> Finding:
    """Whether events reach where they are sent."""
    targets = bench.store.notices.targets()
    if not targets:
        return Finding(check="notifications", level="ok", detail="Events are sent nowhere.")
    counts = bench.store.notices.counts()
    waiting, lost = counts.get("waiting", 0), counts.get("given_up", 0)
    detail = f"{len(targets)} targets: {counts.get('sent', 0)} sent in 30 days, {waiting} waiting, {lost} given up."
    if not lost:
        return Finding(check="notifications", level="ok", detail=detail)
    return Finding(
        check="notifications", level="warning", detail=detail,
        what_to_do="Look at the last faults under Settings, Notifications, or run 'notify log'.",
    )  # fmt: skip


def ai_text(bench: Workbench) -> Finding:
    """Who writes texts, the last call, and how many were kept."""
    chosen = narrating.provider(bench)
    if chosen is None:
        return Finding(check="ai_text", level="ok", detail="AI text is off.")
    seen = narrating.tally(bench)
    detail = f"{chosen.model} ({chosen.kind}): {seen.kept} texts kept, {seen.dropped} dropped, {seen.failed} failed."
    if seen.last_seconds is not None:
        detail += f" The last call took {seen.last_seconds:.1f} s."
    if not seen.last_fault:
        return Finding(check="ai_text", level="ok", detail=detail)
    return Finding(
        check="ai_text", level="warning", detail=f"{detail} {seen.last_fault}",
        what_to_do="Look at address, model and key under Settings, AI text.",
    )  # fmt: skip
