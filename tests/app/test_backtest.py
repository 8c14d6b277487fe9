"""The backtest page: started, watched, stopped, and what it says where there is nothing to replay."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from proxbalance_core.services.jobs import JOBS
from proxbalance_core.ui import state
from tests.app.conftest import imported, opened, texts
from tests.support.example import snapshot


def wait() -> None:
    for _ in range(1200):
        if not any(job.running for job in JOBS._jobs.values()):
            return
        time.sleep(0.1)
    raise AssertionError("the job does not end")


def test_a_replay_of_the_demo(demo: Path) -> None:
    app = opened("backtest")
    assert [found.message for found in app.exception] == []
    assert any(text.startswith("Pick what to replay") for text in texts(app))
    app.multiselect(key="backtest_profiles").set_value(["aggressive"]).run()
    app.selectbox(key="backtest_days").set_value(7).run()
    app.button(key="backtest_start").click().run()
    wait()
    app.run()
    assert [found.message for found in app.exception] == []
    assert {metric.label for metric in app.metric} >= {"Overloaded a day", "Moves", "Came back"}
    assert app.dataframe[0].value["side"].tolist() == ["as it was", "no moves", "aggressive"]


def test_a_single_moment_has_no_past(demo: Path) -> None:
    app = opened("backtest", cluster=imported(json.loads(json.dumps(snapshot()))))
    assert any("a single moment" in text for text in texts(app)) and not app.button


def page(view: str) -> AppTest:
    app = opened()
    app.query_params["backtest_view"] = view
    app.switch_page("../../pages/backtest.py").run()
    assert [found.message for found in app.exception] == []
    return app


def test_a_search_for_settings_says_what_it_found(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxbalance_core.ui.sweep.COUNTS", (3, 4))
    monkeypatch.setattr("proxbalance_core.ui.sweep.DAYS", (7, 14))
    app = page("Find settings")
    app.selectbox(key="sweep_days").set_value(7).run()
    app.button(key="sweep_start").click().run()
    wait()
    app.run()
    assert [found.message for found in app.exception] == []
    front, evidence = (found.value for found in app.dataframe)
    assert "Settings in force" in front["trial"].tolist() and front["over60"].is_monotonic_increasing
    assert set(evidence.columns) == {"week", "chosen", "minutes", "base", "moves", "base_moves"}
    assert any("recommended" in found.value.lower() for found in app.markdown)


def test_a_profile_goes_into_the_shadow_and_is_compared(demo: Path) -> None:
    app = page("In the shadow")
    app.selectbox(key="shadow_choice").set_value("Aggressive").run()
    app.button(key="shadow_begin").click().run()
    assert any(text.startswith("There is nothing to compare yet") for text in texts(app))
    state.workbench().regenerate("demo")
    app.run()
    assert app.dataframe[0].value["side"].tolist() == ["in force", "Aggressive"]
    assert state.workbench().settings("demo").profile == "balanced"
    app.button(key="shadow_end").click().run()
    assert "shadow_begin" in [found.key for found in app.button]
