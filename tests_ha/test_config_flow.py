"""Connecting, with all that can be wrong with an address, a token, or what answers."""

from __future__ import annotations

from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.proxbalance.const import CONF_CLUSTER, DOMAIN

from .app import TOKEN, App


def given(app: App, **more: object) -> dict[str, Any]:
    return {CONF_URL: app.url, CONF_TOKEN: TOKEN, CONF_VERIFY_SSL: True, **more}


async def begun(hass: HomeAssistant) -> str:
    shown = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert shown["type"] is FlowResultType.FORM and shown["errors"] == {}
    return shown["flow_id"]


async def test_the_only_cluster_is_connected(hass: HomeAssistant, app: App) -> None:
    flow = await begun(hass)
    done = await hass.config_entries.flow.async_configure(
        flow, given(app, url=f"  {app.url}?page=1#x ", token=f"{TOKEN}\n")
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY and done["title"] == "Demo cluster"
    assert done["data"] == {CONF_URL: app.url, CONF_TOKEN: TOKEN, CONF_VERIFY_SSL: True, CONF_CLUSTER: "demo"}
    await hass.async_block_till_done()
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    assert entry.unique_id == "demo" and entry.state is ConfigEntryState.LOADED


async def test_one_of_several_clusters_is_chosen(hass: HomeAssistant, app: App) -> None:
    app.info["clusters"].append({**app.cluster, "id": "lab", "title": "Lab <b>"})
    shown = await hass.config_entries.flow.async_configure(await begun(hass), given(app))
    assert shown["step_id"] == "cluster"
    done = await hass.config_entries.flow.async_configure(shown["flow_id"], {CONF_CLUSTER: "lab"})
    assert done["title"] == "Lab <b>" and done["data"][CONF_CLUSTER] == "lab"


async def test_a_cluster_is_connected_once(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    done = await hass.config_entries.flow.async_configure(await begun(hass), given(app))
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "already_configured")


WRONG: list[tuple[Any, dict[str, Any], dict[str, str]]] = [
    (None, {CONF_URL: "pve.example"}, {CONF_URL: "invalid_url"}),
    (None, {CONF_URL: "ftp://pve.example"}, {CONF_URL: "invalid_url"}),
    (None, {CONF_URL: "http://user:secret@pve.example"}, {CONF_URL: "invalid_url"}),
    (None, {CONF_URL: "http://[::1"}, {CONF_URL: "invalid_url"}),
    (None, {CONF_URL: "http://127.0.0.1:9"}, {"base": "cannot_connect"}),
    (None, {CONF_TOKEN: "pxb_wrong"}, {CONF_TOKEN: "invalid_auth"}),
    (lambda app: app.failing.update({"GET info": (403, {"detail": "scrape only"})}), {}, {CONF_TOKEN: "needs_read"}),
    (lambda app: app.failing.update({"GET info": (421, {"detail": "host"})}), {}, {"base": "wrong_host"}),
    (lambda app: app.failing.update({"GET info": (404, {})}), {}, {"base": "no_proxbalance"}),
    (lambda app: app.raw.update({"GET info": "<html>"}), {}, {"base": "cannot_connect"}),
    (lambda app: app.raw.update({"GET info": '{"hello": 1}'}), {}, {"base": "no_proxbalance"}),
    (lambda app: app.info.update(api_version=0), {}, {"base": "api_too_old"}),
    (lambda app: app.info.update(clusters=[]), {}, {"base": "no_cluster"}),
]  # fmt: skip


@pytest.mark.parametrize(("break_it", "wrong", "errors"), WRONG)
async def test_what_is_wrong_is_said_and_can_be_mended(
    hass: HomeAssistant, app: App, break_it: Any, wrong: dict[str, Any], errors: dict[str, str]
) -> None:
    if break_it:
        break_it(app)
    flow = await begun(hass)
    shown = await hass.config_entries.flow.async_configure(flow, given(app, **wrong))
    assert shown["type"] is FlowResultType.FORM and shown["errors"] == errors
    app.failing.clear()
    app.raw.clear()
    app.info.update(App().info)
    done = await hass.config_entries.flow.async_configure(flow, given(app))
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_another_token(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    app.token = "pxb_new"
    shown = await entry.start_reauth_flow(hass)
    assert shown["step_id"] == "reauth_confirm" and shown["description_placeholders"]["cluster"] == "Demo cluster"
    again = await hass.config_entries.flow.async_configure(shown["flow_id"], {CONF_TOKEN: "pxb_bad"})
    assert again["errors"] == {CONF_TOKEN: "invalid_auth"}
    done = await hass.config_entries.flow.async_configure(shown["flow_id"], {CONF_TOKEN: " pxb_new "})
    assert done["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.data[CONF_TOKEN] == "pxb_new" and entry.state is ConfigEntryState.LOADED


async def test_a_token_of_another_app(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    shown = await entry.start_reauth_flow(hass)
    app.cluster["id"] = "another"
    again = await hass.config_entries.flow.async_configure(shown["flow_id"], {CONF_TOKEN: TOKEN})
    assert again["errors"] == {"base": "other_cluster"}


async def test_the_app_has_moved(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    shown = await entry.start_reconfigure_flow(hass)
    fields = {str(key): key.description for key in shown["data_schema"].schema}
    assert fields[CONF_URL] == {"suggested_value": app.url}
    assert not fields[CONF_TOKEN]
    wrong = await hass.config_entries.flow.async_configure(shown["flow_id"], given(app, url="http://127.0.0.1:9"))
    assert wrong["errors"] == {"base": "cannot_connect"}
    app.info["clusters"] = []
    other = await hass.config_entries.flow.async_configure(shown["flow_id"], given(app))
    assert other["errors"] == {"base": "other_cluster"}
    app.info["clusters"] = App().info["clusters"]
    done = await hass.config_entries.flow.async_configure(shown["flow_id"], given(app, verify_ssl=False))
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data[CONF_VERIFY_SSL] is False and entry.data[CONF_CLUSTER] == "demo"
