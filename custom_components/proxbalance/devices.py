"""How devices are known: the cluster by its id, a node by the cluster's and its name."""

from __future__ import annotations

from homeassistant.helpers.device_registry import DeviceEntry

from .const import DOMAIN


def cluster_id(cluster: str) -> tuple[str, str]:
    """The identifier of the cluster's own device."""
    return DOMAIN, cluster


def node_id(cluster: str, node: str) -> tuple[str, str]:
    """The identifier of a node's device."""
    return DOMAIN, f"{cluster}/{node}"


def node_of(device: DeviceEntry, cluster: str) -> str | None:
    """The node that a device of the cluster is; None for the cluster's own."""
    own = f"{cluster}/"
    named = (name for domain, name in device.identifiers if domain == DOMAIN and name.startswith(own))
    return next((name.removeprefix(own) for name in named), None)
