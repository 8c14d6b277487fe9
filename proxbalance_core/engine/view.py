"""One snapshot under one set of settings: what every question to the engine begins with."""

from __future__ import annotations

from dataclasses import dataclass

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.settings import Settings
from proxbalance_core.features.arrays import ClusterArrays
from proxbalance_core.features.groups import Groups
from proxbalance_core.plan.board import Rules, State, guest_move_costs
from proxbalance_core.recommend.constraints import Constraints
from proxbalance_core.scoring.placed import Placed
from proxbalance_core.scoring.scale import PointScale
from proxbalance_core.scoring.strain import StrainField


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Arrays, groups, placement, constraints and prices of a snapshot."""

    snapshot: ClusterSnapshot
    settings: Settings
    placed: Placed
    field: StrainField
    rules: Rules

    @classmethod
    def of(cls, snapshot: ClusterSnapshot, settings: Settings) -> View:
        """Work out what follows from the snapshot and the settings."""
        arrays = ClusterArrays.of(snapshot)
        groups = Groups.of(snapshot, arrays)
        placed = Placed(arrays, groups, settings)
        constraints = Constraints(snapshot, arrays, groups, settings)
        rules = Rules(
            constraints=constraints,
            scale=PointScale.of(settings),
            settings=settings,
            move_cost=guest_move_costs(placed, constraints, settings),
            max_moves=settings.max_moves,
        )
        field = StrainField(placed, rules.scale, settings)
        return cls(snapshot=snapshot, settings=settings, placed=placed, field=field, rules=rules)

    @property
    def state(self) -> State:
        """The cluster as it stands."""
        return State(placed=self.placed, field=self.field)

    @property
    def arrays(self) -> ClusterArrays:
        return self.placed.arrays

    @property
    def constraints(self) -> Constraints:
        return self.rules.constraints
