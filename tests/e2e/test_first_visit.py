"""The whole first visit on the demo cluster, in a real browser against a really started server."""

from __future__ import annotations

import csv
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Watched
from tests.e2e.screenshots import settle

pytestmark = pytest.mark.e2e


def go(page, title: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", name=title, exact=True).wait_for()
    settle(page)


def test_first_visit(server: str, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{server}/overview")
    page.get_by_text("Cluster health").first.wait_for(timeout=60_000)
    settle(page)
    assert urlsplit(page.url).path == "/" and page.get_by_text("Page not found").count() == 0
    assert page.get_by_role("img", name="Cluster health").count() == 1
    assert page.get_by_text("Demo cluster.").is_visible()

    go(page, "Recommendations")
    page.get_by_role("radio", name="Score breakdown").first.click()
    page.get_by_text("minimum 15").first.wait_for()
    page.get_by_test_id("stDataFrame").first.wait_for()

    page.get_by_label("Urgent only").locator("xpath=ancestor::label").click()
    page.wait_for_url("**rec_urgent=true**")
    settle(page)
    page.get_by_label("Urgent only").locator("xpath=ancestor::label").click()
    page.wait_for_url(lambda url: "rec_urgent" not in url)

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    with download.value.path().open(newline="") as file:
        rows = list(csv.reader(file))
    assert ",".join(rows[0]) == "VMID,Name,Type,Source,Target,Score Improvement,Confidence,Risk,Reason"
    assert len(rows) > 1

    page.get_by_role("radio", name="Not recommended").or_(
        page.get_by_role("button", name="Not recommended")
    ).first.click()
    page.get_by_text("that stay where they are").wait_for()

    go(page, "Compare")
    page.get_by_text("How well each node would suit it").wait_for()
    assert page.locator("canvas, svg.marks").count() > 0
    go(page, "Diagnostics")
    page.get_by_text("Why guests stay").wait_for()
    go(page, "Settings")
    page.get_by_text("Connect your cluster").first.wait_for()

    outside = [
        url
        for url in watched.requests
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != "127.0.0.1"
    ]
    assert outside == []
    assert watched.complaints == []


def test_a_deep_link_opens_its_page_inside_the_app(server: str, watched: Watched) -> None:
    watched.page.goto(f"{server}/recommendations?rec_view=Plan")
    watched.page.get_by_role("heading", name="Recommendations", exact=True).wait_for(timeout=60_000)
    settle(watched.page)
    assert watched.page.get_by_test_id("stSidebarNav").is_visible()
    assert watched.page.get_by_text("As a shell script").is_visible()


def test_a_narrow_screen_needs_no_sideways_scrolling(server: str, watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": 420, "height": 900})
    page.goto(server)
    page.get_by_text("Cluster health").first.wait_for(timeout=60_000)
    settle(page)
    wider = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth")
    assert wider <= 0


def test_what_is_looked_at_stays_in_the_url_from_page_to_page(server: str, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{server}/?range=7+d&nodes=pve2")
    page.get_by_text("Cluster health").first.wait_for(timeout=60_000)
    settle(page)
    go(page, "Compare")
    page.wait_for_url(lambda url: "/compare" in url and "range=7" in url and "nodes=pve2" in url, timeout=60_000)
    page.reload()
    page.get_by_role("heading", name="Compare", exact=True).wait_for(timeout=60_000)
    settle(page)
    assert page.get_by_test_id("stMultiSelect").get_by_text("pve2").is_visible()
    # What is looked at may have an entry of its own in the browser's history: then the page before is one step further.
    for _ in range(3):
        page.go_back()
        page.wait_for_timeout(1500)
        if "/compare" not in page.url:
            break
    page.get_by_text("Cluster health").first.wait_for(timeout=60_000)
