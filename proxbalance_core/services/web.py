"""Where a connection's own web interface is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxbalance_core.errors import ConfigError

if TYPE_CHECKING:
    from proxbalance_core.domain.connections import Connection


def web_address(connection: Connection) -> str | None:
    """``https://host:8006`` of the first host of a Proxmox connection, None for everything else."""
    if connection.source != "proxmox":
        return None
    from proxbalance_core.sources.proxmox import Address

    try:
        return f"https://{Address.parse(connection.option('host').split(',')[0])}"
    except ConfigError:
        # Its collector says that this is no address; there is nothing to link to.
        return None
