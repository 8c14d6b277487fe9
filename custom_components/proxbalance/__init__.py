"""ProxBalance in Home Assistant: balance scores and recommended migrations of a Proxmox VE cluster."""

from __future__ import annotations

from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.typing import ConfigType
from yarl import URL

from .client import ProxBalanceClient
from .const import CONF_CLUSTER, DOMAIN, PLATFORMS
from .coordinator import ProxBalanceConfigEntry, ProxBalanceCoordinator
from .devices import node_of
from .entity import register_cluster
from .issues import forget
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """The actions are there before a cluster is."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ProxBalanceConfigEntry) -> bool:
    """Connect one cluster."""
    session = async_get_clientsession(hass, verify_ssl=entry.data[CONF_VERIFY_SSL])
    client = ProxBalanceClient(session, URL(entry.data[CONF_URL]), entry.data[CONF_TOKEN])
    coordinator = ProxBalanceCoordinator(hass, entry, client, entry.data[CONF_CLUSTER])
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    register_cluster(coordinator)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ProxBalanceConfigEntry) -> bool:
    """Let go of the cluster."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: ProxBalanceConfigEntry) -> None:
    """Nothing is left to repair of a cluster that was removed."""
    forget(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: ProxBalanceConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Whether a device may be deleted by hand: a node's that is gone."""
    coordinator = entry.runtime_data
    node = node_of(device, coordinator.cluster)
    return node is not None and node not in coordinator.data.figures.nodes
