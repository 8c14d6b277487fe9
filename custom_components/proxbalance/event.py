"""The event entity: recommendations that came, changed or went."""

from __future__ import annotations

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ProxBalanceConfigEntry
from .entity import ClusterEntity

PARALLEL_UPDATES = 0
ADVICE = EventEntityDescription(
    key="advice", translation_key="advice", event_types=["new", "changed", "cleared", "urgent"]
)


async def async_setup_entry(
    hass: HomeAssistant, entry: ProxBalanceConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """One for the cluster."""
    async_add_entities([ProxBalanceEvent(entry.runtime_data, ADVICE)])


class ProxBalanceEvent(ClusterEntity, EventEntity):
    """Tells each thing that happened once."""

    _told = 0

    @callback
    def _handle_coordinator_update(self) -> None:
        for one in self.coordinator.data.happenings:
            if one.id > self._told:
                self._told = one.id
                self._trigger_event(one.type, one.attributes)
                self.async_write_ha_state()
        super()._handle_coordinator_update()
