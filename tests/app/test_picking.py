"""Recommendations picked and looked at together."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.app.conftest import opened, texts


def picking() -> AppTest:
    app = opened("recommendations", rec_view="Pick some")
    assert [found.message for found in app.exception] == []
    return app


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_nothing_is_picked_at_first(demo: Path) -> None:
    app = picking()
    assert any(text.startswith("Tick moves on the left") for text in texts(app))
    assert not any(box.value for box in app.checkbox)


def test_a_tick_shows_its_effect_and_none_takes_it_back(demo: Path) -> None:
    app = picking()
    app.checkbox[0].check().run()
    assert [found.message for found in app.exception] == []
    one = metrics(app)
    assert {"Cluster health", "Strain", "Thresholds crossed", "Sent", "Takes about"} <= one.keys()
    app.button(key="rec_pick_all").click().run()
    every = metrics(app)
    assert all(box.value for box in app.checkbox) and every["Strain"] != one["Strain"]
    app.button(key="rec_pick_none").click().run()
    assert "Strain" not in metrics(app) and not any(box.value for box in app.checkbox)


def test_the_first_few_of_the_plan(demo: Path) -> None:
    app = picking()
    app.number_input(key="rec_pick_count").set_value(3).run()
    app.button(key="rec_pick_first").click().run()
    assert [found.message for found in app.exception] == []
    assert sum(box.value for box in app.checkbox) >= 3
