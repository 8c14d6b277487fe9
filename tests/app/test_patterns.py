"""The patterns page: three views on the demo's past, and what it says where there is none."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from tests.app.conftest import imported, marked, opened, texts
from tests.app.sample import document


def page(view: str, **query: str) -> AppTest:
    app = opened(**query)
    app.query_params["patterns_view"] = view
    app.switch_page("../../pages/patterns.py").run()
    assert [found.message for found in app.exception] == []
    assert [found.value for found in app.error] == []
    return app


def test_a_heatmap_says_where_it_is_highest(demo: Path) -> None:
    app = page("Heatmap")
    assert any("follow a pattern" in text for text in texts(app))
    assert any(text.startswith("CPU: It follows") for text in texts(app))
    assert any(found.value.startswith("CPU of pve1: highest on ") for found in app.caption)
    app.selectbox(key="patterns_entity").set_value("guest/145").run()
    assert any("22:00 to 06:00" in text for text in texts(app)), "the backup runs at night"
    assert any(found.value.startswith("CPU of 145 backup: highest on ") for found in app.caption)


def test_every_guest_has_a_row(demo: Path) -> None:
    nodes, guests = (found.value for found in page("Cycles").dataframe)
    assert len(nodes) == 5 and len(guests) > 30
    assert guests["strength"].between(0.0, 100.0).all()


def test_pairs_that_peak_together_are_told_and_lead_to_the_guest(demo: Path) -> None:
    app = page("Peaking together")
    assert any("of their busiest hours on" in text for text in texts(app))
    link = next(found for found in app.get("page_link") if found.proto.label.startswith("Compare nodes for "))
    asked = parse_qs(link.proto.query_string)["compare_guest"][0]
    there = opened("compare", compare_guest=asked)
    assert there.selectbox(key="compare_guest").value == link.proto.label.rsplit(" ", 1)[1]


def test_a_single_moment_has_no_patterns_and_hostile_names_are_text(folder: Path) -> None:
    app = page("Heatmap", cluster=imported(document()))
    assert any("single moment" in text for text in texts(app))
    assert "Not enough history" in marked(app) and "<img" not in marked(app)


def test_past_forecasts_stand_beside_simple_ones(demo: Path) -> None:
    app = page("Forecasts")
    assert any("of the hours came within its 80 % interval" in text for text in texts(app))
    (ways,) = (found.value for found in app.dataframe)
    assert set(ways["name"]) == {"This forecast", "Same hour yesterday", "Last hour, held", "7-day straight line"}
    app.selectbox(key="patterns_forecast_of").set_value("guest/145").run()
    assert any(text.startswith("145 backup: error ") for text in texts(app))
