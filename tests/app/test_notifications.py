"""Notifications on the settings page: added, tried, switched off, removed; and what was sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from streamlit.testing.v1 import AppTest

from proxbalance_core.domain.records import Event
from proxbalance_core.services import notifying
from proxbalance_core.ui import state
from tests.app.conftest import marked, opened, texts
from tests.support.receiver import receiving


def page() -> AppTest:
    app = opened()
    app.query_params["settings_view"] = "Notifications"
    app.switch_page("../../pages/settings.py").run()
    assert [found.message for found in app.exception] == []
    return app


def test_a_webhook_is_added_tried_and_removed(demo: Path) -> None:
    with receiving() as receiver:
        app = page()
        assert any(found.value.startswith("Nothing is sent anywhere yet") for found in app.caption)
        app.text_input(key="settings_notice_title").set_value("<b>Ops</b>")
        app.radio(key="settings_notice_kind").set_value("webhook")
        app.text_input(key="settings_notice_url").set_value(receiver.url)
        app.text_input(key="settings_notice_quiet").set_value("22:00-07:00")
        app.button[-1].click().run()
        assert "Copy the signing key now" in marked(app) and "<b>Ops</b>" in texts(app)
        (target,) = state.workbench().store.notices.targets()
        assert all("hush" not in text for text in texts(app))
        app.button(key=f"settings_notice_test_{target.id}").click().run()
        assert "The test was taken." in texts(app) and len(receiver.taken) == 1
        moment = datetime.now(UTC)
        state.workbench().store.events.append("demo", Event(at=moment, event="data.stale", payload={"error": None}))
        notifying.turn(state.workbench(), lambda: 0.5)
        app.run()
        assert list(app.dataframe[0].value["state"]) == ["Sent"]
        app.button(key=f"settings_notice_switch_{target.id}").click().run()
        assert not state.workbench().store.notices.targets()[0].on
        app.button(key=f"settings_notice_remove_{target.id}").click().run()
        assert state.workbench().store.notices.targets() == ()


def test_what_can_t_be_sent_to_is_refused_in_a_sentence(demo: Path) -> None:
    app = page()
    app.text_input(key="settings_notice_title").set_value("Room")
    app.text_input(key="settings_notice_url").set_value("nonsense")
    app.button[-1].click().run()
    assert [found.value for found in app.error] == ["It was not added."]
    assert any(text.startswith("Apprise can't read this address") for text in texts(app))
