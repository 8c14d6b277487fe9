"""Buttons, actions with their answers, the event entity and diagnostics."""

from __future__ import annotations

import json
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.proxbalance.const import DOMAIN, GIB

from .app import TOKEN, App
from .conftest import entry_of, look


async def ask(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


async def press(hass: HomeAssistant, name: str) -> None:
    await hass.services.async_call("button", "press", {"entity_id": f"button.demo_cluster_{name}"}, blocking=True)


def last(app: App, what: str) -> Any:
    return next(one for one in reversed(app.asked) if one.what == what)


@pytest.mark.parametrize(("name", "what"), [("assess_now", "POST generate"), ("collect_now", "POST collect")])
async def test_a_button_does_it_and_looks_again(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, name: str, what: str
) -> None:
    app.asked.clear()
    await press(hass, name)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert last(app, what).query == {"cluster": "demo"}
    app.failing[what] = (502, {"detail": "pve1 did not answer within 10 s."})
    with pytest.raises(HomeAssistantError, match=r"^pve1 did not answer within 10 s\.$"):
        await press(hass, name)


async def test_recommendations(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    told = await ask(hass, "get_recommendations", limit=2, max_risk="moderate", min_confidence=50, source_node="pve3")
    moves = app.answers["GET recommendations"]["items"]
    assert told["count"] == len(moves)
    assert [one["vmid"] for one in told["recommendations"]] == [101, 110]
    assert told["recommendations"][0]["reason"] == moves[0]["reason"]["summary"]
    assert told["guests_that_stay"] == app.answers["GET recommendations/skipped"]["reason_counts"]
    query = last(app, "GET recommendations").query
    assert {key: query[key] for key in ("max_risk", "min_confidence", "source_node", "sort")} == {
        "max_risk": "moderate", "min_confidence": "50.0", "source_node": "pve3", "sort": "gain",
    }  # fmt: skip


async def test_why(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    told = await ask(hass, "explain", vmid=101)
    assert told["recommended"] and told["recommendation"]["target"] == "pve5"
    assert {one["node"] for one in told["nodes"]} == {
        one["target"] for one in app.answers["GET guests/101/options"]["alternatives"]
    }
    move = app.answers["GET recommendations"]["items"][0]
    assert told["risk_factors"] == [one["detail"] for one in move["risk_factors"]]
    app.answers["GET recommendations"]["items"].pop(0)
    told = await ask(hass, "explain", vmid="101")
    assert not told["recommended"] and "recommendation" not in told and told["detail"]


async def test_a_guest_that_is_not_there(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError, match=r"^There is no such path\.$"):
        await ask(hass, "explain", vmid=999)


async def test_the_best_node(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    told = await ask(hass, "best_node", cores=4, memory_gib=8, disk_gib=32, storage="ceph", type="ct")
    assert told["node"] == app.answers["POST place"]["best"]
    assert told["nodes"][0]["node"] == told["node"] and len(told["nodes"]) == 5
    assert last(app, "POST place").body == {
        "guest": {
            "cpu_cores": 4.0, "mem_bytes": 8.0 * GIB, "type": "ct", "disk_bytes": 32.0 * GIB, "storage": "ceph",
        }
    }  # fmt: skip
    await ask(hass, "best_node")
    assert last(app, "POST place").body == {"guest": {"cpu_cores": 2.0, "mem_bytes": 4.0 * GIB, "type": "vm"}}


async def test_other_settings(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    told = await ask(hass, "simulate", settings={"min_score_improvement": 5})
    assert told == app.answers["POST simulate"]
    assert last(app, "POST simulate").body == {"settings": {"min_score_improvement": 5}}
    app.failing["POST simulate"] = (422, {"detail": "There is no setting 'colour'."})
    with pytest.raises(ServiceValidationError, match="There is no setting 'colour'"):
        await ask(hass, "simulate", settings={"colour": 1})


async def test_a_drain(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    told = await ask(hass, "plan_drain", nodes="pve3")
    drain = app.answers["POST drain"]
    assert last(app, "POST drain").body == {"nodes": ["pve3"]}
    assert (told["possible"], told["summary"]) == (drain["possible"], drain["summary"])
    assert [one["vmid"] for one in told["steps"]] == [one["vmid"] for one in drain["plan"]["steps"]]
    assert told["script"] == drain["plan"]["shell"]


async def test_a_guest_is_dismissed(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    told = await ask(hass, "dismiss", vmid=101, hours=48)
    assert told == {"vmid": 101, "until": app.answers["POST guests/101/mute"]["until"]}
    assert "T" in last(app, "POST guests/101/mute").body["until"]
    await hass.services.async_call(DOMAIN, "dismiss", {"vmid": 101}, blocking=True)
    app.failing["POST guests/101/mute"] = (403, {"detail": "This needs a token with the scope 'write'."})
    with pytest.raises(HomeAssistantError, match="needs a token with the scope 'write'"):
        await ask(hass, "dismiss", vmid=101)


async def test_the_token_was_revoked(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    app.token = "pxb_another"
    with pytest.raises(HomeAssistantError, match=r"^ProxBalance refuses the token$"):
        await ask(hass, "best_node")


async def test_which_cluster_is_meant(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    assert await ask(hass, "best_node", config_entry_id=entry.entry_id)
    with pytest.raises(ServiceValidationError, match="no such ProxBalance cluster"):
        await ask(hass, "best_node", config_entry_id="nobody")
    app.info["clusters"].append({**app.cluster, "id": "lab", "title": "Lab"})
    other = MockConfigEntry(domain=DOMAIN, title="Lab", unique_id="lab", data={**entry_of(app).data, "cluster": "lab"})
    other.add_to_hass(hass)
    await hass.config_entries.async_setup(other.entry_id)
    with pytest.raises(ServiceValidationError, match="Several clusters"):
        await ask(hass, "best_node")
    assert await ask(hass, "best_node", config_entry_id=other.entry_id)
    assert last(app, "POST place").query == {"cluster": "lab"}
    for one in (entry, other):
        await hass.config_entries.async_unload(one.entry_id)
    with pytest.raises(ServiceValidationError, match="No ProxBalance cluster is connected"):
        await ask(hass, "best_node")


def row(vmid: int, target: str = "pve5") -> dict[str, Any]:
    return {"vmid": vmid, "name": f"g{vmid}", "source": "pve3", "target": target, "cause": "to pve5, high CPU"}


async def test_the_event_entity_tells_what_happened(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    def told() -> Any:
        return hass.states.get("event.demo_cluster_advice")

    assert told().state == "unknown"
    app.happens("node.overloaded", node="pve1")
    app.happens("recommendations.changed", new=[row(111), row(101)], removed=[row(5)], changed_targets=[])
    app.new_generation()
    await look(hass, entry)
    about = told().attributes
    assert (about["event_type"], about["vmid"], about["new_count"], about["removed_count"]) == ("new", 101, 2, 1)
    assert about["gain"] == pytest.approx(app.answers["GET recommendations"]["items"][0]["score_improvement"])
    when = told().state
    await look(hass, entry)
    assert told().state == when
    app.happens("recommendations.changed", new=[], removed=[row(7)], changed_targets=[])
    await look(hass, entry)
    about = told().attributes
    assert (about["event_type"], about["vmid"], about["gain"]) == ("changed", 7, None)
    app.happens("recommendations.urgent", summary="Do it now.", recommendations=[row(110)])
    await look(hass, entry)
    about = told().attributes
    assert (about["event_type"], about["vmid"], about["summary"], about["count"]) == ("urgent", 110, "Do it now.", 1)
    app.happens("recommendations.cleared", previous_count=2)
    app.happens("recommendations.urgent", summary="", recommendations=[])
    await look(hass, entry)
    assert told().attributes["event_type"] == "urgent" and "vmid" not in told().attributes


async def test_two_alike_are_two(hass: HomeAssistant, app: App, entry: MockConfigEntry) -> None:
    seen: list[Any] = []
    hass.bus.async_listen("state_changed", lambda event: seen.append(event.data["entity_id"]))
    for _ in range(2):
        app.happens("recommendations.cleared", previous_count=2)
        await look(hass, entry)
    assert seen.count("event.demo_cluster_advice") == 2


async def test_old_events_are_not_told(hass: HomeAssistant, app: App) -> None:
    app.happens("recommendations.cleared", previous_count=2)
    made = entry_of(app)
    made.add_to_hass(hass)
    await hass.config_entries.async_setup(made.entry_id)
    await hass.async_block_till_done()
    assert not [one for one in app.asked if one.what == "GET events"]
    await look(hass, made)
    since = last(app, "GET events").query["since"]
    assert since.startswith(app.cluster["last_generation_at"][:19])


async def test_diagnostics_hold_no_secret(
    hass: HomeAssistant, app: App, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    text = json.dumps(told)
    assert TOKEN not in text and app.url not in text
    assert told["data"]["state"]["title"] == "Demo cluster"
    assert told["data"]["figures"]["nodes"]["pve1"]["online"] == 1.0
    assert told["last_update_success"] is True and told["last_exception"] is None
    app.token = "pxb_another"
    app.failing["GET info"] = (503, {"detail": "Not open."})
    await look(hass, entry)
    assert TOKEN not in json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry))
