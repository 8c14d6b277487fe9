"""Binary sensors: what is so or is not so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ProxBalanceConfigEntry
from .entity import ClusterEntity, NodeEntity, add_all
from .model import ClusterData, Figures

PARALLEL_UPDATES = 0
PROBLEM = BinarySensorDeviceClass.PROBLEM


@dataclass(frozen=True, kw_only=True)
class ClusterBinary(BinarySensorEntityDescription):
    """What is so of the cluster; None is "not measured"."""

    on: Callable[[ClusterData], bool | None]


def _some(figures: Figures, key: str) -> bool | None:
    """Whether a count or a flag of the registry is above zero."""
    value = figures.cluster.get(key)
    return None if value is None else value > 0


def _holds(data: ClusterData) -> bool | None:
    """Whether the cluster can lose any one node; a single node has none to lose."""
    lost = _some(data.figures, "n_minus_1_failures")
    return None if lost is None or len(data.figures.nodes) < 2 else not lost


CLUSTER: tuple[ClusterBinary, ...] = (
    ClusterBinary(key="imbalanced", translation_key="imbalanced", device_class=PROBLEM,
                  on=lambda data: _some(data.figures, "imbalanced")),
    ClusterBinary(key="rule_broken", translation_key="rule_broken", device_class=PROBLEM,
                  on=lambda data: _some(data.figures, "broken_rules")),
    ClusterBinary(key="n_minus_1_holds", translation_key="n_minus_1_holds", on=_holds),
    ClusterBinary(key="data_stale", translation_key="data_stale", device_class=PROBLEM,
                  entity_category=EntityCategory.DIAGNOSTIC, on=lambda data: data.state.stale),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NodeBinary(BinarySensorEntityDescription):
    """What is so of a node."""


NODE: tuple[NodeBinary, ...] = (
    NodeBinary(key="overloaded", translation_key="node_overloaded", device_class=PROBLEM),
    NodeBinary(key="online", translation_key="node_online", device_class=BinarySensorDeviceClass.CONNECTIVITY),
    NodeBinary(key="maintenance", translation_key="node_maintenance", entity_category=EntityCategory.DIAGNOSTIC),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: ProxBalanceConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Those of the cluster, and of each node as it comes."""
    coordinator = entry.runtime_data
    add_all(
        entry,
        async_add_entities,
        (ProxBalanceClusterBinary(coordinator, one) for one in CLUSTER),
        lambda node: (ProxBalanceNodeBinary(coordinator, node, one) for one in NODE),
    )


class ProxBalanceClusterBinary(ClusterEntity, BinarySensorEntity):
    """What is so of the whole cluster."""

    entity_description: ClusterBinary

    @property
    def is_on(self) -> bool | None:
        return self.entity_description.on(self.coordinator.data)


class ProxBalanceNodeBinary(NodeEntity, BinarySensorEntity):
    """What is so of one node."""

    entity_description: NodeBinary

    @property
    def is_on(self) -> bool | None:
        value = self.figure(self.entity_description.key)
        return None if value is None else value > 0
