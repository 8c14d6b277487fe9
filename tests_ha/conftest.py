"""Home Assistant with the integration in it, and an app that it asks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Imported before the fixture `hass`: else the plugin's own package of that name is found first.
import custom_components.proxbalance
from custom_components.proxbalance.const import CONF_CLUSTER, DOMAIN

from .app import TOKEN, App

assert custom_components.proxbalance


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(enable_custom_integrations: None) -> None:
    """The integration under test is a custom one."""


@pytest.fixture
async def app(socket_enabled: None) -> AsyncIterator[App]:
    """An app on loopback."""
    made, routes = App(), web.Application()
    routes.router.add_route("*", "/{tail:.*}", made.handle)
    server = TestServer(routes, host="127.0.0.1")
    await server.start_server()
    made.url = str(server.make_url("/"))
    yield made
    await server.close()


def entry_of(app: App, **more: object) -> MockConfigEntry:
    """A cluster that was connected."""
    data = {CONF_URL: app.url, CONF_TOKEN: TOKEN, CONF_VERIFY_SSL: True, CONF_CLUSTER: "demo"}
    return MockConfigEntry(domain=DOMAIN, title="Demo cluster", unique_id="demo", data={**data, **more})


@pytest.fixture
async def entry(hass: HomeAssistant, app: App) -> MockConfigEntry:
    """The demo cluster, connected and loaded."""
    made = entry_of(app)
    made.add_to_hass(hass)
    await hass.config_entries.async_setup(made.entry_id)
    await hass.async_block_till_done()
    assert made.state is ConfigEntryState.LOADED
    return made


async def look(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What a minute's pause would do."""
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
