"""Verdicts on migrations in words."""

from __future__ import annotations

from proxbalance_core.domain.outcomes import Outcome
from proxbalance_core.present import words

VERDICTS = {
    "pending": "Still watched",
    "improved": "Better than predicted",
    "expected": "As predicted",
    "worse": "Less than predicted",
    "confounded": "Can't be told apart",
    "not_measured": "Not measured",
}


def verdict_about(outcome: Outcome) -> str:
    """Why an outcome has the verdict that it has, in one sentence."""
    if outcome.fault is not None:
        return outcome.fault
    check = outcome.judged_by
    if check is not None and outcome.verdict in ("improved", "expected", "worse"):
        return (
            f"Predicted {words.signed(outcome.predicted_points)} points; {after(check.after_s)} it was worth"
            f" {words.signed(check.points)}."
        )
    if outcome.verdict == "confounded":
        others = next(check.others for check in reversed(outcome.checks) if check.others)
        return f"Other guests moved meanwhile: {'; '.join(others[:3])}."
    faults = [check.fault for check in outcome.checks if check.fault]
    return faults[-1] if faults else "The verdict comes two hours after the migration."


def after(seconds: int) -> str:
    """How long after a migration it was looked at."""
    return f"{seconds // 60} minutes later" if seconds < 3600 else f"{words.count(seconds // 3600, 'hour')} later"
