"""What each node would have used with the guests that are on it now (scoring, section 1).

A node's own past still speaks of guests that have gone. So its history is rebuilt: the sum of its
present guests' histories, wherever they were, plus what the host itself used, which is its total
at the time less the guests that were on it at that time.
"""

from __future__ import annotations

import numpy as np

from proxbalance_core.features.arrays import Floats, Ints


def own_use(total: Floats, guests: Floats, was_on: Ints) -> Floats:
    """What nodes used beside their guests, (hours, nodes), at least 0; NaN where the node has a gap.

    Parameters
    ----------
    total : (hours, nodes)
    guests : (hours, all guests)
        What each used; NaN counts as nothing, for whoever wasn't measured beside a measured node didn't run.
    was_on : (hours, all guests)
        Position of the node it was on, -1 if unknown.
    """
    hours, nodes = total.shape
    there = (was_on >= 0) & np.isfinite(guests)
    cell = np.arange(hours)[:, None] * nodes + was_on
    carried = np.bincount(cell[there], weights=guests[there], minlength=hours * nodes).reshape(hours, nodes)
    own: Floats = np.maximum(total - carried, 0.0)
    return own


def rebuilt(own: Floats, guests: Floats, home: Ints, spare: Floats) -> Floats:
    """The history of nodes with their present guests, (hours, nodes); a node's gap stays one.

    Parameters
    ----------
    guests : (hours, present running guests)
    home : (guests,)
        The node each is on now.
    spare : (guests,)
        What stands in for a guest's gap (its own mean): left out it would make the node look idle, and the
        node would lose more with the guest than it has.
    """
    hours, nodes = own.shape
    full = np.where(np.isfinite(guests), guests, np.where(np.isfinite(spare), spare, 0.0))
    placed = np.zeros((nodes, hours))
    np.add.at(placed, home, full.T)
    return own + placed.T
