"""AI text in the app: off at first, then a button, a labelled text apart from the facts, or why there is none."""

from __future__ import annotations

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from proxbalance_core.services import narrating
from proxbalance_core.ui import state
from tests.app.conftest import marked, opened, texts
from tests.support.storyteller import telling


def settings() -> AppTest:
    app = opened()
    app.query_params["settings_view"] = "AI text"
    app.switch_page("../../pages/settings.py").run()
    assert [found.message for found in app.exception] == []
    return app


def test_it_is_switched_on_used_and_switched_off(demo: Path) -> None:
    narrating._kept.clear()
    assert all(button.label != "Put it in words" for button in opened().button)
    with telling() as teller:
        app = settings()
        app.text_input(key="settings_ai_url").set_value(teller.url)
        app.text_input(key="settings_ai_model").set_value("small")
        app.text_input(key="settings_ai_key").set_value("s3cret")
        next(button for button in app.button if button.label == "Save").click().run()
        assert narrating.provider(state.workbench()) is not None
        teller.tell = lambda _: json.dumps({"text": "<b>Move</b> *them*.", "stance": "disagrees"})
        app = opened("overview")
        app.button(key="overview_ai").click().run()
        assert "<b>Move</b> *them*." in texts(app), "it is text"
        assert "Disagrees with the advice" in marked(app) and "AI text" in marked(app)
        assert any(text.startswith("small, ") and "its words were not" in text for text in texts(app))
        move = state.workbench().latest("demo").assessment["recommendations"][0]  # type: ignore[union-attr]
        app = opened("recommendations")
        teller.tell = lambda _: json.dumps({"text": "It gains 12345 points."})
        app.button(key=f"rec_{move['id']}_ai").click().run()
        assert any(
            "No text is shown. It names figures that are not in the facts: 12345." in text for text in texts(app)
        )
    app = settings()
    assert any("1 text kept, 1 dropped" in text for text in texts(app))
    app.button(key="settings_ai_off").click().run()
    assert narrating.provider(state.workbench()) is None


def test_what_can_t_be_asked_is_refused(demo: Path) -> None:
    app = settings()
    app.text_input(key="settings_ai_url").set_value("ftp://host")
    next(button for button in app.button if button.label == "Save").click().run()
    assert [found.value for found in app.error] == ["It was not saved."]
    assert narrating.provider(state.workbench()) is None
