"""What no move mends: everything an admin should know of the cluster besides the plan (engine, section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from proxbalance_core.domain.results import Advisory, Forecast
from proxbalance_core.domain.settings import Settings
from proxbalance_core.recommend.capacity import bottlenecks, exhaustion, limited_headroom, saturation, small_cluster
from proxbalance_core.recommend.clashes import Clash
from proxbalance_core.recommend.constraints import Constraints
from proxbalance_core.recommend.failover import failover_advisories
from proxbalance_core.recommend.packing import Failure
from proxbalance_core.recommend.rightsizing import over_provisioned
from proxbalance_core.recommend.standing import (
    broken_ha_rules,
    clashing_rules,
    evacuation_blockers,
    lost_quorum,
    two_balancers,
)
from proxbalance_core.recommend.storages import storage_advisories
from proxbalance_core.scoring.placed import Placed

SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the rest of an assessment found that advisories speak of.

    ``forecasts`` are crossings of :func:`proxbalance_core.forecast.crossings.crossings`, ``moves`` how many moves the
    plan recommends (suggestions name them before new hardware), ``failures`` nodes that the others couldn't replace,
    ``clashes`` rules that can't all hold.
    """

    forecasts: tuple[Forecast, ...] = ()
    moves: int = 0
    failures: tuple[Failure, ...] = ()
    clashes: tuple[Clash, ...] = ()


def capacity_advisories(
    placed: Placed, constraints: Constraints, settings: Settings, told: Findings
) -> tuple[Advisory, ...]:
    """All advisories on a cluster as it stands, the most severe first.

    Parameters
    ----------
    placed, constraints
        The load of the present placement and the cluster's hard rules.
    settings
        For the thresholds.
    """
    snapshot = constraints.snapshot
    found = [
        *lost_quorum(snapshot),
        *saturation(placed, told.moves),
        *limited_headroom(placed, settings, told.moves),
        *bottlenecks(placed, constraints),
        *small_cluster(snapshot),
        *failover_advisories(told.failures, constraints),
        *exhaustion(told.forecasts),
        *storage_advisories(snapshot),
        *evacuation_blockers(placed, constraints),
        *clashing_rules(told.clashes, constraints),
        *broken_ha_rules(placed, constraints),
        *two_balancers(snapshot),
        *over_provisioned(snapshot),
    ]
    # Sorting is stable: within a severity the order above holds.
    return tuple(sorted(found, key=lambda advisory: SEVERITIES.index(advisory.severity)))
