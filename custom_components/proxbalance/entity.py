"""What all entities share: their device, their id, and when they are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import ProxBalanceConfigEntry, ProxBalanceCoordinator
from .devices import cluster_id, node_id


def register_cluster(coordinator: ProxBalanceCoordinator) -> dr.DeviceEntry:
    """The cluster's own device, there before the nodes that stand under it."""
    return dr.async_get(coordinator.hass).async_get_or_create(
        config_entry_id=coordinator.config_entry.entry_id, **_cluster_info(coordinator)
    )


def _cluster_info(coordinator: ProxBalanceCoordinator) -> DeviceInfo:
    return DeviceInfo(
        identifiers={cluster_id(coordinator.cluster)},
        name=coordinator.data.state.title,
        manufacturer="ProxBalance",
        model="Proxmox VE cluster",
        sw_version=coordinator.data.version,
        entry_type=DeviceEntryType.SERVICE,
        configuration_url=coordinator.config_entry.data["url"],
    )


def _under(coordinator: ProxBalanceCoordinator) -> dict[str, Any]:
    """What a node's device stands under: from 2026.8 on a device is named by its id there."""
    if "via_device_id" in DeviceInfo.__annotations__:
        return {"via_device_id": register_cluster(coordinator).id}
    return {"via_device": cluster_id(coordinator.cluster)}


class ClusterEntity(CoordinatorEntity[ProxBalanceCoordinator]):
    """An entity of the cluster as a whole."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: ProxBalanceCoordinator, description: EntityDescription) -> None:
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.cluster}/{description.key}"
        self._attr_device_info = _cluster_info(coordinator)


class NodeEntity(CoordinatorEntity[ProxBalanceCoordinator]):
    """An entity of one node; not available while the cluster has no such node."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: ProxBalanceCoordinator, node: str, description: EntityDescription) -> None:
        super().__init__(coordinator)
        self.entity_description, self.node = description, node
        self._attr_unique_id = f"{coordinator.cluster}/{node}/{description.key}"
        device: dict[str, Any] = {
            "identifiers": {node_id(coordinator.cluster, node)},
            "name": node,
            "manufacturer": "Proxmox",
            "model": "Proxmox VE node",
            **_under(coordinator),
        }
        self._attr_device_info = cast(DeviceInfo, device)

    @property
    def available(self) -> bool:
        return super().available and self.node in self.coordinator.data.figures.nodes

    def figure(self, key: str) -> float | None:
        """A quantity of the node; None is "not measured"."""
        return self.coordinator.data.figures.nodes.get(self.node, {}).get(key)


@callback
def add_all(
    entry: ProxBalanceConfigEntry,
    add: AddConfigEntryEntitiesCallback,
    of_cluster: Iterable[Entity],
    of_node: Callable[[str], Iterable[Entity]],
) -> None:
    """The cluster's entities now, and those of each node as soon as it is there."""
    coordinator, known, gone = entry.runtime_data, set[str](), set[str]()
    devices = dr.async_get(coordinator.hass)
    add(of_cluster)

    @callback
    def look() -> None:
        nodes = set(coordinator.data.figures.nodes)
        back = {one for one in nodes & gone if not devices.async_get_device({node_id(coordinator.cluster, one)})}
        new = (nodes - known) | back  # one that was deleted meanwhile is a new one
        known.update(new)
        gone.difference_update(nodes)
        gone.update(known - nodes)
        add(entity for node in sorted(new) for entity in of_node(node))

    look()
    entry.async_on_unload(coordinator.async_add_listener(look))
