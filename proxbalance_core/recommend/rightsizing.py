"""Guests that were given much more than they used in a week."""

from __future__ import annotations

from collections.abc import Iterator

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest
from proxbalance_core.domain.results import Advisory
from proxbalance_core.domain.units import GIB

USED_BELOW_PCT = 30.0
FULL_WEEK_DAYS = 6.95
SMALLEST_CORES, SMALLEST_BYTES = 1.0, 1.0 * GIB
MOST_SUGGESTED = 5


def over_provisioned(snapshot: ClusterSnapshot) -> Iterator[Advisory]:
    """One advisory on all running guests whose 7-day maxima stay under 30 % of their cores and of their memory.

    Maxima are of hourly means, so shorter peaks are not seen; a guest of one core and 1 GB has
    nothing to give back. Misleads for a guest that is sized for a yearly event.
    """
    idle = [guest for guest in snapshot.guests if _over_provisioned(guest)]
    if not idle:
        return
    idle.sort(key=lambda guest: (-_unused_gb(guest), guest.vmid))
    cores = sum(guest.cpu_cores - guest.cpu_used_cores.max_7d for guest in idle)
    gigabytes = sum(_unused_gb(guest) for guest in idle)
    count = len(idle)
    yield Advisory(
        type="over_provisioned",
        severity="info",
        node=None,
        message=(
            f"{count} guest{'s' * (count != 1)} stayed under {USED_BELOW_PCT:g} % of both cores and memory for 7 days: "
            f"{cores:.1f} cores and {gigabytes:.1f} GB are given and not used."
        ),
        metrics={
            "guests": count, "days": 7, "used_below_pct": USED_BELOW_PCT, "unused_cores": round(cores, 2),
            "unused_gb": round(gigabytes, 2), "list": [_row(guest) for guest in idle],
        },
        suggestions=tuple(_suggestion(guest) for guest in idle[:MOST_SUGGESTED]),
    )  # fmt: skip


def _over_provisioned(guest: Guest) -> bool:
    share = USED_BELOW_PCT / 100.0
    return (
        guest.running
        and guest.history_days >= FULL_WEEK_DAYS
        and (guest.cpu_cores > SMALLEST_CORES or guest.mem_bytes > SMALLEST_BYTES)
        and guest.cpu_used_cores.max_7d < share * guest.cpu_cores
        and guest.mem_used_bytes.max_7d < share * guest.mem_bytes
    )


def _unused_gb(guest: Guest) -> float:
    return (guest.mem_bytes - guest.mem_used_bytes.max_7d) / GIB


def _row(guest: Guest) -> dict[str, float | int | str]:
    return {
        "vmid": guest.vmid,
        "name": guest.label,
        "node": guest.node,
        "cpu_cores": guest.cpu_cores,
        "cpu_max_cores": round(guest.cpu_used_cores.max_7d, 2),
        "mem_gb": round(guest.mem_bytes / GIB, 2),
        "mem_max_gb": round(guest.mem_used_bytes.max_7d / GIB, 2),
    }


def _suggestion(guest: Guest) -> str:
    return (
        f"{guest.label} ({guest.vmid}): used at most {guest.cpu_used_cores.max_7d:.1f} of {guest.cpu_cores:g} cores "
        f"and {guest.mem_used_bytes.max_7d / GIB:.1f} of {guest.mem_bytes / GIB:.1f} GB."
    )
