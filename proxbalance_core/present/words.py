"""The words for what the engine's keys say: one home for every label a reader sees."""

from __future__ import annotations

import math
import re
from datetime import datetime, tzinfo

from proxbalance_core.domain.units import GIB, KIB, MIB
from proxbalance_core.domain.wording import lasting

REASONS = {
    "maintenance_evacuation": "Empty a node in maintenance",
    "affinity_repair": "Repair a placement rule",
    "cpu_imbalance": "Relieve CPU",
    "mem_imbalance": "Relieve memory",
    "iowait_relief": "Relieve disk waits",
    "combined": "Relieve CPU and memory",
    "distribution_balancing": "Even out guest counts",
    "trend_crossing": "Ahead of a rising load",
}
KINDS = {
    "balance": "Balance",
    "forecast": "Forecast",
    "maintenance_evacuation": "Maintenance",
    "affinity_repair": "Rule repair",
    "distribution": "Guest counts",
}
SKIPS = {
    "template": "Template",
    "source_offline": "Node offline",
    "not_measured": "Not measured",
    "has_ignore_tag": "Tagged ignore",
    "muted": "Muted in the app",
    "ha_managed": "Managed by HA",
    "stopped": "Not running",
    "locked": "Locked",
    "passthrough_device": "PCI or USB passthrough",
    "passthrough_disk": "Passthrough disk",
    "unshared_bind_mount": "Bind mount not shared",
    "pinned": "Pinned to its node",
    "affinity_blocked": "A partner can't move",
    "cooldown": "Moved recently",
    "source_not_allowed": "Node left out in settings",
    "cluster_balanced": "Cluster is balanced",
    "recurring_spike": "Daily peak that passes",
    "storage_incompatible": "Storage not on any target",
    "no_suitable_target": "No node can take it",
    "deferred": "Waits for another move",
    "insufficient_improvement": "Gain too small",
    "no_relief": "Relieves nobody",
}
TERMS = {
    "current_cpu": "CPU now",
    "current_mem": "Memory now",
    "sustained_cpu": "CPU over 7 days",
    "sustained_mem": "Memory over 7 days",
    "iowait_current": "I/O wait now",
    "iowait_sustained": "I/O wait over 7 days",
    "cpu_trend": "CPU trend",
    "mem_trend": "Memory trend",
    "cpu_spikes": "CPU peaks of 7 days",
    "mem_spikes": "Memory peaks of 7 days",
    "predicted_cpu": "CPU after the move",
    "predicted_mem": "Memory after the move",
    "mem_overcommit": "Memory overcommitment",
    "pressure": "Pressure stall",
    "soft_affinity": "Soft placement rules",
    "base_health": "Base load: usage",
    "base_predicted": "Base load: expected usage",
    "base_headroom": "Base load: used headroom",
    "base_storage": "Base load: storage",
}
CATEGORIES = {
    "cpu": "CPU",
    "memory": "Memory",
    "iowait": "I/O wait",
    "pressure": "Pressure",
    "trends": "Trends",
    "spikes": "Peaks",
    "post_migration": "After the move",
    "storage": "Storage",
    "affinity": "Rules",
    "base": "Base load",
    "base_health": "Base load",
    "base_predicted": "Base load",
    "base_headroom": "Base load",
    "base_storage": "Base load",
}
FACTORS = {
    "improvement": "Improvement",
    "headroom": "Target headroom",
    "target_headroom": "Target headroom",
    "complexity": "Ease of the migration",
    "stability": "Steady load",
    "guest_memory": "Guest memory",
    "disk_io": "Disk traffic",
    "storage": "Disks and snapshots",
    "network": "Network traffic",
    "cluster_health": "Cluster health",
}
LIGHTS = {"green": "Fine", "amber": "Attention", "red": "Overloaded"}
RATINGS = {"poor": "Poor", "fair": "Fair", "good": "Good", "excellent": "Excellent"}
RISKS = {"low": "Low risk", "moderate": "Moderate risk", "high": "High risk", "very_high": "Very high risk"}
ADVISORIES = {
    "saturation": "The cluster is full",
    "limited_headroom": "Little room left",
    "bottleneck": "A node with no way out",
    "small_cluster": "Small cluster",
    "n_minus_1": "If a node failed",
    "days_to_exhaustion": "Room runs out",
    "storage_full": "A storage fills up",
    "over_provisioned": "Given more than it uses",
    "evacuation_blockers": "Maintenance is blocked",
    "clashing_rules": "Rules that can't all hold",
}
CHECKS = {
    "staleness": "Age of the data",
    "guest_state": "Guest",
    "target_state": "Target",
    "storage": "Storage",
    "resources": "Load after the move",
    "locks_and_snapshots": "Locks and snapshots",
    "affinity": "Placement rules",
    "migrate_precondition": "Proxmox's own check",
}
FINDINGS = {"ai_text": "AI text"}
SEVERITIES = {"critical": "Critical", "warning": "Warning", "info": "For information"}
METRICS = {"cpu": "CPU", "mem": "Memory", "iowait": "I/O wait", "cpu_pct": "CPU", "mem_pct": "Memory"}
GUEST_TYPES = {"vm": "VM", "ct": "CT"}
PROFILES = {
    "conservative": "Conservative", "balanced": "Balanced", "aggressive": "Aggressive", "custom": "Custom",
}  # fmt: skip
UNITS = {
    "percent": "%",
    "points/day": "points/day",
    "points": "points",
    "times RAM": "x RAM",
    "rules": "rules",
}

