"""The whole cluster before and after: recomputed on the placed state, not added up."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.plans import BatchImpact, ClusterPicture, Improvement, NodeLoad
from proxbalance_core.domain.results import NodeScore
from proxbalance_core.domain.settings import Settings
from proxbalance_core.scoring.health import cluster_health
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.rows import categories, light, node_rows, rating, suitability
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.strain import StrainField, imbalance
from proxbalance_core.scoring.targets import score_nodes

DECIMALS = 6


def node_scores(placed: Placed, scale: PointScale, settings: Settings, field: StrainField) -> tuple[NodeScore, ...]:
    """Every node with its rows; what is not measured is None."""
    scores = score_nodes(placed, scale, settings)
    node, strain = placed.arrays.node, field.node_strain
    cpu, mem, iowait = placed.cpu_level, placed.mem_level, placed.iowait_level
    made = []
    for n, name in enumerate(node.names):
        guests = int(placed.counts[n])
        if not node.measured[n]:
            status = "not_measured" if node.online[n] else node.statuses[n]
            made.append(
                NodeScore(
                    name=name,
                    guest_count=guests,
                    status=status,
                    score=None,
                    suitability=None,
                    rating=None,
                    light="red",
                    strain=None,
                )
            )
            continue
        rows = node_rows(scores, n)
        score = round(sum(row.points for row in rows), 2)
        made.append(
            NodeScore(
                name=name,
                guest_count=guests,
                status="maintenance" if node.maintenance[n] else "online",
                score=score,
                suitability=suitability(score),
                rating=rating(suitability(score)),
                light=light(float(cpu[n]), float(mem[n]), float(iowait[n]), settings),
                strain=None if not field.scope[n] else round(float(strain[n]), DECIMALS),
                terms=rows,
                penalty_categories=categories(rows),
                cpu_pct=_known(cpu[n]),
                mem_pct=_known(mem[n]),
                iowait_pct=_known(iowait[n]),
            )
        )
    return tuple(made)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)


def health_of(placed: Placed, settings: Settings) -> float | None:
    """Cluster health, rounded; None when no node was measured."""
    health = cluster_health(placed, settings)
    return None if np.isnan(health) else round(health, 2)


def picture(placed: Placed, settings: Settings, nodes: tuple[NodeScore, ...], field: StrainField) -> ClusterPicture:
    """The cluster at one placement."""
    scored = [(node.score, node.name) for node in nodes if node.score is not None]
    return ClusterPicture(
        cluster_health=health_of(placed, settings),
        strain=round(field.total(), DECIMALS),
        imbalance=round(imbalance(placed), DECIMALS),
        node_scores={node.name: node.score for node in nodes},
        nodes={n.name: NodeLoad(cpu_pct=n.cpu_pct, mem_pct=n.mem_pct, guest_count=n.guest_count) for n in nodes},
        score_variance=round(float(np.var([score for score, _ in scored])), DECIMALS) if scored else 0.0,
        worst_node=max(scored, key=lambda pair: pair[0])[1] if scored else None,
        thresholds_crossed=tuple(_crossed(nodes, settings)),
    )


def _crossed(nodes: tuple[NodeScore, ...], s: Settings) -> list[str]:
    limits = (
        ("cpu", "cpu_pct", s.cpu_threshold),
        ("mem", "mem_pct", s.mem_threshold),
        ("iowait", "iowait_pct", s.iowait_threshold),
    )
    return [
        f"{node.name}:{what}" for node in nodes for what, key, limit in limits if (getattr(node, key) or 0.0) > limit
    ]


def batch_impact(before: ClusterPicture, after: ClusterPicture) -> BatchImpact:
    """Two pictures and what lies between them."""
    health = None
    if before.cluster_health is not None and after.cluster_health is not None:
        health = round(after.cluster_health - before.cluster_health, 2)
    variance = None
    if before.score_variance > 0:
        variance = round(100.0 * (1.0 - after.score_variance / before.score_variance), 2)
    improvement = Improvement(
        health_delta=health,
        strain_delta=round(after.strain - before.strain, DECIMALS),
        variance_reduction_pct=variance,
        all_nodes_below_threshold=not after.thresholds_crossed,
    )
    return BatchImpact(before=before, after=after, improvement=improvement)
