"""How sentences name guests."""

from __future__ import annotations

from collections.abc import Sequence

from proxbalance_core.domain.cluster import Guest
from proxbalance_core.domain.wording import listed

MOST_NAMED = 5


def guests_named(guests: Sequence[Guest], positions: Sequence[int]) -> str:
    """The first five by name and vmid, and that there are others (how many stands beside it)."""
    named = [f"{guests[g].label} ({guests[g].vmid})" for g in positions[:MOST_NAMED]]
    if len(positions) > MOST_NAMED:
        return f"{', '.join(named)} and others"
    return listed(named)
