"""The commands that carry out a migration, as an admin would type them."""

from __future__ import annotations

import shlex

from proxbalance_core.domain.cluster import Guest


def commands_of(guest: Guest, source: str, target: str) -> str:
    """One line for the shell of ``source``; HA-managed guests are moved by the HA manager."""
    node = shlex.quote(target)
    if guest.ha.managed:
        return f"ha-manager migrate {guest.sid} {node}"
    if guest.type == "ct":
        restart = " --restart 1" if guest.running else ""
        return f"pct migrate {guest.vmid} {node}{restart}"
    online = " --online 1" if guest.running else ""
    local = " --with-local-disks 1" if guest.running and any(d.local_copy for d in guest.disks) else ""
    return f"qm migrate {guest.vmid} {node}{online}{local}"


def shutdown_of(guest: Guest) -> str:
    """One line for the shell of the guest's node that shuts it down in an orderly way."""
    if guest.ha.managed:
        return f"ha-manager set {guest.sid} --state stopped"
    return f"{'pct' if guest.type == 'ct' else 'qm'} shutdown {guest.vmid}"
