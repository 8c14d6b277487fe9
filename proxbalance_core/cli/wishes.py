"""What-if options as text: sizes, shares, and changes with their details (``NAME:key=value,key=value``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from proxbalance_core.cli.common import BadUsage
from proxbalance_core.domain.changes import AddCores, AddGuest, AddMemory, AddNode, GrowGuest, MoveGuest, NewGuest
from proxbalance_core.domain.units import GIB, KIB, MIB

MOST_DIGITS = 12
_UNITS = {"k": KIB, "m": MIB, "g": GIB, "t": GIB * 1024}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b)?", re.IGNORECASE)
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")
Details = dict[str, str]


def size(text: str) -> float:
    """Bytes of ``8G`` or ``512M``; a number without its unit could be anything."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise BadUsage(f"'{text}' is not a size: write a number with its unit, such as 8G or 512M.")
    return float(found[1]) * _UNITS[found[2].lower()]


def number(text: str) -> float:
    """Cores, or how many times."""
    try:
        return float(text)
    except ValueError:
        raise BadUsage(f"'{text}' is not a number.") from None


def share(text: str) -> float:
    """``40%`` or ``0.4``."""
    found = _SHARE.fullmatch(text.strip())
    if found is None:
        raise BadUsage(f"'{text}' is not a share: write it as 40% or 0.4.")
    return float(found[1]) / (100.0 if found[2] else 1.0)


def whole(text: str) -> int:
    """A vmid or a count."""
    if not text.strip().isdecimal():
        raise BadUsage(f"'{text}' is not a whole number.")
    if len(text.strip()) > MOST_DIGITS:
        raise BadUsage(f"A whole number has at most {MOST_DIGITS} digits, not {len(text.strip()):,}.")
    return int(text)


def kind(text: str) -> Literal["vm", "ct"]:
    """What a guest is."""
    if text not in ("vm", "ct"):
        raise BadUsage(f"A guest is of type vm or ct, not '{text}'.")
    return "vm" if text == "vm" else "ct"


def tags(text: str) -> tuple[str, ...]:
    """Tags as Proxmox joins them; a comma parts details already where there are others."""
    return tuple(tag for tag in re.split(r"[;,\s]+", text) if tag)


_GUEST: dict[str, tuple[str, Callable[[str], Any]]] = {
    "name": ("name", str), "type": ("type", kind), "cores": ("cpu_cores", number), "memory": ("mem_bytes", size),
    "cpu-use": ("cpu_use", share), "memory-use": ("mem_use", share), "storage": ("storage", str),
    "disk": ("disk_bytes", size), "tags": ("tags", tags),
}  # fmt: skip


def add_node(text: str) -> AddNode:
    """``pve9``, ``pve9:like=pve1`` or ``pve9:cores=32,memory=256G``."""
    name, rest = _headed(text, "--add-node", "NAME:cores=32,memory=256G or NAME:like=NODE")
    given = _read(
        rest, "--add-node", {"like": ("like", str), "cores": ("cpu_cores", number), "memory": ("mem_bytes", size)}
    )
    return AddNode(node=name, **given)


def add_memory(text: str) -> AddMemory:
    """``pve1=64G``."""
    node, more = _pair(text, "--add-memory", "NODE=64G")
    return AddMemory(node=node, mem_bytes=size(more))


def add_cores(text: str) -> AddCores:
    """``pve1=8``."""
    node, more = _pair(text, "--add-cores", "NODE=8")
    return AddCores(node=node, cpu_cores=number(more))


def add_guest(text: str) -> AddGuest:
    """``cores=4,memory=8G`` and, if wanted, name, type, storage, disk, tags (``a;b``), uses, node, count."""
    places: dict[str, tuple[str, Callable[[str], Any]]] = {"node": ("node", str), "count": ("count", whole)}
    given = _read(_details(text, "--add-guest"), "--add-guest", _GUEST | places)
    around = {key: given.pop(key) for key in ("node", "count") if key in given}
    if not {"cpu_cores", "mem_bytes"} <= given.keys():
        raise BadUsage("--add-guest needs cores and memory, such as cores=4,memory=8G.")
    return AddGuest(guest=NewGuest(**given), **around)


def grow(text: str) -> GrowGuest:
    """``101=memory=16G,cores=8,use=2``."""
    vmid, rest = _headed(text, "--grow", "VMID=cores=8,memory=16G,use=2")
    keys: dict[str, tuple[str, Callable[[str], Any]]] = {
        "cores": ("cpu_cores", number), "memory": ("mem_bytes", size), "use": ("use_factor", number),
    }  # fmt: skip
    given = _read(rest, "--grow", keys)
    if not given:
        raise BadUsage("--grow needs what grows, such as 101=cores=8,memory=16G,use=2.")
    return GrowGuest(vmid=whole(vmid), **given)


def move(text: str, option: str = "--move") -> MoveGuest:
    """``101=pve3``."""
    vmid, target = _pair(text, option, "VMID=NODE")
    return MoveGuest(vmid=whole(vmid), target=target)


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise BadUsage(f"{option} takes {example}, not '{text}'.")
    return name.strip(), value.strip()


def _headed(text: str, option: str, example: str) -> tuple[str, Details]:
    """A name, and after the first ``:`` or ``=`` its details."""
    name, _, rest = re.sub("[:=]", "\x00", text, count=1).partition("\x00")
    if not name.strip():
        raise BadUsage(f"{option} takes {example}, not '{text}'.")
    return name.strip(), _details(rest, option) if rest else {}


def _details(text: str, option: str) -> Details:
    found: Details = {}
    for part in text.split(","):
        key, value = _pair(part, option, "key=value, key=value")
        if key in found:
            raise BadUsage(f"{option} says {key} twice.")
        found[key] = value
    return found


def _read(details: Details, option: str, known: dict[str, tuple[str, Callable[[str], Any]]]) -> dict[str, Any]:
    for key in details:
        if key not in known:
            raise BadUsage(f"{option} knows {', '.join(known)}, not '{key}'.")
    return {known[key][0]: known[key][1](value) for key, value in details.items()}
