"""The cluster map in a real browser: pointer, keyboard, search, and where a click leads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from proxbalance_core.services.workbench import Workbench
from tests.app.sample import HOSTILE, document
from tests.e2e.conftest import Watched, serving
from tests.e2e.screenshots import settle

pytestmark = pytest.mark.e2e
CARD = "[class*='st-key-rec_card_']"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with a cluster of hostile names; the address of its map."""
    folder = tmp_path_factory.mktemp("lab")
    with Workbench.open(folder / "data") as bench:
        bench.regenerate(bench.import_snapshot("lab.json", json.dumps(document()).encode()))
    with serving(folder) as url:
        yield f"{url}/cluster_map?cluster=lab+%28lab%29"


@pytest.fixture
def page(lab: str, watched: Watched):
    """The map, drawn."""
    watched.page.goto(lab)
    watched.page.locator(".map[data-drawn]").wait_for(timeout=60_000)
    settle(watched.page)
    return watched.page


def named(page, title: str):
    return page.locator(".bubble").and_(page.get_by_label(title, exact=False))


def opacity(found) -> float:
    return float(found.evaluate("element => getComputedStyle(element).opacity"))


def redrawn(page, act) -> None:
    """Do something and wait until the map was drawn again."""
    before = page.locator(".map").get_attribute("data-drawn")
    act()
    page.wait_for_function(
        "before => [...document.querySelectorAll('.stBidiComponent *')].some("
        "host => host.shadowRoot?.querySelector('.map')?.dataset.drawn > before)",
        arg=before,
    )
    settle(page)


def test_an_arrow_leads_to_its_card(page, watched: Watched) -> None:
    arrow = page.locator("[data-kind=arrow]").first
    way = arrow.get_attribute("aria-label").split(". ")[0].split(", ")[1]
    # On the line itself: the middle of its box may lie beside it.
    spot = arrow.locator(".line").evaluate(
        "line => { const at = line.getPointAtLength(line.getTotalLength() / 2).matrixTransform(line.getScreenCTM());"
        " return [at.x, at.y]; }"
    )
    page.mouse.move(*spot)
    page.locator(".tip").get_by_text(way).wait_for()
    page.mouse.click(*spot)
    page.get_by_role("heading", name="Recommendations", exact=True).wait_for()
    page.wait_for_function(f'() => document.activeElement?.matches("{CARD}")')
    card = page.locator(f"{CARD}:focus")
    assert " → ".join(way.split(" → ")) in " ".join(card.inner_text().split())
    page.wait_for_timeout(1500)
    box = card.bounding_box()
    assert 0 <= box["y"] < 800
    assert card.get_by_text("minimum 15").is_visible()
    outside = [url for url in watched.requests if urlsplit(url).hostname not in ("127.0.0.1", None)]
    assert outside == []


def test_a_hostile_name_stays_text(page, watched: Watched) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    bubble = named(page, f"VM 100 – {HOSTILE[0]}").first
    bubble.hover()
    assert page.locator(".tip .title").inner_text() == f"VM 100 – {HOSTILE[0]}"
    assert page.locator(".map img, .map a, .map script").count() == 0
    bubble.click()
    page.get_by_role("heading", name="Compare", exact=True).wait_for()
    settle(page)
    assert page.get_by_label("Guest", exact=True).input_value() == f"VM 100 – {HOSTILE[0]}"
    assert asked == []


def test_search_dims_what_it_does_not_find(page) -> None:
    page.get_by_label("Find", exact=True).fill("app-2")
    page.get_by_text("1 of 15 guests found").wait_for()
    found, other = named(page, "app-2").first, named(page, "app-3").first
    page.wait_for_timeout(700)
    assert opacity(found) == 1.0
    assert opacity(other) < 0.3
    page.get_by_label("Find", exact=True).fill("")
    page.get_by_text("1 of 15 guests found").wait_for(state="hidden")
    settle(page)
    assert opacity(other) == 1.0


def test_another_size_redraws_the_same_bubbles(page) -> None:
    def radii() -> list[str]:
        return page.locator("[data-kind=bubble] circle").evaluate_all("all => all.map(one => one.getAttribute('r'))")

    before = radii()

    def choose() -> None:
        page.get_by_label("Bubble size").click()
        page.get_by_role("option", name="Network").click()

    redrawn(page, choose)
    after = radii()
    assert len(after) == len(before)
    assert after != before
    assert page.locator(".place").count() == page.locator(".label").count() == 4
    assert page.locator(".map").count() == 1


def test_predicted_shows_changes_and_where_guests_were(page) -> None:
    redrawn(page, lambda: page.get_by_role("switch", name="Show predicted").locator("xpath=ancestor::label").click())
    assert page.locator("[data-kind].ghost").count() == page.locator("[data-kind].moves").count() > 0
    hot = page.locator(".label").first
    assert hot.locator(".was").count() > 0
    assert "▼ −" in hot.locator(".better").first.text_content()


def test_everything_is_reached_by_keyboard(page) -> None:
    def focused() -> str:
        return page.evaluate(
            "() => [...document.querySelectorAll('.stBidiComponent *')]"
            ".map(host => host.shadowRoot?.activeElement).find(Boolean)?.getAttribute('aria-label') ?? ''"
        )

    page.get_by_role("switch", name="Show predicted").focus()
    for _ in range(6):
        page.keyboard.press("Tab")
        if focused():
            break
    assert focused().startswith("pve1.")
    page.keyboard.press("ArrowRight")
    assert focused().startswith("pve2.")
    page.keyboard.press("Tab")
    assert "On pve2" in focused()
    one = focused()
    page.keyboard.press("ArrowRight")
    assert "On pve2" in focused() != one
    page.locator(".tip .title").wait_for()
    page.keyboard.press("Escape")
    page.locator(".tip .title").wait_for(state="hidden")
    page.keyboard.press("Tab")
    assert focused().split(",")[0] in ("1 move", "2 moves", "3 moves")
    page.keyboard.press("Shift+Tab")
    vmid = focused().split()[1]
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Compare", exact=True).wait_for()
    settle(page)
    assert vmid in page.get_by_label("Guest", exact=True).input_value()


def test_nothing_moves_where_that_is_not_wanted(lab: str, browser) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(lab)
    page.locator("[data-kind=arrow]").first.wait_for(timeout=60_000)
    assert page.locator(".bead, animateMotion").count() == 0
    context.close()


def test_a_narrow_map_needs_no_sideways_scrolling(lab: str, watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(lab)
    page.locator(".map[data-drawn]").wait_for(timeout=60_000)
    settle(page)
    wider = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth")
    assert wider <= 0
    assert page.locator(".map").evaluate("map => map.scrollWidth - map.clientWidth") <= 0


def test_the_map_is_on_the_way_and_complains_of_nothing(lab: str, watched: Watched) -> None:
    page = watched.page
    page.goto(lab.split("/cluster_map")[0])
    page.get_by_text("Cluster health").first.wait_for(timeout=60_000)
    settle(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Cluster map", exact=True).click()
    page.locator(".map[data-drawn]").wait_for()
    settle(page)
    assert watched.complaints == []
