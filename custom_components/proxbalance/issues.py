"""What a person has to mend, told under Repairs and taken back when it is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, SCOPE_WRITE
from .devices import node_of

if TYPE_CHECKING:
    from .coordinator import ProxBalanceConfigEntry
    from .model import ClusterData

API_TOO_OLD, SCOPE_MISSING, COLLECTOR_STOPPED, NODE_GONE = (
    "api_too_old",
    "scope_missing",
    "collector_stopped",
    "node_gone",
)


@callback
def tell_if_old(hass: HomeAssistant, entry: ProxBalanceConfigEntry, version: str, old: bool) -> None:
    """The app is older than this integration needs."""
    _set(hass, f"{API_TOO_OLD}_{entry.entry_id}", API_TOO_OLD, old, ir.IssueSeverity.ERROR, {"version": version})


@callback
def tell_of(hass: HomeAssistant, entry: ProxBalanceConfigEntry, data: ClusterData) -> None:
    """Everything else that a look at the app shows."""
    about = {"cluster": data.state.title}
    may_not = SCOPE_WRITE not in data.scopes
    _set(hass, f"{SCOPE_MISSING}_{entry.entry_id}", SCOPE_MISSING, may_not, ir.IssueSeverity.WARNING, about)
    stopped = data.state.stopped and data.state.stale
    _set(hass, f"{COLLECTOR_STOPPED}_{entry.entry_id}", COLLECTOR_STOPPED, stopped, ir.IssueSeverity.ERROR, about)
    if data.figures.nodes:
        _tell_of_nodes(hass, entry, data)


def _tell_of_nodes(hass: HomeAssistant, entry: ProxBalanceConfigEntry, data: ClusterData) -> None:
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        node = node_of(device, entry.data["cluster"])
        if node is None:
            continue
        issue, gone = f"{NODE_GONE}_{device.id}", node not in data.figures.nodes
        if not gone:
            ir.async_delete_issue(hass, DOMAIN, issue)
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue,
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=NODE_GONE,
            translation_placeholders={"node": node, "cluster": data.state.title},
            data={"entry_id": entry.entry_id, "device_id": device.id, "node": node},
        )


def _set(
    hass: HomeAssistant, issue: str, key: str, stands: bool, severity: ir.IssueSeverity, about: dict[str, str]
) -> None:
    if not stands:
        ir.async_delete_issue(hass, DOMAIN, issue)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue,
        is_fixable=False,
        severity=severity,
        translation_key=key,
        translation_placeholders=about,
    )


@callback
def forget(hass: HomeAssistant, entry: ProxBalanceConfigEntry) -> None:
    """Take back everything that was told of a cluster."""
    for (domain, issue), told in list(ir.async_get(hass).issues.items()):
        if domain == DOMAIN and (
            issue.endswith(f"_{entry.entry_id}") or (told.data or {}).get("entry_id") == entry.entry_id
        ):
            ir.async_delete_issue(hass, DOMAIN, issue)
