"""Actions that answer: recommendations, why, where to put a guest, what a setting would do, how to empty a node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from . import answers
from .const import DOMAIN, GIB
from .coordinator import ProxBalanceConfigEntry, ProxBalanceCoordinator
from .failures import while_acting

ENTRY, VMID, NODES, LIMIT, HOURS = "config_entry_id", "vmid", "nodes", "limit", "hours"
LIMIT_MOST, HOURS_MOST = 100, 24 * 365
Asked = Callable[[ProxBalanceCoordinator, dict[str, Any]], Awaitable[dict[str, Any]]]

_ENTRY: dict[Any, Any] = {vol.Optional(ENTRY): cv.string}
_GUEST = {**_ENTRY, vol.Required(VMID): vol.All(vol.Coerce(int), vol.Range(min=100, max=999_999_999))}
_NUMBER = vol.Coerce(float)


async def _recommendations(coordinator: ProxBalanceCoordinator, asked: dict[str, Any]) -> dict[str, Any]:
    filters = {key: asked[key] for key in ("min_confidence", "max_risk", "source_node", "target_node") if key in asked}
    moves = await coordinator.client.recommendations(coordinator.cluster, **filters)
    counts = await coordinator.client.skip_counts(coordinator.cluster)
    told = [answers.move(one) for one in moves[: asked[LIMIT]]]
    return {"count": len(moves), "recommendations": told, "guests_that_stay": counts}


async def _explain(coordinator: ProxBalanceCoordinator, asked: dict[str, Any]) -> dict[str, Any]:
    options = await coordinator.client.options(coordinator.cluster, asked[VMID])
    moves = await coordinator.client.recommendations(coordinator.cluster)
    move = next((one for one in moves if one["vmid"] == asked[VMID]), None)
    return answers.explained(options, move)


async def _best_node(coordinator: ProxBalanceCoordinator, asked: dict[str, Any]) -> dict[str, Any]:
    guest: dict[str, Any] = {
        "cpu_cores": asked["cores"], "mem_bytes": asked["memory_gib"] * GIB, "type": asked["type"],
    }  # fmt: skip
    if "disk_gib" in asked:
        guest["disk_bytes"] = asked["disk_gib"] * GIB
    if "storage" in asked:
        guest["storage"] = asked["storage"]
    return answers.placed(await coordinator.client.place(coordinator.cluster, guest))


async def _simulate(coordinator: ProxBalanceCoordinator, asked: dict[str, Any]) -> dict[str, Any]:
    return answers.simulated(await coordinator.client.simulate(coordinator.cluster, asked["settings"]))


async def _plan_drain(coordinator: ProxBalanceCoordinator, asked: dict[str, Any]) -> dict[str, Any]:
    return answers.drained(await coordinator.client.drain(coordinator.cluster, asked[NODES]))


async def _dismiss(coordinator: ProxBalanceCoordinator, asked: dict[str, Any]) -> dict[str, Any]:
    until = (dt_util.utcnow() + timedelta(hours=asked[HOURS])).isoformat()
    told = await coordinator.client.mute(coordinator.cluster, asked[VMID], until)
    return {"vmid": asked[VMID], "until": told["until"]}


ACTIONS: dict[str, tuple[Asked, dict[Any, Any], SupportsResponse]] = {
    "get_recommendations": (
        _recommendations,
        {
            **_ENTRY,
            vol.Optional("min_confidence"): vol.All(_NUMBER, vol.Range(min=0, max=100)),
            vol.Optional("max_risk"): vol.In(["low", "moderate", "high", "very_high"]),
            vol.Optional("source_node"): cv.string,
            vol.Optional("target_node"): cv.string,
            vol.Optional(LIMIT, default=10): vol.All(vol.Coerce(int), vol.Range(min=1, max=LIMIT_MOST)),
        },
        SupportsResponse.ONLY,
    ),
    "explain": (_explain, _GUEST, SupportsResponse.ONLY),
    "best_node": (
        _best_node,
        {
            **_ENTRY,
            vol.Optional("cores", default=2): vol.All(_NUMBER, vol.Range(min=0.1, max=1024)),
            vol.Optional("memory_gib", default=4): vol.All(_NUMBER, vol.Range(min=0.0625, max=65536)),
            vol.Optional("type", default="vm"): vol.In(["vm", "ct"]),
            vol.Optional("disk_gib"): vol.All(_NUMBER, vol.Range(min=0, max=1_000_000)),
            vol.Optional("storage"): cv.string,
        },
        SupportsResponse.ONLY,
    ),
    "simulate": (_simulate, {**_ENTRY, vol.Required("settings"): dict}, SupportsResponse.ONLY),
    "plan_drain": (
        _plan_drain,
        {**_ENTRY, vol.Required(NODES): vol.All(cv.ensure_list, vol.Length(min=1), [cv.string])},
        SupportsResponse.ONLY,
    ),
    "dismiss": (
        _dismiss,
        {**_GUEST, vol.Optional(HOURS, default=24): vol.All(_NUMBER, vol.Range(min=1, max=HOURS_MOST))},
        SupportsResponse.OPTIONAL,
    ),
}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action."""
    for name, (asked, schema, answers_back) in ACTIONS.items():
        hass.services.async_register(
            DOMAIN, name, _handler(hass, asked), schema=vol.Schema(schema), supports_response=answers_back
        )


def _handler(hass: HomeAssistant, asked: Asked) -> Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
    async def handle(call: ServiceCall) -> ServiceResponse:
        coordinator = _coordinator(hass, call.data.get(ENTRY))
        with while_acting():
            told = await asked(coordinator, dict(call.data))
        return told if call.return_response else None

    return handle


def _coordinator(hass: HomeAssistant, named: str | None) -> ProxBalanceCoordinator:
    """That of the entry that is named, else of the only one that is loaded."""
    entries: list[ProxBalanceConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    if named is not None:
        entries = [entry for entry in entries if entry.entry_id == named]
        if not entries:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_such_entry")
    loaded = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
    if not loaded:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")
    if len(loaded) > 1:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="name_the_entry")
    return loaded[0].runtime_data
