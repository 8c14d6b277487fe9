"""The tuning page: a draft beside what it would change, applied, undone, shared; nothing is in force before that."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from proxbalance_core import Settings
from proxbalance_core.domain.presets import changed, with_preset
from proxbalance_core.services import tuning
from proxbalance_core.ui import state
from tests.app.conftest import SECONDS, imported, marked, opened, texts
from tests.app.sample import document

KEPT, SUGGESTED, DRIVES = "History and sharing", "Suggestions", "What drives what"


def page(view: str = "", line: str | None = None) -> AppTest:
    """The tuning page with a view and a shared draft in its URL."""
    app = opened()
    if view:
        app.query_params["tuning_view"] = view
    if line is not None:
        app.query_params["set"] = line
    app.switch_page("../../pages/tuning.py").run()
    assert [found.message for found in app.exception] == []
    return app


def line_of(app: AppTest) -> str | None:
    """The draft in the URL."""
    found = app.query_params.get("set")
    return found[0] if isinstance(found, list) else found


def in_force() -> Settings:
    return state.workbench().settings("demo")


def headline(app: AppTest) -> str:
    return next(text for text in texts(app) if "recommendation" in text and ("become" in text or "same" in text))


def test_at_first_nothing_differs(demo: Path) -> None:
    app = page()
    assert "The same recommendations as now" in headline(app)
    assert app.button(key="tuning_apply").disabled
    assert line_of(app) is None


def test_a_slider_shows_what_it_would_change_and_changes_nothing(demo: Path) -> None:
    app = page()
    app.slider(key="tuning_demo_min_score_improvement").set_value(50.0).run()
    app.slider(key="tuning_demo_move_cost_points").set_value(12.0).run()
    assert "become" in headline(app) and "vanish" in headline(app)
    assert "Vanishes" in marked(app)
    assert in_force() == Settings()
    assert line_of(app) == "move_cost_points:12,min_score_improvement:50"
    assert "A move has to gain at least 50 points." in texts(app)


def test_apply_undo_and_history(demo: Path) -> None:
    app = page(line="cpu_threshold:50")
    assert any(text.startswith("CPU threshold: 60 → 50") for text in texts(app))
    app.button(key="tuning_apply").click().run()
    assert in_force().cpu_threshold == 50.0
    assert app.button(key="tuning_apply").disabled and line_of(app) is None
    app.button(key="tuning_undo").click().run()
    assert in_force() == Settings()
    told = tuning.history(state.workbench(), "demo")
    assert [one.changes for one in told] == [{"cpu_threshold": (50.0, 60.0)}, {"cpu_threshold": (60.0, 50.0)}]


def test_cancel_brings_back_what_is_in_force(demo: Path) -> None:
    app = page()
    app.button(key="tuning_preset_aggressive").click().run()
    assert app.slider(key="tuning_demo_min_score_improvement").value == 10.0
    app.button(key="tuning_cancel").click().run()
    assert app.slider(key="tuning_demo_min_score_improvement").value == 15.0
    assert in_force() == Settings()


def test_simple_rules_edit_the_same_settings_and_lose_none(demo: Path) -> None:
    app = page("Simple rules", "cpu_threshold:50,weight_7d:0.4,predicted_mem_high:33")
    assert any(text.startswith("A node is busy over 50 % CPU") for text in texts(app))
    assert any("2 other settings differ" in found.value for found in app.caption)
    app.number_input(key="tuning_demo_rule_cooldown_hours").set_value(48.0).run()
    assert "A guest that was moved stays for 48 hours." in texts(app)
    assert set(line_of(app).split(",")) == {
        "cpu_threshold:50", "weight_7d:0.4", "predicted_mem_high:33", "cooldown_hours:48",
    }  # fmt: skip


def test_every_setting_can_be_found_changed_and_reset(demo: Path) -> None:
    app = page("All settings")
    app.text_input(key="tuning_search").set_value("7-day mean cpu").run()
    fields = [found.key for found in app.number_input]
    assert "tuning_demo_raw_cpu_sustained_high" in fields and "tuning_demo_raw_cpu_threshold" not in fields
    app.number_input(key="tuning_demo_raw_cpu_sustained_high").set_value(44.0).run()
    assert line_of(app) == "cpu_sustained_high:44"
    app.text_input(key="tuning_search").set_value("").run()
    app.toggle(key="tuning_changed").set_value(True).run()
    assert [found.key for found in app.number_input] == ["tuning_demo_raw_cpu_sustained_high"]
    app.button(key="tuning_demo_reset_cpu_sustained_high").click().run()
    assert line_of(app) is None


def test_what_cannot_be_leaves_the_draft_as_it_was(demo: Path) -> None:
    app = page("All settings", "weight_current:0,weight_24h:0")
    app.toggle(key="tuning_changed").set_value(True).run()
    app.text_input(key="tuning_search").set_value("weight").run()
    app.toggle(key="tuning_changed").set_value(False).run()
    app.number_input(key="tuning_demo_raw_weight_7d").set_value(0.0).run()
    assert any("can't all be 0" in text for text in texts(app))
    assert app.number_input(key="tuning_demo_raw_weight_7d").value == 0.2


@pytest.mark.parametrize("line", ["cpu_threshold:999", "<img src=x onerror=alert(1)>", "cpu_threshold:nan"])
def test_a_hostile_url_is_told_and_changes_nothing(demo: Path, line: str) -> None:
    app = page(line=line)
    assert any(text.startswith("The settings in this address can't be used.") for text in texts(app))
    assert "<img" not in marked(app)
    assert "The same recommendations as now" in headline(app)


def test_suggestions_are_tried_applied_and_dismissed(demo: Path) -> None:
    bench = state.workbench()
    bench.save_settings("demo", changed(Settings(), {"cpu_threshold": 85.0, "mem_threshold": 90.0}), "test")
    bench.regenerate("demo")
    app = page(SUGGESTED)
    app.button(key="tuning_try_cpu_threshold").click().run()
    assert line_of(app).startswith("cpu_threshold:")
    app.button(key="tuning_cancel").click().run()
    app.button(key="tuning_dismiss_cpu_threshold").click().run()
    assert "tuning_try_cpu_threshold" not in [found.key for found in app.button]
    assert any("1 dismissed" in found.value for found in app.caption)
    app.button(key="tuning_take_mem_threshold").click().run()
    assert in_force().mem_threshold != 90.0 and in_force().cpu_threshold == 85.0


def test_profiles_are_kept_tried_and_deleted(demo: Path) -> None:
    app = page(KEPT, "cpu_threshold:50")
    app.text_input(key="tuning_name").set_value("<b>night</b>")
    next(found for found in app.button if found.label == "Keep").click().run()
    assert "<b>night</b>" in texts(app) and "<b>" not in marked(app)
    app.button(key="tuning_cancel").click().run()
    app.button(key="tuning_use_0").click().run()
    assert line_of(app) == "cpu_threshold:50"
    app.button(key="tuning_drop_0").click().run()
    assert tuning.profiles(state.workbench()) == ()


def test_a_preset_by_name_is_no_profile_of_ones_own(demo: Path) -> None:
    app = page(KEPT)
    app.text_input(key="tuning_name").set_value("Balanced")
    next(found for found in app.button if found.label == "Keep").click().run()
    assert "That is the name of a preset; call yours something else." in texts(app)


def test_what_was_in_force_can_be_restored(demo: Path) -> None:
    bench = state.workbench()
    for settings in (with_preset(Settings(), "conservative"), with_preset(Settings(), "aggressive")):
        bench.save_settings("demo", settings, "test")
    bench.regenerate("demo")
    app = page(KEPT)
    app.button(key="tuning_restore_1").click().run()
    app.button(key="tuning_apply").click().run()
    assert in_force().profile == "conservative"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not json", "That file is no JSON."),
        (b'{"fan_speed": 3}', "fan_speed: there is no such setting."),
        (b'{"format": "proxbalance.settings/0"}', "this version reads 'proxbalance.settings/1'"),
        (b"[1, 2]", "Settings are a flat JSON object of names and values."),
    ],
)
def test_a_file_that_is_no_settings_is_told(demo: Path, content: bytes, said: str) -> None:
    app = page(KEPT)
    app.file_uploader(key="tuning_file").upload("settings.json", content, "application/json").run()
    assert any(said in text for text in texts(app))
    assert "The same recommendations as now" not in texts(app)
    assert in_force() == Settings()


def test_a_settings_file_becomes_the_draft(demo: Path) -> None:
    app = page(KEPT)
    mine = json.dumps(changed(Settings(), {"cpu_threshold": 52.0}).to_dict()).encode()
    app.file_uploader(key="tuning_file").upload("settings.json", mine, "application/json").run()
    assert line_of(app) == "cpu_threshold:52"


def test_what_drives_what_is_found_out(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxbalance_core.whatif.sensitivity.MOST_LOOKS", 10)
    app, until = page(DRIVES), time.monotonic() + SECONDS
    app.button(key="tuning_drives_start").click().run()
    while not app.dataframe and time.monotonic() < until:
        time.sleep(0.5)
        app.run()
    turns, sways = (found.value for found in app.dataframe)
    assert {"guest", "what", "setting", "now"} == set(turns.columns) and len(turns)
    assert (sways["most"] >= sways["least"]).all()


def test_hostile_names_are_text(folder: Path) -> None:
    title = imported(document())
    app = opened(cluster=title)
    app.query_params["set"] = "cpu_threshold:30,min_score_improvement:5,move_cost_points:0"
    app.switch_page("../../pages/tuning.py").run()
    assert "<img" not in marked(app)
