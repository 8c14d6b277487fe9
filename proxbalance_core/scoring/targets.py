"""Target scores of guests on nodes, vectorised: what each node would score with each guest on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import Floats, Ints
from proxbalance_core.scoring.base import BaseInputs, base_rows
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.terms import MEMORY_TERMS, TermColumn, node_terms, total_terms


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """Scores of all nodes in one state, and what is needed to score guests on them.

    ``own`` is the node score as it stands [N]; ``columns`` are its terms; ``base`` its base rows.
    """

    placed: Placed
    scale: PointScale
    columns: list[TermColumn]
    base: dict[str, Floats]
    own: Floats
    memory: Floats
    others: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class After:
    """The target after the move [percent], guests x nodes; ``cpu_reckoned`` has bursty guests by their p95."""

    cpu: Floats
    mem: Floats
    iowait: Floats
    cpu_reckoned: Floats


def score_nodes(placed: Placed, scale: PointScale, settings: Settings) -> Scores:
    """Score every node as it stands."""
    columns = node_terms(placed, scale, settings)
    base = base_rows(_inputs(placed, after=None))
    memory = sum((c.points for c in columns if c.term in MEMORY_TERMS), start=np.zeros(1))
    own = sum((np.nan_to_num(row) for row in base.values()), start=np.zeros(1)) + total_terms(columns, scale.memory_cap)
    others = sum((c.points for c in columns if c.term not in MEMORY_TERMS), start=np.zeros(1))
    measured = placed.arrays.node.measured
    return Scores(
        placed=placed, scale=scale, columns=columns, base=base,
        own=np.where(measured, own, np.nan), memory=memory, others=others,
    )  # fmt: skip


def contribution(placed: Placed, guests: Ints) -> Floats:
    """What each guest adds to the CPU level of each node, [guests, N] percent of the node."""
    arrays = placed.arrays
    cores = arrays.guest.cpu_used_cores[guests, :3] @ placed.weights.T
    return np.asarray(100.0 * cores / arrays.node.capacity_cores)


def after_move(placed: Placed, guests: Ints) -> After:
    """Every node with each of ``guests`` on it."""
    arrays, guest = placed.arrays, placed.arrays.guest
    added = contribution(placed, guests)
    cpu = placed.cpu_level + added
    peak = 100.0 * guest.cpu_used_cores[guests, 3][:, None] / arrays.node.capacity_cores
    quiet = np.where(guest.exempt[guests], 0.0, guest.iowait_pct[guests])
    return After(
        cpu=cpu,
        mem=placed.mem_level + 100.0 * guest.mem_used_bytes[guests, 0][:, None] / arrays.node.mem_bytes,
        iowait=placed.iowait_level + quiet[:, None],
        cpu_reckoned=np.where(guest.bursty[guests][:, None], placed.cpu_level + peak, cpu),
    )


def target_scores(scores: Scores, guests: Ints) -> Floats:
    """Target score of each of ``guests`` on each node, [guests, N] points; NaN where not measured."""
    placed, scale = scores.placed, scores.scale
    after = after_move(placed, guests)
    rows = base_rows(_inputs(placed, after))
    base = rows["base_health"] + rows["base_predicted"] + rows["base_headroom"] + np.nan_to_num(rows["base_storage"])
    memory = np.minimum(scores.memory + scale.predicted_mem(after.mem), scale.memory_cap)
    total = base + scores.others + scale.predicted_cpu(after.cpu_reckoned) + memory
    return np.where(placed.arrays.node.measured, total, np.nan)


def _inputs(placed: Placed, after: After | None) -> BaseInputs:
    node = placed.arrays.node
    cpu, mem = placed.cpu_level, placed.mem_level
    return BaseInputs(
        cpu=cpu,
        mem=mem,
        cpu_after=cpu if after is None else after.cpu,
        mem_after=mem if after is None else after.mem,
        iowait_after=placed.iowait_level if after is None else after.iowait,
        load_per_core=node.load_per_core_pct,
        storage=node.storage_pct,
    )


def inputs_of(placed: Placed, after: After | None) -> BaseInputs:
    """The base's inputs, of the state as it stands or after a move."""
    return _inputs(placed, after)
