"""How much could go wrong, 0..100: lower is safer (scoring, section 7)."""

from __future__ import annotations

from typing import Literal

from proxbalance_core.domain.results import RiskFactor
from proxbalance_core.domain.units import GIB, MIB, known
from proxbalance_core.scoring.confidence import MoveFacts

Level = Literal["low", "moderate", "high", "very_high"]
WEIGHTS = {"guest_memory": 0.30, "disk_io": 0.25, "storage": 0.20, "network": 0.15, "cluster_health": 0.10}
MEMORY_GB = ((64.0, 100.0), (32.0, 75.0), (16.0, 50.0), (4.0, 25.0), (0.0, 10.0))
DISK_MB_S = ((100.0, 100.0), (50.0, 75.0), (20.0, 50.0), (5.0, 25.0), (0.0, 5.0))
NETWORK_MB_S = ((100.0, 90.0), (50.0, 65.0), (10.0, 35.0), (0.0, 10.0))
DISKS = ((5, 80.0), (3, 50.0), (2, 30.0), (0, 10.0))
HEALTH = ((70.0, 10.0), (50.0, 30.0), (30.0, 60.0), (0.0, 90.0))
LEVELS: tuple[tuple[float, Level], ...] = (
    (25.0, "low"),
    (50.0, "moderate"),
    (75.0, "high"),
    (100.0, "very_high"),
)
BY_HAND_OVER = 75.0


def risk(facts: MoveFacts) -> tuple[float, Level, tuple[RiskFactor, ...]]:
    """Risk, its level and its five factors; the points of the factors sum up to it."""
    guest = facts.guest
    gigabytes = guest.mem_bytes / GIB if known(guest.mem_bytes) else 0.0
    disk = _megabytes(guest.disk_read_bps, guest.disk_write_bps)
    network = _megabytes(guest.net_in_bps, guest.net_out_bps)
    storage, what = _storage(facts)
    made = (
        ("guest_memory", _band(gigabytes, MEMORY_GB), gigabytes, f"{gigabytes:.1f} GB of memory to transfer"),
        ("disk_io", _band(disk, DISK_MB_S), disk, _traffic(disk, "disk traffic")),
        ("storage", storage, float(len(facts.guest.disks)), what),
        ("network", _band(network, NETWORK_MB_S), network, _traffic(network, "network traffic")),
        (
            "cluster_health",
            _band(facts.cluster_health, HEALTH),
            facts.cluster_health,
            f"cluster health is {facts.cluster_health:.1f}",
        ),
    )
    factors = tuple(
        RiskFactor(
            factor=name, score=score, weight=WEIGHTS[name], points=round(WEIGHTS[name] * score, 2),
            value=round(value, 2) if known(value) else None, detail=detail,
        )
        for name, score, value, detail in made
    )  # fmt: skip
    total = round(sum(f.points for f in factors), 2)
    return total, level(total), factors


def level(score: float) -> Level:
    """The risk in a word; each band includes its upper bound."""
    return next((word for most, word in LEVELS if score <= most), "very_high")


def _band(value: float, bands: tuple[tuple[float, float], ...]) -> float:
    """Points of the first band that ``value`` reaches; not measured counts as the lowest."""
    return next((points for least, points in bands if value >= least), bands[-1][1])


def _megabytes(*rates: float) -> float:
    measured = [rate for rate in rates if known(rate)]
    return sum(measured) / MIB if measured else float("nan")


def _traffic(megabytes: float, what: str) -> str:
    return f"{megabytes:.1f} MB/s of {what}" if known(megabytes) else f"{what} not measured"


def _storage(facts: MoveFacts) -> tuple[float, str]:
    disks = [d for d in facts.guest.disks if not d.cdrom]
    score = next(points for least, points in DISKS if len(disks) >= least)
    parts = [f"{len(disks)} disk{'s' * (len(disks) != 1)}"]
    if facts.guest.snapshots:
        score, parts = score + 20.0, [*parts, f"{facts.guest.snapshots} snapshots"]
    if any(d.bind_mount for d in disks):
        score, parts = score + 15.0, [*parts, "a bind mount"]
    if any(d.local_copy for d in disks):
        score, parts = score + 30.0, [*parts, "local disks to copy"]
    return min(100.0, score), ", ".join(parts)
