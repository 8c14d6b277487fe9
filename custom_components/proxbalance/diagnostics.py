"""What a user may hand out when something is wrong: no token, no address."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant

from .coordinator import ProxBalanceConfigEntry

REDACTED = (CONF_TOKEN, CONF_URL)


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: ProxBalanceConfigEntry) -> dict[str, Any]:
    """The entry and the last look at the cluster."""
    coordinator = entry.runtime_data
    return {
        "entry": async_redact_data(entry.as_dict(), REDACTED),
        "last_update_success": coordinator.last_update_success,
        "last_exception": str(coordinator.last_exception) if coordinator.last_exception else None,
        "data": asdict(coordinator.data),
    }
