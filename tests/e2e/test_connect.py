"""The guided connect flow in a real browser: a Proxmox API over TLS with its own certificate, to figures on pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core.services.workbench import Workbench
from tests.e2e.conftest import Watched, serving
from tests.e2e.screenshots import settle
from tests.support.pve_server import SECRET, TOKEN_ID, FakeCluster, PveServer, Running, running

pytestmark = pytest.mark.e2e
PAGES = ("Overview", "Recommendations", "Compare", "Diagnostics", "Open a file", "Settings")


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Running]:
    with running(PveServer(FakeCluster(nodes=3, guests=12)), tmp_path) as found:
        yield found


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """The app on a data folder of this test's own: it leaves a cluster behind."""
    with serving(tmp_path) as url:
        yield url


def go(page: Any, title: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", name=title, exact=True).wait_for()
    settle(page)


def fill(page: Any, label: str, text: str) -> None:
    page.get_by_role("textbox", name=label, exact=True).fill(text)
    page.keyboard.press("Tab")
    settle(page)


def grow_old(data: Path, page: Any) -> None:
    """The last success of Office is five hours ago, and it is asked in vain.

    A round of the app's collector that is under way may still end well and say so: once more then.
    """
    go(page, "Overview")
    for _ in range(3):
        with Workbench.open(data) as bench:
            (office,) = (made for made in bench.connections() if made.title == "Office")
            status = bench.store.status.get(office.id)
            assert status.last_success is not None
            old = dataclasses.replace(status, last_success=status.last_success - timedelta(hours=5))
            bench.store.status.put(office.id, old)
        page.get_by_role("button", name="Regenerate now").click()
        settle(page)
        if page.get_by_text("That did not work. What was known before is still shown.").is_visible():
            return
    pytest.fail("the app reads a cluster that answers with errors")


def test_from_an_address_to_figures_and_what_is_said_when_they_grow_old(
    app: str, watched: Watched, peer: Running, tmp_path: Path
) -> None:
    page = watched.page
    page.goto(app)
    page.get_by_text("Cluster health").first.wait_for(timeout=60_000)
    go(page, "Settings")

    # Address and token; the certificate is nobody's that this machine knows.
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Still needed: an address").wait_for()
    fill(page, "Nodes of the cluster", peer.options["host"])
    fill(page, "Name in this app", "Office")
    fill(page, "Token ID", TOKEN_ID)
    page.get_by_role("textbox", name="Secret", exact=True).fill(SECRET)
    page.get_by_role("button", name="Test connection").click()
    trust = page.get_by_role("button", name="It is the same: trust this certificate")
    trust.wait_for()
    shown = page.get_by_test_id("stCode").filter(has_text=":").last.inner_text().strip()
    assert len(shown.split(":")) == 32
    assert page.get_by_role("button", name="Save and start collecting").is_disabled()

    # Trusted with one click; then a privilege is missing, and the command that grants it stands there.
    peer.server.privileges -= {"Datastore.Audit"}
    trust.click()
    page.get_by_text("Missing: Datastore.Audit").wait_for()
    settle(page)
    assert page.get_by_role("textbox", name="SHA-256 fingerprint").input_value() == shown
    grant = page.get_by_test_id("stCode").filter(has_text="pveum acl modify").last.inner_text()
    assert TOKEN_ID in grant
    assert "PVEAuditor" in grant

    # Granted, tested again, saved: the first figures arrive.
    peer.server.privileges |= {"Datastore.Audit"}
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("All privileges are there.").wait_for()
    page.get_by_role("button", name="Save and start collecting").click()
    page.get_by_role("heading", name="Overview", exact=True).wait_for(timeout=60_000)
    page.get_by_text("Cluster health").first.wait_for(timeout=60_000)
    settle(page)
    assert "cluster=office" in page.url
    for name in peer.server.cluster.nodes:
        assert page.get_by_text(name, exact=True).first.is_visible()
    go(page, "Recommendations")
    page.get_by_role("radio", name="Not recommended").or_(
        page.get_by_role("button", name="Not recommended")
    ).first.click()
    page.get_by_text("12 guests that stay where they are").or_(page.get_by_text("guests that stay")).first.wait_for()
    assert SECRET not in page.content()
    assert SECRET not in page.url

    # Nobody answers any more, for hours: every page says so.
    peer.server.faults.status = 500
    grow_old(tmp_path / "data", page)
    for title in PAGES:
        go(page, title)
        page.locator(".stMarkdownBadge").filter(has_text="Not reached").first.wait_for()
        page.get_by_text("(5 hours ago); they may no longer fit the cluster.").first.wait_for()
        page.get_by_text("The last attempt said: ").first.wait_for()
        page.get_by_text("It is tried again by itself.").first.wait_for()
    peer.server.faults.status = 0
    page.get_by_role("button", name="Try now").click()
    page.get_by_text("(5 hours ago)").first.wait_for(state="detached", timeout=60_000)
    settle(page)
    assert page.locator(".stMarkdownBadge").filter(has_text="Not reached").count() == 0
    assert watched.complaints == []
