"""Proxmox VE as a metric source. Alone in here is proxmoxer known."""

from proxbalance_core.sources.proxmox.client import try_host
from proxbalance_core.sources.proxmox.faults import certificate_fingerprint, grant_command
from proxbalance_core.sources.proxmox.options import Address, ProxmoxOptions, pins
from proxbalance_core.sources.proxmox.source import ProxmoxSource, open_proxmox

__all__ = [
    "Address",
    "ProxmoxOptions",
    "ProxmoxSource",
    "certificate_fingerprint",
    "grant_command",
    "open_proxmox",
    "pins",
    "try_host",
]
