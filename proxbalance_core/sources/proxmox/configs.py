"""A guest's config: disks, passthrough, CPU type, lock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from proxbalance_core.domain.cluster import Disk
from proxbalance_core.domain.units import NAN
from proxbalance_core.sources.proxmox.answers import to_flag

GuestType = Literal["vm", "ct"]
_VM_DISK = re.compile(r"^(?:ide|sata|scsi|virtio)\d+$|^(?:efidisk|tpmstate|unused)\d+$")
_CT_DISK = re.compile(r"^rootfs$|^mp\d+$|^unused\d+$")
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)([KMGT]?)B?$")
_FACTOR = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestConfig:
    """What of a guest's config decides where it can run."""

    disks: tuple[Disk, ...] = ()
    cpu_type: str | None = None
    lock: str | None = None
    pci_passthrough: bool = False
    usb_passthrough: bool = False
    has_snapshots: bool = False
    snapshots: int = 0


def size_bytes(text: str) -> float:
    """``32G`` in bytes, NaN for what can't be read."""
    found = _SIZE.match(text.strip().upper())
    return float(found.group(1)) * _FACTOR[found.group(2)] if found else NAN


def split_tags(text: str | None) -> tuple[str, ...]:
    """Tags as Proxmox writes them (``a;b``), also with commas or spaces between; each once, lower case."""
    return tuple(dict.fromkeys(tag for tag in re.split(r"[;,\s]+", (text or "").lower()) if tag))


def _properties(text: str) -> tuple[str, dict[str, str]]:
    """The leading volume of a property string and its keys (``file=`` and ``volume=`` name it too)."""
    first, *others = [part.strip() for part in text.split(",")]
    keys = dict(part.partition("=")[::2] for part in others)
    head, equals, value = first.partition("=")
    if equals and "/" not in head and ":" not in head:
        keys[head] = value
        first = keys.get("file") or keys.get("volume") or ""
    return first, keys


def decode_disk(key: str, text: str, guest: GuestType, shared_storages: frozenset[str]) -> Disk:
    """One drive or mount point; a path instead of a volume is a device of the host, or a bind mount."""
    volume, keys = _properties(text)
    path = volume.startswith("/")
    storage = volume.split(":", 1)[0] if ":" in volume and not path else None
    cdrom = keys.get("media") == "cdrom" or volume == "cdrom"
    # a container's mount of /dev/... is a device, of any other path a bind mount
    device = path and (guest == "vm" or volume.startswith("/dev/")) and not cdrom
    return Disk(
        key=key,
        storage=storage,
        size_bytes=size_bytes(keys.get("size", "")),
        shared=storage in shared_storages or to_flag(keys.get("shared", "0")),
        passthrough=device,
        bind_mount=path and guest == "ct" and not device,
        cdrom=cdrom,
    )


def _empty_drive(text: str) -> bool:
    return _properties(text)[0] in ("none", "cloudinit", "")


def decode_config(config: Mapping[str, Any], guest: GuestType, shared_storages: frozenset[str]) -> GuestConfig:
    """A config as ``/nodes/{node}/{qemu,lxc}/{vmid}/config`` gives it."""
    pattern = _VM_DISK if guest == "vm" else _CT_DISK
    disks = {key: str(text) for key, text in config.items() if pattern.match(key)}
    return GuestConfig(
        disks=tuple(
            decode_disk(key, text, guest, shared_storages)
            for key, text in sorted(disks.items())
            if not _empty_drive(text)
        ),
        cpu_type=_cpu_type(config) if guest == "vm" else None,
        lock=str(config["lock"]) if config.get("lock") else None,
        pci_passthrough=any(re.match(r"^hostpci\d+$", key) for key in config) or _devices(config, guest),
        usb_passthrough=any(re.match(r"^usb\d+$", key) and not _spice(str(text)) for key, text in config.items()),
        has_snapshots=bool(config.get("parent")),
    )


def _spice(text: str) -> bool:
    """A redirected port: the device is at the user's, not in the host."""
    volume, keys = _properties(text)
    return "spice" in (volume, keys.get("host"))


def _devices(config: Mapping[str, Any], guest: GuestType) -> bool:
    """A container that was given devices of the host: ``dev0`` (8.2 on), or raw ``lxc.`` lines."""
    if guest == "vm":
        return False
    if any(re.match(r"^dev\d+$", key) for key in config):
        return True
    raw = config.get("lxc") or ()
    return any(str(pair[0]) == "lxc.mount.entry" and str(pair[1]).startswith("/dev/") for pair in raw)


def _cpu_type(config: Mapping[str, Any]) -> str | None:
    given = config.get("cpu")
    if not given:
        return None
    name, keys = _properties(str(given))
    return keys.get("cputype") or name or None
