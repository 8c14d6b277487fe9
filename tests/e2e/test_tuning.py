"""Tuning in a real browser: drag a slider, see a recommendation appear, apply, undo, open the shared address."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Watched
from tests.e2e.screenshots import settle

pytestmark = pytest.mark.e2e


def held(page, label: str, share: float) -> None:
    """Drag a slider's handle to a share of its track, and hold it there."""
    slider = page.get_by_role("slider", name=label)
    handle, track = slider.locator("xpath=../.."), slider.locator("xpath=../../..")
    handle.scroll_into_view_if_needed()
    here, way = handle.bounding_box(), track.bounding_box()
    y = here["y"] + here["height"] / 2
    page.mouse.move(here["x"] + here["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(way["x"] + share * way["width"], y, steps=8)


def drag(page, label: str, share: float) -> None:
    """Drag a slider's handle to a share of its track."""
    held(page, label, share)
    page.mouse.up()


def test_drag_apply_undo_and_share(server: str, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{server}/tuning")
    page.get_by_text("The same recommendations as now").wait_for(timeout=60_000)
    settle(page)

    drag(page, "Caution", 0.01)
    page.get_by_text("Appears:").wait_for()
    page.wait_for_url("**set=move_cost_points**")
    shared = page.url
    assert shared.split("?")[1].startswith("set=move_cost_points")
    settle(page)

    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_role("button", name="Undo the last change").wait_for(timeout=60_000)
    page.wait_for_url(lambda url: "set=" not in url)
    page.get_by_text("The same recommendations as now").wait_for()

    page.get_by_role("button", name="Undo the last change").click()
    page.get_by_text("The settings before are in force again").wait_for(timeout=60_000)
    settle(page)

    page.goto(shared)
    page.get_by_text("Appears:").wait_for(timeout=60_000)
    page.reload()
    page.get_by_text("Appears:").wait_for(timeout=60_000)
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text("The same recommendations as now").wait_for()
    assert page.get_by_role("button", name="Apply", exact=True).is_disabled()
