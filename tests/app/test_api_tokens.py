"""API tokens in the app: made, shown once, revoked."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxbalance_core.errors import TokenRefused
from proxbalance_core.services.access import admitted
from proxbalance_core.ui import state
from tests.app.conftest import marked, opened, texts

HOSTILE = "<img src=x onerror=alert(1)> **bold**"


def test_a_token_is_shown_once_and_works_until_it_is_revoked(demo: Path) -> None:
    app = opened("settings", settings_view="API tokens")
    assert "There is no token" in marked(app)
    app.text_input(key="settings_token_title").input("Home Assistant")
    app.radio(key="settings_token_grant").set_value("write")
    next(button for button in app.button if button.label == "Make token").click().run()
    (code,) = app.code
    secret = code.value
    token = admitted(state.workbench(), secret, "write")
    app.button(key="settings_token_kept").click().run()
    assert not app.code
    assert secret not in str(texts(app)) + marked(app)
    assert "Home Assistant" in texts(app)
    assert "May read and change" in marked(app)
    app.button(key=f"settings_token_revoke_{token.id}").click().run()
    with pytest.raises(TokenRefused, match="was revoked"):
        admitted(state.workbench(), secret, "read")
    assert "There is no token" in marked(app)
    assert any(text.startswith(f"Home Assistant ({token.id}), revoked ") for text in texts(app))


def test_a_token_needs_a_title_and_a_hostile_one_stays_text(demo: Path) -> None:
    app = opened("settings", settings_view="API tokens")
    make = lambda: next(button for button in app.button if button.label == "Make token").click().run()  # noqa: E731
    make()
    assert "A token's title has 1 to 60 printable characters." in texts(app)
    assert not app.code
    app.text_input(key="settings_token_title").input(HOSTILE)
    make()
    assert HOSTILE in texts(app)
    assert "onerror" not in marked(app)
