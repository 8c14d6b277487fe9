"""Sensors: scores, what is recommended, and every node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)  # fmt: skip
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .const import STATE_MOST
from .coordinator import ProxBalanceConfigEntry
from .entity import ClusterEntity, NodeEntity, add_all
from .model import URGENCIES, ClusterData, urgency_of

PARALLEL_UPDATES = 0
MEASURED = SensorStateClass.MEASUREMENT


@dataclass(frozen=True, kw_only=True)
class ClusterSensor(SensorEntityDescription):
    """A sensor of the cluster, read from one look at it."""

    value: Callable[[ClusterData], StateType | datetime]


def _figure(key: str, quantity: str | None = None, **more: object) -> ClusterSensor:
    """A quantity of the registry."""
    of = quantity or key
    return ClusterSensor(key=key, translation_key=key, value=lambda data: data.figures.cluster.get(of), **more)  # type: ignore[arg-type]


def _top(data: ClusterData) -> str | None:
    """The recommendation that gains most, in a line that fits a state."""
    if data.state.generation is None:
        return None
    told = str(data.moves[0]) if data.moves else "none"
    return told if len(told) <= STATE_MOST else f"{told[: STATE_MOST - 1]}…"


CLUSTER: tuple[ClusterSensor, ...] = (
    _figure("health", state_class=MEASURED, suggested_display_precision=0),
    _figure("predicted_health", suggested_display_precision=0, entity_registry_enabled_default=False),
    _figure("imbalance", "imbalance_ratio", state_class=MEASURED, suggested_display_precision=2),
    _figure("strain", "strain_points", state_class=MEASURED, suggested_display_precision=1),
    _figure("recommendations", state_class=MEASURED, suggested_display_precision=0),
    _figure("best_gain", "best_gain_points", state_class=MEASURED, suggested_display_precision=0),
    ClusterSensor(key="top_recommendation", translation_key="top_recommendation", value=_top),
    ClusterSensor(key="next_node", translation_key="next_node", value=lambda data: data.next_node),
    ClusterSensor(
        key="urgency", translation_key="urgency", device_class=SensorDeviceClass.ENUM, options=list(URGENCIES),
        value=lambda data: urgency_of(data.figures),
    ),
    ClusterSensor(
        key="last_run", translation_key="last_run", device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC, value=lambda data: data.state.generated_at,
    ),
    _figure("skipped_guests", state_class=MEASURED, suggested_display_precision=0,
            entity_registry_enabled_default=False),
    _figure("data_age", "data_age_seconds", device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS, suggested_display_precision=0, state_class=MEASURED,
            entity_category=EntityCategory.DIAGNOSTIC, entity_registry_enabled_default=False),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NodeSensor(SensorEntityDescription):
    """A sensor of a node: a quantity of the registry."""

    quantity: str


def _of_node(key: str, quantity: str | None = None, **more: object) -> NodeSensor:
    return NodeSensor(key=key, translation_key=f"node_{key}", quantity=quantity or key, **more)  # type: ignore[arg-type]


def _percent(key: str, quantity: str, **more: object) -> NodeSensor:
    return _of_node(key, quantity, native_unit_of_measurement=PERCENTAGE, suggested_display_precision=0, **more)


NODE: tuple[NodeSensor, ...] = (
    _of_node("suitability", state_class=MEASURED, suggested_display_precision=0),
    _of_node("penalty", "score_points", state_class=MEASURED, suggested_display_precision=0),
    _of_node("guests", state_class=MEASURED, suggested_display_precision=0),
    _percent("predicted_cpu", "predicted_cpu_pct"),
    _percent("predicted_mem", "predicted_mem_pct"),
    _percent("cpu", "cpu_pct", state_class=MEASURED, entity_registry_enabled_default=False),
    _percent("mem", "mem_pct", state_class=MEASURED, entity_registry_enabled_default=False),
    _of_node("trend", "cpu_trend_pct_per_day", suggested_display_precision=1, native_unit_of_measurement="%/d",
             entity_registry_enabled_default=False),
)  # fmt: skip


async def async_setup_entry(
    hass: HomeAssistant, entry: ProxBalanceConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """The cluster's sensors, and those of each node as it comes."""
    coordinator = entry.runtime_data
    add_all(
        entry,
        async_add_entities,
        (ProxBalanceClusterSensor(coordinator, one) for one in CLUSTER),
        lambda node: (ProxBalanceNodeSensor(coordinator, node, one) for one in NODE),
    )


class ProxBalanceClusterSensor(ClusterEntity, SensorEntity):
    """A figure or a sentence of the whole cluster."""

    entity_description: ClusterSensor

    @property
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value(self.coordinator.data)


class ProxBalanceNodeSensor(NodeEntity, SensorEntity):
    """A figure of one node."""

    entity_description: NodeSensor

    @property
    def native_value(self) -> StateType:
        return self.figure(self.entity_description.quantity)
