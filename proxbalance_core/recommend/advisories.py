"""What no move mends: everything an admin should know of the cluster besides the plan (engine, section 5)."""

from __future__ import annotations

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.results import Advisory, Forecast
from proxbalance_core.domain.settings import Settings
from proxbalance_core.recommend.capacity import bottlenecks, exhaustion, limited_headroom, saturation, small_cluster
from proxbalance_core.recommend.constraints import Constraints
from proxbalance_core.recommend.failover import failover_advisories
from proxbalance_core.recommend.rightsizing import over_provisioned
from proxbalance_core.recommend.standing import broken_ha_rules, evacuation_blockers, lost_quorum, two_balancers
from proxbalance_core.scoring.placed import Placed

SEVERITIES = ("critical", "warning", "info")


def capacity_advisories(
    snapshot: ClusterSnapshot,
    placed: Placed,
    constraints: Constraints,
    settings: Settings,
    forecasts: tuple[Forecast, ...],
    moves: int,
) -> tuple[Advisory, ...]:
    """All advisories on a cluster as it stands, the most severe first.

    Parameters
    ----------
    snapshot, placed, constraints
        The cluster, the load of its present placement and its hard rules.
    settings
        For the thresholds.
    forecasts
        Crossings of :func:`proxbalance_core.forecast.crossings.crossings`.
    moves
        How many moves the plan recommends: suggestions name them before new hardware.
    """
    found = [
        *lost_quorum(snapshot),
        *saturation(placed, moves),
        *limited_headroom(placed, settings, moves),
        *bottlenecks(placed, constraints),
        *small_cluster(snapshot),
        *failover_advisories(placed, constraints),
        *exhaustion(forecasts),
        *evacuation_blockers(placed, constraints),
        *broken_ha_rules(placed, constraints),
        *two_balancers(snapshot),
        *over_provisioned(snapshot),
    ]
    # Sorting is stable: within a severity the order above holds.
    return tuple(sorted(found, key=lambda advisory: SEVERITIES.index(advisory.severity)))
