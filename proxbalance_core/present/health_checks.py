"""Diagnostics as rows: skips counted, settings in use, the collector in words."""

from __future__ import annotations

import pandas as pd

from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.settings import Settings, specs
from proxbalance_core.present import words
from proxbalance_core.present.details import Table


def skip_counts(assessment: Assessment) -> Table:
    """Reasons why guests stay, the most frequent first, with their share [percent] of all that stay."""
    counts = sorted(assessment.summary.skip_reasons.items(), key=lambda item: (-item[1], item[0]))
    total = max(1, sum(count for _, count in counts))
    rows = [(words.label(words.SKIPS, reason), count, 100.0 * count / total, reason) for reason, count in counts]
    return Table(
        rows=pd.DataFrame(rows, columns=["reason", "guests", "share", "key"]),
        titles={"reason": "Reason", "guests": "Guests", "share": "Share", "key": "In exports"},
    )


def facts(versions: dict[str, str], database_bytes: int, generations: int) -> Table:
    """Versions, and what the database holds."""
    rows = [*versions.items(), ("database", words.size(database_bytes)), ("kept assessments", f"{generations:,}")]
    return Table(rows=pd.DataFrame(rows, columns=["what", "value"]), titles={"what": "What", "value": "Value"})


def scoring_lines(settings: Settings) -> tuple[str, ...]:
    """The settings that matter most, in three lines."""
    return (
        f"Profile {words.label(words.PROFILES, settings.profile).lower()}, at least"
        f" {settings.min_score_improvement:g} points of improvement.",
        f"Thresholds: CPU {settings.cpu_threshold:g} %, memory {settings.mem_threshold:g} %,"
        f" I/O wait {settings.iowait_threshold:g} %.",
        f"Time weights: {words.share(settings.weight_current)} now, {words.share(settings.weight_24h)} over 24 hours,"
        f" {words.share(settings.weight_7d)} over 7 days.",
    )


def settings_table(settings: Settings) -> Table:
    """Every setting with its default; changed ones first."""
    defaults = Settings()
    rows = []
    for key, spec in specs().items():
        value, default = getattr(settings, key), getattr(defaults, key)
        rows.append((key, _shown(value), _shown(default), "" if value == default else "changed", spec.unit, spec.about))
    rows.sort(key=lambda row: row[3] == "")
    return Table(
        rows=pd.DataFrame(rows, columns=["key", "value", "default", "changed", "unit", "about"]),
        titles={
            "key": "Setting",
            "value": "Value",
            "default": "Default",
            "changed": "",
            "unit": "Unit",
            "about": "Meaning",
        },
    )


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "all"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
