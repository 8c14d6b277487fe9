"""A node is emptied, and moves are picked, in a real browser."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Watched
from tests.e2e.screenshots import settle

pytestmark = pytest.mark.e2e


def choose(page, box, option: str) -> None:
    """Open a select box and take an option by how it begins."""
    box.click()
    page.get_by_role("option").filter(has_text=option).first.click()


def test_a_node_is_emptied_with_a_choice_of_ones_own(server: str, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{server}/what_if?whatif_view=Node+maintenance")
    page.get_by_text("Pick the node that goes into maintenance").wait_for(timeout=60_000)
    settle(page)
    choose(page, page.get_by_role("combobox", name="Node to empty"), "pve5")
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Where each guest goes").wait_for()
    settle(page)
    assert page.get_by_role("heading", name="The moves, wave by wave").is_visible()

    first = page.locator("input[aria-label*='goes to']").first
    first.scroll_into_view_if_needed()
    choose(page, first, "Shut it down")
    page.get_by_role("heading", name="Shut down meanwhile").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download script").click()
    assert "qm shutdown" in download.value.path().read_text() or "pct shutdown" in download.value.path().read_text()
    page.get_by_role("button", name="All as planned").click()
    page.get_by_role("heading", name="Shut down meanwhile").wait_for(state="detached")


def test_moves_are_picked_and_their_joint_effect_is_there_at_once(server: str, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{server}/recommendations?rec_view=Pick+some")
    page.get_by_text("What they do together appears here at once.").wait_for(timeout=60_000)
    settle(page)
    page.get_by_role("button", name="Pick these").click()
    page.get_by_text("2 of", exact=False).first.wait_for()
    page.get_by_text("Thresholds crossed").wait_for()
    settle(page)
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Script of these").wait_for()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Script of these").click()
    assert download.value.path().read_text().startswith("#!/bin/sh")
    page.get_by_role("button", name="None", exact=True).click()
    page.get_by_text("What they do together appears here at once.").wait_for()
