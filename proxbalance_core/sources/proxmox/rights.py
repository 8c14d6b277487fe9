"""What the credentials may do, and what is missing: without it Proxmox leaves rows out in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proxbalance_core.sources.proxmox.answers import to_flag
from proxbalance_core.sources.proxmox.faults import grant_command
from proxbalance_core.sources.proxmox.options import ProxmoxOptions

NEEDED = (
    ("Sys.Audit", "/", "nodes, their status and the cluster's options"),
    ("VM.Audit", "/vms", "guests, their configs and histories"),
    ("Datastore.Audit", "/storage", "storages and the space on them"),
)
TO_ACT = ("VM.Migrate", "/vms", "migrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Privileges that are missing; in the same order the command that grants each, and a sentence with it."""

    missing: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    may_migrate: bool = False

    @property
    def sees_all(self) -> bool:
        """Whether what isn't listed isn't there."""
        return not {"VM.Audit", "Sys.Audit"} & set(self.missing)


def check_rights(permissions: Mapping[str, Any], options: ProxmoxOptions) -> Rights:
    """Read ``/access/permissions``: privileges by path, 1 where they reach down the tree."""
    needed = [*NEEDED, TO_ACT] if options.act else list(NEEDED)
    lacking = [(name, path, what) for name, path, what in needed if not holds(permissions, name, path)]
    return Rights(
        missing=tuple(name for name, _, _ in lacking),
        commands=tuple(grant_command(name, path, options) for name, path, _ in lacking),
        notes=tuple(
            f"{name} on {path} is missing, so {what} can't be {'made' if name == TO_ACT[0] else 'seen'}: run on a "
            f"node  {grant_command(name, path, options)}"
            for name, path, what in lacking
        ),
        may_migrate=holds(permissions, TO_ACT[0], TO_ACT[1]),
    )


def holds(permissions: Mapping[str, Any], privilege: str, path: str) -> bool:
    """Whether a privilege holds for all below ``path``; some single guests are not enough."""
    for place in (path, "/"):
        granted = permissions.get(place)
        if isinstance(granted, Mapping) and privilege in granted:
            # 0: held on this very path, not below it; for Sys.Audit on / the path itself is what counts
            return to_flag(granted[privilege]) or path == "/"
    return False
