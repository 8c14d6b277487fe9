"""The app's ways to fail, each told in one sentence, and nothing lost when it is back."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.proxbalance import client as client_module
from custom_components.proxbalance import minimum
from custom_components.proxbalance.const import DOMAIN

from .app import TOKEN, App
from .conftest import entry_of, look
from .test_entities import state


async def set_up(hass: HomeAssistant, app: App, **more: object) -> MockConfigEntry:
    made = entry_of(app, **more)
    made.add_to_hass(hass)
    await hass.config_entries.async_setup(made.entry_id)
    await hass.async_block_till_done()
    return made


async def test_it_loads_and_unloads(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    assert app.asked[0].token == TOKEN
    assert {one.query.get("cluster") for one in app.asked if one.what != "GET info"} == {"demo"}
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert state(hass, "demo/health") == STATE_UNAVAILABLE


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda app: app.raw.update({"GET info": "<html>a proxy</html>"}), "no ProxBalance"),
        (lambda app: app.raw.update({"GET info": "[1, 2]"}), "no ProxBalance"),
        (lambda app: app.raw.update({"GET quantities": '{"items": ['}), "no ProxBalance"),
        (lambda app: app.raw.update({"GET quantities": "{}"}), "does not understand"),
        (lambda app: app.failing.update({"GET info": (503, {"detail": "The database is not open yet."})}), "not open"),
        (lambda app: app.failing.update({"GET quantities": (500, {})}), "answered 500"),
        (lambda app: app.info.update(clusters=[]), "no longer looks after the cluster demo"),
    ],
)
async def test_an_app_that_fails_is_tried_again(hass: HomeAssistant, app: App, break_it: object, said: str) -> None:
    break_it(app)
    entry = await set_up(hass, app)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert said in entry.reason


async def test_nobody_at_the_address(hass: HomeAssistant, app: App) -> None:
    entry = await set_up(hass, app, url="http://127.0.0.1:9/")
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason == "ProxBalance can't be reached: ClientConnectorError."


async def test_a_silent_app_is_not_waited_for(hass: HomeAssistant, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module.ProxBalanceClient._ask, "__defaults__", (None, None, 0.1))
    app.silent = True
    entry = await set_up(hass, app)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason == "ProxBalance did not answer within 0.1 s."


async def test_an_hour_without_the_app_loses_nothing(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    app.failing["GET info"] = (503, {"detail": "The database is not open yet."})
    for _ in range(60):
        await look(hass, entry)
    assert state(hass, "demo/health") == STATE_UNAVAILABLE
    told = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(told) == 1 and "The database is not open yet." in told[0].getMessage()
    app.happens("recommendations.cleared", previous_count=3)
    app.failing.clear()
    await look(hass, entry)
    assert state(hass, "demo/health") != STATE_UNAVAILABLE
    assert hass.states.get("event.demo_cluster_advice").attributes["event_type"] == "cleared"
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_asks_for_another(hass: HomeAssistant, app: App, status: int) -> None:
    app.failing["GET info"] = (status, {"detail": "This token was revoked."})
    entry = await set_up(hass, app)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    flows = hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_a_token_revoked_while_running(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    app.token = "pxb_another"
    await look(hass, entry)
    assert [flow["step_id"] for flow in hass.config_entries.flow.async_progress()] == ["reauth_confirm"]


async def test_an_old_app_is_told_under_repairs(hass: HomeAssistant, app: App) -> None:
    app.info.update(api_version=0, version="0.0.9")
    entry = await set_up(hass, app)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert "0.0.9 is too old" in entry.reason
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"api_too_old_{entry.entry_id}")
    assert issue.severity is ir.IssueSeverity.ERROR and not issue.is_fixable
    app.info.update(api_version=1, version="0.1.0")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert not ir.async_get(hass).issues


async def test_the_app_under_a_path(hass: HomeAssistant, app: App) -> None:
    app.base = "/balance"
    entry = await set_up(hass, app, url=f"{app.url}balance")
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("version", [(2024, 12), (2025, 3), (2025, 4), (2026, 1)])
def test_an_older_home_assistant_is_told_so(version: tuple[int, int]) -> None:
    if version >= minimum.MINIMUM:
        minimum.require(*version)
        return
    said = rf"^ProxBalance needs Home Assistant 2025\.4 or newer; this is {version[0]}\.{version[1]}\. Update it\.$"
    with pytest.raises(ImportError, match=said):
        minimum.require(*version)


def test_the_minimum_is_everywhere_the_same() -> None:
    told = ".".join(map(str, minimum.MINIMUM))
    root = Path(__file__).parents[1]
    assert json.loads((root / "hacs.json").read_text(encoding="utf-8"))["homeassistant"] == f"{told}.0"
    assert f"Home Assistant {told} or newer" in (root / "docs" / "home-assistant.md").read_text(encoding="utf-8")
