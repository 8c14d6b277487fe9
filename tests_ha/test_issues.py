"""What stands under Repairs, and what takes it away."""

from __future__ import annotations

import pytest
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.proxbalance import async_remove_config_entry_device
from custom_components.proxbalance.const import DOMAIN

from .app import App
from .conftest import look
from .test_entities import state


def issues(hass: HomeAssistant) -> set[str]:
    return {told.translation_key for (domain, _), told in ir.async_get(hass).issues.items() if domain == DOMAIN}


async def test_nothing_to_mend(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert issues(hass) == set()


async def test_a_token_that_may_only_read(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    app.info["token"]["scopes"] = ["read"]
    await look(hass, entry)
    assert issues(hass) == {"scope_missing"}
    assert state(hass, "demo/regenerate") == "unavailable"
    assert state(hass, "demo/health") != "unavailable"
    app.info["token"]["scopes"] = ["read", "write"]
    await look(hass, entry)
    assert issues(hass) == set()
    assert state(hass, "demo/regenerate") != "unavailable"


@pytest.mark.parametrize(
    ("collector", "stale", "source", "told"),
    [
        ("stopped", True, "proxmox", True), ("stopped", False, "proxmox", False), ("stopped", True, "file", False),
        ("running elsewhere", True, "proxmox", False),
    ],
)  # fmt: skip
async def test_a_stopped_collector(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, collector: str, stale: bool, source: str, told: bool
) -> None:
    app.cluster.update(collector=collector, stale=stale, source=source)
    await look(hass, entry)
    assert issues(hass) == ({"collector_stopped"} if told else set())


async def test_a_node_that_is_gone_is_deleted_when_told_to(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, REPAIRS, {})
    gone = app.answers["GET quantities"]["items"][:]
    app.without("pve4")
    await look(hass, entry)
    assert issues(hass) == {"node_gone"}
    device = dr.async_get(hass).async_get_device({(DOMAIN, "demo/pve4")})
    here = dr.async_get(hass).async_get_device({(DOMAIN, "demo/pve1")})
    cluster = dr.async_get(hass).async_get_device({(DOMAIN, "demo")})
    assert [await async_remove_config_entry_device(hass, entry, one) for one in (device, here, cluster)] == [
        True, False, False,
    ]  # fmt: skip
    browser = await hass_client()
    issue = f"node_gone_{device.id}"
    begun = await (await browser.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue})).json()
    assert begun["step_id"] == "confirm" and begun["description_placeholders"] == {"node": "pve4"}
    done = await (await browser.post(f"/api/repairs/issues/fix/{begun['flow_id']}", json={})).json()
    assert done["type"] == "create_entry"
    await hass.async_block_till_done()
    assert dr.async_get(hass).async_get_device({(DOMAIN, "demo/pve4")}) is None
    assert issues(hass) == set()
    await look(hass, entry)
    app.answers["GET quantities"].update(items=gone, filtered_count=len(gone))
    await look(hass, entry)
    assert state(hass, "demo/pve4/online") == "on"


async def test_a_node_that_comes_back_is_no_longer_told(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    gone = app.answers["GET quantities"]["items"][:]
    app.without("pve4")
    await look(hass, entry)
    app.answers["GET quantities"].update(items=gone, filtered_count=len(gone))
    await look(hass, entry)
    assert issues(hass) == set()


async def test_half_an_answer_does_not_make_nodes_vanish(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    listed = app.answers["GET quantities"]
    listed["items"] = [row for row in listed["items"] if row["node"] is None]
    listed["filtered_count"] = len(listed["items"])
    await look(hass, entry)
    assert issues(hass) == set()


async def test_removing_the_entry_takes_its_issues_along(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    app.without("pve4")
    app.info["token"]["scopes"] = ["read"]
    await look(hass, entry)
    assert issues(hass) == {"node_gone", "scope_missing"}
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert issues(hass) == set()
