"""Repairs that Home Assistant can make itself, once it is told to."""

from __future__ import annotations

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResult
from homeassistant.helpers import device_registry as dr


class NodeGoneFlow(ConfirmRepairFlow):
    """Delete the device of a node that is gone."""

    def __init__(self, device_id: str, node: str) -> None:
        self._device_id, self._node = device_id, node

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> FlowResult:
        if user_input is None:
            return self.async_show_form(step_id="confirm", description_placeholders={"node": self._node})
        devices = dr.async_get(self.hass)
        if devices.async_get(self._device_id) is not None:
            devices.async_remove_device(self._device_id)
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """The only thing to mend here is a node that is gone."""
    told = data or {}
    return NodeGoneFlow(str(told.get("device_id", "")), str(told.get("node", "")))
