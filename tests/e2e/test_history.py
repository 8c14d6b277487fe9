"""The history in a real browser: brush a stretch of time, read what changed in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from proxbalance_core.services.workbench import Workbench
from tests.e2e.conftest import Watched, serving
from tests.e2e.screenshots import settle

pytestmark = pytest.mark.e2e
SPAN = re.compile(r"\d+ \w+ \d{4}, \d\d:\d\d to \d+ \w+ \d{4}, \d\d:\d\d")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a demo that was assessed every two hours since this time yesterday."""
    folder = tmp_path_factory.mktemp("lived")
    at = [datetime.now(UTC) - timedelta(hours=23)]
    with Workbench.open(folder / "data", clock=lambda: at[0]) as bench:
        bench.ensure_demo()
        bench.regenerate("demo")
        move = bench.latest("demo").assessment["recommendations"][0]
        bench.source(bench.connection("demo")).migrate(move["vmid"], move["target"])
        for _ in range(11):
            at[0] += timedelta(hours=2)
            bench.regenerate("demo")
    with serving(folder) as url:
        yield url


def test_a_brushed_window_tells_what_changed_in_it(lived: str, watched: Watched) -> None:
    page = watched.page
    page.goto(f"{lived}/history")
    page.get_by_text("What changed in this window").wait_for(timeout=60_000)
    settle(page)
    whole = told(page)
    assert " moved from " in page.inner_text("body"), "the migration lies in the whole time"
    chart = page.get_by_test_id("stVegaLiteChart").first.bounding_box()
    y = chart["y"] + 0.5 * chart["height"]
    page.mouse.move(chart["x"] + 0.55 * chart["width"], y)
    page.mouse.down()
    page.mouse.move(chart["x"] + 0.85 * chart["width"], y, steps=12)
    page.mouse.up()
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=whole, timeout=30_000)
    settle(page)
    assert told(page) != whole
    assert " moved from " not in page.inner_text("body"), "and not in its second half"


def told(page) -> str:
    """The window that is spoken of, as the page writes it."""
    found = SPAN.search(page.inner_text("body"))
    assert found is not None
    return found[0]
