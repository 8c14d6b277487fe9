"""A past assessment on every page: marked, read-only, in the URL, one click back to now."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from proxbalance_core.domain.documents import iso
from proxbalance_core.present import words
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.ui import registry, state
from tests.app.conftest import marked, opened, texts

KEYS = [spec.key for spec in registry.PAGES]
WHOLE, BRIEF = timedelta(hours=20), timedelta(days=3)
NEED_GUESTS = ("compare", "cluster_map", "what_if")


@pytest.fixture(scope="session")
def aged_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """The demo assessed three days ago, 20 hours ago and now, and when now is."""
    folder, now = tmp_path_factory.mktemp("aged"), datetime.now(UTC).replace(microsecond=0)
    for age in (BRIEF, WHOLE, timedelta(0)):
        with Workbench.open(folder, clock=lambda at=now - age: at) as bench:
            bench.ensure_demo()
            bench.regenerate("demo")
    return folder, now


@pytest.fixture
def aged(folder: Path, aged_folder: tuple[Path, datetime]) -> Iterator[datetime]:
    shutil.copytree(aged_folder[0], folder)
    yield aged_folder[1]


def looked(key: str, at: datetime, **query: str) -> AppTest:
    app = opened(key, as_of=iso(at), **query)
    assert [found.message for found in app.exception] == []
    assert [found.value for found in app.error] == []
    return app


def banner(at: datetime) -> str:
    return f"This was on {words.clock(at, UTC)}"


@pytest.mark.parametrize("age", [WHOLE, BRIEF])
@pytest.mark.parametrize("key", KEYS)
def test_every_page_says_that_it_shows_the_past_and_changes_nothing(key: str, age: timedelta, aged: datetime) -> None:
    app = looked(key, aged - age)
    assert any(text.startswith(banner(aged - age)) for text in texts(app))
    buttons = {str(button.key) for button in app.button} - {"past_leave"}
    assert not any(word in name for name in buttons for word in ("regenerate", "mute", "save", "settings", "connect"))
    assert not [toggle for toggle in app.toggle if str(toggle.key).startswith("overview_maintenance_")]
    assert not [field for field in (*app.number_input, *app.text_input) if str(field.key).startswith(("set", "conn"))]
    in_brief = "Kept in brief" in [found.value for found in app.subheader]
    assert in_brief == (age == BRIEF and key in NEED_GUESTS)


@pytest.mark.parametrize("age", [WHOLE, BRIEF])
def test_scores_and_recommendations_are_those_of_then(age: timedelta, aged: datetime) -> None:
    bench = state.workbench()
    glance = bench.generations("demo", limit=1, until=aged - age)[0]
    app = looked("recommendations", aged - age)
    assert f"{glance.recommendation_count} of {words.count(glance.recommendation_count, 'recommendation')}" in marked(
        app
    )
    details = next(pills for pills in app.pills if str(pills.key).startswith("rec_details_"))
    assert details.options == ["Score breakdown", "Alternatives", "Confidence and risk"]
    details.set_value("score").run()
    assert app.dataframe[0].value.iloc[-1, 0] == "Total penalty"
    assert app.metric == [] or app.metric[0].value
    health = looked("overview", aged - age).metric[0].value
    assert health.startswith(words.number(glance.cluster_health, 0))
    assert not [code for code in looked("recommendations", aged - age, rec_view="Plan").code], "no script of the past"


def test_in_brief_the_guests_that_stayed_are_counted(aged: datetime) -> None:
    glance = state.workbench().generations("demo", limit=1, until=aged - BRIEF)[0]
    app = looked("recommendations", aged - BRIEF, rec_view="Not recommended")
    assert app.dataframe[0].value["guests"].sum() == glance.skipped_count


def test_the_picker_leads_there_and_one_click_back(aged: datetime) -> None:
    app = opened()
    now_id, then_id, _ = [glance.id for glance in state.workbench().generations("demo")]
    assert now_id > then_id
    app.selectbox(key="as_of_choice").set_value(then_id).run()
    assert app.query_params["as_of"] == iso(aged - WHOLE)
    assert any(text.startswith(banner(aged - WHOLE)) for text in texts(app))
    app.switch_page("../../pages/diagnostics.py").run()
    assert any(text.startswith(banner(aged - WHOLE)) for text in texts(app))
    assert app.query_params["as_of"] == iso(aged - WHOLE)
    app.button(key="past_leave").click().run()
    assert "as_of" not in app.query_params
    assert not any(text.startswith("This was on") for text in texts(app))
    assert app.selectbox(key="as_of_choice").value == 0


def test_a_time_between_two_assessments_is_that_of_the_older(aged: datetime) -> None:
    app = looked("overview", aged - timedelta(hours=5))
    older = state.workbench().generations("demo", limit=2)[1]
    assert app.selectbox(key="as_of_choice").value == older.id


def test_before_the_first_assessment_there_is_nothing(aged: datetime) -> None:
    app = looked("overview", aged - timedelta(days=30))
    assert "Not assessed by then" in [found.value for found in app.subheader]
    app.button(key="past_leave").click().run()
    assert app.metric[0].label == "Cluster health"


def test_a_time_that_cannot_be_read_is_told_and_is_now(aged: datetime) -> None:
    app = opened(as_of="yesterday")
    assert any("can't be read" in found.value for found in app.warning)
    assert app.metric[0].label == "Cluster health"
    assert "as_of" not in app.query_params


def test_a_past_maintenance_has_neither_a_switch_nor_a_script(aged: datetime) -> None:
    app = looked("what_if", aged - WHOLE, whatif_view="Node maintenance")
    app = app.multiselect(key="whatif_empty_nodes").set_value(["pve1"]).run()
    assert "The moves, wave by wave" in [found.value for found in app.subheader]
    assert [toggle for toggle in app.toggle if toggle.key == "whatif_empty_switch"] == [] and list(app.code) == []
