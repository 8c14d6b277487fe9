"""The history in a real browser: brush a stretch of time, read what changed in it."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import Watched
from tests.e2e.screenshots import settle

pytestmark = pytest.mark.e2e


def test_a_brushed_window_tells_what_changed_in_it(server: str, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{server}/overview")
    page.get_by_role("button", name="Regenerate now").wait_for(timeout=60_000)
    settle(page)
    page.get_by_role("button", name="Regenerate now").click()
    settle(page)
    page.goto(f"{server}/history")
    page.get_by_text("What changed in this window").wait_for(timeout=60_000)
    settle(page)
    whole = told(page)
    chart = page.get_by_test_id("stVegaLiteChart").first.bounding_box()
    y = chart["y"] + 0.5 * chart["height"]
    page.mouse.move(chart["x"] + 0.35 * chart["width"], y)
    page.mouse.down()
    page.mouse.move(chart["x"] + 0.75 * chart["width"], y, steps=12)
    page.mouse.up()
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=whole, timeout=30_000)
    assert told(page) != whole


def told(page) -> str:
    """The window that is spoken of, as the page writes it."""
    found = re.search(r"\d+ \w+ \d{4}, \d\d:\d\d to \d+ \w+ \d{4}, \d\d:\d\d", page.inner_text("body"))
    assert found is not None
    return found[0]
