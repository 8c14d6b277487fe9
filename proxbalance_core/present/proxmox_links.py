"""Links into Proxmox's own web interface.

It keeps its place after the ``#``: ``v1``, the view (0 is "server"), then the thing that is opened. A value that is
not in its dictionary stands after ``=``, URL-encoded (``PVE.StateProvider`` of pve-manager); what is left out is as it
was.
"""

from __future__ import annotations

from urllib.parse import quote

_KINDS = {"vm": "qemu", "ct": "lxc"}


def guest_page(web: str | None, kind: str, vmid: int) -> str | None:
    """The page of a guest (``vm`` or ``ct``), None without an address."""
    return _page(web, f"{_KINDS[kind]}/{vmid}") if kind in _KINDS else None


def node_page(web: str | None, name: str) -> str | None:
    """The page of a node, None without an address."""
    return _page(web, f"node/{name}")


def _page(web: str | None, thing: str) -> str | None:
    return None if web is None else f"{web}/#v1:0:={quote(thing, safe='')}"
