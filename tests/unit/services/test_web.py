"""The web interface of a connection."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from proxbalance_core.domain.connections import Connection, SourceKind
from proxbalance_core.services.web import web_address


def made(source: SourceKind, host: str) -> Connection:
    return Connection(
        id="lab", title="Lab", source=source, created_at=datetime(2026, 2, 8, tzinfo=UTC), options=(("host", host),)
    )


@pytest.mark.parametrize(
    ("host", "web"),
    [
        ("pve1", "https://pve1:8006"),
        ("pve1:443,pve2", "https://pve1:443"),
        ("https://pve1.example.net/", "https://pve1.example.net:8006"),
        ("fd00::1", "https://[fd00::1]:8006"),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_the_first_host_of_a_proxmox_connection(host: str, web: str | None) -> None:
    assert web_address(made("proxmox", host)) == web


@pytest.mark.parametrize("source", ["synthetic", "trace", "file"])
def test_nothing_else_has_one(source: SourceKind) -> None:
    assert web_address(made(source, "pve1")) is None
