"""Proxmox's own answer to whether a guest may go to a node, in sentences.

VMs are told with underscores in the keys, containers with hyphens. A node may be listed as not allowed with
nothing against it: only a reason blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from proxbalance_core.domain.observed import Preconditions
from proxbalance_core.errors import SourceUnavailable
from proxbalance_core.sources.proxmox.answers import to_flag

NOT_IMPLEMENTED = 501
_REFUSALS = ("is locked", "no such cluster node", "target is local node")
_WORDS = {
    "unavailable_storages": "lacks the storages",
    "unavailable-storages": "lacks the storages",
    "unavailable-resources": "lacks the mapped devices",
    "blocking-ha-resources": "is ruled out by HA rules with",
}


def refused(error: SourceUnavailable, kind: Literal["vm", "ct"]) -> Preconditions:
    """What an error says of the move; one that says nothing of it is raised again."""
    said = str(getattr(error, "said", ""))
    if getattr(error, "status", 0) == NOT_IMPLEMENTED and kind == "ct":
        return Preconditions(known=False)
    if any(words in said for words in _REFUSALS):
        return Preconditions(objections=(f"Proxmox refuses: {said}.",))
    raise error


def decode_preconditions(answer: Mapping[str, Any], target: str) -> Preconditions:
    """The answer to ``GET .../migrate`` as far as it concerns ``target``."""
    running = to_flag(answer.get("running", 0))
    along = [str(sid) for sid in answer.get("dependent-ha-resources") or ()]
    notes = (f"Proxmox moves {', '.join(along)} along, by an HA rule.",) if along else ()
    return Preconditions(
        objections=(*_against(answer, target), *_local(answer), *_mapped(answer, running)), notes=notes
    )


def _against(answer: Mapping[str, Any], target: str) -> Iterator[str]:
    barred = _either(answer, "not_allowed_nodes")
    reasons = barred.get(target) if isinstance(barred, Mapping) else None
    if isinstance(reasons, Mapping) and reasons:
        for key, things in reasons.items():
            named = ", ".join(_name(thing) for thing in things) if isinstance(things, list) else str(things)
            yield f"{target} {_WORDS.get(key, key)}: {named}."
        return
    allowed = _either(answer, "allowed_nodes")
    # Before Proxmox VE 8.2 only a stopped VM has a list; an empty one says nothing either.
    if isinstance(allowed, list) and allowed and target not in allowed:
        yield f"Proxmox doesn't list {target} among the nodes it may go to."


def _either(answer: Mapping[str, Any], key: str) -> Any:
    return answer.get(key, answer.get(key.replace("_", "-")))


def _name(thing: Any) -> str:
    return str(thing.get("sid", thing)) if isinstance(thing, Mapping) else str(thing)


def _local(answer: Mapping[str, Any]) -> Iterator[str]:
    """Devices of the node, and images in a drive that lie on the node alone."""
    held = [str(name) for name in answer.get("local_resources") or ()]
    if held:
        yield f"It uses local devices: {', '.join(held)}."
    disks = [disk for disk in answer.get("local_disks") or () if isinstance(disk, Mapping)]
    images = [str(disk.get("volid", "?")) for disk in disks if to_flag(disk.get("cdrom", 0))]
    if images:
        yield f"The image in its CD-ROM drive is on this node alone: {', '.join(images)}."


def _mapped(answer: Mapping[str, Any], running: bool) -> Iterator[str]:
    """Mapped devices that can't go along while the VM runs."""
    known = answer.get("mapped-resource-info")
    live = {name for name, how in known.items() if _moves_live(how)} if isinstance(known, Mapping) else set()
    held = [str(name) for name in answer.get("mapped-resources") or () if str(name) not in live]
    if running and held:
        yield f"Its mapped devices can't move while it runs: {', '.join(held)}."


def _moves_live(how: Any) -> bool:
    return isinstance(how, Mapping) and to_flag(how.get("live-migration", 0))
