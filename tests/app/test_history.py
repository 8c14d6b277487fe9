"""The history page's views on a demo that lived half a day, and what it says where nothing happened yet."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from proxbalance_core.domain.feedback import Opinion
from proxbalance_core.services import feedback
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.ui import state
from tests.app.conftest import marked, opened, texts


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def lived_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Up to now: a recommendation was rated and followed five hours ago, another setting put in force."""
    folder, clock = tmp_path_factory.mktemp("lived"), Clock(datetime.now(UTC) - timedelta(hours=12))
    with Workbench.open(folder, clock=clock) as bench:
        bench.ensure_demo()
        bench.regenerate("demo")

        def later(minutes: int) -> None:
            clock.now += timedelta(minutes=minutes)
            bench.regenerate("demo")

        later(7 * 60)
        move = bench.latest("demo").assessment["recommendations"][0]  # type: ignore[union-attr]
        feedback.give(bench, "demo", move["vmid"], Opinion(rating="not_helpful", objection="other", note="<b>no</b>"))
        bench.source(bench.connection("demo")).migrate(move["vmid"], move["target"])  # type: ignore[attr-defined]
        for minutes in (10, 10, 30, 100, 149):
            later(minutes)
    return folder


@pytest.fixture
def lived(folder: Path, lived_folder: Path) -> Path:
    shutil.copytree(lived_folder, folder)
    return folder


def page(view: str, **query: str) -> AppTest:
    app = opened(**query)
    app.query_params["history_view"] = view
    app.switch_page("../../pages/history.py").run()
    assert [found.message for found in app.exception] == []
    assert [found.value for found in app.error] == []
    return app


def test_scores_and_what_changed_in_the_time_shown(lived: Path) -> None:
    app = page("Scores")
    assert any("What changed in this window" in found.value for found in app.subheader)
    assert any(" moved from " in text for text in texts(app))
    assert any("it was moved to" in text for text in texts(app))
    for form in ("nodes", "stacked"):
        app.segmented_control(key="history_form").set_value(form).run()
        assert [found.message for found in app.exception] == []
        assert any("nodes" in found.value and "over time" in found.value for found in app.caption)
    assert any(text.startswith("Nothing was assessed from ") for text in texts(app)), "seven hours without one"


def test_one_assessment_is_no_line(demo: Path) -> None:
    app = page("Scores")
    assert "Nothing to draw yet" in marked(app)
    assert any(text.startswith("1 assessment in this time.") for text in texts(app))
    assert any("There is one assessment only" in text for text in texts(page("What changed")))
    assert "No migrations yet" in marked(page("Outcomes"))
    assert any("too little" in text for text in texts(page("How well it does")))


def test_the_timeline_tells_what_became_of_the_advice(lived: Path) -> None:
    app = page("Timeline")
    advice, happened = (found.value for found in app.dataframe)
    assert "Carried out" in set(advice["ended"])
    assert "Migration" in set(happened["what"]) and "Assessment" not in set(happened["what"])
    app.text_input(key="history_search").set_value("was called not helpful").run()
    assert set(app.dataframe[1].value["what"]) == {"Feedback"}
    app.multiselect(key="history_kinds").set_value(["recommendations.generated"]).run()
    app.text_input(key="history_search").set_value("").run()
    assert set(app.dataframe[1].value["what"]) == {"Assessment"}


def test_an_assessment_is_opened_as_it_was(lived: Path) -> None:
    app = page("Timeline")
    link = next(found for found in app.get("page_link") if found.proto.label == "Open it as it was")
    assert "as_of=" in link.proto.query_string


def test_any_two_assessments_can_be_compared(lived: Path) -> None:
    app = page("What changed")
    options = app.selectbox(key="history_before").options
    assert len(options) == 7
    app.selectbox(key="history_before").select_index(6).run()
    assert any(": it was moved to" in text for text in texts(app))
    app.selectbox(key="history_before").select_index(0).run()
    assert "These are the same assessment. Choose two different ones." in texts(app)


def test_outcomes_and_opinions(lived: Path) -> None:
    app = page("Outcomes")
    assert any(text.startswith("1 migration: 1 ") for text in texts(app))
    moves, looks, accuracy, opinions = (found.value for found in app.dataframe)
    assert list(moves["by"]) == ["Yes"]
    assert {"check_300", "check_1800", "check_7200"} <= set(looks.columns)
    assert next(iter(accuracy["by"])) == "All migrations"
    assert list(opinions["note"]) == ["<b>no</b>"]
    assert "<b>no</b>" not in marked(app)


def test_figures_of_success_say_what_they_lack(lived: Path) -> None:
    app = page("How well it does")
    assert any("have too little behind them yet" in text for text in texts(app))
    assert any(text == "Predictions within 10 points" for text in texts(app))
    assert "1 of 5 needed" in marked(app)


def test_the_report_of_a_month(lived: Path) -> None:
    app = page("Monthly report")
    assert any("so far" in text or "2026" in text for text in texts(app))
    assert [found.value for found in app.subheader][:2] == ["In short", "How well the advice did"]
    assert {found.proto.label for found in app.get("download_button")} >= {"Save as PDF", "Save as HTML"}


def test_thumbs_are_kept_and_taken_back(demo: Path) -> None:
    app = opened("recommendations")
    bench = state.workbench()
    thumbs = app.get("feedback")[0] if app.get("feedback") else None
    assert thumbs is not None
    move = bench.latest("demo").assessment["recommendations"]  # type: ignore[union-attr]
    first = next(m for m in move if f"rec_thumbs_{m['id']}" in str(thumbs.key))
    app.feedback(key=thumbs.key).set_value(0).run()
    kept = feedback.given(bench, "demo")[first["id"]]
    assert (kept.rating, kept.objection) == ("not_helpful", None)
    app.selectbox(key=f"rec_why_{first['id']}").set_value("wrong_target").run()
    app.text_input(key=f"rec_note_{first['id']}").set_value("<img src=x>").run()
    app.button(key=f"rec_keep_{first['id']}").click().run()
    kept = feedback.given(bench, "demo")[first["id"]]
    assert (kept.objection, kept.note) == ("wrong_target", "<img src=x>")
    app.feedback(key=thumbs.key).set_value(1).run()
    assert feedback.given(bench, "demo")[first["id"]].rating == "helpful"
    app.feedback(key=thumbs.key).set_value(None).run()
    assert feedback.given(bench, "demo") == {}


def test_a_card_shows_when_its_guest_is_busy(demo: Path) -> None:
    app = opened("recommendations")
    bench = state.workbench()
    first = bench.latest("demo").assessment["recommendations"][0]  # type: ignore[union-attr]
    app.get("button_group")
    app.pills(key=f"rec_details_{first['id']}").set_value("week").run()
    assert [found.message for found in app.exception] == []
    assert any(text.startswith("CPU: ") for text in texts(app))
    assert any(found.value.startswith("The last 28 days") for found in app.caption)
