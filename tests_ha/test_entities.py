"""What stands on a dashboard is what the app says."""

from __future__ import annotations

import pytest
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.proxbalance import entity
from custom_components.proxbalance.const import DOMAIN
from custom_components.proxbalance.sensor import CLUSTER, NODE

from .app import App
from .conftest import look

NODES = ["pve1", "pve2", "pve3", "pve4", "pve5"]


def state(hass: HomeAssistant, unique: str) -> str:
    """The state of the entity of that unique id."""
    return hass.states.get(entity_id(hass, unique)).state


def entity_id(hass: HomeAssistant, unique: str) -> str:
    registry = er.async_get(hass)
    for domain in ("sensor", "binary_sensor", "button", "event"):
        found = registry.async_get_entity_id(domain, DOMAIN, unique)
        if found:
            return found
    raise AssertionError(unique)


def figure(app: App, key: str, node: str | None = None) -> float:
    rows = app.answers["GET quantities"]["items"]
    return next(row["value"] for row in rows if row["key"] == key and row["node"] == node)


async def test_the_cluster_is_what_the_app_says(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    for key, quantity in (
        ("health", "health"), ("strain", "strain_points"), ("recommendations", "recommendations"),
        ("imbalance", "imbalance_ratio"), ("best_gain", "best_gain_points"),
    ):  # fmt: skip
        assert float(state(hass, f"demo/{key}")) == pytest.approx(figure(app, quantity))
    top = app.answers["GET recommendations"]["items"][0]
    told = state(hass, "demo/top_recommendation")
    assert told == f"{top['name']} (101): pve3 → pve5"
    assert state(hass, "demo/next_node") == app.answers["POST place"]["best"]
    assert state(hass, "demo/urgency") == ["none", "low", "medium", "high"][int(figure(app, "urgency"))] == "medium"
    assert state(hass, "demo/last_run").startswith("2026-")
    assert state(hass, "demo/imbalanced") == "on"
    assert state(hass, "demo/rule_broken") == ("on" if figure(app, "broken_rules") else "off")
    assert state(hass, "demo/data_stale") == "off"
    holds = figure(app, "n_minus_1_failures") == 0
    assert state(hass, "demo/n_minus_1_holds") == ("on" if holds else "off")


async def test_every_node_has_a_device_under_the_clusters(
    hass: HomeAssistant, app: App, entry: MockConfigEntry
) -> None:
    devices = dr.async_get(hass)
    cluster = devices.async_get_device({(DOMAIN, "demo")})
    assert cluster.entry_type is dr.DeviceEntryType.SERVICE and cluster.sw_version == "0.1.0"
    for node in NODES:
        device = devices.async_get_device({(DOMAIN, f"demo/{node}")})
        assert device.via_device_id == cluster.id
        assert float(state(hass, f"demo/{node}/suitability")) == pytest.approx(figure(app, "suitability", node))
        assert float(state(hass, f"demo/{node}/guests")) == figure(app, "guests", node)
        assert state(hass, f"demo/{node}/online") == "on"
        assert state(hass, f"demo/{node}/maintenance") == "off"
        assert state(hass, f"demo/{node}/overloaded") == ("on" if figure(app, "overloaded", node) else "off")


async def test_a_newer_home_assistant_names_the_device_above_by_its_id(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = entry.runtime_data
    assert entity._under(coordinator) == {"via_device": (DOMAIN, "demo")}
    monkeypatch.setitem(entity.DeviceInfo.__annotations__, "via_device_id", str)
    cluster = dr.async_get(hass).async_get_device({(DOMAIN, "demo")})
    assert entity._under(coordinator) == {"via_device_id": cluster.id}


async def test_units_names_and_what_is_off_at_first(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    registry = er.async_get(hass)
    health = hass.states.get("sensor.demo_cluster_health")
    assert health.attributes[ATTR_UNIT_OF_MEASUREMENT] == "of 100"
    assert hass.states.get("sensor.demo_cluster_health_after_the_plan") is None
    off = {one.unique_id for one in registry.entities.values() if one.disabled_by}
    assert {"demo/data_age", "demo/skipped_guests", "demo/pve1/cpu", "demo/pve1/trend"} <= off
    assert "demo/pve1/predicted_cpu" not in off
    by_id = {one.unique_id: one for one in registry.entities.values()}
    assert by_id["demo/last_run"].entity_category is EntityCategory.DIAGNOSTIC
    assert len([key for key in by_id if key.startswith("demo/pve1/")]) == len(NODE) + 3
    assert len([key for key in by_id if key.count("/") == 1]) == len(CLUSTER) + 4 + 2 + 1
    assert all(one.state_class is None for one in CLUSTER if one.key.startswith("predicted"))


async def test_what_was_not_measured_is_unknown(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    app.figure("health", None)
    app.figure("imbalanced", None)
    app.figure("overloaded", None, "pve1")
    app.figure("suitability", None, "pve1")
    app.figure("n_minus_1_failures", None)
    app.figure("urgency", None)
    await look(hass, entry)
    for unique in ("health", "imbalanced", "n_minus_1_holds", "urgency", "pve1/overloaded", "pve1/suitability"):
        assert state(hass, f"demo/{unique}") == STATE_UNKNOWN, unique


async def test_one_node_has_no_n_minus_1(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    for node in NODES[1:]:
        app.without(node)
    await look(hass, entry)
    assert state(hass, "demo/n_minus_1_holds") == STATE_UNKNOWN


async def test_a_cluster_without_an_assessment(hass: HomeAssistant, app: App) -> None:
    from .conftest import entry_of

    app.cluster["last_generation"] = app.cluster["last_generation_at"] = None
    app.answers["GET quantities"]["items"] = [
        {**row, "value": None} for row in app.answers["GET quantities"]["items"] if row["node"] is None
    ]
    made = entry_of(app)
    made.add_to_hass(hass)
    await hass.config_entries.async_setup(made.entry_id)
    await hass.async_block_till_done()
    for unique in ("health", "top_recommendation", "next_node", "last_run"):
        assert state(hass, f"demo/{unique}") == STATE_UNKNOWN, unique
    assert not [one for one in app.asked if one.what in ("GET recommendations", "POST place")]
    await look(hass, made)
    app.cluster.update(last_generation=1, last_generation_at="2026-11-27T10:00:00Z")
    await look(hass, made)
    assert state(hass, "demo/next_node") == app.answers["POST place"]["best"]


async def test_nothing_recommended_and_long_names(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    moves = app.answers["GET recommendations"]
    moves["items"][0]["name"] = "x" * 400
    app.new_generation()
    await look(hass, entry)
    told = state(hass, "demo/top_recommendation")
    assert len(told) == 255 and told.endswith("…")
    moves.update(items=[], filtered_count=0, total_count=0)
    app.failing["POST place"] = (422, {"detail": "No node is online."})
    app.new_generation()
    await look(hass, entry)
    assert state(hass, "demo/top_recommendation") == "none"
    assert state(hass, "demo/next_node") == STATE_UNKNOWN


async def test_advice_is_asked_for_once_an_assessment(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    await look(hass, entry)
    await look(hass, entry)
    whats = [one.what for one in app.asked]
    assert whats.count("POST place") == whats.count("GET recommendations") == 1
    app.new_generation()
    await look(hass, entry)
    assert [one.what for one in app.asked].count("POST place") == 2


async def test_more_rows_than_a_page_holds(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    listed = app.answers["GET quantities"]
    row = next(row for row in listed["items"] if row["node"] == "pve1" and row["key"] == "suitability")
    listed["items"] += [{**row, "node": f"n{i}", "id": f"cluster/node/n{i}/suitability"} for i in range(700)]
    listed["filtered_count"] = len(listed["items"])
    app.asked.clear()
    await look(hass, entry)
    assert [one.query["offset"] for one in app.asked if one.what == "GET quantities"] == ["0", "500"]
    assert "n699" in entry.runtime_data.data.figures.nodes


async def test_nodes_come_and_go(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    rows = app.answers["GET quantities"]["items"]
    new = [{**row, "node": "pve9"} for row in rows if row["node"] == "pve1"]
    rows += new
    app.answers["GET quantities"]["filtered_count"] = len(rows)
    await look(hass, entry)
    assert state(hass, "demo/pve9/online") == "on"
    app.without("pve9")
    await look(hass, entry)
    assert state(hass, "demo/pve9/online") == STATE_UNAVAILABLE
    assert state(hass, "demo/pve1/online") == "on"


async def test_no_state_holds_a_list(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    for one in hass.states.async_all():
        for key, value in one.attributes.items():
            assert not isinstance(value, list | dict) or key in ("options", "event_types"), (one.entity_id, key)