GAIN_FULL = 80.0
MISSING = "–"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=\"'@])")
_SPACES = re.compile(r"\s+")


def label(table: dict[str, str], key: str | None) -> str:
    """The word for ``key``; a key that no table knows is shown readable rather than hidden."""
    if key is None:
        return MISSING
    return table.get(key, key.replace("_", " ").capitalize())


def inside(text: str) -> str:
    """A label inside a sentence: small, unless it begins with an acronym."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def rating(suitability: float | None) -> str:
    """The word for a suitability or a health of 0..100; bands include their lower bound."""
    if suitability is None or math.isnan(suitability):
        return "Not measured"
    for least, word in ((70.0, "Excellent"), (50.0, "Good"), (30.0, "Fair")):
        if suitability >= least:
            return word
    return "Poor"


def gain(points: float) -> str:
    """The word for a score improvement [points]."""
    if points <= 0.0:
        return "none by itself"
    if points >= 40.0:
        return "great"
    return "good" if points >= 20.0 else "slight"


def number(value: float | None, digits: int = 1, unit: str = "") -> str:
    """``value`` with its unit; a dash for what was not measured."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.removeprefix("-")
    space = "" if unit in ("", "s") else " "
    return f"{text}{space}{unit}"


def percent(value: float | None, digits: int = 0) -> str:
    """A percentage as a reader expects it."""
    return number(value, digits, "%")


def share(part: float) -> str:
    """A part of one as a percentage."""
    return percent(100.0 * part)


def signed(value: float | None, digits: int = 1) -> str:
    """A change with its sign; a true minus, so that columns line up."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:+.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0.0 else text.replace("-", "−")


def size(count: float | None) -> str:
    """Bytes in MB, GB or TB (2^20, 2^30, 2^40)."""
    if count is None or math.isnan(count):
        return MISSING
    if abs(count) >= 1024 * GIB:
        return f"{count / GIB / 1024:,.1f} TB"
    return f"{count / GIB:,.1f} GB" if abs(count) >= GIB else f"{count / MIB:,.0f} MB"


def rate(count: float | None) -> str:
    """Bytes per second in KB, MB or GB (2^10, 2^20, 2^30) per second."""
    if count is None or math.isnan(count):
        return MISSING
    return f"{count / KIB:,.0f} KB/s" if abs(count) < MIB else f"{size(count)}/s"


def duration(seconds: float | None) -> str:
    """Seconds in the two largest units that matter."""
    if seconds is None or math.isnan(seconds):
        return MISSING
    if seconds < 1:
        return "under 1 s" if seconds > 0 else "0 s"
    whole = round(seconds)
    for unit, step, small, least in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if whole >= step:
            rest = whole % step // least
            return f"{whole // step} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def seconds(value: float | None) -> str:
    """A short time, to the millisecond under a second."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def about(seconds: float | None) -> str:
    """Seconds in one unit, for estimates."""
    if seconds is None or math.isnan(seconds):
        return MISSING
    return lasting(seconds)


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in words."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    if seconds < -60:
        return "in " + _coarse(-seconds)
    return "just now" if seconds < 10 else f"{_coarse(seconds)} ago"


def clock(moment: datetime, zone: tzinfo, now: datetime | None = None) -> str:
    """A time as one reads it: ``25 Nov 2026, 14:02``; with ``now`` given, without the year when it is this one."""
    at = moment.astimezone(zone)
    return f"{at:%-d %b, %H:%M}" if now and now.astimezone(zone).year == at.year else f"{at:%-d %b %Y, %H:%M}"


def guest(vmid: int | str, name: str | None) -> str:
    """A guest in a list: ``100 web-app-1``."""
    return f"{vmid} {name or ''}".strip()


def window(interval: str, zone: tzinfo) -> str:
    """An ISO 8601 interval as one reads it: ``9 Feb, 02:00 to 03:00``."""
    begin, end = (datetime.fromisoformat(part).astimezone(zone) for part in interval.split("/"))
    return f"{begin:%-d %b, %H:%M} to {end:%H:%M}"


def exact(moment: datetime | None, zone: tzinfo) -> str:
    """A time to the second, with its zone: ``2026-11-25 14:02:11 CET``."""
    return "never" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _coarse(seconds: float) -> str:
    for unit, step in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= step:
            count = int(seconds // step)
            return f"{count} {unit}" + ("s" if count != 1 else "")
    return f"{int(seconds)} seconds"


def count(number_of: int, noun: str, plural: str | None = None) -> str:
    """``1 move``, ``3 moves``."""
    return f"{number_of:,} {noun if number_of == 1 else plural or noun + 's'}"


def safe(text: str) -> str:
    r"""``text`` as the same characters in Markdown: no markup, link, formula, colour or icon survives.

    Every sign that Markdown, Streamlit's directives (``:red[...]``, ``:material/...:``) or LaTeX read is escaped, and
    line breaks become spaces, since a name is one line.
    """
    return _MARKDOWN.sub(r"\\\1", _SPACES.sub(" ", text))
