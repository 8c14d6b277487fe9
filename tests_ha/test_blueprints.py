"""Each blueprint, made into an automation and set off."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from .app import App
from .conftest import look
from .test_actions import row

FOLDER = Path(__file__).parents[1] / "blueprints" / "automation" / "proxbalance"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.fixture
def told(hass: HomeAssistant) -> list[ServiceCall]:
    """Calls of the action that blueprints use as they come."""
    return async_mock_service(hass, "persistent_notification", "create")


async def automate(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """An automation of a blueprint."""
    blueprints = async_get_blueprints(hass)
    data = await hass.async_add_executor_job(yaml_util.load_yaml_dict, FOLDER / f"{name}.yaml")
    made = Blueprint(data, path=f"proxbalance/{name}.yaml", expected_domain="automation", schema=BLUEPRINT_SCHEMA)
    assert made.validate() is None
    await blueprints.async_add_blueprint(made, f"proxbalance/{name}.yaml", allow_override=True)
    used = {"use_blueprint": {"path": f"proxbalance/{name}.yaml", "input": inputs}}
    assert await async_setup_component(hass, "automation", {"automation": {"alias": name, **used}})
    await hass.async_block_till_done()
    assert hass.states.get(f"automation.{name}").state == "on"


@pytest.fixture(autouse=True)
def own_config(hass: HomeAssistant, tmp_path: Path) -> None:
    """Blueprints are written here, not among the plugin's files."""
    hass.config.config_dir = str(tmp_path)


def test_there_are_four() -> None:
    assert NAMES == ["n_minus_1_lost", "new_recommendation", "ups_drain_plan", "weekly_digest"]


async def test_a_new_recommendation_over_the_gain(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, told: list[ServiceCall]
) -> None:
    await automate(hass, "new_recommendation", advice="event.demo_cluster_advice", least_gain=100)
    app.happens("recommendations.changed", new=[row(111)], removed=[], changed_targets=[])
    app.new_generation()
    await look(hass, entry)
    assert told == []  # 111 gains 30 points
    app.happens("recommendations.changed", new=[row(101)], removed=[], changed_targets=[])
    await look(hass, entry)
    assert [call.data["title"] for call in told] == ["ProxBalance: move g101"]
    assert told[0].data["message"] == "g101 (101) from pve3 to pve5 gains 166 points: to pve5, high CPU."
    app.happens("recommendations.changed", new=[], removed=[row(101)], changed_targets=[])
    await look(hass, entry)
    assert len(told) == 1
    app.happens("recommendations.urgent", summary="Move two guests now.", recommendations=[row(132)])
    await look(hass, entry)
    assert len(told) == 2 and "to pve5, high CPU" in told[1].data["message"]


async def test_coming_back_is_not_news(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, told: list[ServiceCall]
) -> None:
    await automate(hass, "new_recommendation", advice="event.demo_cluster_advice", least_gain=0)
    app.happens("recommendations.changed", new=[row(101)], removed=[], changed_targets=[])
    await look(hass, entry)
    assert len(told) == 1
    app.failing["GET info"] = (503, {"detail": "Not open."})
    await look(hass, entry)
    app.failing.clear()
    await look(hass, entry)
    assert len(told) == 1


async def test_a_digest_once_a_week(
    hass: HomeAssistant, entry: MockConfigEntry, told: list[ServiceCall], freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2026-11-29 07:59:30+00:00")  # a Sunday
    await automate(hass, "weekly_digest", health="sensor.demo_cluster_health", weekday="mon", at="08:00:00")
    freezer.tick(timedelta(minutes=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told == []
    freezer.move_to("2026-11-30 08:00:01+00:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(told) == 1
    assert told[0].data["title"].endswith(", 6 recommended")
    assert told[0].data["message"].count("pve5") >= 5 and "166 points" in told[0].data["message"]
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.weekly_digest"}, blocking=True)


async def test_n_minus_1_is_lost_and_stays_so(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, told: list[ServiceCall], freezer: FrozenDateTimeFactory
) -> None:
    app.figure("n_minus_1_failures", 0.0)
    await look(hass, entry)
    await automate(hass, "n_minus_1_lost", holds="binary_sensor.demo_cluster_n_1", for_minutes=30)
    app.figure("n_minus_1_failures", 2.0)
    await look(hass, entry)
    assert hass.states.get("binary_sensor.demo_cluster_n_1").state == "off"
    assert told == []
    freezer.tick(timedelta(minutes=31))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [call.data["title"] for call in told] == ["ProxBalance: a node may no longer fail"]


async def test_a_ups_on_battery(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, told: list[ServiceCall], freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set("sensor.ups_status", "On line")
    await automate(
        hass, "ups_drain_plan", on_battery="sensor.ups_status", state="On battery", for_seconds=30,
        cluster=entry.entry_id, nodes=["pve3"],
    )  # fmt: skip
    hass.states.async_set("sensor.ups_status", "On battery")
    await hass.async_block_till_done()
    freezer.tick(timedelta(seconds=40))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    drain = app.answers["POST drain"]
    assert drain["summary"] in told[0].data["message"] and "qm migrate" in told[0].data["message"]
