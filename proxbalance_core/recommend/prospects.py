"""What each guest could get elsewhere, in one state: the figures behind skips and comparisons."""

from __future__ import annotations

import numpy as np

from proxbalance_core.features.arrays import Floats
from proxbalance_core.scoring.targets import Scores, target_scores

PAIRS_AT_ONCE = 32_768


def all_target_scores(scores: Scores) -> Floats:
    """Target score of every guest on every node, [G, N] points, in chunks that fit the cache."""
    guests = len(scores.placed.node_of)
    nodes = max(len(scores.own), 1)
    size = max(1, PAIRS_AT_ONCE // nodes)
    parts = [target_scores(scores, np.arange(begin, min(begin + size, guests))) for begin in range(0, guests, size)]
    return np.concatenate(parts) if parts else np.zeros((0, nodes))
