"""The quietest time of the coming day for a migration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil

import numpy as np

from proxbalance_core.domain.documents import iso
from proxbalance_core.domain.refusals import HOURS_AHEAD
from proxbalance_core.features.arrays import Floats
from proxbalance_core.plan.board import State

HOUR_S = 3600
# A time is told only where it is quieter than at once by this much, in the mean of guest and both nodes. Our choice.
LEAST_QUIETER_PCT = 5.0


def best_window(state: State, taken_at: datetime, guest: int, target: int, seconds: float) -> str | None:
    """When to move ``guest`` to ``target`` within a day, as an ISO 8601 interval in UTC.

    The contiguous full hours, as many as the migration takes, in which the guest, its node and the target are least
    busy together: mean CPU over the days that may come, the guest's by its own cores. None where nothing is known of
    the hours ahead, or where waiting brings under 5 points.

    Parameters
    ----------
    state : State
        The cluster before the move.
    taken_at : datetime
    guest, target : int
        Positions of the guest and of the node that it is to go to.
    seconds : float
        How long the migration takes.
    """
    field, placed = state.field, state.placed
    if field.hours is None:
        return None
    cores = placed.arrays.guest.cpu_cores[guest]
    own = 100.0 * field.hours[guest] / cores if cores > 0 else np.full(field.hours.shape[1], np.nan)
    busy = np.nanmean([_by_hour(own), _by_hour(field.cpu[placed.node_of[guest]]), _by_hour(field.cpu[target])], axis=0)
    length = min(max(1, ceil(seconds / HOUR_S)), HOURS_AHEAD)
    level = np.convolve(busy, np.ones(length) / length, mode="valid")
    first = int(np.argmin(np.round(level, 6)))
    if not level[0] - level[first] >= LEAST_QUIETER_PCT:
        return None
    begin = _next_full_hour(taken_at.astimezone(UTC)) + timedelta(hours=first)
    return f"{iso(begin)}/{iso(begin + timedelta(hours=length))}"


def _by_hour(values: Floats) -> Floats:
    """Mean of the days that may come, [24]."""
    return np.asarray(values.reshape(-1, HOURS_AHEAD).mean(axis=0))


def _next_full_hour(at: datetime) -> datetime:
    whole = at.replace(minute=0, second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(hours=1)
