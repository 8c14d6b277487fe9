"""Scores of nodes as they stand, and what each would score with a guest on it, vectorised.

Guests and nodes are arrays of positions that broadcast together: two of one length for pairs,
``guests[:, None]`` and ``nodes`` for a matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.scoring.base import BaseInputs, base_rows
from proxbalance_core.scoring.placed import Placed, added_pct
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.terms import NodeTerms, node_terms, total_terms


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """Scores of all nodes in one state, and what is needed to score guests on them.

    ``own`` is the node score as it stands [N], NaN where not measured; ``base`` its base rows.
    """

    placed: Placed
    scale: PointScale
    terms: NodeTerms
    base: dict[str, Floats]
    own: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class After:
    """Targets after the move [percent]; ``cpu_reckoned`` has bursty guests by their p95."""

    cpu: Floats
    mem: Floats
    iowait: Floats
    cpu_reckoned: Floats


def score_nodes(placed: Placed, scale: PointScale, settings: Settings) -> Scores:
    """Score every node as it stands."""
    terms = node_terms(placed, scale, settings)
    base = base_rows(inputs_of(placed))
    own = sum((np.where(np.isnan(row), 0.0, row) for row in base.values()), start=np.zeros(1))
    own = np.where(placed.arrays.node.measured, own + total_terms(terms, scale.memory_cap), np.nan)
    return Scores(placed=placed, scale=scale, terms=terms, base=base, own=own)


def contribution(placed: Placed, guests: Ints, nodes: Ints) -> Floats:
    """What ``guests`` add to the CPU level of ``nodes`` [percent of the node]."""
    arrays = placed.arrays
    return added_pct(arrays.guest.cpu_used_cores[guests], placed.weights[nodes], arrays.node.capacity_cores[nodes])


def after_move(placed: Placed, guests: Ints, nodes: Ints) -> After:
    """``nodes`` with each of ``guests`` on them."""
    node, guest = placed.arrays.node, placed.arrays.guest
    level = placed.cpu_level[nodes]
    cpu = level + contribution(placed, guests, nodes)
    bursty, reckoned = guest.bursty[guests], cpu
    if bursty.any():
        peak = 100.0 * guest.cpu_used_cores[guests, 3] / node.capacity_cores[nodes]
        reckoned = np.where(bursty, level + peak, cpu)
    return After(
        cpu=cpu,
        mem=placed.mem_level[nodes] + 100.0 * guest.mem_used_bytes[guests, 0] / node.mem_bytes[nodes],
        iowait=placed.iowait_level[nodes] + guest.quiet_iowait_pct[guests],
        cpu_reckoned=reckoned,
    )


def nothing_more(placed: Placed, nodes: Ints) -> After:
    """``nodes`` with a guest that brings nothing."""
    cpu = placed.cpu_level[nodes]
    return After(cpu=cpu, mem=placed.mem_level[nodes], iowait=placed.iowait_level[nodes], cpu_reckoned=cpu)


def target_scores(scores: Scores, guests: Ints, nodes: Ints) -> Floats:
    """Target score of each of ``guests`` on ``nodes`` [points]; NaN where not measured."""
    return scores_after(scores, nodes, after_move(scores.placed, guests, nodes))


def scores_after(scores: Scores, nodes: Ints, after: After) -> Floats:
    """Target score of ``nodes`` that come to ``after`` [points]; NaN where not measured."""
    placed, scale, terms = scores.placed, scores.scale, scores.terms
    rows = base_rows(inputs_of(placed, nodes, after))
    storage = rows["base_storage"]
    base = rows["base_health"] + rows["base_predicted"] + rows["base_headroom"]
    base = base + np.where(np.isnan(storage), 0.0, storage)
    memory = np.minimum(terms.memory[nodes] + scale.predicted_mem(after.mem), scale.memory_cap)
    total = base + terms.others[nodes] + scale.predicted_cpu(after.cpu_reckoned) + memory
    return np.where(placed.arrays.node.measured[nodes], total, np.nan)


def inputs_of(placed: Placed, nodes: Ints | slice = slice(None), after: After | None = None) -> BaseInputs:
    """The base's inputs of ``nodes``, as they stand or after a move."""
    node = placed.arrays.node
    cpu, mem = placed.cpu_level[nodes], placed.mem_level[nodes]
    return BaseInputs(
        cpu=cpu,
        mem=mem,
        cpu_after=cpu if after is None else after.cpu,
        mem_after=mem if after is None else after.mem,
        iowait_after=placed.iowait_level[nodes] if after is None else after.iowait,
        load_per_core=node.load_per_core_pct[nodes],
        storage=node.storage_pct[nodes],
    )
