"""The backtest page: started, watched, stopped, and what it says where there is nothing to replay."""

from __future__ import annotations

import json
import time
from pathlib import Path

from proxbalance_core.services.jobs import JOBS
from tests.app.conftest import imported, opened, texts
from tests.support.example import snapshot


def wait() -> None:
    for _ in range(600):
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
