"""Cluster health: one number for how free of trouble the nodes are (scoring, section 5)."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.settings import Settings
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.scale import PointScale, balanced
from proxbalance_core.scoring.terms import node_terms, total_terms

MOST_POINTS = 100.0


def cluster_health(placed: Placed, settings: Settings) -> float:
    """0..100 over online, measured nodes, weighted by cores; NaN when there is none.

    Scored with the balanced profile's points and weights, so that it can be compared over time and
    between profiles. It misleads on a cluster whose few large nodes hide a small one in trouble.
    """
    node = placed.arrays.node
    if not node.measured.any():
        return float("nan")
    neutral = balanced(settings)
    scale = PointScale.of(neutral)
    terms = node_terms(placed.weighted_by(neutral), scale, neutral)
    points = np.minimum(MOST_POINTS, total_terms(terms, scale.memory_cap))
    cores = node.cpu_cores[node.measured]
    return float(np.clip(100.0 - np.average(points[node.measured], weights=cores), 0.0, 100.0))
